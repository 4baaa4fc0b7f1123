"""Parameters of chapters, and the editions that set them.

A chapter's first code cell, tagged `parameters`, holds lines `name: type = value  # help`. They are
read from the syntax tree, never by running them: papermill would inject unknown names, turn `false`
into a true string and drop what it cannot read, all without a word. `editions.yml` says once, for all
chapters, what each parameter may be:

    parameters:
      confidence: {type: float, default: 0.95, low: 0.5, high: 0.999, help: "…"}
      cutoff:     {type: str, default: any, choices: [any, monthly], help: "…"}
    editions:
      default: {title: "As in the book"}
      strict:  {title: "…", parameters: {confidence: 0.99}}
"""

from __future__ import annotations

import ast
import contextlib
import io
import math
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from sustainment.book.chapters import Book, Chapter, did_you_mean
from sustainment.errors import UserError
from sustainment.study import load_yaml

Scalar = int | float | str | bool
TYPES: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
FILE = "editions.yml"


@dataclass(frozen=True)
class Line:
    """One line of a parameters cell."""

    name: str
    type: str
    default: Scalar
    help: str


@dataclass(frozen=True)
class Parameter:
    """A parameter as editions.yml declares it: its type, its default, and what else it may be."""

    name: str
    type: str
    default: Scalar
    help: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Scalar, ...] = ()

    def range_text(self) -> str:
        """What the parameter may be, in words for a person."""
        if self.choices:
            return "one of " + ", ".join(show(choice) for choice in self.choices)
        if self.type == "bool":
            return "true or false"
        kind = {"int": "a whole number", "float": "a number", "str": "a text"}[self.type]
        if self.low is not None and self.high is not None:
            return f"{kind} from {show(self.low)} to {show(self.high)}"
        if self.low is not None:
            return f"{kind} of at least {show(self.low)}"
        return f"{kind} of at most {show(self.high)}" if self.high is not None else kind


@dataclass(frozen=True)
class Edition:
    """A named set of parameters; what it does not set keeps its default."""

    name: str
    title: str
    values: Mapping[str, Scalar]
    observed: bool = False  # the tests run it also as a real study's data would be


@dataclass(frozen=True)
class Editions:
    """All of editions.yml."""

    parameters: Mapping[str, Parameter]
    editions: Mapping[str, Edition]

    def edition(self, name: str) -> Edition:
        if name not in self.editions:
            raise UserError(
                f"There is no edition {name!r} in {FILE}.{did_you_mean(name, self.editions)}"
            )
        return self.editions[name]


def show(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# The parameters cell ---------------------------------------------------------------------------


def parameter_lines(chapter: Chapter) -> dict[str, Line]:
    """The parameters a chapter declares, {} when it has none. Raises UserError with the line."""
    cell = chapter.parameters_cell
    if cell is None:
        return {}
    if cell is not chapter.cells[0]:
        raise UserError(
            f"{chapter.file}, line {cell.line}: the cell tagged `parameters` must be the chapter's "
            f"first code cell, because what is set for a run is inserted right after it."
        )
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        raise UserError(f"{chapter.file}, line {line}: not valid Python ({error.msg}).") from None
    comments = comment_of_line(cell.source)
    lines: dict[str, Line] = {}
    rows: set[int] = set()
    for statement in statements:
        place = f"{chapter.file}, line {cell.line + statement.lineno - 1}"
        read = read_line(statement, comments.get(statement.end_lineno or 0, ""), place)
        if read.name in lines:
            raise UserError(f"{place}: the parameter {read.name!r} is set twice.")
        if statement.lineno in rows:
            raise UserError(f"{place}: write one parameter a line.")
        rows.add(statement.lineno)
        lines[read.name] = read
    return lines


def read_line(statement: ast.stmt, comment: str, place: str) -> Line:
    form = "Write `name: int|float|str|bool = value  # what it means`."
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        raise UserError(f"{place}: this is no parameter. {form}")
    name = statement.target.id
    kind = statement.annotation.id if isinstance(statement.annotation, ast.Name) else ""
    if kind not in TYPES:
        raise UserError(
            f"{place}: the parameter {name!r} has the type `{ast.unparse(statement.annotation)}`. {form}"
        )
    default: Any = None
    with contextlib.suppress(ValueError):
        default = ast.literal_eval(statement.value) if statement.value else None
    if kind == "float" and type(default) is int:
        default = float(default)
    if type(default) is not TYPES[kind]:
        written = ast.unparse(statement.value) if statement.value else "nothing"
        raise UserError(f"{place}: {name!r} is declared {kind}, but its value is {written}. {form}")
    if not comment:
        raise UserError(f"{place}: say after a # what the parameter {name!r} means. {form}")
    return Line(name, kind, cast(Scalar, default), comment)


def comment_of_line(source: str) -> dict[int, str]:
    """Comments by line; read as tokens, since a # may stand inside a text."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def with_values(source: str, values: Mapping[str, Scalar]) -> str:
    """The parameters cell as it reads with other values; help and layout stay."""
    lines = [line.encode() for line in source.splitlines()]
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            old, name = statement.value, statement.target.id
            if name in values and old is not None:
                line = lines[old.lineno - 1]  # columns count bytes
                new = repr(values[name]).encode()
                lines[old.lineno - 1] = line[: old.col_offset] + new + line[old.end_col_offset :]
    return b"\n".join(lines).decode()


# editions.yml ----------------------------------------------------------------------------------


def load_editions(folder: Path) -> Editions:
    """Read and check editions.yml. A book without one has only its defaults."""
    path = folder / FILE
    read = (load_yaml(path) or {}) if path.exists() else {}
    refuse_unknown(read, ("parameters", "editions"), FILE)
    parameters = {
        name: read_parameter(name, entry or {})
        for name, entry in (read.get("parameters") or {}).items()
    }
    editions = {}
    for name, entry in ({"default": None} | (read.get("editions") or {})).items():
        entry = entry or {}
        refuse_unknown(
            entry, ("title", "about", "parameters", "observed"), f"{FILE}, edition {name!r}"
        )
        if not re.fullmatch(r"[a-z][a-z0-9-]*", str(name)):
            raise UserError(
                f"{FILE}: name the edition {name!r} in small letters, digits and hyphens."
            )
        place = f"{FILE}, edition {name!r}"
        values = {
            key: check_value(parameters, key, value, place)
            for key, value in (entry.get("parameters") or {}).items()
        }
        if name == "default" and values:
            raise UserError(f"{FILE}: the edition 'default' sets no parameters; change `default:`.")
        editions[name] = Edition(
            name, str(entry.get("title") or name), values, bool(entry.get("observed"))
        )
    return Editions(parameters, editions)


def read_parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    place = f"{FILE}, parameter {name!r}"
    refuse_unknown(entry, ("type", "default", "help", "low", "high", "choices"), place)
    kind = entry.get("type")
    if kind not in TYPES:
        raise UserError(f"{place}: `type` is {kind!r}; it must be one of {', '.join(TYPES)}.")
    if "default" not in entry:
        raise UserError(f"{place}: `default` is missing.")
    parameter = Parameter(
        name=name,
        type=kind,
        default=entry["default"],
        help=str(entry.get("help") or ""),
        low=entry.get("low"),
        high=entry.get("high"),
        choices=tuple(entry.get("choices") or ()),
    )
    default = check_value({name: parameter}, name, parameter.default, f"{place}, default")
    return replace(parameter, default=default)


def refuse_unknown(entry: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    if not isinstance(entry, Mapping):
        raise UserError(f"{place}: expected `name: value` lines.")
    for key in entry:
        if key not in known:
            raise UserError(f"{place}: unknown entry {key!r}.{did_you_mean(str(key), known)}")


# Values for a run ------------------------------------------------------------------------------


def check_value(
    parameters: Mapping[str, Parameter], name: str, value: Any, place: str = ""
) -> Scalar:
    """The value, if the parameter exists and may be that; a float may be given as a whole number."""
    where = f"{place}: " if place else ""
    if name not in parameters:
        raise UserError(f"{where}There is no parameter {name!r}.{did_you_mean(name, parameters)}")
    parameter = parameters[name]
    if parameter.type == "float" and type(value) is int:
        value = float(value)
    wrong = type(value) is not TYPES[parameter.type]
    if not wrong and parameter.type in ("int", "float"):
        wrong = (
            not math.isfinite(value)
            or (parameter.low is not None and value < parameter.low)
            or (parameter.high is not None and value > parameter.high)
        )
    if wrong or (parameter.choices and value not in parameter.choices):
        hint = ""
        if parameter.choices and isinstance(value, str):
            hint = did_you_mean(value, [show(c) for c in parameter.choices])
            hint = hint if hint.startswith(" Did") else ""
        raise UserError(
            f"{where}The parameter {name!r} is {parameter.range_text()}; got {show(value)!r}.{hint}"
        )
    return value


def parse_assignments(
    assignments: Iterable[str], parameters: Mapping[str, Parameter]
) -> dict[str, Scalar]:
    """Values from the command line (`-p name=value`), each read by its declared type."""
    values: dict[str, Scalar] = {}
    for assignment in assignments:
        name, mark, text = (part.strip() for part in assignment.partition("="))
        if not mark or not name:
            raise UserError(f"-p {assignment}: write a parameter as name=value.")
        if name in values:
            raise UserError(f"-p {assignment}: the parameter {name!r} is given twice.")
        values[name] = read_text(name, text, parameters)
    return values


def read_text(name: str, text: str, parameters: Mapping[str, Parameter]) -> Scalar:
    """A value as written by a person; only the forms of its type are understood."""
    if name not in parameters:
        raise UserError(f"There is no parameter {name!r}.{did_you_mean(name, parameters)}")
    kind = parameters[name].type
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int" and re.fullmatch(r"[+-]?\d+", text):
        return check_value(parameters, name, int(text))
    if kind == "float" and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return check_value(parameters, name, float(text))
    if kind == "str":
        return check_value(parameters, name, text)
    raise UserError(f"The parameter {name!r} is {parameters[name].range_text()}; got {text!r}.")


def check_chapter_parameters(chapter: Chapter, editions: Editions) -> dict[str, Line]:
    """The chapter's parameters, each the same as in editions.yml."""
    lines = parameter_lines(chapter)
    for line in lines.values():
        declared = editions.parameters.get(line.name)
        if declared is None:
            raise UserError(
                f"{chapter.file}: the parameter {line.name!r} is not in {FILE}. Declare its type, "
                f"default and range there.{did_you_mean(line.name, editions.parameters)}"
            )
        if (line.type, line.default) != (declared.type, declared.default):
            raise UserError(
                f"{chapter.file} sets {line.name}: {line.type} = {show(line.default)}, but {FILE} says "
                f"{declared.type}, {show(declared.default)}. Make them the same."
            )
    return lines


def values_for(
    book: Book, editions: Editions, edition: str, given: Mapping[str, Scalar]
) -> dict[str, dict[str, Scalar]]:
    """For each chapter all its parameters with the values of this run."""
    chosen = dict(editions.edition(edition).values) | dict(given)
    for name, value in given.items():
        check_value(editions.parameters, name, value)
    values = {}
    for chapter in book.chapters.values():
        lines = check_chapter_parameters(chapter, editions)
        values[chapter.name] = {
            name: chosen.get(name, editions.parameters[name].default) for name in lines
        }
    used = {name for of_chapter in values.values() for name in of_chapter}
    for name in given:
        if name not in used:
            raise UserError(f"No chapter has the parameter {name!r}.{did_you_mean(name, used)}")
    return values
