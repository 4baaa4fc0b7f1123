"""Exercises: right is accepted, each named mistake is recognised, nothing leaks, nothing crashes."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.errors import UserError
from sustainment.learn import envelope, session
from sustainment.learn.exercises import Exercise, Mistake, load_exercises, read_exercise
from sustainment.learn.reading import WORDS, read_numbers, show_number
from sustainment.learn.replies import MESSAGES, first_mistake, is_off, reply, targets
from sustainment.learn.sphinx import exercise_html, not_asked_html

ROOT = Path(__file__).parents[2]
EXERCISES = load_exercises(ROOT)
NUMERIC = [e for e in EXERCISES.values() if e.type in ("number", "pair")]


def editions_of(exercise: Exercise) -> dict[str, dict]:
    path = ROOT / "results" / f"{exercise.chapter}.json"
    records = json.loads(path.read_text(encoding="utf-8"))["values"]
    default = {k: records[k]["value"] for k in exercise.value_keys() if k in records}
    return {"default": default} | session.other_editions(ROOT, exercise, default)


def typed(exercise: Exercise, numbers: dict[str, float]) -> dict[str, float]:
    return {part: numbers[part] for part in exercise.parts}


def test_there_are_exercises_for_every_chapter_of_a_part():
    chapters = {
        p.relative_to(ROOT / "notebooks").as_posix()[:-3]
        for p in (ROOT / "notebooks").rglob("*.md")
    }
    with_exercise = {e.chapter for e in EXERCISES.values()}
    assert {c for c in chapters if not c.startswith("appendix/")} == with_exercise


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)
def test_every_value_an_exercise_names_is_reported_by_its_chapter(exercise):
    assert exercise.value_keys() <= set(editions_of(exercise)["default"])


@pytest.mark.parametrize("exercise", NUMERIC, ids=lambda e: e.id)
def test_right_is_right_in_every_edition(exercise):
    for edition, values in editions_of(exercise).items():
        answer = targets(exercise, exercise.answer, values)
        assert None not in answer.values(), edition
        assert reply(exercise, typed(exercise, answer), values).status == "right"


@pytest.mark.parametrize("exercise", NUMERIC, ids=lambda e: e.id)
def test_each_named_mistake_is_recognised_by_its_own_hint_in_the_default_edition(exercise):
    values = editions_of(exercise)["default"]
    answer = targets(exercise, exercise.answer, values)
    for mistake in exercise.mistakes:
        assert not is_off(exercise, mistake, values), f"{mistake.id} equals the answer"
        wrong = targets(exercise, mistake.when, values)
        numbers = {p: wrong.get(p, answer[p]) for p in exercise.parts}
        if exercise.type == "pair" and numbers["low"] > numbers["high"]:
            continue  # the two ends would be read the other way round
        said = reply(exercise, numbers, values)
        earlier = first_mistake(exercise, numbers, answer, values)
        assert said.status == "mistake", mistake.id
        assert said.mistake == earlier.id


def leaks(exercise: Exercise, values: dict) -> set[str]:
    """Words of hints and of replies to wrong answers that give the answer away.

    What the learner typed may be said back: of two ends one may be right.
    """
    answer = targets(exercise, exercise.answer, values)
    secret = {show_number(a) for a in answer.values()}
    secret |= {word for word, n in WORDS.items() if show_number(n) in secret}
    said = [(text, {}) for text in [*exercise.hints, *(m.hint for m in exercise.mistakes)]]
    wrong = [answer | targets(exercise, m.when, values) for m in exercise.mistakes]
    wrong += [dict.fromkeys(exercise.parts, -7), {p: n + 1 for p, n in answer.items()}]
    for numbers in wrong:
        given = {p: numbers[p] for p in exercise.parts}
        if None not in given.values() and given != answer:
            said.append((reply(exercise, given, values).message, given))
    found = set()
    for text, given in said:
        words = set(re.findall(r"[\w.]+", text.lower())) | set(re.findall(r"\d+(?:\.\d+)?", text))
        found |= words & secret - {show_number(number) for number in given.values()}
    return found


@pytest.mark.parametrize("exercise", NUMERIC, ids=lambda e: e.id)
def test_no_hint_and_no_reply_to_a_wrong_answer_holds_the_answer(exercise):
    for edition, values in editions_of(exercise).items():
        assert leaks(exercise, values) == set(), edition


def bare_inventions(exercise: Exercise, kinds: dict[str, str]) -> list[str]:
    """Texts that show an invented value and do not say so in words: cover the marks and read."""
    texts = [exercise.ask, exercise.solution, *exercise.hints, *(m.hint for m in exercise.mistakes)]
    return [
        text
        for text in texts
        if any(kinds.get(key) == "invented" for key in re.findall(r"\{num:([^}]+)\}", text))
        and not re.search(r"\b(?:invented|rehearsal|script\w*|worlds?|practice)\b", text, re.I)
    ]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)
def test_an_invented_number_in_an_exercise_is_called_so_in_words(exercise):
    path = ROOT / "results" / f"{exercise.chapter}.json"
    records = json.loads(path.read_text(encoding="utf-8"))["values"]
    assert bare_inventions(exercise, {k: r["kind"] for k, r in records.items()}) == []


def test_an_invented_number_without_its_word_would_be_found():
    exercise = dataclasses.replace(EXERCISES["still-using.bounds"], solution="It is {num:a.low}.")
    assert bare_inventions(exercise, {"a.low": "invented"}) == ["It is {num:a.low}."]
    assert bare_inventions(exercise, {"a.low": "derived"}) == []


@pytest.mark.parametrize("telling", ["It is {}.", "Count to {}!", "({})"])
def test_a_hint_that_tells_would_be_found(telling):
    exercise = EXERCISES["still-using.bounds"]
    values = editions_of(exercise)["default"]
    high = show_number(targets(exercise, exercise.answer, values)["high"])
    told = dataclasses.replace(exercise, hints=(*exercise.hints, telling.format(high)))
    assert leaks(told, values) == {high}
    slip = dataclasses.replace(exercise.mistakes[0], hint=telling.format(high))
    assert leaks(dataclasses.replace(exercise, mistakes=(slip,)), values) == {high}


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES.values() if e.type == "choice"], ids=lambda e: e.id
)
def test_a_choice_explains_every_wrong_option(exercise):
    wrong = {o["id"] for o in exercise.options} - {exercise.answer["choice"]}
    assert {m.when["choice"] for m in exercise.mistakes} == wrong
    assert reply(exercise, {"choice": exercise.answer["choice"]}, {}).status == "right"
    for option in wrong:
        said = reply(exercise, {"choice": option}, {})
        right = next(o["text"] for o in exercise.options if o["id"] == exercise.answer["choice"])
        assert said.status == "mistake"
        assert right not in said.message
    assert reply(exercise, {"choice": "z"}, {}).status == "unread"


PAIR = Exercise(
    id="c.pair", type="pair", ask="?", chapter="c", file="c.yml", unit="persons of 66",
    answer={"low": "a.low", "high": "a.high"},
    mistakes=(Mistake("copied", {"high": "a.copied"}, "Who told us?"), Mistake("same", {"low": "a.low"}, "never")),
    hints=("Draw.",), solution="{num:a.low} to {num:a.high}",
)  # fmt: skip
VALUES = {"a.low": 33, "a.high": 49, "a.copied": 44}


@pytest.mark.parametrize(
    "text",
    [
        "33-49",
        "33–49",
        "33 to 49",
        "(33, 49)",
        "33 of 66 to 49 of 66",
        "33 and 49",
        "33 till 49",
        "33 och 49 av 66",
    ],
)
def test_a_range_is_read_kindly(text):
    assert reply(PAIR, {"value": text}, VALUES).status == "right"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("50 %", 50),
        ("0,5", 0.5),
        ("0.5", 0.5),
        ("33 of 66", 33),
        ("twelve", 12),
        ("12 persons", 12),
        ("-3", -3),
        ("nobody", 0),
        ("about 40", 40),
        ("ungefär 40", 40),
    ],
)
def test_a_number_is_read_kindly(text, number):
    assert read_numbers(text, 1) == [number]


@pytest.mark.parametrize("text", ["40 horses", "forty", "about", "between 40 and 50"])
def test_what_is_no_single_number_is_not_guessed_at(text):
    assert read_numbers(text, 1) is None


def test_swapped_ends_are_turned_round_and_said():
    said = reply(PAIR, {"low": 49, "high": 33}, VALUES)
    assert said.status == "right"
    assert MESSAGES["swapped"] in said.message


def test_the_order_is_right_then_another_edition_then_mistake_then_near_then_not_yet():
    other = {"strict": VALUES | {"a.low": 30, "a.high": 50}}
    assert reply(PAIR, {"low": 33, "high": 49}, VALUES, other).status == "right"
    assert reply(PAIR, {"low": 30, "high": 50}, VALUES, other).status == "right_elsewhere"
    assert reply(PAIR, {"low": 33, "high": 44}, VALUES, other).mistake == "copied"
    assert reply(PAIR, {"low": 34, "high": 49}, VALUES, other).status == "near"
    assert reply(PAIR, {"low": 3, "high": 9}, VALUES, other).status == "not_yet"


def test_what_is_right_is_named_and_the_person_is_not_praised():
    said = reply(PAIR, {"low": 33, "high": 44}, VALUES)
    assert "Your lower end is right." in said.message
    assert said.parts == {"low": True, "high": False}


@pytest.mark.parametrize("typed", ["44", "43.6", "43.57", "43.5652"])
def test_a_mistake_is_recognised_as_people_write_it(typed):
    values = VALUES | {"a.copied": 43.5652}
    assert reply(PAIR, {"low": "20", "high": typed}, values).mistake == "copied"
    assert reply(PAIR, {"low": "20", "high": "43"}, values).mistake is None


def test_a_mistake_that_equals_the_answer_is_off():
    assert is_off(PAIR, PAIR.mistakes[1], VALUES)
    assert not is_off(PAIR, PAIR.mistakes[0], VALUES)


@given(
    st.one_of(
        st.text(max_size=30),
        st.none(),
        st.booleans(),
        st.floats(),
        st.integers(),
        st.lists(st.integers()),
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_ends_in_one_sentence(given_):
    for said in (
        reply(PAIR, {"value": given_}, VALUES),
        reply(PAIR, {"low": given_, "high": given_}, VALUES),
    ):
        assert said.message.strip()
        assert "Traceback" not in said.message


COMPLETE = {
    "id": "x.y", "type": "number", "ask": "?", "answer": {"value": "k"}, "hints": ["h"], "solution": "s",
    "mistakes": [{"id": "a", "when": {"value": "m"}, "hint": "h"}, {"id": "b", "when": {"value": "n"}, "hint": "h"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ask": ""}, "lacks 'ask'"),
        ({"type": "quiz"}, "unknown type 'quiz'"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"answer": {"low": "k"}}, "must answer value"),
        ({"mistakes": []}, "two named mistakes"),
        ({"hints": []}, "two named mistakes"),
        ({"solution": ""}, "two named mistakes"),
    ],
)
def test_an_incomplete_exercise_is_refused_and_named(change, words):
    with pytest.raises(UserError, match=f"f.yml.*{words}"):
        read_exercise(COMPLETE | change, "c", "f.yml")


def test_an_unknown_exercise_is_answered_with_the_nearest(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError, match=r"Did you mean 'still-using.bounds'"):
        session.check("still-using.bound", low=1, high=2)


def test_hints_come_one_after_the_other_and_the_solution_asks_once(monkeypatch):
    monkeypatch.chdir(ROOT)
    first, second = session.hint("still-using.bounds"), session.hint("still-using.bounds")
    assert first.startswith("Hint 1 of 3")
    assert second.startswith("Hint 2 of 3")
    assert "show=True" in session.solution("still-using.bounds")
    assert "33" in session.solution("still-using.bounds", show=True)


def test_an_open_question_is_not_checked_and_shows_what_may_be_said(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert session.check("joint-display.row", "I think so").status == "open"
    assert "possible answer" in session.solution("joint-display.row", show=True)


def test_a_guess_is_laid_beside_what_the_page_finds(monkeypatch):
    monkeypatch.chdir(ROOT)
    said = session.check("theme-clinician.g1", "5")
    assert said.status == "guess" and str(said).startswith("You guessed 5. In the page: 11.")
    assert session.check("theme-clinician.g1", "many").status == "unread"


def test_one_number_for_a_pair_is_asked_for_both_ends(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert "both ends" in str(session.check("worlds.bounds", "33"))


def test_what_is_no_receipt_is_refused_in_a_sentence():
    with pytest.raises(UserError, match="no receipt"):
        envelope.open_envelope("ca08ed10")


def test_a_receipt_that_was_bettered_afterwards_is_refused(monkeypatch):
    monkeypatch.chdir(ROOT)
    receipt = envelope.commit("worlds.envelope", world="amber", low=36, high=52)
    assert "truth" in envelope.open_envelope(receipt)
    better = envelope.Receipt(
        receipt.exercise, receipt.world, {"low": 40, "high": 44}, receipt.seal
    )
    with pytest.raises(UserError, match="does not match"):
        envelope.open_envelope(better)
    with pytest.raises(UserError, match="nothing to seal"):
        envelope.commit("worlds.envelope", world="amber")


def test_an_exercise_whose_answer_cannot_be_said_is_not_asked_and_one_whose_mistake_cannot_is():
    exercise = EXERCISES["still-using.bounds"]
    values = editions_of(exercise)["default"]
    low, high = values["use.bounds_low"], values["use.bounds_high"]
    without_answer = values | {"use.bounds_low": None}
    assert reply(exercise, {"low": low, "high": high}, without_answer).status == "not_asked"
    records = {k: {"value": v, "text": str(v), "kind": "invented"} for k, v in values.items()}
    assert "<form" not in not_asked_html(exercise)
    assert "cannot be asked with these data" in not_asked_html(exercise)
    without_mistake = values | {"use.share_times_N": None}
    assert reply(exercise, {"low": low, "high": high}, without_mistake).status == "right"
    copied = {"low": low, "high": values["use.share_times_N"]}
    assert reply(exercise, copied, without_mistake).status != "right"
    records["use.share_times_N"] |= {"value": None}
    assert "<form" in exercise_html(exercise, records)


@pytest.mark.parametrize("kind", ["number", "guess"])
def test_an_exercise_whose_answer_is_withheld_says_so_and_offers_no_check(kind):
    from sustainment.learn.sphinx import NOT_CHECKED, exercise_html

    exercise = next(e for e in EXERCISES.values() if e.type == kind)
    record = {"value": 41, "text": "41", "kind": "observed"}
    records = {key: dict(record) for key in exercise.value_keys()}
    assert "<form" in exercise_html(exercise, records) and NOT_CHECKED not in exercise_html(exercise, records)  # fmt: skip
    for key in exercise.answer.values():
        records[key] |= {"value": "[number withheld]", "text": "[number withheld]"}
    html = exercise_html(exercise, records)
    assert NOT_CHECKED in html and "<form" not in html and "<details" not in html
