"""Tables as the page shows them: caption, mark of kind, stable ids, and a register of every cell.

`show_table` takes a plain DataFrame. Real `<caption>` and header cells come from pandas' Styler;
the site adds scopes and a scrolling frame.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.instead import refuse_no_number, show_sentence
from sustainment.report import Statistic, format_value, in_notebook, resolve_kind
from sustainment.study import open_now

_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \xa0\t\r\n]*[=+\-@＝＋－＠])")
INVENTED_SUFFIX = "[invented, not from the study]"


def show_table(
    table: pd.DataFrame,
    *,
    id: str,
    caption: str,
    kind: str,
    population: str = "",
    counts: Sequence[str] = (),
    formats: Mapping[str, str] | None = None,
    derived: Mapping[str, str] | None = None,
    index: bool = False,
    download: bool = False,
    row_ids: Sequence[str] = (),
    links: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Display a table and register its cells; returns nothing, so that nothing is printed twice.

    counts: columns that count persons. derived: {column: count column it can be worked out from}.
    formats: {column: format of `report`}. download: adds a CSV link whose first column says the kind.
    row_ids: an address for each row. links: {column: where the cell of each row leads, from this page}.
    """
    kind = resolve_kind(kind)
    check_id(id, "tbl-")
    table = table.reset_index() if index else table
    refuse_no_number("This table", caption)
    if table.empty:
        show_sentence(f"There is nothing to list under “{protect_text(caption, kind)}”.")
        return
    table = protect_frame(table, id, kind, population, counts, derived)
    counts = [c for c in counts if c in table.columns]  # protection may merge columns
    caption = protect_text(caption, kind)
    cells = register_cells(table, id, kind, population, counts)
    if in_notebook():
        from IPython.display import display

        markup = to_html(table, id, caption, kind, formats)
        for column, addresses in (links or {}).items():
            markup = with_links(markup, table, column, addresses)
        if len(row_ids) == len(table):  # protection may have merged rows, or withheld the table
            markup = with_row_ids(markup, row_ids)
        if download:
            markup += download_link(table, id, kind)
        display(
            {"text/html": markup, "text/plain": table.to_string(index=False)},
            raw=True,
            metadata={
                "sustainment": {
                    "type": "table",
                    "id": id,
                    "caption": caption,
                    "kind": kind,
                    "population": population,
                    "counts": list(counts),
                    "cells": cells,
                }
            },
        )


def to_html(
    table: pd.DataFrame, id: str, caption: str, kind: str, formats: Mapping[str, str] | None = None
) -> str:
    """The table as HTML with a caption that carries the mark of its kind."""
    formats = dict(formats or {})
    numeric = [c for c in table.columns if pd.api.types.is_numeric_dtype(table[c]) or c in formats]
    # Column names are escaped here: Styler escapes cells only.
    name = {column: html.escape(str(column)) for column in table.columns}
    text = pd.DataFrame(
        {name[c]: [_cell(v, formats.get(c)) for v in table[c]] for c in table.columns}, dtype=object
    )
    classes = pd.DataFrame("", index=text.index, columns=text.columns)
    classes[[name[c] for c in numeric]] = "num"
    mark = f'<span class="kind kind-{kind}">{kind}</span> ' if kind else ""
    styler = (
        text.style.hide(axis="index")
        .format(escape="html")
        .set_uuid(id)
        .set_table_attributes(f'id="{id}" class="kind-table kind-table-{kind}"')
        .set_caption(mark + html.escape(caption))
        .set_td_classes(classes)
    )
    markup = styler.to_html(cell_ids=False, doctype_html=False)
    # Styler writes an empty <style> block and its own id; ours is set above.
    markup = re.sub(r"<style[^>]*>.*?</style>\s*", "", markup, flags=re.S)
    return re.sub(rf'<table id="T_{re.escape(id)}" ', "<table ", markup)


def with_row_ids(markup: str, row_ids: Sequence[str]) -> str:
    """The rows of a table's body with an id each, so that a sentence can lead to its row."""
    head, body = markup.split("<tbody>", 1)
    ids = iter(row_ids)
    return f"{head}<tbody>" + re.sub(r"<tr>", lambda _: f'<tr id="{html.escape(next(ids))}">', body)


def with_links(markup: str, table: pd.DataFrame, column: str, addresses: Sequence[str]) -> str:
    """The cells of a column as links; the table as it is where protection has changed its rows."""
    if column not in table.columns or len(addresses) != len(table):
        return markup
    place = list(table.columns).index(column)
    head, body = markup.split("<tbody>", 1)
    rows = re.split(r"(?=<tr)", body)
    for number, address in enumerate(addresses, start=1):
        cells = re.split(r"(?=<td)", rows[number])
        words = re.match(r"(<td[^>]*>)(.*?)(</td>.*)", cells[place + 1], re.DOTALL)
        assert words is not None
        link = f'<a href="{html.escape(address)}">{words[2]}</a>'
        cells[place + 1] = f"{words[1]}{link}{words[3]}"
        rows[number] = "".join(cells)
    return f"{head}<tbody>" + "".join(rows)


def download_link(table: pd.DataFrame, id: str, kind: str) -> str:
    """A CSV of the table inside the page itself: no request, and no file that loses its mark."""
    name = f"{kind}_{id.removeprefix('tbl-')}.csv"
    data = base64.b64encode(to_csv(table, kind).encode("utf-8")).decode("ascii")
    return (
        f'<p class="table-download"><a download="{name}" href="data:text/csv;base64,{data}">'
        f"Download this table (CSV, {kind})</a></p>"
    )


def to_csv(table: pd.DataFrame, kind: str) -> str:
    """CSV with the kind as first column; a cell that a spreadsheet would execute is made text."""
    out = table.copy()
    for column in out.columns:
        if not pd.api.types.is_numeric_dtype(out[column]):
            out[column] = [_defuse(v) for v in out[column]]
    out.columns = [_defuse(str(column)) for column in out.columns]
    out.insert(0, "kind", kind)
    return out.to_csv(index=False, lineterminator="\n")


def register_cells(
    table: pd.DataFrame, id: str, kind: str, population: str, counts: Sequence[str]
) -> list[dict[str, Any]]:
    """Every cell that counts persons, with the words of its row: what the protection works from."""
    unknown = [c for c in counts if c not in table.columns]
    if unknown:
        raise UserError(f"Table {id}: there is no column {unknown[0]!r} to count persons in.")
    labels = [
        c for c in table.columns if c not in counts and not pd.api.types.is_numeric_dtype(table[c])
    ]
    cells = []
    for position, row in enumerate(table.to_dict("records")):
        where = " · ".join(str(row[c]) for c in labels)
        for column in counts:
            if pd.notna(row[column]) and not isinstance(row[column], str):
                cells.append(
                    {
                        "key": f"{id}/{position}/{column}",
                        "row": where,
                        "column": column,
                        "count": int(row[column]),
                        "population": population,
                        "kind": kind,
                    }
                )
    return cells


def protect_frame(
    table: pd.DataFrame,
    id: str,
    kind: str,
    population: str,
    counts: Sequence[str],
    derived: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The frame as it may leave: unchanged, unless the data are a real study's."""
    if kind != "observed":
        return table
    from sustainment.disclosure.gate import protect_table

    return protect_table(open_now(), table, id, population, list(counts), dict(derived or {}))


def protect_text(text: str, kind: str) -> str:
    """A title, caption or alt text as it may leave: numbers in it are numbers, too."""
    if kind != "observed":
        return text
    from sustainment.disclosure.gate import protect_text as protect

    return protect(open_now(), text)


def check_id(id: str, prefix: str) -> None:
    """Ids become addresses: lower case, digits and hyphens, with the prefix of their sort."""
    if not re.fullmatch(rf"{prefix}[a-z0-9][a-z0-9-]*", id):
        raise UserError(
            f"The id {id!r} cannot be an address: it must begin with {prefix!r} and hold only a–z, "
            f"0–9 and hyphens."
        )


def _cell(value: Any, fmt: str | None) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return "–"
    if isinstance(value, str):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int | float):
        return format_value(value, fmt)
    return str(value)


def _defuse(value: Any) -> Any:
    # spaces before a formula, and full-width signs, are executed too; and where a comma is the decimal
    # sign, a spreadsheet cuts the cells of a CSV at semicolons, whatever stands in quotation marks
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


__all__ = ["INVENTED_SUFFIX", "Statistic", "show_table", "to_csv", "to_html"]
