"""Read SPSS files (.sav, .zsav, .por): labels, user-missing codes and ranges, multiple-response sets.

The cells are kept as codes, so that a labelled 9 that the file declares as missing stays a 9 with a
kind of missing, not a hole. A user-missing range is resolved to the codes that occur in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.survey.model import Item, ItemType, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.vendors.guess import guess_item, missing_kind
from sustainment.survey.vendors.identifiers import finish
from sustainment.survey.vendors.sheet import tidy

KIND = "spss"
SUFFIXES = {".sav", ".zsav", ".por"}
_MAGIC = (b"$FL2", b"$FL3")
_DATE_FORMAT = re.compile(r"(A|E|J|S)?DATE\d*|DATETIME[\d.]*|YMDHMS[\d.]*")
_PERIOD_FORMAT = re.compile(r"(QYR|MOYR|WKYR)\d*")
_TIME_FORMAT = re.compile(r"D?TIME[\d.]*|MTIME[\d.]*")


def recognise(source: Source) -> str:
    """Why the file is an SPSS file, or ""; the content decides for .sav, not the name."""
    head = source.head
    if head[:4] in _MAGIC:
        return f"it begins with the mark of an SPSS data file ({head[:4].decode()})"
    if source.suffix == ".por" and re.search(rb"SPSS", head.replace(b"\r\n", b"")):
        return "it is a portable SPSS file"
    return ""


def read(source: Source) -> RawSurvey:
    """Read values as codes and take labels, missing codes and sets from the file itself."""
    path = source.path
    if source.dictionary is not None:
        raise UserError(
            f"{path.name} carries its own labels; {source.dictionary.name} is not needed. Leave it out."
        )
    frame, meta = _open(path)
    table = pd.DataFrame(
        {name: _texts(frame[name], meta.original_variable_types[name]) for name in frame.columns},
        index=pd.RangeIndex(1, len(frame) + 1, name="line"),
    )
    items = {name: _item(name, meta, table[name], frame[name]) for name in table.columns}
    _sets(items, meta, table)
    notes = []
    if path.suffix.lower() == ".por":
        notes.append(
            Finding(
                "warning",
                "por-missing",
                "A portable file is read without its user-missing codes: such cells come out empty",
                file=path.name,
                remedy="Use the .sav file if there is one.",
            )
        )
    why = f"{recognise(source)}; letters in {meta.file_encoding or 'ASCII'}"
    return finish(RawSurvey(table, items, KIND, why, path.name, notes))


def _open(path: Path):
    import pyreadstat

    try:
        if path.suffix.lower() == ".por":
            return pyreadstat.read_por(str(path))
        return pyreadstat.read_sav(str(path), user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise UserError(
            f"{path.name} cannot be read as an SPSS file ({tidy(str(error))}). Save it again in SPSS, "
            f"or export it as CSV with a codebook."
        ) from None


def code(value: object) -> str:
    """A value as its code: 1.0 becomes "1", trailing blanks go, a missing value is ""."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value).rstrip()


def _texts(column: pd.Series, written: str) -> pd.array:
    if _PERIOD_FORMAT.fullmatch(written):  # seconds since the calendar began, says SPSS
        start = np.datetime64("1582-10-14T00:00:00", "s")
        days = {
            v: str((start + np.timedelta64(int(v), "s")).astype("datetime64[D]"))
            for v in column.dropna().unique()
        }
        return pd.array([days.get(value, "") for value in column.tolist()], dtype="str")
    if pd.api.types.is_numeric_dtype(column):
        distinct = {value: code(value) for value in column.dropna().unique()}
        return pd.array([distinct.get(value, "") for value in column.tolist()], dtype="str")
    missing = column.isna()
    if _TIME_FORMAT.fullmatch(written) or _DATE_FORMAT.fullmatch(written):
        cells = ["" if gone else str(value) for value, gone in zip(column, missing, strict=True)]
        return pd.array([cell.removesuffix(" 00:00:00") for cell in cells], dtype="str")
    return pd.array(
        [code(None if g else v) for v, g in zip(column, missing, strict=True)], dtype="str"
    )


def _item(name: str, meta, texts: pd.Series, values: pd.Series) -> Item:
    labels = {
        code(key): tidy(label) for key, label in meta.variable_value_labels.get(name, {}).items()
    }
    missing = _missing(meta.missing_ranges.get(name, []), labels, values)
    options = {key: labels[key] or key for key in _ordered(labels) if key not in missing}
    written, measure = (
        meta.original_variable_types[name],
        meta.variable_measure.get(name, "unknown"),
    )
    seen = [value for value in texts.unique() if value and value not in missing]
    unlabelled = [value for value in seen if value not in options]
    kind: ItemType
    if _PERIOD_FORMAT.fullmatch(written) or (
        _DATE_FORMAT.fullmatch(written) and not pd.api.types.is_numeric_dtype(values)
    ):
        kind, form = "date", ""
    elif written.startswith("A") and not options:
        guess = guess_item(name, "", texts)
        kind, form = ("single", "") if guess.type in {"single", "likert"} else ("text", "")
        options = guess.options
    elif options and len(unlabelled) <= len(options):
        kind, form = ("likert" if measure == "ordinal" and len(options) > 2 else "single"), ""
        for value in _ordered(dict.fromkeys(unlabelled, "")):
            options[value] = value  # partly labelled scales name only their ends
        options = {key: options[key] for key in _ordered(options)}
    elif measure in {"nominal", "ordinal"} and _few_codes(seen):
        kind, form = "single", ""
        options = {value: value for value in _ordered(dict.fromkeys(seen, ""))}
    elif pd.api.types.is_numeric_dtype(values):
        whole = all(re.fullmatch(r"-?\d+", value) for value in seen)
        kind, form = "number", "integer" if whole else ""
        options = {}
    else:
        kind, form = "text", "time" if _TIME_FORMAT.fullmatch(written) else ""
    wording = tidy(meta.column_names_to_labels.get(name) or "") or name
    return Item(name, wording, kind, options, missing, format=form)


def _missing(ranges: list[dict], labels: dict[str, str], values: pd.Series) -> dict[str, str]:
    """Codes in the declared ranges that occur or have a label; their kind by the label's words."""
    found: dict[str, str] = {}
    occurring = list(values.dropna().unique())
    for span in ranges:
        low, high = span["lo"], span["hi"]
        if isinstance(low, str):
            found[low.rstrip()] = missing_kind(labels.get(low.rstrip(), ""))
            continue
        inside = [v for v in occurring if isinstance(v, (int, float)) and low <= v <= high]
        codes = {code(value) for value in inside}
        codes |= {key for key in labels if _is_number(key) and low <= float(key) <= high}
        if low == high:
            codes.add(code(float(low)))
        for key in _ordered(dict.fromkeys(codes, "")):
            found[key] = missing_kind(labels.get(key, ""))
    return found


def _sets(items: dict[str, Item], meta, table: pd.DataFrame) -> None:
    """Multiple-response sets of ticks: their variables become tick boxes of one question.

    One value counts as a tick. The others say "not ticked", whatever they are (0, 2 = "No"), but for
    those whose label gives a reason for no answer; where there is no other value, a blank says it.
    """
    for name, mr_set in (meta.mr_sets or {}).items():
        if not mr_set["is_dichotomy"]:
            continue  # a set of categories: each variable keeps its own options
        counted = str(mr_set["counted_value"]).strip()
        variables = [variable for variable in mr_set["variable_list"] if variable in items]
        codes: dict[str, None] = {}
        for variable in variables:
            seen = {*table[variable].unique(), *items[variable].options}
            codes |= dict.fromkeys(seen - set(items[variable].missing) - {"", counted})
        for variable in variables:
            item = items[variable]
            reasons = {code: missing_kind(item.options.get(code, "")) for code in codes}
            missing = {code: kind for code, kind in reasons.items() if kind != "no answer"}
            unticked = [code for code in _ordered(codes) if code not in missing] or [""]
            items[variable] = replace(
                item,
                type="multi",
                set=name,
                options=dict.fromkeys(unticked, "not ticked") | {counted: item.wording},
                missing=item.missing | missing,
                wording=tidy(mr_set["label"] or name),
                format="",
            )


def _ordered(codes: Iterable[str]) -> list[str]:
    """Numeric codes by size, others in the file's order behind them."""
    numbers = sorted((key for key in codes if _is_number(key)), key=float)
    return numbers + [key for key in codes if not _is_number(key)]


def _few_codes(values: list[str]) -> bool:
    """Whether unlabelled values are categories rather than amounts: few, small and whole."""
    return 1 < len(values) <= 12 and all(re.fullmatch(r"-?\d{1,2}", value) for value in values)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", text) is not None
