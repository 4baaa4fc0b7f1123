"""Claims of a published text as rules on reported values, and what may be said of each.

Under invented data a claim is never judged: it is met by construction, or it was not asked of the
generator. Verdicts (consistent, not consistent, cannot be judged) exist only for observed data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sustainment.errors import UserError

FIELDS = ("id", "paraphrase", "source", "estimand", "chapter", "rule", "generator", "fails_if")


@dataclass(frozen=True)
class Outcome:
    """What is said of one claim. `met` is None where the rule cannot be applied."""

    id: str
    met: bool | None
    words: str
    badge: str


def read_claims(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The claims, each complete and with its own id; UserError names what is missing."""
    seen: set[str] = set()
    for position, entry in enumerate(entries, start=1):
        name = entry.get("id", f"number {position}")
        for field in FIELDS:
            if not entry.get(field):
                raise UserError(f"published.yml: the claim {name!r} lacks {field!r}.")
        if entry["id"] in seen:
            raise UserError(f"published.yml: the claim id {name!r} is used twice.")
        seen.add(entry["id"])
    return [dict(e) for e in entries]


def is_met(rule: Mapping[str, Any], values: Mapping[str, Any]) -> bool | None:
    """Whether reported values meet a rule; None when it cannot be applied to any values."""
    if "cannot" in rule:
        return None
    key = rule.get("key")
    if key not in values:
        raise UserError(
            f"published.yml: a claim's rule uses the value {key!r}, which is not reported."
        )
    value = values[key]
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
        raise UserError(f"published.yml: the rule on {key!r} compares with nothing.")
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
        return Outcome(
            claim["id"], met, "cannot be judged, by any survey of clinicians", "cannot be judged"
        )
    if claim["generator"] == "fixed":
        words = (
            "met by construction"
            if met
            else "no longer met: a parameter was moved away from the article"
        )
        return Outcome(claim["id"], met, words, "planted")
    words = (
        "not asked of the generator; as it fell out, "
        + ("met" if met else "not met")
        + ", which says nothing"
    )
    return Outcome(claim["id"], met, words, "not asked")


def claims_table(
    claims: Sequence[Mapping[str, Any]], values: Mapping[str, Any], provenance: str
) -> pd.DataFrame:
    """One row a claim: what the article states, its rule's outcome, and what would make it fail."""
    rows = []
    for claim in claims:
        said = outcome(claim, values, provenance)
        rows.append(
            {
                "claim": claim["paraphrase"],
                "judged in": claim["chapter"],
                "outcome": said.words,
                "would fail if": claim["fails_if"],
            }
        )
    return pd.DataFrame(rows)
