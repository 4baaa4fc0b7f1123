"""`check`, `hint` and `solution` for a notebook or a Python prompt.

Values come from the reviewed results of the book (or of the chapters this kernel has run). Nothing is
counted, stored or sent.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from sustainment.errors import UserError
from sustainment.learn.exercises import Exercise, load_exercises
from sustainment.learn.replies import Reply, reply
from sustainment.report import UNSAID, format_value
from sustainment.study import find_root

_hints_given: dict[str, int] = defaultdict(int)
_asked_for_solution: set[str] = set()


def check(exercise_id: str, value: Any = None, **parts: Any) -> Reply:
    """Look at an answer, for example `check("two-of-three.worlds", low=33, high=44)`.

    A pair may also come as one text, `check("two-of-three.worlds", "33–44")`. Never a traceback: an
    answer that cannot be read is said so.
    """
    exercise = find_exercise(exercise_id)
    given = parts if value is None else {"choice" if exercise.type == "choice" else "value": value}
    editions = all_values(exercise)
    return reply(exercise, given, editions.pop("default"), editions)


def hint(exercise_id: str, n: int | None = None) -> str:
    """The next hint of this exercise that you have not had yet, or hint number `n`."""
    exercise = find_exercise(exercise_id)
    if not exercise.hints:
        return "There is no hint for this one."
    _hints_given[exercise_id] = n or min(_hints_given[exercise_id] + 1, len(exercise.hints))
    number = min(max(_hints_given[exercise_id], 1), len(exercise.hints))
    return f"Hint {number} of {len(exercise.hints)}: {exercise.hints[number - 1]}"


def solution(exercise_id: str, show: bool = False) -> str:
    """The solution with its reason; asks once before it tells."""
    exercise = find_exercise(exercise_id)
    if not show and exercise_id not in _asked_for_solution:
        _asked_for_solution.add(exercise_id)
        return f'Try once more, or show it? solution("{exercise_id}", show=True)'
    models = [f"One possible answer: {model}" for model in exercise.models]
    return fill("\n".join([exercise.solution, *models]).strip(), all_values(exercise)["default"])


def find_exercise(exercise_id: str) -> Exercise:
    """One exercise by its id; an unknown id is answered with the nearest one."""
    from difflib import get_close_matches

    exercises = load_exercises(find_root())
    if exercise_id not in exercises:
        near = get_close_matches(exercise_id, exercises, n=1)
        hint_ = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(f"There is no exercise {exercise_id!r}.{hint_}")
    return exercises[exercise_id]


def fill(text: str, values: dict[str, Any]) -> str:
    """A text with {num:key} replaced by the reported values."""

    def shown(match: re.Match[str]) -> str:
        if match[1] not in values:
            return f"[no value {match[1]}]"
        return UNSAID if values[match[1]] is None else format_value(values[match[1]])

    return re.sub(r"\{num:([^}]+)\}", shown, text)


def all_values(exercise: Exercise) -> dict[str, dict[str, Any]]:
    """{edition: {key: value}} for what the exercise names; `default` is always there."""
    root = find_root()
    path = root / "results" / f"{exercise.chapter}.json"
    if not path.exists():
        raise UserError(
            f"The reviewed values of {exercise.chapter} are missing (results/{exercise.chapter}.json). "
            f"Run `make book`, then `sustainment accept`."
        )
    records = json.loads(path.read_text(encoding="utf-8"))["values"]
    found = {"default": {k: records[k]["value"] for k in exercise.value_keys() if k in records}}
    return found | other_editions(root, exercise, found["default"])


def other_editions(
    root: Path, exercise: Exercise, default: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """The same values in the other editions; results/editions.json holds what differs there."""
    path = root / "results" / "editions.json"
    if not path.exists():
        return {}
    editions = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: default | {key: values[key] for key in exercise.value_keys() if key in values}
        for name, values in sorted(editions.items())
        if name != "default"
    }
