"""Checks a study's raw material before anything is counted: every problem at once, worst first.

`RULES` is the list of everything that is looked for; a rule is a small function with an id, a
message and a remedy (`survey_rules`, `link_rules`). `check_study` runs them all on one folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sustainment.check import link_rules, survey_rules  # noqa: F401  (they fill RULES)
from sustainment.check.material import Material
from sustainment.check.rules import RULES, Rule, apply
from sustainment.findings import Finding, worst_first

__all__ = ["RULES", "Material", "Rule", "as_json", "check_study"]


def check_study(folder: Path | str) -> list[Finding]:
    """Every problem in a study folder's raw material, worst first.

    `folder` holds `data/study.yml`. A defect that the study's decisions cover is a warning or a
    note and says what becomes of it; any other is an error. Raises UserError only when study.yml
    itself cannot be read.
    """
    material = Material(Path(folder))
    return worst_first(finding for rule in list(RULES) for finding in apply(rule, material))


def as_json(findings: Iterable[Finding]) -> str:
    """The findings for another program: a JSON list, a finding an object."""
    return json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=1)
