"""The three files of `data/integration/`, read and refused when incomplete.

constructs.yml       what is compared: survey evidence beside themes and excerpts, with fit by two raters
meta_inferences.yml  what follows from both strands: evidence, confidence with reason, rival, what would
                     make it fall, scope
threads.yml          a finding followed into the other strand, and what came of it

Fit is one of confirmation, expansion, discordance and silence (fetters2013achieving; silence after
ocathain2008quality). Every mistake is named with file and line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

from sustainment.errors import UserError
from sustainment.integration.lines import entries_with_lines

FITS = ("confirmation", "expansion", "discordance", "silence")
CONFIDENCES = ("high", "moderate", "low")


@dataclass(frozen=True)
class Construct:
    """One row of the joint display.

    survey: keys of reported values; theme, subtheme: names as in the codebook; excerpts: public ids.
    fit: {rater: {fit, reason}}; agreed: the fit kept after talking, with `why`.
    """

    id: str
    name: str
    level: str
    theme: str
    fit: Mapping[str, Mapping[str, str]]
    agreed: str
    why: str
    follows: str
    subtheme: str = ""
    survey: tuple[str, ...] = ()
    survey_says: str = ""
    excerpts: tuple[str, ...] = ()
    talk_says: str = ""
    planted: bool = False
    line: int = 0

    @property
    def strands(self) -> set[str]:
        return {s for s, there in (("survey", self.survey), ("interviews", self.excerpts)) if there}


@dataclass(frozen=True)
class MetaInference:
    """A conclusion that needs both strands. evidence: ids of constructs or other meta-inferences."""

    id: str
    statement: str
    evidence: tuple[str, ...]
    confidence: str
    reason: str
    rival: str
    fails_if: str
    scope: str
    line: int = 0


@dataclass(frozen=True)
class Thread:
    """A finding of one strand, the question it raised, and what the other strand answered."""

    id: str
    starts_in: str
    finding: str
    question: str
    looked_in: str
    outcome: str
    construct: str
    line: int = 0


@dataclass(frozen=True)
class Integration:
    constructs: tuple[Construct, ...]
    meta_inferences: tuple[MetaInference, ...]
    threads: tuple[Thread, ...]

    def construct(self, id: str) -> Construct:
        return next(c for c in self.constructs if c.id == id)


Record = TypeVar("Record", Construct, MetaInference, Thread)


def read_integration(folder: Path | str) -> Integration:
    """Read and check the integration files of a study.

    Raises UserError for broken YAML, an unknown or missing field, an unknown fit or confidence, a
    duplicate id, evidence that does not exist or runs in a circle, and evidence that nobody uses.
    """
    folder = Path(folder)
    constructs = _records(folder / "constructs.yml", Construct)
    inferences = _records(folder / "meta_inferences.yml", MetaInference)
    threads = _records(folder / "threads.yml", Thread)
    for construct in constructs:
        _check_construct(construct)
    _check_evidence(constructs, inferences)
    for thread in threads:
        if thread.construct not in {c.id for c in constructs}:
            raise UserError(
                f"threads.yml, line {thread.line}: the thread {thread.id!r} ends in the construct "
                f"{thread.construct!r}, which does not exist. Name one of constructs.yml."
            )
    return Integration(constructs, inferences, threads)


def check_keys(
    integration: Integration,
    reported: Iterable[str],
    themes: Iterable[str],
    excerpts: Iterable[str],
) -> None:
    """Every value, theme and excerpt that the integration names must exist in this study."""
    known = {"survey": set(reported), "excerpts": set(excerpts)}
    names = set(themes)
    for construct in integration.constructs:
        place = f"constructs.yml, line {construct.line}: the construct {construct.id!r}"
        for key in construct.survey:
            if key not in known["survey"]:
                raise UserError(
                    f"{place} uses the value {key!r}, which no chapter it can see reports. Report it, "
                    "or correct the key."
                )
        for excerpt in construct.excerpts:
            if excerpt not in known["excerpts"]:
                raise UserError(
                    f"{place} uses the excerpt {excerpt!r}, which is no passage of the interviews. "
                    "Look its id up with public_ids."
                )
        for name in (construct.theme, construct.subtheme):
            if name and name not in names:
                raise UserError(
                    f"{place} names the theme {name!r}, which is not in the codebook. Write it as there."
                )


def _check_construct(construct: Construct) -> None:
    place = f"constructs.yml, line {construct.line}: the construct {construct.id!r}"
    if len(construct.fit) < 2:
        raise UserError(f"{place} needs the fit of two raters, each with a reason.")
    for rater, judged in construct.fit.items():
        if judged.get("fit") not in FITS:
            raise UserError(
                f"{place}: {rater} gives the fit {judged.get('fit')!r}; use {', '.join(FITS)}."
            )
        if not str(judged.get("reason") or "").strip():
            raise UserError(f"{place}: {rater} gives no reason.")
    if construct.agreed not in FITS:
        raise UserError(f"{place}: the agreed fit is {construct.agreed!r}; use {', '.join(FITS)}.")
    if construct.agreed != "silence" and construct.strands != {"survey", "interviews"}:
        missing = ({"survey", "interviews"} - construct.strands).pop()
        raise UserError(
            f"{place} has no evidence from the {missing}. Add it, or call the fit silence, which is what it is."
        )


def _check_evidence(
    constructs: tuple[Construct, ...], inferences: tuple[MetaInference, ...]
) -> None:
    known = {c.id for c in constructs} | {m.id for m in inferences}
    for inference in inferences:
        place = f"meta_inferences.yml, line {inference.line}: {inference.id!r}"
        if inference.confidence not in CONFIDENCES:
            raise UserError(
                f"{place} has the confidence {inference.confidence!r}; use {', '.join(CONFIDENCES)}."
            )
        if not inference.evidence:
            raise UserError(f"{place} rests on nothing. Name its evidence.")
        for piece in inference.evidence:
            if piece not in known:
                near = get_close_matches(str(piece), known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise UserError(
                    f"{place} rests on {piece!r}, which does not exist.{hint} Evidence is the id of a "
                    "construct or of another meta-inference."
                )
    try:
        TopologicalSorter({m.id: m.evidence for m in inferences}).prepare()
    except CycleError as error:
        members = error.args[1][:0:-1]  # given from evidence to what rests on it, first one twice
        line = next(m.line for m in inferences if m.id == members[0])
        raise UserError(
            f"meta_inferences.yml, line {line}: the evidence runs in a circle: "
            f"{' → '.join([*members, members[0]])}. Take one of them out of the other's evidence."
        ) from None
    used = {piece for m in inferences for piece in m.evidence}
    for construct in constructs:
        if construct.id not in used:
            raise UserError(
                f"constructs.yml, line {construct.line}: nothing rests on the construct {construct.id!r}. "
                f"Use it in a meta-inference, or say in one why it is set aside."
            )


def _records(path: Path, record: type[Record]) -> tuple[Record, ...]:
    entries = entries_with_lines(path)
    known = {f.name for f in fields(record)}
    needed = [f.name for f in fields(record) if f.default is f.default_factory]  # both MISSING
    found: dict[str, Record] = {}
    for entry in entries:
        place = f"{path.name}, line {entry['line']}"
        for name in entry:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                hint = f"Did you mean {near[0]!r}? " if near else ""
                raise UserError(
                    f"{place}: unknown field {name!r}. {hint}Known: "
                    f"{', '.join(sorted(known - {'line'}))}."
                )
        for name in needed:
            if entry.get(name) in (None, "", [], {}):
                raise UserError(f"{place}: {entry.get('id', 'an entry')!r} lacks {name!r}. Add it.")
        if entry["id"] in found:
            raise UserError(
                f"{place}: the id {entry['id']!r} is used twice, first in line "
                f"{found[entry['id']].line}. Give one of them another."
            )
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()
        }
        found[entry["id"]] = record(**values)
    return tuple(found.values())
