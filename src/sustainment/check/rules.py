"""What a rule of the check is, and how its hits become findings a person can act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sustainment.check.material import Material
from sustainment.errors import UserError
from sustainment.findings import Finding, Severity
from sustainment.survey.examine import Defect, Examination

#: Rows named for each rule and column; of a million bad cells a person needs the first ones.
ROWS_NAMED = 20


@dataclass(frozen=True)
class Hit:
    """Where a rule found something. `handled` says what a declared decision does with it."""

    file: str
    row: int | None = None
    column: str = ""
    value: str = ""
    detail: str = ""
    handled: str = ""
    harmless: bool = False


Find = Callable[[Material], Iterator[Hit] | Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One thing the check looks for. `find` yields its hits, or ready findings of a reader."""

    id: str
    severity: Severity
    message: str
    remedy: str
    find: Find


#: Every rule, in the order of the files: reading, survey, frame, interviews, provenance.
RULES: list[Rule] = []


def rule(id: str, severity: Severity, message: str, remedy: str = "") -> Callable[[Find], Find]:
    """Put the decorated function into `RULES`; it yields a `Hit` for each place."""

    def register(find: Find) -> Find:
        RULES.append(Rule(id, severity, message, remedy, find))
        return find

    return register


def apply(rule: Rule, material: Material) -> Iterator[Finding]:
    """The findings of one rule: the first rows of each column, then how many more there are."""
    named: Counter = Counter()
    last: dict[tuple[str, ...], Finding] = {}
    try:
        for hit in rule.find(material):
            finding = hit if isinstance(hit, Finding) else _finding(rule, hit)
            place = (finding.rule, finding.file, finding.column, finding.severity)
            named[place] += 1
            if named[place] <= ROWS_NAMED or isinstance(hit, Finding):
                yield finding
            last[place] = finding
    except UserError as error:  # the material cannot even be asked: say so, and go on
        yield Finding("error", rule.id, str(error).rstrip("."), material.name)
    for where, finding in last.items():
        more = named[where] - ROWS_NAMED
        if more > 0 and finding.row is not None:
            yield Finding(
                finding.severity, finding.rule, f"{finding.message}; so in {more:,} more rows",
                finding.file, None, finding.column, remedy=finding.remedy,
            )  # fmt: skip


def _finding(rule: Rule, hit: Hit) -> Finding:
    message = f"{rule.message}: {hit.detail}" if hit.detail else rule.message
    if not hit.handled:
        return Finding(rule.severity, rule.id, message, hit.file, hit.row, hit.column, _shown(hit.value), rule.remedy)  # fmt: skip
    severity: Severity = "note" if hit.harmless or rule.severity == "note" else "warning"
    return Finding(severity, rule.id, message, hit.file, hit.row, hit.column, _shown(hit.value), f"Handled: {hit.handled}.")  # fmt: skip


def _shown(value: str, length: int = 80) -> str:
    """A long open answer cut to the part around its first unusual letter."""
    if len(value) <= length:
        return value
    unusual = next((i for i, sign in enumerate(value) if not " " <= sign <= "~"), 0)
    start = max(0, min(unusual - length // 2, len(value) - length))
    end = start + length
    return f"{'…' if start else ''}{value[start:end]}{'…' if end < len(value) else ''}"


def hits_of(survey: Examination, defects: Iterator[Defect]) -> Iterator[Hit]:
    """A hit for each cell of the survey's defects, with the decision that covers it."""
    for defect in defects:
        decision = defect.decision
        handled = ""
        if decision is not None:
            handled = decision.then + (f" ({decision.why})" if decision.why else "")
        harmless = decision is not None and decision.then in ("repair", "keep")
        for line in survey.table.index[defect.rows]:
            yield Hit(survey.raw.file, int(line), defect.item, defect.before, defect.detail, handled, harmless)  # fmt: skip
