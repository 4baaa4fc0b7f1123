"""Read SurveyMonkey exports: two or three header rows, condensed or expanded, CSV or workbook.

Row 1 holds the questions, each over its first column; row 2 holds "Response" or the option or
row of a grid; a third row holds the columns of a grid. Expanded exports give each option a column
with the option's text in it; condensed ones join the options in one cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.model import BOOKKEEPING, Item, ItemType, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.vendors.guess import add_ticks, guess_item, share_options, tick_options
from sustainment.survey.vendors.identifiers import finish
from sustainment.survey.vendors.scales import scale_order
from sustainment.survey.vendors.sheet import Sheet, first_rows, open_sheet, table_from, tidy

KIND = "surveymonkey"

_OWN = {
    "respondent id": "respondent_id", "respondentid": "respondent_id", "collector id": "collector_id", "start date": "start_date",
    "end date": "end_date", "date created": "start_date", "date modified": "end_date",
    "ip address": "ip_address", "email address": "email_address", "first name": "first_name",
    "last name": "last_name", "custom data 1": "custom_data_1", "custom data": "custom_data",
}  # fmt: skip
_PERSONAL = {
    "ip_address",
    "email_address",
    "first_name",
    "last_name",
    "custom_data_1",
    "custom_data",
}
_FIRST = re.compile(r"respondent ?id", re.I)
_WHOLE = re.compile(r"(open-ended )?response|point score|svar|öppet svar", re.I)
_ALL = re.compile(r"all that apply|all which apply|alla som|flera (val|svar)", re.I)
FEWEST = 10  # respondents before a question is taken to have allowed one answer
_OTHER = re.compile(r"other \(.*\)|other|annat.*|comments?( .*)?", re.I)


@dataclass(frozen=True)
class Column:
    """One column of the export: its question, and the row and column of a grid or the option."""

    name: str
    question: str
    part: str = ""
    third: str = ""
    group: str = ""


def recognise(source: Source) -> str:
    """Why the file is a SurveyMonkey export, or ""."""
    rows = first_rows(source)
    if len(rows) < 2 or not _FIRST.fullmatch(rows[0][0]):
        return ""
    if [cell.casefold() for cell in rows[0][1:2]] == ["collector id"]:
        return "it begins with Respondent ID and Collector ID, and the second row names the options"
    if not rows[1][0] and ("" in rows[0] or any(_WHOLE.fullmatch(cell) for cell in rows[1])):
        return "it begins with Respondent ID, and the second row names the options"
    return ""


def read(source: Source) -> RawSurvey:
    """Read questions from the first header row and options from the second."""
    sheet = open_sheet(source.path)
    header_rows = _header_rows(sheet)
    columns = _columns(sheet, header_rows)
    table = table_from(sheet, [column.name for column in columns], header_rows)
    items: dict[str, Item] = {}
    by_group: dict[str, list[Column]] = {}
    for column in columns:
        by_group.setdefault(column.group, []).append(column)
    for group in by_group.values():
        items.update(_question(table, [column for column in group if column.name in table]))
    share_options(items, table)
    ordered = {name: items[name] for name in table.columns if name in items}
    shape = "three header rows" if header_rows == 3 else "two header rows"
    why = f"{recognise(source) or 'it was said to be'}; {shape}"
    return finish(RawSurvey(table, ordered, KIND, why, source.name, sheet.notes))


def _header_rows(sheet: Sheet) -> int:
    """Two, or three when the third row has no respondent id either."""
    ids = [row[0].strip() for row in sheet.rows[:5]]
    if not ids or not _FIRST.fullmatch(tidy(ids[0])) or len(ids) < 2 or ids[1]:
        raise UserError(
            f"{sheet.file}: the header is not SurveyMonkey's, which has Respondent ID in the first cell "
            f"and an empty cell below it. Export again with two header rows."
        )
    return 3 if len(ids) > 2 and not ids[2] else 2


def _columns(sheet: Sheet, header_rows: int) -> list[Column]:
    """A name, question and part for every column; a blank first row continues the question."""
    first = sheet.header(0)
    second = sheet.header(1)
    third = sheet.header(2) if header_rows == 3 else [""] * len(first)
    columns: list[Column] = []
    question, group, row, number, place = "", "", "", 0, 0
    for top, part, last in zip(first, second, third, strict=True):
        own = _OWN.get(top.casefold())
        if own and number == 0:
            columns.append(Column(own, top, group=own))
            continue
        if top:
            number, place, question, group = number + 1, 0, _plain(top), f"q{number + 1}"
            row = ""
        row = part or (row if header_rows == 3 else "")  # a blank cell continues the row of a grid
        place += 1
        columns.append(
            Column(f"{group}_{place}" if group else "", question, _plain(row), _plain(last), group)
        )
    sizes = pd.Series([column.group for column in columns]).value_counts()
    return [
        replace(column, name=column.group)
        if column.group and sizes[column.group] == 1 else column
        for column in columns
    ]  # fmt: skip


def _question(table: pd.DataFrame, columns: list[Column]) -> dict[str, Item]:
    """The items of one question: tick boxes, the rows of a grid, or one item."""
    if not columns:
        return {}
    first = columns[0]
    if first.name in _OWN.values():
        item = guess_item(first.name, first.question, table[first.name], section=BOOKKEEPING)
        kind = item.type if item.type == "date" else "text"
        return {
            first.name: replace(item, type=kind, options={}, identifier=first.name in _PERSONAL)
        }
    items: dict[str, Item] = {}
    options = [c for c in columns if not _WHOLE.fullmatch(c.part)]
    ticks = [c for c in options if _is_tick(table[c.name], c)]
    whole = any(_WHOLE.fullmatch(column.part) for column in columns)  # one answer, and "other"
    if (
        len(columns) > 1
        and not whole
        and ticks
        and all(c in ticks or _OTHER.fullmatch(c.part) for c in options)
    ):
        if len(ticks) > 1 and not _ALL.search(first.question) and _one_each(table, ticks):
            items[first.group] = _put_together(table, ticks)
            for column in columns:
                words = f"{column.question} - {column.part}"
                items[column.name] = Item(column.name, words, "note" if column in ticks else "text")
            return items
        for column in columns:
            if column in ticks:
                tick = _tick(table, column)
                wording = f"{column.question} [{column.part}]" if column.third else tick.wording
                items[column.name] = replace(tick, wording=wording)
            else:
                wording = f"{column.question} - {column.part}"
                items[column.name] = Item(column.name, wording, "text")
        return items
    for column in columns:
        part = "" if _WHOLE.fullmatch(column.part) else column.part
        grid = len(columns) > 1 and bool(part)
        row = " - ".join(text for text in (part, column.third) if text)
        wording = f"{column.question} [{row}]" if row else column.question
        if column.third and _is_tick(table[column.name], column):
            items[column.name] = replace(
                _tick(table, column), wording=f"{column.question} [{part}]"
            )
        elif whole and not _WHOLE.fullmatch(column.part):
            items[column.name] = Item(column.name, wording, "text")
        elif grid or not add_ticks(table, items, column.name, wording, ", "):
            section = column.question if grid else ""
            items[column.name] = guess_item(
                column.name, wording, table[column.name], section=section, codes=True
            )
    return items


def _one_each(table: pd.DataFrame, columns: list[Column]) -> bool:
    """Whether nobody has two of the columns: one question with one answer, a column an option."""
    filled = (table[[column.name for column in columns]] != "").sum(axis=1)
    return (filled > 0).sum() >= FEWEST and filled.max() == 1


def _put_together(table: pd.DataFrame, columns: list[Column]) -> Item:
    """The answers of such a question as one column before the others, options in their order."""
    answers = pd.Series("", index=table.index, dtype="str")
    for column in columns:
        answers = answers.where(table[column.name] == "", column.part)
    first = columns[0]
    table.insert(table.columns.get_loc(first.name), first.group, answers)
    labels = [column.part for column in columns]
    kind: ItemType = "likert" if len(labels) > 2 and scale_order(labels) else "single"
    return Item(first.group, first.question, kind, {label: label for label in labels})


def _is_tick(cells: pd.Series, column: Column) -> bool:
    """Whether a column holds nothing but its own option's text, or 1 (an export of numbers)."""
    filled = {tidy(value) for value in cells.unique()} - {""}
    return filled <= {column.third or column.part} or (
        len(filled) == 1 and filled <= {"1", "X", "x"}
    )


def _tick(table: pd.DataFrame, column: Column) -> Item:
    label = column.third or column.part
    code = next((value for value in table[column.name].unique() if value), label)
    return Item(
        column.name,
        column.question,
        "multi",
        tick_options(table[column.name], code, label),
        set=column.group,
    )


def _plain(text: str) -> str:
    return tidy(re.sub(r"<[^>]+>", " ", text))
