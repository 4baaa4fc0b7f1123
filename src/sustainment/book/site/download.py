"""A chapter's prose for a notebook outside the site, where the book's roles and forms mean nothing.

A number in a sentence becomes its name, a word of the glossary the word, and an exercise its question
with the calls that check it. What only a page can show, such as a form, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sustainment.learn.exercises import Exercise

_FENCE = re.compile(
    r"^```\{([\w-]+)\}[ ]*(\S*)[^\n]*\n(?:.*?\n)??```[ ]*$", re.MULTILINE | re.DOTALL
)
_TERM = re.compile(r"\{term\}`([^`<]+?)(?:\s*<[^`]*>)?`")
_EXERCISES = {"practice", "guess"}
_PAGE_ONLY = {"interval-widget", "worlds-map", "kinds", "shown-in"}


def readable(text: str, exercises: Mapping[str, Exercise]) -> str:
    """The Markdown of one cell as it reads in a notebook."""

    def fence(match: re.Match[str]) -> str:
        name, exercise = match[1], exercises.get(match[2])
        if name in _EXERCISES and exercise is not None:
            return as_question(exercise)
        if name == "claim":
            return f"*(Here the page says what these data may say to the article's claim `{match[2]}`.)*"
        return "*(Here the page has a part to try.)*" if name in _PAGE_ONLY else match[0]

    text = _FENCE.sub(fence, text)
    text = re.sub(r"\{num\}`([^`]+)`", r"`\1`", text)
    text = _TERM.sub(r"\1", text)
    return re.sub(r"\{cite:[pt]\}`([^`]+)`", r"[\1]", text)


def as_question(exercise: Exercise) -> str:
    """An exercise as its question and, when it can be checked, how to check it in a cell."""
    ask = f"**{'Your guess' if exercise.type == 'guess' else 'Do it'}.** {exercise.ask}"
    ask += "".join(f"\n- `{option['id']}`: {option['text']}" for option in exercise.options)
    if exercise.type == "guess":
        return ask
    if exercise.type == "open":
        words = "from sustainment.learn import solution"
        return f'{ask}\n\n```python\n{words}\n\nsolution("{exercise.id}", show=True)\n```'
    given = ", ".join(f'{part}="…"' for part in exercise.parts)
    return (
        f"{ask}\n\n```python\nfrom sustainment.learn import check, hint, solution\n\n"
        f'check("{exercise.id}", {given})\nhint("{exercise.id}")\nsolution("{exercise.id}")\n```'
    )
