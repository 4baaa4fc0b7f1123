"""Read a LimeSurvey structure file (.lss): questions, sub-questions, options and conditions.

Old files keep texts in `questions`, `subquestions` and `answers`; since version 4 they lie in tables
of their own that end in `_l10ns`. Both are read. Of several languages the survey's base
language is taken.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import Path

import defusedxml.ElementTree as ElementTree

from sustainment.errors import UserError
from sustainment.survey.vendors.sheet import tidy

Row = dict[str, str]


@dataclass
class Question:
    """One question: its code, type letter, wording, parts (sub-questions) and options by scale."""

    code: str
    type: str
    wording: str
    section: str = ""
    relevance: str = ""
    required: bool = False
    other: bool = False
    parts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(
        default_factory=dict
    )  # second axis of a table of numbers or texts
    options: dict[str, str] = field(default_factory=dict)


def read_lss(path: Path) -> dict[str, Question]:
    """Questions by code, in the order of the survey. Raises UserError when the file is no survey."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise UserError(
            f"{path.name} is not well-formed XML ({error}). Export the survey structure again."
        ) from None
    if (root.findtext("LimeSurveyDocType") or "").strip() != "Survey":
        raise UserError(
            f"{path.name} is not a LimeSurvey survey structure (.lss). Export it from Display/Export."
        )
    tables = {
        table.tag: [
            {cell.tag: cell.text or "" for cell in row} for row in table.iterfind("rows/row")
        ]
        for table in root
    }
    language = (tables.get("surveys") or [{}])[0].get("language", "") or "en"
    groups = _texts(tables, "groups", "group_l10ns", "gid", ("group_name",), language)
    wordings = _texts(tables, "questions", "question_l10ns", "qid", ("question",), language)
    wordings |= _texts(tables, "subquestions", "question_l10ns", "qid", ("question",), language)
    group_order = {row["gid"]: int(row.get("group_order") or 0) for row in tables.get("groups", [])}
    rows = _unique(
        [r for r in tables.get("questions", []) if r.get("parent_qid", "0") in ("0", "")]
    )
    rows.sort(
        key=lambda r: (group_order.get(r.get("gid", ""), 0), int(r.get("question_order") or 0))
    )
    questions, by_id = {}, {}
    for row in rows:
        question = Question(
            row["title"], row.get("type", "T"), wordings.get(row["qid"], ""), groups.get(row.get("gid", ""), ""),
            row.get("relevance", "").strip(), row.get("mandatory") == "Y", row.get("other") == "Y",
        )  # fmt: skip
        questions[question.code] = by_id[row["qid"]] = question
    _add_parts(tables, by_id, wordings)
    _add_options(tables, by_id, language)
    return questions


def _add_parts(
    tables: dict[str, list[Row]], by_id: dict[str, Question], wordings: dict[str, str]
) -> None:
    found = tables.get("subquestions", []) + [
        r for r in tables.get("questions", []) if r.get("parent_qid", "0") not in ("0", "")
    ]
    for row in sorted(_unique(found), key=lambda r: int(r.get("question_order") or 0)):
        parent = by_id.get(row.get("parent_qid", ""))
        if parent is not None:
            axis = parent.columns if row.get("scale_id") == "1" else parent.parts
            axis[row["title"]] = wordings.get(row["qid"], row["title"])


def _add_options(tables: dict[str, list[Row]], by_id: dict[str, Question], language: str) -> None:
    texts = _texts(tables, "answers", "answer_l10ns", "aid", ("answer",), language)
    rows = tables.get("answers", [])
    old = not tables.get("answer_l10ns")
    for row in sorted(rows, key=lambda r: int(r.get("sortorder") or 0)):
        question = by_id.get(row.get("qid", ""))
        if question is None or (old and row.get("language", language) != language):
            continue
        label = _plain(row.get("answer", "")) if old else texts.get(row.get("aid", ""), "")
        question.options.setdefault(row["code"], label)


def _texts(
    tables: dict[str, list[Row]],
    old: str,
    new: str,
    key: str,
    fields: tuple[str, ...],
    language: str,
) -> dict[str, str]:
    """{id: text} from the table of texts, or from the old table that held them itself."""
    rows = tables.get(new) or tables.get(old) or []
    own = [row for row in rows if row.get("language", language) == language] or rows
    return {row[key]: _plain(row.get(fields[0], "")) for row in own if key in row}


def _unique(rows: list[Row]) -> list[Row]:
    """A question once, though old files repeat it in every language."""
    return list({row["qid"]: row for row in reversed(rows)}.values())[::-1]


def _plain(text: str) -> str:
    return tidy(html.unescape(re.sub(r"<[^>]+>", " ", text)))


def routing(relevance: str) -> str | None:
    """A relevance equation as a condition on columns ("[Q1] = 'Y'"); None when it says more.

    Always true is "". Comparisons joined by and/or are translated; functions are not.
    """
    text = html.unescape(relevance).strip()
    if text in {"", "1"}:
        return ""
    text = re.sub(r"\.(NAOK|shown|value|valueNAOK)\b", "", text)
    text = text.replace("==", "=").replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"!\s*is_empty\(\s*(\w+)\s*\)", r"\1 <> ''", text)
    text = re.sub(r"\bis_empty\(\s*(\w+)\s*\)", r"\1 = ''", text)
    for word, sign in (
        ("eq", "="),
        ("ne", "<>"),
        ("gt", ">"),
        ("lt", "<"),
        ("ge", ">="),
        ("le", "<="),
    ):
        text = re.sub(rf"\s{word}\s", f" {sign} ", text)
    if re.search(
        r"\w\(|[+*/]|\bself\b|\bthat\b", re.sub(r"\b(and|or|not)\s*\(", "(", text, flags=re.I)
    ):
        return None
    quoted = re.split(r"(\"[^\"]*\"|'[^']*')", text)
    for i in range(0, len(quoted), 2):
        quoted[i] = re.sub(r"\b(?!and\b|or\b|not\b)([A-Za-z]\w*)\b", _column, quoted[i], flags=re.I)
    return tidy("".join(quoted))


def _column(match: re.Match) -> str:
    """Q1_SQ002 is the tick box SQ002 of Q1; Q1 is a column."""
    question, _, part = match[1].partition("_")
    return f"[{question}({part})]" if part else f"[{question}]"
