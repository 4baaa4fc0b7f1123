"""Merge the exports of one questionnaire fielded in several languages, by rules that are written down.

The export handed in is a small YAML file that names the files and says, for each language, what differs:

    languages:
      english: {file: en.csv, dictionary: key.en.csv, blank_is_no: [Q53], rename: {'(Q53_._.)': '\\1_1'}}
      portuguese: {file: pt.csv, dictionary: key.pt.csv, rename: {Q2: Q3, Q3: Q2}}
    leave_out: [Q19, Q46]

`rename` gives columns the names of the first language (patterns of whole names, all applied at once, so
that two may be swapped); `blank_is_no` lists tick questions whose export leaves an unticked box blank;
`leave_out` questions that cannot be compared. Columns that then still differ stop the merge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.survey.model import BOOKKEEPING, Item, RawSurvey
from sustainment.survey.source import Source

KIND = "languages"
_KEYS = {"file", "dictionary", "kind", "rename", "blank_is_no"}


@dataclass(frozen=True)
class Rules:
    """What one language's export does differently from the first one's."""

    rename: Mapping[str, str] = field(default_factory=dict)
    blank_is_no: Sequence[str] = ()


def recognise(source: Source) -> str:
    """Why the file is a merge of languages, or ""."""
    if source.suffix not in {".yml", ".yaml"} or b"languages:" not in source.head:
        return ""
    return "it names the exports of one questionnaire in several languages"


def read(source: Source) -> RawSurvey:
    """Read every language by its own kind, and merge. Raises UserError for a rule that does not fit."""
    from sustainment.survey.read import read_survey

    plan = _plan(source.path)
    surveys, rules = {}, {}
    for language, entry in plan["languages"].items():
        dictionary = source.path.parent / entry["dictionary"] if entry.get("dictionary") else None
        surveys[language] = read_survey(
            source.path.parent / entry["file"], dictionary, entry.get("kind")
        )
        rules[language] = Rules(entry.get("rename") or {}, tuple(entry.get("blank_is_no") or ()))
    merged = merge_languages(surveys, rules, plan.get("leave_out") or ())
    return replace(merged, file=source.name)


def files_of(path: Path) -> list[Path]:
    """All files a merge names, so that they can be copied with it."""
    entries = _plan(path)["languages"].values()
    names = [entry[key] for entry in entries for key in ("file", "dictionary") if entry.get(key)]
    return [path.parent / name for name in names]


def _plan(path: Path) -> dict[str, Any]:
    try:
        plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{path.name} is not valid YAML ({error}).") from None
    languages = plan.get("languages") if isinstance(plan, dict) else None
    if not isinstance(languages, dict) or len(languages) < 2:
        raise UserError(
            f"{path.name}: `languages:` must name at least two exports, each with its `file:`."
        )
    for language, entry in languages.items():
        if not isinstance(entry, dict) or not entry.get("file"):
            raise UserError(f"{path.name}: language {language!r} names no `file:`.")
        if unknown := sorted(entry.keys() - _KEYS):
            raise UserError(
                f"{path.name}: {unknown[0]!r} is not known. Known: {', '.join(sorted(_KEYS))}."
            )
    return plan


def merge_languages(
    surveys: Mapping[str, RawSurvey], rules: Mapping[str, Rules], leave_out: Sequence[str] = ()
) -> RawSurvey:
    """One survey from several: rows below each other, wordings and labels of the first language.

    Adds the columns `language`, `source_file` and `source_line`; the index numbers the merged rows from 1.
    Raises UserError when columns or codes still differ after the rules.
    """
    prepared = {
        language: _prepare(raw, rules.get(language, Rules()), leave_out, language)
        for language, raw in surveys.items()
    }
    first, base = next(iter(prepared.items()))
    for language, (table, items) in prepared.items():
        only_here = [name for name in table if name not in base[0]]
        missing = [name for name in base[0] if name not in table]
        if only_here or missing:
            raise UserError(
                f"{surveys[language].file} ({language}) and {surveys[first].file} ({first}) differ in columns: "
                f"{_some(only_here, 'only in the one')}{'; ' if only_here and missing else ''}"
                f"{_some(missing, 'only in the other')}. Rename them, or leave their question out."
            )
        for name, item in items.items():
            codes = _codes(item) ^ _codes(base[1][name]) if name in base[1] else set()
            if codes:
                raise UserError(
                    f"{surveys[language].file} ({language}), column {name}: the codes differ from {first} "
                    f"({', '.join(sorted(codes))}). Leave the question out, or correct the rules."
                )
    columns = list(base[0].columns)
    table = pd.concat([frame[columns] for frame, _ in prepared.values()], ignore_index=True)
    table.index = pd.RangeIndex(1, len(table) + 1, name="line")
    table.insert(1, "language", _repeat(prepared, list(prepared)))
    table["source_file"] = _repeat(prepared, [surveys[language].file for language in prepared])
    lines = [str(line) for frame, _ in prepared.values() for line in frame.index]
    table["source_line"] = pd.array(lines, dtype="str")
    codebook = {columns[0]: base[1][columns[0]]} if columns[0] in base[1] else {}
    options = {language: language for language in prepared}
    codebook["language"] = Item(
        "language", "Language of the questionnaire", "single", options, section=BOOKKEEPING
    )
    codebook |= {name: _widest([items[name] for _, items in prepared.values()]) for name in base[1]}
    for name in ("source_file", "source_line"):
        codebook[name] = Item(name, name.replace("_", " "), "text", section=BOOKKEEPING)
    notes = [note for raw in surveys.values() for note in raw.notes]
    if leave_out:
        notes.append(
            Finding(
                "note",
                "left-out",
                f"Questions that differ between languages were left out: {', '.join(leave_out)}",
            )
        )
    sizes = ", ".join(f"{len(frame)} {language}" for language, (frame, _) in prepared.items())
    notes.append(Finding("note", "merged", f"Records by language: {sizes}"))
    why = f"merged from {', '.join(prepared)}"
    return RawSurvey(table, codebook, KIND, why, surveys[first].file, notes)


def _prepare(
    raw: RawSurvey, rules: Rules, leave_out: Sequence[str], language: str
) -> tuple[pd.DataFrame, dict[str, Item]]:
    names = {column: _renamed(column, rules.rename) for column in raw.table.columns}
    out = re.compile("|".join(rf"{re.escape(q)}(_.*)?" for q in leave_out) or r"(?!)")
    keep = [column for column, name in names.items() if not out.fullmatch(name)]
    table = raw.table[keep].rename(columns=names)
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise UserError(f"{raw.file} ({language}): the rules give two columns the name {twice!r}.")
    items = {}
    for column in keep:
        item = raw.codebook.get(column)
        if item is None:
            continue
        new = replace(
            item, id=names[column], set=_renamed(item.set, rules.rename) if item.set else ""
        )
        if item.set in rules.blank_is_no:
            ticked = list(item.options)[-1]
            new = replace(new, options={"": "not ticked", ticked: item.options[ticked]})
        items[new.id] = new
    return table, items


def _renamed(name: str, rename: Mapping[str, str]) -> str:
    for pattern, new in rename.items():
        if re.fullmatch(pattern, name):
            return re.sub(rf"\A(?:{pattern})\Z", new, name)
    return name


def _codes(item: Item) -> set[str]:
    """The codes that must agree between languages; a tick box only needs to be one."""
    return set() if item.type in {"multi", "number", "text", "date"} else set(item.options)


def _widest(items: list[Item]) -> Item:
    """The first language's item; a tick box accepts what any language writes for "not ticked"."""
    first = items[0]
    if first.type != "multi":
        return first
    ticked = list(first.options)[-1]
    unticked = [code for item in items for code in item.options if code != ticked]
    return replace(
        first, options={**dict.fromkeys(unticked, "not ticked"), ticked: first.options[ticked]}
    )


def _repeat(prepared: Mapping[str, tuple], values: Sequence[str]) -> pd.array:
    counts = [len(frame) for frame, _ in prepared.values()]
    return pd.array([v for v, n in zip(values, counts, strict=True) for _ in range(n)], dtype="str")


def _some(names: list[str], where: str) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{', '.join(names[:5])}{more} {where}" if names else ""
