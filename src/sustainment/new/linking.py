"""Which coded passage belongs to which respondent: guessed once, declared in study.yml, counted.

Ways of linking: `id` (document or case names are respondent ids), `pattern` (the id stands inside the
document's name), `text` (passages stand inside the answers to open questions), `row` (the n-th with
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

Rule = dict[str, Any]
_PATTERNS = (r"(?P<id>\d+)$", r"^(?P<id>\d+)", r"(?P<id>[A-Za-z]*-?\d+)")


def guess_link(raw: RawSurvey, id_column: str, interviews: Interviews) -> tuple[Rule, str]:
    """The rule that links most, and why; an empty rule when nothing links."""
    if id_column in raw.table:  # lines of the file name nobody
        rule, why = _by_name(list(raw.table[id_column]), interviews)
        if rule:
            return rule, why
    linked = {}
    for item in raw.codebook.values():
        own = item.section == BOOKKEEPING or item.identifier or item.id == id_column
        if item.type == "text" and not own:
            answers = raw.table[item.id]
            linked[item.id] = len(by_text(interviews, answers[answers != ""]).pairs)
    passages = interviews.segments["segment"].nunique()
    # one of many questions holds few of all passages
    items = [name for name, count in linked.items() if count >= max(2, passages / 100)]
    if sum(linked[name] for name in items) < max(2, passages / 4):
        return {}, "neither names nor texts link the two; say how under interviews: link"
    why = ", ".join(f"{linked[name]} in answers to {name}" for name in items)
    return {"how": "text", "items": items}, f"of {passages} passages stand {why}"


def _by_name(respondents: list[str], interviews: Interviews) -> tuple[Rule, str]:
    documents = len(interviews.documents)
    enough = max(1, documents / 2)  # one name that is alike may be chance
    pairs = by_id(interviews, respondents).pairs
    # people numbered 1, 2, 3 fit interviews numbered 1, 2, 3, whoever they are
    numbered = all(str(person).isdigit() and len(str(person)) < 5 for person in respondents)
    doubt = "; both may only be counted from 1: make sure that the numbers mean the same people"
    if len(pairs) >= enough:
        why = f"{len(pairs)} of {documents} documents are called like a respondent"
        return {"how": "id"}, why + doubt * numbered
    for pattern in _PATTERNS:
        found = by_pattern(interviews, respondents, pattern).pairs
        if len(found) >= max(2, enough) and found["respondent"].is_unique:
            why = f"the ids in {len(found)} of {documents} document names are respondents"
            return {"how": "pattern", "pattern": pattern}, why + doubt * numbered
    return {}, ""


def link(survey: Survey, interviews: Interviews, rule: Mapping[str, Any]) -> Links:
    """Link by the declared rule. Raises UserError for a rule that is incomplete or unknown."""
    people = [str(person) for person in survey.answers.index]
    how, items = rule.get("how"), list(rule.get("items") or [])
    if how == "id":
        return by_id(interviews, people, rule.get("variable"))
    if how == "pattern" and rule.get("pattern"):
        return by_pattern(interviews, people, rule["pattern"])
    if how == "row":
        return by_row(interviews, people)
    if how == "text" and items and set(items) <= set(survey.answers):
        words = survey.answers[items].astype("object").fillna("").to_numpy()
        answers = pd.Series(["\n".join(filter(None, row)) for row in words], index=people)
        return by_text(interviews, answers[answers != ""])
    raise UserError(
        "data/study.yml, interviews: link: say {how: id}, {how: pattern, pattern: …}, "
        "{how: text, items: […]} with open questions of the survey, or {how: row}."
    )
