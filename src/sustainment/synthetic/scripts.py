"""Scripts of invented interviews: transcripts with marked passages, and their codebook.

A script is a plain text file. A passage is marked where it stands:

    [[code|level|valence: the words that are coded]]

Two codes for one passage are joined by "+"; marks may be nested but never cross a line. The
phase of a passage is the last heading above it that the codebook lists as a phase; a fourth field
(`[[code|level|valence|phase: …]]`) overrides it. Everything that names a study stands in the
study's `data/scripts/`; nothing here knows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.study import load_yaml

MARK = re.compile(r"\[\[([^\[\]|:]+)\|([^\[\]|:]+)\|([^\[\]|:]+)(?:\|([^\[\]|:]+))?: |(\]\])")
SPEAKER = re.compile(r"^\w+: ")


@dataclass(frozen=True)
class Passage:
    """A marked passage: offsets are code points of the plain text, the end exclusive."""

    script: str
    start: int
    end: int
    codes: tuple[str, ...]
    level: str
    valence: str
    phase: str


@dataclass(frozen=True)
class Script:
    """One transcript without marks, and its passages in the order of their starts."""

    name: str
    text: str
    passages: tuple[Passage, ...]


def read_scripts(study_folder: Path) -> tuple[list[Script], dict[str, Any]]:
    """All scripts of a study in the order of their names, and the codebook they use.

    Raises UserError for a broken mark, an unknown code or an example that is not in a script.
    """
    folder = Path(study_folder) / "data" / "scripts"
    book = load_yaml(folder / "codebook.yml")
    phases = [code["name"] for code in dimension(book, "Phase")["codes"]]
    scripts = [
        parse_script(path.stem, path.read_text(encoding="utf-8"), phases)
        for path in sorted(folder.glob("script-*.txt"))
    ]
    if not scripts:
        raise UserError("data/scripts/ holds no script-*.txt. Put the scripts there.")
    _check(scripts, book)
    return scripts, book


def script_cases(study_folder: Path) -> pd.DataFrame:
    """The speakers and their variables: a row a script, all values text."""
    cases = load_yaml(Path(study_folder) / "data" / "scripts" / "cases.yml")["cases"]
    return pd.DataFrame.from_dict(cases, orient="index", dtype="str").rename_axis("script")


def parse_script(name: str, source: str, phases: list[str]) -> Script:
    """Strip the marks of one script and compute the offsets of its passages."""
    plain, phase = "", ""
    passages: list[Passage] = []
    open_marks: list[tuple[int, tuple[str, ...], str, str, str]] = []
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip() in phases:
            phase = line.strip()
        place = 0
        for match in MARK.finditer(line):
            plain += line[place : match.start()]
            place = match.end()
            if match[5] is None:
                codes = tuple(match[1].split("+"))
                open_marks.append((len(plain), codes, match[2], match[3], match[4] or phase))
            elif open_marks:
                start, codes, level, valence, when = open_marks.pop()
                passages.append(Passage(name, start, len(plain), codes, level, valence, when))
            else:
                raise _broken(name, number, "']]' closes a mark that was never opened")
        plain += line[place:] + "\n"
        if open_marks or "[[" in line[place:]:
            raise _broken(name, number, "a mark is opened and not closed on the same line")
    for passage in passages:
        text = plain[passage.start : passage.end]
        if text != text.strip() or not text:
            raise UserError(
                f"data/scripts/{name}.txt: the passage {text[:40]!r} is empty or begins or ends with "
                f"a space. Move the mark to the words."
            )
    # the wider of two nested passages first
    ordered = sorted(passages, key=lambda passage: (passage.start, -passage.end))
    return Script(name, plain, tuple(ordered))


def code_list(book: dict[str, Any]) -> pd.DataFrame:
    """The codes that scripts may use: a row a code, index id, columns name, group, example.

    `group` is the id of the sub-theme (or theme) the code stands under: codes of one group are
    siblings.
    """
    rows = []
    for theme in [*book["themes"], book["outside"]]:
        for group in [theme, *theme.get("subthemes", [])]:
            for code in group["codes"]:
                rows.append({**code, "group": group["id"]})
    return pd.DataFrame(rows).set_index("id")


def dimension(book: dict[str, Any], name: str) -> dict[str, Any]:
    """One of the codebook's extra branches (level, valence, phase), by its id."""
    for branch in book["dimensions"]:
        if branch["id"] == name:
            return branch
    raise UserError(f"data/scripts/codebook.yml: `dimensions` has no branch {name!r}. Add it.")


def _check(scripts: list[Script], book: dict[str, Any]) -> None:
    codes = code_list(book)
    known = {
        "code": set(codes.index),
        "level": {code["name"] for code in dimension(book, "Level")["codes"]},
        "valence": {code["name"] for code in dimension(book, "Valence")["codes"]},
        "phase": {code["name"] for code in dimension(book, "Phase")["codes"]},
    }
    marked: dict[str, list[str]] = {code: [] for code in codes.index}
    for script in scripts:
        for passage in script.passages:
            text = script.text[passage.start : passage.end]
            used = [("code", code) for code in passage.codes]
            used += [(kind, getattr(passage, kind)) for kind in ("level", "valence", "phase")]
            for kind, value in used:
                if value not in known[kind]:
                    raise UserError(
                        f"data/scripts/{script.name}.txt: unknown {kind} {value!r} at "
                        f"{text[:40]!r}. The codebook has: {', '.join(sorted(known[kind]))}."
                    )
            for code in passage.codes:
                marked[code].append(text)
    for code, example in codes["example"].items():
        if not any(text.startswith(example.removesuffix("…").strip()) for text in marked[code]):
            raise UserError(
                f"data/scripts/codebook.yml: the example of {code!r} is not the beginning of a "
                f"passage marked with it. Copy one from a script."
            )


def _broken(name: str, line: int, what: str) -> UserError:
    return UserError(
        f"data/scripts/{name}.txt, line {line}: {what}. A mark looks like "
        f"[[code|level|valence: words]]."
    )
