"""Reporting standards: an empty answer or a dead link is refused and named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup

from sustainment.errors import UserError
from sustainment.reporting import read_checklists
from sustainment.tables import to_html, with_links

ROOT = Path(__file__).parents[2]
GOOD = {
    "name": "LIST",
    "version": 2020,
    "filled": True,
    "items": [{"id": "1", "asks": "why?", "answer": "because", "link": "start/here"}],
}


def read(tmp_path, data):
    (tmp_path / "lists").mkdir()
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "here.md").write_text(
        '# Is it here?\n\n## How it is made\n\nshow_table(x, id="tbl-a")\n'
    )
    (tmp_path / "lists" / "list.yml").write_text(yaml.safe_dump(data))
    return read_checklists(tmp_path / "lists", tmp_path)


def test_a_complete_list_is_read(tmp_path):
    (found,) = read(tmp_path, GOOD)
    assert found.table()["answer"].tolist() == ["because"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": " "}, "is not answered"),
        ({"link": "start/gone"}, "'start/gone', which is no chapter"),
        (
            {"link": "start/here#nowhere"},
            "no section, table or figure of that name.*how-it-is-made",
        ),
        ({"link": "start/here#fig-none"}, "no section, table or figure"),
        ({"link": None}, "which is no chapter"),
        ({"asks": ""}, "does not say what it asks"),
    ],
)
def test_an_incomplete_item_is_named(tmp_path, change, words):
    with pytest.raises(UserError, match=f"list.yml, item 1.*{words}"):
        read(tmp_path, GOOD | {"items": [GOOD["items"][0] | change]})


def test_an_item_twice_and_a_missing_field_are_named(tmp_path):
    with pytest.raises(UserError, match="used twice"):
        read(tmp_path, GOOD | {"items": GOOD["items"] * 2})


def test_a_list_without_a_version_is_named(tmp_path):
    with pytest.raises(UserError, match="'version'"):
        read(tmp_path, {k: v for k, v in GOOD.items() if k != "version"})


def test_a_blank_template_needs_no_answers(tmp_path):
    (found,) = read(tmp_path, GOOD | {"filled": False, "items": [{"id": "1", "asks": "why?"}]})
    assert "answer" not in found.table()


def test_the_shipped_lists_are_complete():
    lists = {c.id: c for c in read_checklists(ROOT / "data/checklists", ROOT / "notebooks")}
    assert {i for i, c in lists.items() if c.filled} == {
        "gramms",
        "cross",
        "srqr",
        "ademp",
        "datasheet",
    }
    assert {i for i, c in lists.items() if not c.filled} == {
        "stari", "coreq", "rtarg", "jars-mixed", "cherries", "mmat",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("link", "words", "address"),
    [
        ("start/here", "Is it here?", "../start/here.html"),
        ("start/here#how-it-is-made", "Is it here? How it is made", "../start/here.html#how-it-is-made"),
        ("start/here#tbl-a", "Is it here? (table)", "../start/here.html#tbl-a"),
    ],
)  # fmt: skip
def test_an_item_leads_to_the_place_that_answers_it(tmp_path, link, words, address):
    (found,) = read(tmp_path, GOOD | {"items": [GOOD["items"][0] | {"link": link}]})
    assert found.table()["chapter"].tolist() == [words]
    assert found.addresses("appendix/checklists") == [address]


def test_a_table_s_cells_become_links_of_their_rows_alone():
    table = pd.DataFrame({"a": ["1 < 2", "x"], "b": ["p", "<script>"]})
    markup = with_links(to_html(table, "tbl-a", "c", "derived"), table, "b", ["u.html#1", 'v"'])
    links = BeautifulSoup(markup, "html.parser").find_all("a")
    assert [(a["href"], a.get_text()) for a in links] == [("u.html#1", "p"), ('v"', "<script>")]
    assert "<script>" not in markup
    assert with_links(markup, table, "b", ["one"]) == markup
