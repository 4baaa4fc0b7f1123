"""`study.yml` of a new project, written so that a person can read it: each guess beside its reason."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

from sustainment.interviews.model import Interviews
from sustainment.new.draft import Draft
from sustainment.survey.model import RawSurvey

_HEAD = """\
# What this study is, and where its material lies. Every chapter reads this file.
# Everything below was guessed from the material; the comment above a line is the reason. Correct what
# is wrong, then run `sustainment check`.
"""
_BLOCKS = {
    "population": "Who the survey was sent to.",
    "survey": "The survey's export: who is who, what stands for a missing answer, what becomes of defects.",
    "report": "What the chapters show, and in which order.",
    "interviews": "The coded material.",
    "protection": "What may leave when the data are a real study's (`sustainment protect`).",
}


def study_yaml(
    draft: Draft, inputs: dict[str, dict], raw: RawSurvey, coded: Interviews | None
) -> str:
    """The whole file as text."""
    lines = [_HEAD.rstrip("\n")]
    for key in ("title", "provenance"):
        lines += _entry(key, draft.guesses[key].value, draft.guesses[key].why, "")
    lines += ["", "# Where the material lies, and how it is read."]
    # on one line each: a page may only say what stands in this file as it says it
    lines.append(f"# survey: {raw.kind}, because {' '.join(raw.why.split())}")
    if coded is not None:
        lines.append(f"# interviews: {coded.kind}, because {' '.join(coded.why.split())}")
    lines += ["inputs:", *(f"  {name}: {_flow(entry)}" for name, entry in inputs.items())]
    lines.append("  study: {reader: yaml, file: study.yml}")
    for block, about in _BLOCKS.items():
        keys = [key for key in draft.guesses if key.startswith(f"{block}.")]
        if not keys:
            continue
        lines += ["", f"# {about}", f"{block}:"]
        for key in keys:
            guess = draft.guesses[key]
            lines += _entry(key.split(".", 1)[1], guess.value, guess.why, "  ")
    if "words" in draft.guesses:
        lines += ["", *_entry("words", draft["words"], draft.guesses["words"].why, "")]
    lines += _not_shown(raw)
    return "\n".join(lines) + "\n"


def _not_shown(raw: RawSurvey) -> list[str]:
    """What the reader noticed, as comments: the place where a person looks first."""
    rules = dict.fromkeys(note.rule for note in raw.notes if note.severity != "note")
    if not rules:
        return []
    lines = ["", "# What the reader noticed (`sustainment check` says where):"]
    for rule in rules:
        own = [note for note in raw.notes if note.rule == rule]
        lines += _comment(
            f"{rule}: {own[0].message}" + (f"; {len(own)} in all" if len(own) > 1 else ""), ""
        )
    return lines


def _entry(key: str, value: Any, why: str, indent: str) -> list[str]:
    lines = _comment(why, indent)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [*lines, f"{indent}{key}:", *(f"{indent}  - {_flow(entry)}" for entry in value)]
    return [*lines, f"{indent}{key}: {_flow(value)}"]


def _comment(text: str, indent: str) -> list[str]:
    width = 100 - len(indent) - 2
    return [f"{indent}# {line}" for line in textwrap.wrap(" ".join(text.split()), width)]


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**9
    )
    return text.removesuffix("\n").removesuffix("\n...")
