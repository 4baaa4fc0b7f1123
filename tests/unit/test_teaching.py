"""The teaching pack names only what exists, its minutes add up, and its key can be read in class."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sustainment.errors import UserError
from sustainment.learn import pack
from sustainment.learn.exercises import load_exercises
from sustainment.study import load_yaml

ROOT = Path(__file__).parents[2]
PLAN = load_yaml(ROOT / pack.PLAN)
PAGE = (ROOT / "pages" / "teaching.md").read_text(encoding="utf-8")
EXERCISES = load_exercises(ROOT)
VALUES = {k: v for chapter in pack.reviewed_values(ROOT).values() for k, v in chapter.items()}


def faults(plan: dict) -> list[str]:
    """What in a plan does not exist or does not add up."""
    found = []
    for name, meeting in plan["meetings"].items():
        found += [c for c in meeting["read"] if not (ROOT / "notebooks" / f"{c}.md").is_file()]
        found += [e for e in meeting["exercises"] if e not in EXERCISES]
        found += [
            f"{e} is not in what {name} reads"
            for e in meeting["exercises"]
            if e in EXERCISES and EXERCISES[e].chapter not in meeting["read"]
        ]
        if sum(step["minutes"] for step in meeting["room"]) != plan["minutes"]:
            found.append(f"{name} does not fill its time")
    return found


def test_the_plan_names_only_what_exists_and_fills_its_time():
    assert len(PLAN["meetings"]) == 5
    assert faults(PLAN) == []


def test_a_plan_with_faults_is_found_out():
    bad = {
        "minutes": 90,
        "meetings": {
            "x": {
                "read": ["start/nowhere"],
                "exercises": ["no.such", "still-using.bounds"],
                "room": [{"minutes": 80, "do": ""}],
            }
        },
    }
    assert faults(bad) == [
        "start/nowhere",
        "no.such",
        "still-using.bounds is not in what x reads",
        "x does not fill its time",
    ]


def test_the_page_holds_each_meeting_once_and_in_order():
    assert re.findall(r"```\{meeting\} (\w+)", PAGE) == list(PLAN["meetings"])


def test_a_meeting_links_its_chapters():
    lines = pack.meeting_markdown(PLAN["meetings"]["counting"])
    assert "{doc}`/notebooks/survey/still-using`" in lines[0]


def test_a_chapter_is_called_by_its_title_also_when_it_is_a_notebook(tmp_path):
    assert pack.title_of(ROOT, "survey/still-using") == "Still using it? Three meanings of yes"
    (tmp_path / "notebooks").mkdir()
    cell = {"cell_type": "markdown", "source": ["# Why?\n", "Because."]}
    (tmp_path / "notebooks" / "x.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert pack.title_of(tmp_path, "x") == "Why?"
    assert pack.title_of(tmp_path, "y") == "y"


def test_there_are_as_many_cards_of_each_kind_and_their_words_say_it():
    kinds = [card["kind"] for card in PLAN["cards"]]
    assert {kinds.count(kind) for kind in pack.KINDS} == {len(kinds) // len(pack.KINDS)}
    for card in PLAN["cards"]:
        text = pack.card_text(card, VALUES)
        used = re.findall(r"\{num:([^}]+)\}", card["text"])
        invented = re.search(r"invented|rehearsal|scripted", text)
        assert bool(invented) == (card["kind"] == "invented"), text
        assert not re.search(r"\d", re.sub(r"\{num:[^}]+\}|\b20\d\d\b", "", card["text"])), text
        assert {VALUES[key]["kind"] for key in used} <= {card["kind"], "published"}, text


def test_a_card_with_an_unknown_value_is_refused():
    with pytest.raises(UserError, match=r"no\.such"):
        pack.card_text({"text": "{num:no.such}"}, VALUES)


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES.values() if e.type != "guess"], ids=lambda e: e.id
)
def test_the_key_shows_each_mistake_with_its_value_and_what_to_ask(exercise):
    records = pack.reviewed_values(ROOT)[exercise.chapter]
    html = pack.key_html(exercise, records)
    assert "[no value" not in html
    for mistake in exercise.mistakes:
        assert mistake.id.replace("-", " ") in html
        if exercise.type in ("number", "pair"):
            assert all(records[key]["text"] in html for key in mistake.when.values())
    assert html.count("<tr>") == 2 + len(exercise.mistakes) + len(exercise.models)
    assert "minutes" in html


def test_the_array_sheet_has_a_ring_for_each_person():
    assert pack.array_svg(66).count("<circle") == 66
    assert 'viewBox="0 0 110 60"' in pack.array_svg(66)
    assert 'viewBox="0 0 110 70"' in pack.array_svg(67)
