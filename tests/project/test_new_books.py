"""Three real studies become books without a manual edit, with the protection on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sustainment.new.project import make_project
from sustainment.study import load_settings
from sustainment.survey import open_survey

BIN = Path(sys.executable).parent
MERGE = r"""
languages:
  english: {file: en.csv, dictionary: key.en.csv, blank_is_no: [Q53, Q54, Q55], rename: {'(Q5[345]_\d_[abcd])': '\1_1'}}
  french: {file: fr.csv, dictionary: key.fr.csv}
  portuguese: {file: pt.csv, dictionary: key.pt.csv, rename: {Q2: Q3, Q3: Q2}}
leave_out: [Q19, Q37, Q46, Q59]
"""


def run(folder: Path, *command: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "WARNING" not in done.stdout + done.stderr
    return done.stdout


def material(shared_data: Path, tmp_path: Path, name: str) -> list[Path | None]:
    if name == "practitioners":
        folder = shared_data / "flaky-tests-survey"
        return [folder / "responses.tsv", None, folder / "thematic" / "sq6.ods"]
    if name == "quality":
        folder = shared_data / "dq-national-survey"
        return [folder / "raw_responses.csv", folder / "data_dictionary.xlsx", None]
    folder = shared_data / "sodp-2020-multilingual"
    for language in ("en", "fr", "pt"):
        (tmp_path / f"{language}.csv").write_bytes(
            next(folder.glob(f"*08*.{language}.csv")).read_bytes()
        )
        (tmp_path / f"key.{language}.csv").write_bytes(
            next(folder.glob(f"*key.{language}.csv")).read_bytes()
        )
    (tmp_path / "merge.yml").write_text(MERGE, encoding="utf-8")
    return [tmp_path / "merge.yml", None, None]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["practitioners", "quality", "languages"])
def test_a_real_study_becomes_a_book_by_its_own_commands(shared_data, tmp_path, name):
    made = make_project(tmp_path / "project", *material(shared_data, tmp_path, name))
    run(made, "sustainment", "check")
    run(made, "sustainment", "lint")
    if name == "practitioners":
        run(made, "make", "book", f"BIN={BIN}")
        run(made, "make", "test", f"BIN={BIN}")
    else:
        run(made, "sustainment", "protect")
        run(made, "sustainment", "build")
    run(made, "sustainment", "audit")
    pages = made / "_build" / "html"
    toc = yaml.safe_load((made / "_toc.yml").read_text(encoding="utf-8"))
    listed = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    text = {name: (pages / f"{name}.html").read_text(encoding="utf-8") for name in listed}
    assert all(
        "Traceback" not in page and "invented" not in visible(page).casefold()
        for page in text.values()
    )
    assert "This table is withheld" not in "".join(text.values())
    people = open_survey(made, load_settings(made)).answers.index
    named = [person for person in people.astype(str) if len(person) > 6]
    assert not [person for person in named for page in text.values() if person in page]


def visible(page: str) -> str:
    """The words of a page, without scripts, styles, code cells and the legend of all kinds."""
    body = re.sub(
        r"<(script|style|pre|ul)\b.*?</\1>", " ", page[page.index("<article") :], flags=re.S
    )
    return re.sub(r"<[^>]+>", " ", body)
