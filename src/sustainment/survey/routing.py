"""Who was asked: reads REDCap's branching logic and answers it for every record at once.

The language is small on purpose: comparisons (= <> != < > <= >=) of a field or tick box with a
value, `and`, `or`, `not`, parentheses. Anything else (functions, arithmetic, other events) is
refused by name, because a guessed routing would turn answers into "not asked".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sustainment.errors import UserError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<field>\[[A-Za-z][A-Za-z0-9_]*(?:\([^()\[\]]+\))?\])
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<operator><>|!=|<=|>=|=|<|>)
    | (?P<word>and\b|or\b|not\b|\(|\))
    )""",
    re.VERBOSE | re.IGNORECASE,
)


class UnknownRouting(UserError):
    """A condition outside the small language."""


@dataclass(frozen=True)
class Comparison:
    """[field] operator value. `code` names a tick box: [b10(3)]."""

    field: str
    code: str
    operator: str
    value: str


@dataclass(frozen=True)
class Joined:
    """Conditions joined by "and", "or" or (a single one) "not"."""

    word: str
    parts: tuple[Condition, ...]


Condition = Comparison | Joined


def parse_routing(text: str) -> Condition:
    """The condition as a tree; `or` binds weaker than `and`. Raises UnknownRouting."""
    tokens = _tokens(text)
    condition, rest = _either(tokens, text)
    if rest:
        raise UnknownRouting(f"The condition {text!r} goes on after its end, at {rest[0][1]!r}.")
    return condition


def fields_of(condition: Condition) -> list[tuple[str, str]]:
    """Every (field, code of the tick box or "") that a condition looks at."""
    if isinstance(condition, Comparison):
        return [(condition.field, condition.code)]
    return [field for part in condition.parts for field in fields_of(part)]


def evaluate(
    condition: Condition, column: Callable[[str, str], tuple[np.ndarray, list[str]]]
) -> np.ndarray:
    """For every record, whether the condition holds.

    `column(field, code)` gives a column as (positions, distinct texts): the text of record i is
    `texts[positions[i]]`. Each distinct text is compared once, so a million records cost little.
    """
    if isinstance(condition, Comparison):
        positions, texts = column(condition.field, condition.code)
        holds = [_compare(text, condition.operator, condition.value) for text in texts]
        return np.array(holds, dtype=bool)[positions]
    parts = [evaluate(part, column) for part in condition.parts]
    if condition.word == "not":
        return ~parts[0]
    return (np.logical_and if condition.word == "and" else np.logical_or).reduce(parts)


def _compare(text: str, operator: str, value: str) -> bool:
    """As REDCap compares: as numbers where both are numbers; an empty field is in no order."""
    left: Any
    right: Any
    try:
        left, right = float(text), float(value)
    except ValueError:
        left, right = text, value
        if operator not in ("=", "<>", "!=") and (not text or not value):
            return False
    return {
        "=": left == right,
        "<>": left != right,
        "!=": left != right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }[operator]


Tokens = list[tuple[str, str]]


def _tokens(text: str) -> Tokens:
    found, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if not match:
            raise UnknownRouting(
                f"The condition {text!r} cannot be read from {stripped[position:].strip()[:20]!r} on: "
                "only comparisons of fields with values, and, or, not and parentheses are."
            )
        found.append((str(match.lastgroup), match[match.lastgroup or 0]))
        position = match.end()
    return found


def _either(tokens: Tokens, text: str) -> tuple[Condition, Tokens]:
    return _joined("or", _both, tokens, text)


def _both(tokens: Tokens, text: str) -> tuple[Condition, Tokens]:
    return _joined("and", _single, tokens, text)


def _joined(word: str, part: Callable, tokens: Tokens, text: str) -> tuple[Condition, Tokens]:
    condition, rest = part(tokens, text)
    parts = [condition]
    while rest and rest[0][1].lower() == word:
        condition, rest = part(rest[1:], text)
        parts.append(condition)
    return (parts[0] if len(parts) == 1 else Joined(word, tuple(parts))), rest


def _single(tokens: Tokens, text: str) -> tuple[Condition, Tokens]:
    if tokens and tokens[0][1].lower() == "not":
        condition, rest = _single(tokens[1:], text)
        return Joined("not", (condition,)), rest
    if tokens and tokens[0][1] == "(":
        condition, rest = _either(tokens[1:], text)
        if not rest or rest[0][1] != ")":
            raise UnknownRouting(
                f"The condition {text!r} opens a parenthesis and does not close it."
            )
        return condition, rest[1:]
    kinds = [kind for kind, _ in tokens[:3]]
    if kinds[:2] != ["field", "operator"] or kinds[2:] not in (["text"], ["number"]):
        raise UnknownRouting(f"The condition {text!r} needs [field] = 'value' where it stops.")
    name, _, code = tokens[0][1].strip("[]").partition("(")
    value = tokens[2][1]
    value = value[1:-1] if kinds[2] == "text" else value
    return Comparison(name, code.removesuffix(")"), tokens[1][1], value), tokens[3:]
