"""The book's one page on paper: tables open, answers at the end, every link to its own place."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from sustainment.book.paper import TITLE, WHERE, make_paper

EXERCISE = """<section class="practice" id="{name}-bounds" aria-labelledby="t">
<form><p class="practice-ask">Fewest and most?</p><p class="practice-buttons"><button>Check</button></p>
<script type="application/json">{{"answer": 41}}</script></form>
<details><summary>Hint 1 of 1</summary><p>Where are the silent?</p></details>
<details><summary>Solution</summary><p>At least 41.</p></details></section>"""
CHAPTER = """<span id="document-part/{name}"></span><section id="title-{name}">
<h2>Chapter {name}<a class="headerlink" href="#x">#</a></h2>
<section id="the-turn"><h3>The turn</h3><p aria-labelledby="the-turn">see <a href="#the-turn">here</a></p></section>
<p id="same">{name}</p><figure><details class="figure-twin"><summary>Table</summary><table></table></details></figure>""" + EXERCISE + "</section>"  # fmt: skip
BOOK = (
    "<html><body><dialog>menu</dialog><article class='bd-article'><section id='home'><h1>Book</h1>"
    "<div class='toctree-wrapper'>"
    + CHAPTER.format(name="one")
    + CHAPTER.format(name="two")
    + "<span id='document-pages/sv'></span><div lang='sv'><section id='sv'><h2>På svenska</h2><p id='the-turn'>x"
    "<a href='#document-index'>hem</a></p></section></div>"
    "<span id='document-pages/references'></span><section id='refs'><h2>References</h2><p id='the-turn'>A book</p>"
    "<a id='far' href='#document-part/two#the-turn'>two's turn</a><a id='bare' href='#same'>an excerpt of both</a><a id='cite' href='index.html#the-turn'>cited</a>"
    "</section></div></section></article></body></html>"
)


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    page = tmp_path_factory.mktemp("whole") / "index.html"
    page.write_text(BOOK, encoding="utf-8")
    return BeautifulSoup(make_paper(page).read_text(encoding="utf-8"), "html.parser")


def test_the_table_behind_a_figure_stands_open(paper):
    assert all(fold.has_attr("open") for fold in paper.select("details.figure-twin"))
    assert len(paper.select("details.figure-twin")) == 2


def test_no_answer_stands_before_the_end_and_every_exercise_says_where_it_is(paper):
    end = paper.select_one("#hints-and-solutions").extract()
    assert "41" not in paper.get_text()
    assert paper.get_text().count(WHERE) == 2
    assert end.h2.string == TITLE
    assert [heading.string for heading in end.select("h3")] == ["Chapter one", "Chapter two"]
    assert end.get_text().count("Solution. At least 41.") == 2
    assert end.get_text().count("Hint 1 of 1. Where are the silent?") == 2
    for link in paper.select(".practice-later a"):
        assert end.select_one(link["href"]) is not None
    paper.select_one("article").append(end)


def test_every_link_leads_to_one_place_and_the_right_one(paper):
    ids = [element["id"] for element in paper.select("[id]")]
    assert len(ids) == len(set(ids))
    for link in paper.select("a[href]"):
        assert link["href"].startswith("#")
        assert paper.find(id=link["href"][1:]) is not None, link
    assert "Chapter two" in paper.find(id=paper.find(id="far")["href"][1:]).parent.get_text()
    assert paper.find(id=paper.find(id="cite")["href"][1:]).string == "A book"
    assert paper.find(id=paper.find(id="bare")["href"][1:]).string == "one"
    inside = paper.select_one("#part-one--the-turn p")
    assert inside["aria-labelledby"] == "part-one--the-turn"
    assert inside.a["href"] == "#part-one--the-turn"


def test_what_needs_a_script_or_a_screen_is_gone(paper):
    assert paper.select("script, dialog, button, a.headerlink") == []
