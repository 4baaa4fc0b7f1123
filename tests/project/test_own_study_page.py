"""The walk of pages/own-study.md, its commands run as they stand on the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "pages" / "own-study.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.slow
def test_the_commands_of_the_walk_end_in_a_book(tmp_path):
    folder = tmp_path / "book"
    folder.mkdir()
    shutil.copytree(ROOT / "data", folder / "data")
    script = "set -euo pipefail\n" + "\n".join(blocks("bash"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "0 of them errors" in done.stdout and "WARNING" not in done.stdout + done.stderr
    outcome = (tmp_path / "our-study/_build/html/notebooks/survey/outcome.html").read_text(
        encoding="utf-8"
    )
    assert "continued to work with it" in outcome and "of 66" in outcome


def test_the_made_project_has_every_make_target_that_the_page_names():
    makefile = ROOT / "src" / "sustainment" / "new" / "templates" / "Makefile"
    known = set(re.findall(r"^([a-z-]+):", makefile.read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"`make ([a-z-]+)`", PAGE.read_text(encoding="utf-8")))
    assert {"book", "protect"} <= named <= known


def test_the_walk_mentions_every_kind_of_survey_and_a_merge_that_can_be_read(tmp_path):
    from sustainment.survey.read import kinds
    from sustainment.survey.vendors.languages import files_of

    text = PAGE.read_text(encoding="utf-8").casefold().replace(" ", "")
    named = {"plain": "csv,tsv,xlsx,ods", "forms": "googleforms", "languages": "severallanguages"}
    for kind in kinds():
        assert named.get(kind, kind) in text, kind
    example = tmp_path / "merge.yml"
    example.write_text(blocks("yaml")[0], encoding="utf-8")
    assert len(files_of(example)) == 4 and yaml.safe_load(example.read_text())["leave_out"] == [
        "Q19"
    ]
