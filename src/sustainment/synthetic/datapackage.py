"""The cleaned survey as a Data Package (version 2): for R, Python, and people without this book.

A folder with `datapackage.json`, `answers.csv` and `changes.csv`. Answers are codes; the descriptor
holds each item's wording, its labels in order, and what every kind of missing answer is called.
Under `observed` only the descriptor is written: answers of people whom colleagues know stay inside.
Source: the Data Package standard, profiles 2.0; `categories`, `missingValues` with labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.model import MISSING_KINDS, Item, Survey

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
RESOURCE_PROFILE = "https://datapackage.org/profiles/2.0/dataresource.json"
MISSING_LABELS = {
    "not asked": "The question was not shown to this respondent",
    "no answer": "The question was shown and passed over",
    "refused": "The respondent did not want, or did not know, to answer",
    "not applicable": "The respondent said that the question does not apply",
    "removed": "An impossible or unreadable answer was taken out in cleaning",
}
MARK = "is_synthetic"


def write_data_package(
    survey: Survey, out: Path | str, settings: Mapping[str, Any], *, name: str = "survey"
) -> list[Path]:
    """Write the package into a folder and return the files.

    `settings` is study.yml: its title and provenance. Under `observed` the list holds the descriptor
    alone. Raises UserError if an open answer reads like a kind of missing answer.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    invented = settings["provenance"] == "synthetic"
    tables = {"answers": answer_table(survey), "changes": _changes(survey)} if invented else {}
    written = []
    digests = {}
    for stem, table in tables.items():
        if invented:
            table[MARK] = "true"
        path = out / f"{stem}.csv"
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        digests[stem] = (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        written.append(path)
    path = out / "datapackage.json"
    content = descriptor(survey, settings, name=name, digests=digests)
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return [*written, path]


def descriptor(
    survey: Survey,
    settings: Mapping[str, Any],
    *,
    name: str,
    digests: Mapping[str, tuple[int, str]],
) -> dict[str, Any]:
    """The descriptor: every field with its label, categories, limits and kinds of missing."""
    invented = settings["provenance"] == "synthetic"
    mark = (
        [{"name": MARK, "type": "boolean", "title": "Invented for this book"}] if invented else []
    )
    key = {
        "name": "respondent",
        "type": "string",
        "constraints": {"required": True, "unique": True},
    }
    fields = [key, *(_field(survey, column) for column in _items(survey)), *mark]
    schema = {"fields": fields, "primaryKey": ["respondent"]}
    resources = [_resource("answers", "The cleaned answers, one row a respondent", schema, digests)]
    if "changes" in digests:
        columns = [{"name": column, "type": "string"} for column in survey.log.columns]
        schema = {"fields": [*columns, *mark]}
        resources.append(_resource("changes", "Every change made in cleaning", schema, digests))
    said = (
        "INVENTED data, machine-made for this book; not the answers of any clinician."
        if invented
        else "Metadata only: the answers are not published, because the persons asked know each other."
    )
    return {
        "$schema": PROFILE,
        "name": name,
        "title": settings["title"],
        "description": said,
        "provenance": settings["provenance"],
        "resources": resources,
    }


def answer_table(survey: Survey) -> pd.DataFrame:
    """Answers as text, with the kind of missing in words where there is none: one column an item.

    Shape: respondents by items + 1; the first column is `respondent`.
    """
    columns = {"respondent": survey.answers.index.astype(str)}
    for item in _items(survey):
        text = _as_text(survey.answers[item])
        kind = survey.missing[item].astype(str)
        answered = kind == ""
        clash = text[answered & text.isin(MISSING_KINDS)]
        if len(clash):
            raise UserError(
                f"The open answer {clash.iloc[0]!r} to {item} of respondent {clash.index[0]} reads like a "
                f"kind of missing answer. Reword the kinds in the data package."
            )
        columns[item] = text.where(answered, kind).to_numpy()
    return pd.DataFrame(columns)


def _items(survey: Survey) -> list[str]:
    """The columns to give away; the mark of invented data is added anew, to every table."""
    return [column for column in survey.answers.columns if column != MARK]


def _as_text(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.BooleanDtype) or column.dtype == bool:
        return column.map({True: "true", False: "false"}).astype(object)
    if pd.api.types.is_datetime64_any_dtype(column):
        pattern = "%Y-%m-%d" if _only_days(column) else "%Y-%m-%dT%H:%M:%S"
        return column.dt.strftime(pattern).astype(object)
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map(lambda value: f"{value:g}", na_action="ignore").astype(object)
    return column.astype(object).map(str, na_action="ignore")


def _field(survey: Survey, column: str) -> dict[str, Any]:
    item = survey.codebook.get(column) or Item(column, column, "text")
    answers = survey.answers[column]
    field: dict[str, Any] = {"name": column, "type": _type(answers), "title": item.wording}
    if item.section:
        field["description"] = f"Section: {item.section}"
    if item.type == "multi" and item.options:
        field["title"] = f"{item.wording} [{item.options.get('1', '')}]"
    if field["type"] == "string" and isinstance(answers.dtype, pd.CategoricalDtype):
        codes = [str(code) for code in answers.cat.categories]
        field["categories"] = [{"value": c, "label": item.options.get(c, c)} for c in codes]
        field["categoriesOrdered"] = bool(answers.cat.ordered)
    limits = {"minimum": item.low, "maximum": item.high}
    constraints = {key: value for key, value in limits.items() if value is not None}
    if constraints and field["type"] in ("integer", "number"):
        cast = int if field["type"] == "integer" else float
        field["constraints"] = {key: cast(value) for key, value in constraints.items()}
    field["missingValues"] = [
        {"value": kind, "label": MISSING_LABELS[kind]} for kind in MISSING_KINDS
    ]
    return field


def _type(column: pd.Series) -> str:
    if isinstance(column.dtype, pd.BooleanDtype) or column.dtype == bool:
        return "boolean"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(column.dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date" if _only_days(column) else "datetime"
    return "string"


def _only_days(column: pd.Series) -> bool:
    known = column.dropna()
    return bool((known == known.dt.normalize()).all())


def _changes(survey: Survey) -> pd.DataFrame:
    return survey.log.astype(object).fillna("").astype(str)


def _resource(
    name: str, title: str, schema: dict[str, Any], digests: Mapping[str, tuple[int, str]]
) -> dict[str, Any]:
    resource: dict[str, Any] = {"$schema": RESOURCE_PROFILE, "name": name, "title": title}
    if name in digests:
        size, digest = digests[name]
        resource |= {
            "path": f"{name}.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": size,
            "hash": f"sha256:{digest}",
        }
    else:
        resource["data"] = []  # the standard asks for a path or data: there is none to give
    return resource | {"type": "table", "schema": schema}
