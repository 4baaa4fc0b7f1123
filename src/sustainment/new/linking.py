"""Which coded passage belongs to which respondent: guessed once, declared in study.yml, counted.

Ways of linking: `id` (document or case names are respondent ids), `pattern` (the id stands inside the
document's name), `text` (passages stand inside the answers to one open question), `row` (the n-th with
the n-th; never guessed). What does not link is counted and stays in the interviews' part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.interviews.link import Links, by_id, by_pattern, by_row, by_text
from sustainment.interviews.model import Interviews
from sustainment.survey.model import BOOKKEEPING, RawSurvey, Survey

_PATTERNS = (r"(?P<id>\d+)$", r"^(?P<id>\d+)", r"(?P<id>[A-Za-z]*-?\d+)")


def guess_link(
    raw: RawSurvey, id_column: str, interviews: Interviews
) -> tuple[dict[str, str], str]:
    """The rule that links most, and why; an empty rule when nothing links."""
    respondents = (
        list(raw.table[id_column]) if id_column in raw.table else [str(i) for i in raw.table.index]
    )
    documents = len(interviews.documents)
    pairs = by_id(interviews, respondents).pairs
    if len(pairs):
        return {"how": "id"}, f"{len(pairs)} of {documents} documents are called like a respondent"
    for pattern in _PATTERNS:
        found = by_pattern(interviews, respondents, pattern)
        if len(found.pairs) >= max(2, documents / 2) and found.pairs["respondent"].is_unique:
            why = f"the ids in {len(found.pairs)} of {documents} document names are respondents"
            return {"how": "pattern", "pattern": pattern}, why
    best, most = "", 0
    for item in raw.codebook.values():
        if (
            item.type == "text"
            and item.section != BOOKKEEPING
            and not item.identifier
            and item.id != id_column
        ):
            answers = raw.table[item.id].set_axis(respondents)
            linked = len(by_text(interviews, answers[answers != ""]).pairs)
            best, most = (item.id, linked) if linked > most else (best, most)
    passages = interviews.segments["segment"].nunique()
    if most >= max(2, passages / 4):
        return {
            "how": "text",
            "item": best,
        }, f"{most} of {passages} passages stand inside an answer to {best}"
    return {}, "neither names nor texts link the two; say how under interviews: link"


def link(survey: Survey, interviews: Interviews, rule: Mapping[str, Any]) -> Links:
    """Link by the declared rule. Raises UserError for a rule that is incomplete or unknown."""
    people = [str(person) for person in survey.answers.index]
    how = rule.get("how")
    if how == "id":
        return by_id(interviews, people, rule.get("variable"))
    if how == "pattern" and rule.get("pattern"):
        return by_pattern(interviews, people, rule["pattern"])
    if how == "row":
        return by_row(interviews, people)
    if how == "text" and rule.get("item") in survey.answers:
        answers = pd.Series(survey.answers[rule["item"]].to_numpy(), index=people, dtype="object")
        return by_text(interviews, answers.dropna())
    raise UserError(
        "data/study.yml, interviews: link: say {how: id}, {how: pattern, pattern: …}, {how: text, item: …} "
        "or {how: row}; an item must be one of the survey's open questions."
    )
