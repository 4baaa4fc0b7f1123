"""Chapters are read as jupytext and papermill read them, and ordered by what they need."""

import jupytext
import nbformat
import papermill
import pytest
from book_helpers import EXAMPLE

from sustainment.book.chapters import load_book, toc_files
from sustainment.book.parameters import parameter_lines
from sustainment.errors import UserError


def test_our_reader_and_jupytext_find_the_same_cells():
    for chapter in load_book(EXAMPLE).chapters.values():
        cells = [c for c in jupytext.read(chapter.path).cells if c.cell_type == "code"]
        assert [c.source for c in chapter.cells] == [c.source for c in cells]
        assert [list(c.tags) for c in chapter.cells] == [c.metadata.get("tags", []) for c in cells]


def test_cells_know_their_line_in_the_file():
    for chapter in load_book(EXAMPLE).chapters.values():
        lines = chapter.path.read_text().splitlines()
        for cell in chapter.cells:
            assert lines[cell.line - 1] == cell.source.splitlines()[0]


def test_papermill_would_find_the_same_parameters(tmp_path):
    chapter = load_book(EXAMPLE).chapters["survey/share"]
    notebook = jupytext.read(chapter.path)
    notebook.metadata["kernelspec"]["language"] = "python"
    nbformat.write(notebook, tmp_path / "share.ipynb")
    found = papermill.inspect_notebook(str(tmp_path / "share.ipynb"))
    assert set(found) == set(parameter_lines(chapter))


def test_a_hash_inside_a_text_is_not_a_comment():
    line = parameter_lines(load_book(EXAMPLE).chapters["survey/share"])["rounding"]
    assert (line.default, line.help) == ("whole", "digits shown, # included")


def test_a_chapter_stands_after_those_it_needs():
    book = load_book(EXAMPLE)
    assert book.order[-1] == "integration/together"
    assert book.with_needs(["together"])[-1] == "integration/together"
    assert set(book.with_needs(["together"])) == set(book.chapters)
    assert book.with_needs(["survey/count"]) == ["survey/count"]


def test_those_that_others_wait_for_are_known():
    book = load_book(EXAMPLE)
    assert book.waiting["integration/together"] == 0
    assert book.waiting["survey/count"] == 1 + max(
        (book.waiting[n] for n, c in book.chapters.items() if "survey/count" in c.needs), default=-1
    )


def test_contents_are_read_through_parts_and_sections():
    toc = {
        "root": "index",
        "parts": [{"chapters": [{"file": "a", "sections": [{"file": "b.md"}]}, {"url": "x"}]}],
    }
    assert list(toc_files(toc)) == ["index", "a", "b"]
    with pytest.raises(UserError, match="glob"):
        list(toc_files({"root": "index", "chapters": [{"glob": "notebooks/*"}]}))
