"""Claims of a published text as rules on reported values, and what may be said of each.

Under invented data a claim is never judged: it is met by construction, or it was not asked of the
generator. Verdicts (consistent, not consistent, cannot be judged) exist only for observed data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sustainment.errors import UserError
from sustainment.integration.lines import entries_with_lines

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("id", "paraphrase", "source", "estimand", "chapter", "rule", "generator", "fails_if")


@dataclass(frozen=True)
class Outcome:
    """What is said of one claim. `met` is None where the rule cannot be applied.

    words: as the table says it. badge: as briefly as it can be said beside a sentence.
    """

    id: str
    met: bool | None
    words: str
    badge: str


def load_claims(path: Path) -> list[dict[str, Any]]:
    """The claims of a file, under its key `claims:`; what is wrong is named with its line."""
    return read_claims(entries_with_lines(path, "claims"), path.name)


def read_claims(
    entries: Sequence[Mapping[str, Any]], file: str = "published.yml"
) -> list[dict[str, Any]]:
    """The claims, each complete and with its own id.

    Raises UserError naming the file, the line where it is known (`line`), the claim and what is
    missing, unknown or used twice.
    """
    seen: dict[str, Any] = {}
    for position, entry in enumerate(entries, start=1):
        name = entry.get("id", f"number {position}")
        place = f"{file}, line {entry['line']}" if "line" in entry else file
        for field in FIELDS:
            if not entry.get(field):
                raise UserError(f"{place}: the claim {name!r} lacks {field!r}. Add it.")
        for field in entry:
            if field not in (*FIELDS, "line"):
                near = get_close_matches(str(field), FIELDS, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(FIELDS)}."
                raise UserError(
                    f"{place}: the claim {name!r} has the unknown field {field!r}. {hint}"
                )
        if name in seen:
            raise UserError(
                f"{place}: the claim id {name!r} is used twice"
                + (f", first in line {seen[name]}" if seen[name] else "")
                + ". Give one of them another."
            )
        seen[name] = entry.get("line")
    return [{k: v for k, v in e.items() if k != "line"} for e in entries]


def keys_of(rule: Mapping[str, Any]) -> list[str]:
    """The keys of the values that a rule compares."""
    further = keys_of(rule["and"]) if "and" in rule else []
    return [rule["key"], *further] if "key" in rule else further


def row_id(name: str) -> str:
    """The address of a claim's row in the table of claims."""
    return f"claim-{name}"


def is_met(rule: Mapping[str, Any], values: Mapping[str, Any]) -> bool | None:
    """Whether reported values meet a rule; None when it cannot be applied to any values."""
    if "cannot" in rule:
        return None
    key = str(rule.get("key"))
    if key not in values:
        raise UserError(
            f"published.yml: a claim's rule uses the value {key!r}, which is not reported. Report it "
            f"in the claim's chapter, or correct the key."
        )
    value = values[key]
    if value is None:
        return None  # these answers do not say it
    if isinstance(value, str) and not isinstance(rule.get("equals"), str):
        return None  # withheld to protect persons: then it cannot be judged in public
    checks = []
    if "equals" in rule:
        checks.append(value == rule["equals"])
    if "at_least" in rule:
        checks.append(value >= rule["at_least"])
    if "at_most" in rule:
        checks.append(value <= rule["at_most"])
    if not checks:
        raise UserError(
            f"published.yml: the rule on {key!r} compares with nothing. Add equals, at_least or at_most."
        )
    met = all(checks)
    if "and" in rule:
        further = is_met(rule["and"], values)
        return None if further is None else met and further
    return met


def outcome(claim: Mapping[str, Any], values: Mapping[str, Any], provenance: str) -> Outcome:
    """What may be said of a claim, by provenance of the data."""
    met = is_met(claim["rule"], values)
    if provenance == "observed":
        words = {True: "consistent", False: "not consistent", None: "cannot be judged"}[met]
        return Outcome(claim["id"], met, words, words)
    if met is None:
        why = "by any survey of clinicians" if "cannot" in claim["rule"] else "from these answers"
        return Outcome(claim["id"], met, f"cannot be judged, {why}", "cannot be judged")
    if claim["generator"] == "fixed":
        words, badge = (
            ("met by construction", "met by construction")
            if met
            else ("no longer met: a parameter was moved away from the article", "no longer met")
        )
        return Outcome(claim["id"], met, words, badge)
    words = (
        "not asked of the generator; as it fell out, "
        + ("met" if met else "not met")
        + ", which says nothing"
    )
    return Outcome(claim["id"], met, words, "not asked of the generator")


def claims_table(
    claims: Sequence[Mapping[str, Any]], values: Mapping[str, Any], provenance: str
) -> pd.DataFrame:
    """One row a claim: what the article states, its rule's outcome, and what would make it fail."""
    import pandas as pd  # here: pages read the claims, and need no tables

    rows = []
    for claim in claims:
        said = outcome(claim, values, provenance)
        rows.append(
            {
                "claim": claim["paraphrase"],
                "judged in": claim["chapter"],
                "outcome": said.words,
                "fails if": claim["fails_if"],
            }
        )
    return pd.DataFrame(rows)
