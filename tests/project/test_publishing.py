"""The publishing workflow's own steps, run here: a good site passes, an empty one stops, notebooks arrive."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from sustainment.book.site.links import page_links

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "publish.yml").read_text())


def step(job: str, words: str) -> str:
    """The commands of the step whose name holds `words`."""
    return next(s["run"] for s in WORKFLOW["jobs"][job]["steps"] if words in s.get("name", ""))


def bash(commands: str, folder: Path, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", commands],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def site(folder: Path, pages: int, home: str = "home") -> Path:
    (folder / "_build" / "html").mkdir(parents=True)
    (folder / "_toc.yml").write_text("root: index\nchapters:\n- file: a\n- file: b\n")
    for number in range(pages):
        (folder / "_build" / "html" / f"{number}.html").write_text("page")
    (folder / "_build" / "html" / "index.html").write_text(home)
    return folder


def test_a_whole_site_passes(tmp_path):
    assert bash(step("book", "empty site"), site(tmp_path, pages=3)).returncode == 0


@pytest.mark.parametrize(("pages", "home"), [(0, "home"), (1, "home"), (5, "")])
def test_an_empty_site_stops_the_workflow(tmp_path, pages, home):
    assert bash(step("book", "empty site"), site(tmp_path, pages, home)).returncode != 0


def test_the_notebooks_arrive_where_colab_looks_for_them(tmp_path):
    kept = next(
        s for s in WORKFLOW["jobs"]["book"]["steps"] if s.get("name") == "Keep the clean notebooks"
    )
    assert kept["with"]["path"] == "_build/html/_static/notebooks"
    fetched = next(s for s in WORKFLOW["jobs"]["notebooks"]["steps"] if "uses" in s)
    place = tmp_path / fetched["with"]["path"]
    (place / "lab").mkdir(parents=True)
    (place / "lab" / "worlds.ipynb").write_text("{}")
    target = tmp_path / "bare"
    subprocess.run(["git", "init", "-q", "--bare", str(target)], check=True)
    for _ in range(2):  # the second push finds the branch there
        done = bash(
            f"rm -rf branch/.git\n{step('notebooks', 'Renew')}", tmp_path,
            TARGET=str(target), GITHUB_SHA="0123456789",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    links = page_links("https://github.com/a/book", "main", "notebooks", "notebooks/lab/worlds")
    colab = next(link["url"] for link in links if "Colab" in link["text"])
    branch, _, path = colab.partition("/blob/")[2].partition("/")
    shown = ["git", "--git-dir", str(target), "show", f"{branch}:{path}"]
    assert subprocess.run(shown, capture_output=True, text=True, check=True).stdout == "{}"


def test_every_command_of_the_workflow_is_one_of_the_makefile():
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    used = set(
        re.findall(r"\bmake ([a-z-]+)", (ROOT / ".github/workflows/publish.yml").read_text())
    )
    assert {"book", "test", "verify", "pictures", "audit"} <= used <= made


def test_only_the_jobs_that_need_it_may_write():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    writes = {
        name: {right for right, what in job.get("permissions", {}).items() if what == "write"}
        for name, job in WORKFLOW["jobs"].items()
    }
    assert writes == {"book": set(), "publish": {"pages", "id-token"}, "notebooks": {"contents"}}
