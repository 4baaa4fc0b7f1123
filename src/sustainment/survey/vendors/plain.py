"""Read a plain table (CSV, TSV, XLSX, ODS), with or without a codebook table beside it.

With a codebook, items are what it says, and its names must fit the columns. Without one, every item
is guessed from its cells. A column such as Q9_3 under the entry Q9 is the tick box of option 3.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.labels import as_written
from sustainment.survey.model import BOOKKEEPING, Item, ItemType, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.tabular import Unreadable
from sustainment.survey.vendors.codebook import Codebook, Entry, read_codebook
from sustainment.survey.vendors.guess import (
    add_joined,
    guess_item,
    share_options,
    short_ids,
    tick_options,
)
from sustainment.survey.vendors.identifiers import finish
from sustainment.survey.vendors.scales import scale_order
from sustainment.survey.vendors.sheet import (
    TEXTS,
    WORKBOOKS,
    Sheet,
    has_codebook_sheet,
    open_sheet,
    table_from,
    tidy,
)

KIND = "plain"
_YES_NO = ({"0", "1"}, {"0": "no", "1": "yes"})
_DERIVED = re.compile(
    r"_(condensed|combined|recoded?|rec|collapsed|remove_?dk|remove_?na|range|cat|binned|z|log)$",
    re.I,
)
_SESSION = re.compile(r"(completion|submission|start|end|recorded) ?(date|time)|time ?stamp", re.I)
_DERIVED_LABEL = re.compile(r"\b(condensed|recoded|collapsed|count (not )?inc|total score)\b", re.I)
_TYPES: dict[ItemType, str] = {
    "single": "single|radio|dropdown|nominal|categorical|category|factor|yesno|boolean|truefalse",
    "likert": "likert|ordinal|scale item|rating",
    "multi": "multi|checkbox|tick|multiple choice|multiple response",
    "number": "number|numeric|integer|int|float|decimal|continuous|scale|ratio|interval|count",
    "text": "text|string|character|open|free text|notes|fritext",
    "date": "date|datetime|time ?stamp|datum",
    "calc": "calc|calculated|derived|computed",
}


def recognise(source: Source) -> str:
    """Why the file is a plain table, or "": any table is one when no other program knows it."""
    if source.suffix not in TEXTS | WORKBOOKS:
        return ""
    from sustainment.survey.read import kinds  # which imports this module

    for kind, reader in kinds().items():
        if kind != KIND and _recognises(reader, source):
            return ""
    return "it is a table without the marks of any survey program"


def _recognises(reader, source: Source) -> bool:
    try:
        return bool(reader.recognise(source))
    except Unreadable:
        return False


def read(source: Source) -> RawSurvey:
    """Read the table and, if given or in a second sheet of the workbook, its codebook.

    Raises UserError when the codebook belongs to another table.
    """
    table, sheet = _open(source)
    codebook = None
    if source.dictionary is not None or has_codebook_sheet(source.path):
        codebook = read_codebook(source.dictionary or source.path)
    header = list(table.columns)
    long = sum(len(name) > 60 or len(name.split()) > 6 for name in header)
    if codebook is None and long > len(header) / 3:
        return finish(read_by_wording(table, sheet))
    if codebook is None:
        items: dict[str, Item] = {}
        for name in header:
            if not add_joined(table, items, name, name):
                items[name] = guess_item(name, name, table[name], codes=True)
        why = "a table without codebook: every item is guessed from its cells"
    else:
        items, notes = as_written(items_from(table, codebook, sheet), table, source.name)
        sheet.notes.extend(notes)
        why = f"a table with {codebook.shape} ({codebook.file})"
    return finish(RawSurvey(table, items, KIND, why, source.name, sheet.notes))


def _open(source: Source) -> tuple[pd.DataFrame, Sheet]:
    """The answers as text under tidied names, and where notes about the file go."""
    if source.suffix in WORKBOOKS:
        sheet = open_sheet(source.path)
        return table_from(sheet, sheet.header(), 1), sheet
    read = source.table
    table = read.cells.rename(columns=tidy)
    return table, Sheet(source.path, [read.header], [1], read.encoding, notes=list(read.notes))


def read_by_wording(table: pd.DataFrame, sheet: Sheet) -> RawSurvey:
    """A table whose header holds the questions themselves: short ids, the header as wording."""
    wordings = list(table.columns)
    names = short_ids(wordings)
    table = table.set_axis([name for name, _ in names], axis=1)
    items: dict[str, Item] = {}
    for (name, stem), wording in zip(names, wordings, strict=True):
        if not add_joined(table, items, name, wording):
            items[name] = guess_item(name, wording, table[name], section=stem, codes=True)
    share_options(items, table)
    sheet.note("note", "short-ids", "The header holds questions; columns were given short names")
    why = "a table whose header holds whole questions, without codebook"
    return RawSurvey(table, items, KIND, why, sheet.file, sheet.notes)


def items_from(table: pd.DataFrame, codebook: Codebook, sheet: Sheet) -> dict[str, Item]:
    """Items of all columns that the codebook describes, in the order of the table.

    Raises UserError when fewer than half of the columns are described.
    """
    exact = codebook.entries
    folded = {name.casefold(): entry for name, entry in exact.items()}
    listed = any(entry.options for entry in exact.values())
    items: dict[str, Item] = {}
    used: set[str] = set()
    for name in table.columns:
        entry = exact.get(name) or folded.get(name.casefold())
        if entry is not None:
            used.add(entry.name)
            items[name] = _item(name, entry, table[name], listed)
            continue
        tick = _tick(name, exact, table[name])
        if tick is not None:
            used.add(tick[0])
            items[name] = tick[1]
    if len(items) < len(table.columns) / 2:
        raise UserError(
            f"{codebook.file} describes {len(items)} of the {len(table.columns)} columns of "
            f"{sheet.file}: it looks like the codebook of another export. Give the right one."
        )
    sheet.notes.extend(note for note in codebook.notes if note.severity != "note")
    _report_unmatched(table, items, codebook, used, sheet)
    _mark_ticks(items, exact)
    _mark_derived(table, items, sheet)
    return items


def _item(name: str, entry: Entry, column: pd.Series, listed: bool) -> Item:
    """One item; `listed` says that the codebook lists the options of some question."""
    options = {code: label for code, label in entry.options.items() if code not in entry.missing}
    missing = dict(entry.missing)
    guess = guess_item(name, entry.wording, column[~column.isin(list(missing))], codes=False)
    kind = _kind(entry, options, guess, column, listed)
    if kind in {"single", "likert"} and not options:
        options = guess.options
    single_tick = (
        not entry.type and set(options) == {"1"} and set(column.unique()) <= {"", "0", "1"}
    )
    if single_tick:
        return _tick_item(name, entry, "1", name.rsplit("_", 1)[0], column)
    return Item(
        name,
        entry.wording,
        kind,
        options if kind in {"single", "likert", "multi"} else {},
        missing,
        section=_section(entry, name, kind),
        set=entry.set if kind == "multi" else "",
        routing=entry.routing,
        low=entry.low,
        high=entry.high,
        identifier=entry.identifier,
        format=guess.format if guess.type == kind else "",
    )


def _section(entry: Entry, name: str, kind: str) -> str:
    """Dates and times of the session are the program's, not the respondent's."""
    own = kind == "date" and _SESSION.search(f"{name} {entry.wording}")
    return BOOKKEEPING if own else entry.section


def _kind(
    entry: Entry, options: dict[str, str], guess: Item, column: pd.Series, listed: bool
) -> ItemType:
    declared: ItemType | None = next(
        (kind for kind, words in _TYPES.items() if re.fullmatch(words, entry.type)), None
    )
    if declared in {"number", "date"} and guess.type != declared and not (column == "").all():
        declared = "single" if options else guess.type if guess.type == "date" else "text"
    if options and declared in {None, "number", "text"}:
        labels = list(options.values())
        return "likert" if len(labels) > 2 and scale_order(labels) == labels else "single"
    if declared and (options or declared not in {"single", "likert"}):
        return declared
    if not entry.options and guess.type in {"single", "likert"}:
        if all(re.fullmatch(r"-?\d+", code) for code in guess.options):
            return "number"
        # a codebook that lists options elsewhere says by its silence that a question was open
        return guess.type if guess.type == "likert" or not listed else "text"
    return guess.type


def _tick(name: str, entries: dict[str, Entry], column: pd.Series) -> tuple[str, Item] | None:
    """Q9_3 under the entry Q9 with an option 3; also Q53_1_a_1 under Q53_1_a."""
    stem, _, code = name.rpartition("_")
    entry = entries.get(stem)
    if entry is None or code not in entry.options:
        return None
    return entry.name, _tick_item(name, entry, code, stem, column, entries)


def _tick_item(
    name: str,
    entry: Entry,
    code: str,
    stem: str,
    column: pd.Series,
    entries: dict[str, Entry] | None = None,
) -> Item:
    label = entry.options[code]
    if len(entry.options) == 1:  # a grid of ticks: the row is the entry, the column its only option
        stem = stem.split("_")[0]
        label = f"{entry.wording}: {label}"
        parent = (entries or {}).get(stem)
        wording = parent.wording if parent else entry.wording
    else:
        wording = entry.wording
    return Item(
        name, wording, "multi", tick_options(column, "1", label), set=stem, section=entry.section
    )


def _mark_ticks(items: dict[str, Item], entries: dict[str, Entry]) -> None:
    """Yes/no columns under one question of the codebook are the tick boxes of that question."""
    groups: dict[str, list[str]] = {}
    folded = {name.casefold(): entry for name, entry in entries.items()}
    for name, item in items.items():
        entry = folded.get(name.casefold())
        labels = {code: label.casefold() for code, label in item.options.items()}
        if entry and entry.question and item.type == "single" and labels == _YES_NO[1]:
            groups.setdefault(f"{entry.section}|{entry.question}", []).append(name)
    for key, names in groups.items():
        prefix = _common_prefix(names)
        names = [name for name in names if not _DERIVED.search(name)]
        if len(names) < 2 or len(prefix) < 3:
            continue
        for name in names:
            label = items[name].wording
            items[name] = replace(
                items[name],
                type="multi",
                set=prefix,
                wording=key.split("|", 1)[1],
                options={"0": "not ticked", "1": label},
            )


def _common_prefix(names: list[str]) -> str:
    parts = [name.casefold().split("_") for name in names]
    shared = 0
    while all(len(part) > shared + 1 and part[shared] == parts[0][shared] for part in parts):
        shared += 1
    return "_".join(names[0].split("_")[:shared])


def _mark_derived(table: pd.DataFrame, items: dict[str, Item], sheet: Sheet) -> None:
    """Columns computed from others are no answers of their own: they become type calc."""
    for name, item in items.items():
        base = _DERIVED.sub("", name)
        parent = base != name and any(
            other.casefold().startswith(base.casefold()) and other != name
            for other in table.columns
        )
        if not parent and not _DERIVED_LABEL.search(item.wording):
            continue
        values = [v for v in table[name].unique() if v and v not in item.missing]
        if all(re.fullmatch(r"-?\d+([.,]\d+)?", value) for value in values):
            items[name] = replace(item, type="calc", set="")
            sheet.note(
                "note",
                "derived",
                "Looks computed from other columns; not analysed beside them",
                column=name,
            )


def _report_unmatched(
    table: pd.DataFrame, items: dict[str, Item], codebook: Codebook, used: set[str], sheet: Sheet
) -> None:
    for name in table.columns:
        if name not in items:
            sheet.note(
                "warning", "no-codebook-entry", f"{codebook.file} does not describe it", column=name
            )
    stems = {name.split("_")[0] for name in used}
    for name, entry in codebook.entries.items():
        if name not in used and (entry.options or name not in stems):
            sheet.note(
                "warning",
                "no-column",
                f"{codebook.file} describes it, the table has no such column",
                column=name,
            )
    for name in items:
        if name not in codebook.entries and name.casefold() in {
            e.casefold() for e in codebook.entries
        }:
            sheet.note(
                "note",
                "letter-case",
                "The codebook writes the name in other letter case",
                column=name,
            )
