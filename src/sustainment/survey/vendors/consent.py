"""Find records that should not be analysed: no consent, tests and previews, empty sessions.

Nothing is dropped here. Each find is a proposal in the form of a decision in `study.yml`, with its
reason and the lines of the file it would take out, so that a person can confirm or strike it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sustainment.survey.examine import Examination
from sustainment.survey.model import BOOKKEEPING, Item, RawSurvey
from sustainment.survey.values import SPACES
from sustainment.survey.vendors.identifiers import respondent_column
from sustainment.survey.vendors.scales import plain

_CONSENT = re.compile(
    r"\bconsent|samtyck|\b(agree|willing|vill|önskar)\b.{0,40}\b(participate|take part|delta)\b|zustimm|consentement|consentimento",
    re.I,
)
_NO = re.compile(
    r"(no|nej|nein|non|não|false|0|nee|nie|ei|nei|нет|decline|refuse|disagree)\b.*|n|いいえ|不同意|否|لا|.*\b(do not|don't|not|inte|nicht|ne .*pas)\b.*(consent|agree|samtyck|participate|delta|accept).*",
    re.I,
)
_TEST_CHANNEL = r"^(preview|test)$"
_TEST_STATUS = {
    "1": "preview", "2": "test", "8": "spam", "9": "spam", "12": "spam", "17": "preview",
    "survey preview": "preview", "survey test": "test", "spam": "spam", "offline survey preview": "preview",
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """A decision that the material suggests; `lines` are the records it would take out."""

    rule: str
    why: str
    lines: tuple[int, ...]
    item: str = ""
    value: str | None = None
    column: str = ""
    matches: str = ""

    def decision(self) -> dict[str, str]:
        """The proposal as an entry of `survey: decisions:`."""
        entry = {"rule": self.rule}
        for key in ("item", "value", "column", "matches"):
            if getattr(self, key) not in ("", None) or (key == "value" and self.value == ""):
                entry[key] = getattr(self, key)
        return entry | {"then": "drop", "why": self.why}


def propose_drops(raw: RawSurvey, rows: Mapping[str, str] | None = None) -> list[Proposal]:
    """All records that a person should look at before anything is counted.

    `rows` says which rows are the survey where a person has several (`survey: rows:`).
    """
    return [*_test_rows(raw), *_without_consent(raw), *_empty_sessions(raw, rows or {})]


def consent_items(raw: RawSurvey) -> list[Item]:
    """Questions that ask for consent: by their wording, with few options to choose from."""
    found = []
    for item in raw.codebook.values():
        closed = item.type in {"single", "likert", "multi"} and len(item.options) <= 4
        about = f"{item.id} {item.wording}"
        if closed and item.section != BOOKKEEPING and _CONSENT.search(about):
            found.append(item)
    return found


def _without_consent(raw: RawSurvey) -> list[Proposal]:
    proposals: list[Proposal] = []
    for item in consent_items(raw):
        cells = raw.table[item.id].str.strip(SPACES)
        refusals = [code for code, label in item.options.items() if _NO.fullmatch(plain(label))]
        if not refusals or len(refusals) == len(item.options):
            continue
        for code in refusals:
            lines = _lines(cells == code)
            if lines:
                why = f"answered {item.options[code]!r} to the question for consent"
                proposals.append(Proposal("not-consenting", why, lines, item.id, code))
        blank = _lines(cells == "")
        if blank:
            why = "left the question for consent blank"
            proposals.append(Proposal("not-consenting", why, blank, item.id, ""))
    return proposals


def _test_rows(raw: RawSurvey) -> list[Proposal]:
    proposals: list[Proposal] = []
    if raw.kind != "qualtrics":
        return proposals
    if "Status" in raw.table:
        cells = raw.table["Status"]
        for value in cells.unique():
            what = _TEST_STATUS.get(value.casefold())
            if what:
                why = f"the survey program marks the record as {what}"
                lines = _lines(cells == value)
                proposals.append(
                    Proposal(
                        "test-record", why, lines, column="Status", matches=f"^{re.escape(value)}$"
                    )
                )
    if "DistributionChannel" in raw.table:
        taken = {line for proposal in proposals for line in proposal.lines}
        cells = raw.table["DistributionChannel"]
        lines = _lines(cells.str.fullmatch(_TEST_CHANNEL.strip("^$")))
        if set(lines) - taken:
            why = "the record came in through the survey's preview"
            proposals.append(
                Proposal(
                    "test-record", why, lines, column="DistributionChannel", matches=_TEST_CHANNEL
                )
            )
    return proposals


def _empty_sessions(raw: RawSurvey, rows: Mapping[str, str]) -> list[Proposal]:
    settings = {
        "id": respondent_column(raw) or "line",
        "rows": rows,
        "decisions": [{"rule": "empty-session", "then": "drop"}],
    }
    examined = Examination(raw, settings)
    empty = examined.dropped["empty-session"]
    if not len(empty):
        return []
    lines = tuple(int(examined.table.index[row]) for row in empty)
    return [Proposal("empty-session", "no question was answered and no box ticked", lines)]


def _lines(mask: pd.Series) -> tuple[int, ...]:
    return tuple(int(line) for line in mask.index[mask.fillna(False).astype(bool)])
