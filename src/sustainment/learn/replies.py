"""What is said to an answer: the first of unreadable, right, right for another edition, a named
mistake, near, not yet.

The sentences stand in MESSAGES, once; the page's script gets the same ones. No message but the
solution contains the answer, unless the learner typed it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sustainment.learn.exercises import PART_WORDS, Exercise
from sustainment.learn.reading import read_numbers, show_number

Status = Literal[
    "unread", "right", "right_elsewhere", "mistake", "near", "not_yet", "not_asked", "open", "guess"
]  # fmt: skip

MESSAGES = {
    "unread": "I could not read that. Write a number such as 12, or 0,5; nothing else is needed.",
    "unread_two": "I could not read that. Write both ends as numbers, such as 12 and 30; nothing else is needed.",
    "choose": "Choose one of the answers first.",
    "read_one": "I read {value} {unit}.",
    "read_two": "I read {low} and {high} {unit}.",
    "swapped": "The smaller number comes first, so I turned them round.",
    "right": "Right.",
    "right_elsewhere": "This is right for the edition “{edition}”. The page you read is the edition “{this}”.",
    "part": "Your {part} is right.",
    "near": "Not yet, but near. Count once more.",
    "not_yet": "Not yet.",
    "more": "There is a hint below.",
    "not_asked": "This question cannot be asked with these data: a number that it needs cannot be said.",
    "open": "An open question is not checked. Compare yours with the possible answers.",
    "guess": "You guessed {value}. In the page: {answer}. {after}",
}


@dataclass(frozen=True)
class Reply:
    """What `check` returns; its text form is what the learner sees."""

    status: Status
    read_as: str
    parts: Mapping[str, bool] = field(default_factory=dict)
    message: str = ""
    mistake: str | None = None
    reread: str | None = None

    def __str__(self) -> str:
        return self.message

    _repr_pretty_ = None

    def _repr_markdown_(self) -> str:
        return self.message.replace("\n", "  \n")


def reply(
    exercise: Exercise,
    given: Mapping[str, Any],
    values: Mapping[str, Any],
    elsewhere: Mapping[str, Mapping[str, Any]] | None = None,
    edition: str = "default",
) -> Reply:
    """The reply to an answer.

    values: {key: value} of the edition the learner reads; elsewhere: the same of other editions.
    """
    if cannot_be_asked(exercise, values):
        return Reply("not_asked", "", message=MESSAGES["not_asked"])
    if exercise.type == "choice":
        return _reply_choice(exercise, str(given.get("choice", "")))
    if exercise.type == "open":
        return Reply("open", "", message=MESSAGES["open"])
    read = _read(exercise, given)
    if read is None:
        return Reply(
            "unread", "", message=MESSAGES["unread_two" if len(exercise.parts) == 2 else "unread"]
        )
    numbers, swapped = read
    said = _said(exercise, numbers, swapped)
    answer = targets(exercise, exercise.answer, values)
    if exercise.type == "guess":
        shown = show_number(numbers["value"]), show_number(answer["value"] or 0)
        words = MESSAGES["guess"].format(value=shown[0], answer=shown[1], after=exercise.after)
        return Reply("guess", said, message=words.strip())
    parts = {p: _same(exercise, numbers[p], answer.get(p)) for p in numbers}
    if all(parts.values()):
        return Reply("right", said, parts, _join(MESSAGES["right"], said))
    for other, other_values in (elsewhere or {}).items():
        there = targets(exercise, exercise.answer, other_values)
        if there != answer and all(_same(exercise, numbers[p], there.get(p)) for p in numbers):
            words = MESSAGES["right_elsewhere"].format(edition=other, this=edition)
            return Reply("right_elsewhere", said, parts, _join(said, words), reread=exercise.reread)
    half = " ".join(MESSAGES["part"].format(part=PART_WORDS[p]) for p, ok in parts.items() if ok)
    mistake = first_mistake(exercise, numbers, answer, values)
    if mistake:
        text = _join(MESSAGES["not_yet"], said, half, mistake.hint)
        return Reply("mistake", said, parts, text, mistake.id, exercise.reread)
    if _near(exercise, numbers, answer):
        return Reply(
            "near", said, parts, _join(MESSAGES["near"], said, half), reread=exercise.reread
        )
    text = _join(MESSAGES["not_yet"], said, half, MESSAGES["more"])
    return Reply("not_yet", said, parts, text, reread=exercise.reread)


def cannot_be_asked(exercise: Exercise, values: Mapping[str, Any]) -> bool:
    """Whether these data lack a value that the exercise needs; a value that cannot be said is None.

    A mistake whose value cannot be said is merely not recognised.
    """
    return any(key in values and values[key] is None for key in exercise.needed_keys())


def targets(
    exercise: Exercise, keys: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, float | None]:
    """The numbers behind the keys, in the unit of the question; None where a value is no number."""
    found: dict[str, float | None] = {}
    for part, key in keys.items():
        value = values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            found[part] = None
        else:
            found[part] = float(value) * exercise.scale
    return found


def first_mistake(exercise, numbers, answer, values):
    """The first named mistake that the numbers show. One that equals the answer is off."""
    for mistake in exercise.mistakes:
        wrong = targets(exercise, mistake.when, values)
        if any(w is None for w in wrong.values()) or is_off(exercise, mistake, values):
            continue
        # A part that is right cannot be the mistake; a mistake names at least one wrong part.
        if all(_meant(exercise, numbers[p], w) for p, w in wrong.items()):
            return mistake
    return None


def is_off(exercise: Exercise, mistake, values: Mapping[str, Any]) -> bool:
    """A mistake whose values equal the answer's cannot be told from it, in this edition."""
    answer = targets(exercise, exercise.answer, values)
    wrong = targets(exercise, mistake.when, values)
    return all(_same(exercise, w, answer.get(p)) for p, w in wrong.items() if w is not None)


def _reply_choice(exercise: Exercise, chosen: str) -> Reply:
    options = {option["id"]: option["text"] for option in exercise.options}
    if chosen not in options:
        known = f"Choose one of: {', '.join(options)}."  # for who types the short name of an option
        return Reply("unread", "", message=known if chosen else MESSAGES["choose"])
    if chosen == exercise.answer["choice"]:
        return Reply("right", options[chosen], {"choice": True}, MESSAGES["right"])
    for mistake in exercise.mistakes:
        if mistake.when.get("choice") == chosen:
            text = _join(MESSAGES["not_yet"], mistake.hint)
            return Reply(
                "mistake", options[chosen], {"choice": False}, text, mistake.id, exercise.reread
            )
    text = _join(MESSAGES["not_yet"], MESSAGES["more"])
    return Reply("not_yet", options[chosen], {"choice": False}, text, reread=exercise.reread)


def _read(exercise: Exercise, given: Mapping[str, Any]):
    parts = exercise.parts
    if len(parts) == 1:
        numbers = read_numbers(given.get(parts[0]), 1)
        return None if numbers is None else ({parts[0]: numbers[0]}, False)
    if set(given) == {"value"}:  # "33–49" in one field
        both = read_numbers(given["value"], 2)
    else:
        both = read_numbers([given.get(p) for p in parts], 2)
    if both is None:
        return None
    low, high = sorted(both)
    return {"low": low, "high": high}, [low, high] != both


def _said(exercise: Exercise, numbers: Mapping[str, float], swapped: bool) -> str:
    shown = {part: show_number(number) for part, number in numbers.items()}
    words = "read_one" if len(numbers) == 1 else "read_two"
    said = MESSAGES[words].format(unit=exercise.unit, **shown).replace(" .", ".")
    return _join(said, MESSAGES["swapped"] if swapped else "")


def _same(exercise: Exercise, number: float, target: float | None) -> bool:
    return target is not None and abs(number - target) <= exercise.tolerance + 1e-9


def _meant(exercise: Exercise, number: float, target: float) -> bool:
    """A mistake's number as people write it: 34.4243 is typed as 34 or 34.4."""
    rounded = (math.floor(target * unit + 0.5) / unit for unit in (1, 10, 100))
    return _same(exercise, number, target) or any(_same(exercise, number, r) for r in rounded)


def _near(
    exercise: Exercise, numbers: Mapping[str, float], answer: Mapping[str, float | None]
) -> bool:
    gaps = [
        abs(number - target) / max(abs(target), 20)
        for p, number in numbers.items()
        if (target := answer.get(p)) is not None
    ]
    return len(gaps) == len(numbers) and max(gaps) <= 0.05


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
