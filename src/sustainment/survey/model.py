"""What a survey is to this book: an item, a raw export, and the cleaned answers.

Every reader, whatever program wrote the file, ends in a `RawSurvey`: the cells exactly as they
stand in the file, and a codebook. `clean` turns that into a `Survey`: typed answers of the
respondents kept, the kind of every missing answer, and a log with a line for every change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from sustainment.findings import Finding

ItemType = Literal["single", "likert", "multi", "number", "text", "date", "calc", "note"]

#: Why an answer is missing. "" in `Survey.missing` means: answered.
MISSING_KINDS = ("not asked", "no answer", "refused", "not applicable", "removed")

#: How a source writes numbers, dates and times when it does not write them plainly.
FORMATS = ("integer", "decimal comma", "day first", "month first", "time")

#: Section of columns that the program adds itself: events, time stamps, "form complete".
BOOKKEEPING = "bookkeeping"


@dataclass(frozen=True)
class Item:
    """One column of the export: a question, one tick box of a question, or a line of text.

    `options` maps code to label in the order of the questionnaire, and `missing` maps the codes
    that stand for a missing answer to their kind (one of `MISSING_KINDS`). A tick box of a
    multi-select question is an item of its own, of type "multi", and names its question in `set`
    ("b10" for "b10___3"), and labels its box in `options["1"]`. `routing` is the condition as the source writes it ("[b06]='1'"); an
    empty one means that everybody is asked. `low` and `high` are the limits of a number, both
    allowed; `format` says how the source writes values ("" or one of `FORMATS`).
    """

    id: str
    wording: str
    type: ItemType
    options: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    section: str = ""
    set: str = ""
    routing: str = ""
    low: float | None = None
    high: float | None = None
    identifier: bool = False
    required: bool = False
    format: str = ""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.missing.values()) - set(MISSING_KINDS))
        if unknown:
            raise ValueError(f"Item {self.id!r}: {unknown} is not a kind of missing answer.")


@dataclass
class RawSurvey:
    """A survey export as it was read: nothing repaired, nothing lost.

    `table` holds every cell as text, exactly as in the file, "" where the cell is empty; its index
    is the line of the file on which the record starts (header = 1). `kind` and `why` say which
    program wrote the file and how that was recognised; `notes` what the reader guessed or left out.
    """

    table: pd.DataFrame
    codebook: dict[str, Item]
    kind: str
    why: str
    file: str
    notes: list[Finding] = field(default_factory=list)

    @property
    def columns_without_item(self) -> list[str]:
        """Columns of the file that the codebook does not describe."""
        return [name for name in self.table.columns if name not in self.codebook]


@dataclass
class Survey:
    """The cleaned answers: one row a respondent kept, indexed by respondent id.

    `answers` is typed by item: single and likert are ordered categories of codes (strings, in the
    order of the options), number and calc are Int64 or Float64, multi is boolean, date is
    datetime64, text is str; NA where the answer is missing. `missing` has the same shape and
    says why: "" answered, else one of `MISSING_KINDS`. `log` (rule, item, respondent, before,
    after, note) has a row for every change, `dropped` (row, id, reason) one for every record
    left out, where `row` is a line of the file.
    """

    answers: pd.DataFrame
    missing: pd.DataFrame
    codebook: dict[str, Item]
    log: pd.DataFrame
    dropped: pd.DataFrame
    raw: RawSurvey

    def labels(self, item: str) -> pd.Series:
        """Answers to one item with labels in place of codes, as an ordered category."""
        options = self.codebook[item].options
        return self.answers[item].cat.rename_categories(
            {code: options.get(code, code) for code in self.answers[item].cat.categories}
        )

    def set_items(self, question: str) -> list[Item]:
        """The tick boxes of one multi-select question, in order."""
        return [item for item in self.codebook.values() if item.set == question]
