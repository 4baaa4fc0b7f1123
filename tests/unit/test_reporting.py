"""Reporting standards: an empty answer or a dead link is refused and named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sustainment.errors import UserError
from sustainment.reporting import read_checklists

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
    (tmp_path / "start" / "here.md").write_text("# here\n")
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
