"""`sustainment trace KEY`: from a number on a page back to rows and segments.

The statements that a reported value depends on are found in the chapter's syntax tree and executed
here, in this process, in their order; what they leave in memory tells which rows, persons and segments
were counted. Everything is printed on the machine that holds the data, and nothing is written.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sustainment.book.chapters import Chapter, did_you_mean
from sustainment.book.plan import Plan, make_plan
from sustainment.book.values import read_json, values_file
from sustainment.errors import UserError
from sustainment.statements import keys_in, names_read, names_set
from sustainment.study import STUDY_VARIABLE, VALUES_VARIABLE, input_paths

MOST_SHOWN = 100  # ids of one object; the rest is counted


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a chapter, with the names it reads and those it sets or changes."""

    source: str
    cell: int
    line: int
    reads: frozenset[str]
    sets: frozenset[str]
    keys: tuple[tuple[str, bool], ...]  # keys reported or cited in it; True marks a pattern


def trace(folder: Path | str, key: str, edition: str = "default") -> Iterator[str]:
    """Lines that tell where a value comes from. Raises UserError for a key nobody reports."""
    plan = make_plan(folder, edition)
    chapter, record = find_value(plan, key)
    yield f"{key} = {record['text']}  (value {record['value']!r}, kind {record['kind']})"
    if record.get("population"):
        yield f"  counted: {record['population']}"
    if record.get("count") is not None:
        yield f"  persons: {record['count']}" + (f" of {record['of']}" if record.get("of") else "")
    statements = list(read_statements(chapter))
    chosen = behind(statements, key)
    yield f"\n{chapter.file}, {len(chosen)} statements"
    cell = 0
    for statement in chosen:
        if statement.cell != cell:
            cell = statement.cell
            yield f"  code cell {cell}, line {statement.line}"
        yield from (f"    {line}" for line in statement.source.splitlines())
    yield from describe_inputs(plan, chapter, chosen)
    yield from describe_memory(plan, chapter, chosen, key)


def find_value(plan: Plan, key: str) -> tuple[Chapter, Mapping[str, Any]]:
    known: dict[str, tuple[Chapter, Mapping[str, Any]]] = {}
    for name, chapter in plan.book.chapters.items():
        stored = read_json(values_file(plan.run_folder, name)) or {}
        known |= {k: (chapter, record) for k, record in (stored.get("values") or {}).items()}
    if not known:
        raise UserError("Nothing has been executed yet, so there are no values: run `make book`.")
    if key not in known:
        raise UserError(f"No chapter reports {key!r}.{did_you_mean(key, known)}")
    return known[key]


# Which statements ------------------------------------------------------------------------------


def read_statements(chapter: Chapter) -> Iterator[Statement]:
    for number, cell in enumerate(chapter.cells, start=1):
        for node in ast.parse(cell.source).body:
            yield Statement(
                source=ast.get_source_segment(cell.source, node) or ast.unparse(node),
                cell=number,
                line=cell.line + node.lineno - 1,
                reads=frozenset(names_read(node)),
                sets=frozenset(names_set(node)),
                keys=tuple(keys_in(node)),
            )


def behind(statements: list[Statement], key: str) -> list[Statement]:
    """The statement that reports the key and all that it depends on, in the chapter's order."""
    import re

    at = next(
        (
            n
            for exact in (True, False)
            for n, statement in enumerate(statements)
            for k, pattern in statement.keys
            if (
                k == key
                if exact and not pattern
                else not exact and pattern and re.fullmatch(k, key)
            )
        ),
        None,
    )
    if at is None:
        raise UserError(f"The call that reports {key!r} was not found in the chapter's code.")
    chosen, wanted = [statements[at]], set(statements[at].reads)
    for statement in reversed(statements[:at]):
        if statement.sets & wanted and not (statement.keys and not stores(statement)):
            chosen.append(statement)
            wanted |= statement.reads
    return chosen[::-1]


def stores(statement: Statement) -> bool:
    return bool(statement.sets - {"report", "cite"})


# What is behind them ---------------------------------------------------------------------------


def describe_inputs(plan: Plan, chapter: Chapter, chosen: list[Statement]) -> Iterator[str]:
    source = "\n".join(statement.source for statement in chosen)
    used = [name for name in chapter.inputs if f'"{name}"' in source or f"'{name}'" in source]
    for name in used:
        files = input_paths(plan.book.folder, plan.book.settings, name)
        listed = ", ".join(str(path.relative_to(plan.book.folder)) for path in files)
        yield f"  input {name}: {listed}"
    for need in chapter.needs:
        if need in source:
            yield f"  values of the chapter {need}: trace those keys too"


def describe_memory(
    plan: Plan, chapter: Chapter, chosen: list[Statement], key: str
) -> Iterator[str]:
    """Rows and segments in the objects that the statements made."""
    watched: dict[str, Any] = {}
    memory = run_statements(plan, chapter, chosen, watched)
    lines = raw_lines(memory)
    last = chosen[-1]
    direct = [name for name in memory if name in last.reads]
    others = [name for name in memory if name not in last.reads]
    for title, names in (("\nused where it is reported", direct), ("\nbehind that", others)):
        said = [line for name in names for line in describe_object(name, memory[name], lines)]
        if said:
            yield title
            yield from (f"  {line}" for line in said)
    for item, answers in watched.items():
        yield f"\nanswers to {item}"
        for answer, who in answers.groupby(answers, observed=True, dropna=False):
            given = "no answer" if answer != answer else answer
            yield f"  {given}: {len(who)} respondents: {ids(who.index, lines)}"


def watch_surveys(memory: dict[str, Any], watched: dict[str, Any]) -> None:
    """Let each survey in memory remember which items are looked at."""
    import pandas as pd

    class Watched(pd.DataFrame):
        def __getitem__(self, item: Any) -> Any:
            found = super().__getitem__(item)
            if isinstance(item, str):
                watched.setdefault(item, pd.Series(found))
            return found

    for name, value in list(memory.items()):
        if (
            hasattr(value, "answers")
            and hasattr(value, "raw")
            and type(value.answers) is pd.DataFrame
        ):
            memory[name] = replace(value, answers=Watched(value.answers))


def raw_lines(memory: Mapping[str, Any]) -> dict[str, str]:
    """Where each respondent's submissions stand in the raw file, for the survey in memory."""
    lines: dict[str, list[str]] = {}
    for value in memory.values():
        if hasattr(value, "answers") and hasattr(value, "raw"):
            column = value.answers.index.name
            if column in value.raw.table:
                for line, respondent in value.raw.table[column].items():
                    lines.setdefault(str(respondent).strip(), []).append(str(line))
    return {respondent: " and ".join(found) for respondent, found in lines.items()}


def run_statements(
    plan: Plan, chapter: Chapter, chosen: list[Statement], watched: dict[str, Any]
) -> dict[str, Any]:
    """Execute the statements quietly; returns the names they made. watched: answers they looked at."""
    memory: dict[str, Any] = {"__builtins__": builtins, **plan.values[chapter.name]}
    before = {name: os.environ.get(name) for name in (STUDY_VARIABLE, VALUES_VARIABLE)}
    os.environ[STUDY_VARIABLE] = str(plan.book.folder)
    os.environ[VALUES_VARIABLE] = str(plan.run_folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for statement in chosen:
                watch_surveys(memory, watched)
                if "parameters" in chapter.cells[statement.cell - 1].tags:
                    continue  # this edition's values are there already
                exec(compile(statement.source, chapter.file, "exec"), memory)
    except Exception as error:
        place = f"{chapter.file}, line {statement.line}"
        raise UserError(f"{place} stopped with {type(error).__name__}: {error}") from None
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return {name: value for name, value in memory.items() if not name.startswith("__")}


def describe_object(name: str, value: Any, lines: Mapping[str, str]) -> list[str]:
    import pandas as pd

    if hasattr(value, "answers") and hasattr(value, "raw"):
        return [f"{name}: {len(value.answers)} respondents from {value.raw.file}"]
    if isinstance(value, pd.Series) and pd.api.types.is_bool_dtype(value.dtype):
        true = value.index[value.fillna(False).astype(bool)]
        return [f"{name}: true for {len(true)} of {len(value)} {rows(value)}: {ids(true, lines)}"]
    if isinstance(value, pd.DataFrame) and {"segment", "document"} <= set(value.columns):
        return [f"{name}: {len(value)} segments", *segments(value)]
    if isinstance(value, (pd.Series, pd.DataFrame)):
        return [f"{name}: {len(value)} {rows(value)}: {ids(value.index, lines)}"]
    if isinstance(value, (list, tuple, set)) and value:
        return [f"{name}: {len(value)} entries: {ids(list(value), lines)}"]
    return []


def rows(value: Any) -> str:
    return f"rows ({value.index.name})" if value.index.name else "rows"


def ids(index: Any, lines: Mapping[str, str]) -> str:
    """Ids, each with its line in the raw file where that is known."""
    listed = [
        f"{entry} (line {lines[str(entry)]})" if str(entry) in lines else str(entry)
        for entry in list(index)[:MOST_SHOWN]
    ]
    more = f" and {len(index) - MOST_SHOWN} more" if len(index) > MOST_SHOWN else ""
    return ", ".join(listed) + more


def segments(table: Any) -> Iterator[str]:
    for row in table.head(MOST_SHOWN).to_dict("records"):
        text = " ".join(str(row.get("text", "")).split())
        yield f"  {row['segment']}  {text[:70]}{'…' if len(text) > 70 else ''}"
