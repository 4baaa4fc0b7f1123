"""The exercises as data: read from YAML beside the chapters, and refused when incomplete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sustainment.errors import UserError
from sustainment.study import load_yaml

# The parts a learner fills in, by type of exercise.
PARTS = {
    "guess": ("value",),
    "number": ("value",),
    "pair": ("low", "high"),
    "choice": ("choice",),
    "open": (),
}
PART_WORDS = {"value": "number", "low": "lower end", "high": "upper end", "choice": "choice"}


@dataclass(frozen=True)
class Mistake:
    """One named way to be wrong: the values it leads to, and what to say to it."""

    id: str
    when: Mapping[str, str]
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One question with its answer, its named mistakes, its hints and its folded solution.

    answer: {part: key of a reported value}, or the id of an option for a choice.
    scale: what a reported value is multiplied with to be in the unit asked for (100 for per cent).
    tolerance: how far, in that unit, an answer may lie from the value and be right.
    """

    id: str
    type: str
    ask: str
    chapter: str
    file: str
    unit: str = ""
    answer: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    hints: tuple[str, ...] = ()
    solution: str = ""
    after: str = ""
    objective: str = ""
    reread: str = ""
    options: tuple[Mapping[str, str], ...] = ()
    models: tuple[str, ...] = ()
    scale: float = 1
    tolerance: float = 0

    @property
    def parts(self) -> tuple[str, ...]:
        return PARTS[self.type]

    def needed_keys(self) -> set[str]:
        """The reported values without which the exercise cannot be asked or answered."""
        answer = set() if self.type == "choice" else set(self.answer.values())
        texts = [self.ask, self.solution, self.after, *self.models]
        return answer | {key for text in texts for key in re.findall(r"\{num:([^}]+)\}", text)}

    def value_keys(self) -> set[str]:
        """Every reported value that the exercise names."""
        if self.type == "choice":
            return self.needed_keys()
        return self.needed_keys() | {k for m in self.mistakes for k in m.when.values()}


def load_exercises(root: Path) -> dict[str, Exercise]:
    """All exercises of a book by id, read from `notebooks/**/*.exercises.yml`."""
    found: dict[str, Exercise] = {}
    for path in sorted((root / "notebooks").rglob("*.exercises.yml")):
        chapter = path.relative_to(root / "notebooks").as_posix().removesuffix(".exercises.yml")
        for entry in load_yaml(path) or []:
            exercise = read_exercise(entry, chapter, path.name)
            if exercise.id in found:
                raise UserError(
                    f"{path.name}: the exercise {exercise.id!r} is also in "
                    f"{found[exercise.id].file}. Give one of them another id."
                )
            found[exercise.id] = exercise
    return found


def read_exercise(entry: Mapping[str, Any], chapter: str, file: str) -> Exercise:
    """One exercise, or a sentence that says what it lacks."""
    known = set(Exercise.__dataclass_fields__) - {"chapter", "file"}
    extra = sorted(set(entry) - known)
    name = entry.get("id", "an exercise without id")
    if extra:
        raise UserError(f"{file}: {name} has the unknown field {extra[0]!r}.")
    for needed in ("id", "type", "ask"):
        if not entry.get(needed):
            raise UserError(f"{file}: {name} lacks {needed!r}.")
    if entry["type"] not in PARTS:
        raise UserError(
            f"{file}: {name} has the unknown type {entry['type']!r}. Known: {', '.join(PARTS)}."
        )
    data = dict(entry)
    data["mistakes"] = tuple(Mistake(**m) for m in entry.get("mistakes") or ())
    for many in ("hints", "options", "models"):
        data[many] = tuple(entry.get(many) or ())
    exercise = Exercise(chapter=chapter, file=file, **data)
    if set(exercise.answer) != set(exercise.parts):
        raise UserError(
            f"{file}: {name} must answer {' and '.join(exercise.parts) or 'nothing'}, not "
            f"{' and '.join(exercise.answer) or 'nothing'}."
        )
    if exercise.type in ("number", "pair", "choice") and not (
        len(exercise.mistakes) >= 2 and exercise.hints and exercise.solution
    ):
        raise UserError(
            f"{file}: {name} needs two named mistakes, a hint and a solution, so that a wrong answer is explained."
        )
    if exercise.type == "open" and not exercise.models:
        raise UserError(f"{file}: {name} is open and needs `models`: answers with their reasons.")
    return exercise
