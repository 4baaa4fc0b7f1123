"""The book itself: every page there, no traceback, links that lead somewhere, both ways the same."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jupytext
import pytest
import yaml
from bs4 import BeautifulSoup

from sustainment.book.build import build, make_plan
from sustainment.book.chapters import load_book, toc_files
from sustainment.book.freshness import unchanged
from sustainment.book.verify import compare_run, wrong_checksums
from sustainment.report import UNSAID

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns("_build", ".git", ".venv", "dist", "*.ipynb", "__pycache__")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole book")]


@pytest.fixture(scope="module")
def html():
    build(ROOT, quiet=True)
    return ROOT / "_build" / "html"


@pytest.fixture(scope="module")
def pages(html):
    found = {path.relative_to(html).as_posix(): path for path in sorted(html.rglob("*.html"))}
    return {
        name: BeautifulSoup(path.read_bytes(), "html.parser")
        for name, path in found.items()
        if not name.startswith("_static/")  # the theme's own pieces, which nobody reads
    }


def test_the_pages_are_those_of_the_contents(pages):
    listed = set(toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text())))
    made = {"genindex.html", "search.html", "404.html", "py-modindex.html"}
    assert {name.removesuffix(".html") for name in pages if name not in made} == listed


def test_no_page_shows_a_traceback_or_a_bare_object(pages):
    for name, page in pages.items():
        text = page.get_text()
        assert "Traceback (most recent call last)" not in text, name
        assert not re.search(
            r"<\w+[^<>]* at 0x[0-9a-f]+>|<Figure size|np\.(?:int|float)64\(", text
        ), name


def test_no_page_says_that_the_book_s_own_answers_do_not_say(pages):
    for name, page in pages.items():
        assert not page.select(".cannot-say"), name
        assert UNSAID not in page.get_text(), name


def test_every_link_leads_to_a_page_and_a_place_on_it(html, pages):
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    dead = set()
    for name, page in pages.items():
        for link in page.find_all("a", href=True):
            address = urlsplit(link["href"])
            if address.scheme or address.netloc or link["href"] == "#":
                continue
            target = unquote(address.path)
            path = (html / name).parent / target if target else html / name
            known = path.resolve().relative_to(html.resolve()).as_posix()
            if not path.exists() or (
                address.fragment and known in ids and unquote(address.fragment) not in ids[known]
            ):
                dead.add((name, link["href"]))
    assert dead == set()


def test_a_build_right_after_a_build_has_nothing_to_do(html):
    assert unchanged(make_plan(ROOT))


def test_the_reviewed_values_are_those_of_the_present_book(html):
    plan = make_plan(ROOT)
    comparison = compare_run(plan.book, plan.run_folder)
    assert [difference.sentence() for difference in comparison.differences] == []
    assert comparison.compared > 100
    assert wrong_checksums(ROOT) == []


def test_every_chapter_is_read_as_jupytext_reads_it():
    for chapter in load_book(ROOT).chapters.values():
        cells = [c for c in jupytext.read(chapter.path).cells if c.cell_type == "code"]
        assert [c.source for c in chapter.cells] == [c.source for c in cells], chapter.file


def test_plain_jupyter_book_builds_the_same_pages_without_a_warning(html, tmp_path):
    plain = shutil.copytree(ROOT, tmp_path / "plain", ignore=NOT_COPIED)
    command = "from jupyter_book.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "build", "-W", "-n", "--keep-going", "-q", str(plain)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    theirs = plain / "_build" / "html"
    names = [path.relative_to(theirs).as_posix() for path in theirs.rglob("*.html")]
    assert len(names) > 10
    different = [n for n in names if (html / n).read_bytes() != (theirs / n).read_bytes()]
    assert different == []
