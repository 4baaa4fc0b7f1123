"""`make audit`: Lighthouse (mobile preset) on every built page, as a table and a report.

Accessibility, best practices and search must be 100 on each page; performance depends on the machine
as well, so below 90 it is reported with its causes and fails nothing. Lighthouse itself is fetched
once by npx, in one fixed version; chromium is the system's.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from sustainment.book.pdf import find_browser
from sustainment.book.served import chosen_pages, serve
from sustainment.errors import UserError

LIGHTHOUSE = "lighthouse@12.8.2"
REQUIRED = {"accessibility": "accessibility", "best-practices": "best practices", "seo": "search"}
WANTED_PERFORMANCE = 90
CHROME = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
LIMIT = 240  # seconds a page may take


@dataclass(frozen=True)
class Score:
    """One page: points of 100 by category, audits that cost points, and what made it slow."""

    page: str
    points: dict[str, int]
    faults: list[str]
    slow: list[str]

    @property
    def passed(self) -> bool:
        return not self.faults


def audit_site(
    site: Path, out: Path, wanted: Sequence[str] = (), tell: Callable[[str], Any] = print
) -> list[Score]:
    """Run Lighthouse on the pages of `site`; write `out`/lighthouse.json and .md, and tell each row.

    wanted: words in the addresses of the pages to look at; none means all. Raises UserError when
    node, Lighthouse or chromium is missing.
    """
    pages = chosen_pages(site, list(wanted))
    run = find_lighthouse()
    tell(header())
    scores = []
    with serve(site) as address:
        for page in pages:
            scores.append(judge(run, address, page))
            tell(row(scores[-1]))
    out.mkdir(parents=True, exist_ok=True)
    record = [{"page": s.page, **s.points, "faults": s.faults, "slow": s.slow} for s in scores]
    (out / "lighthouse.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (out / "lighthouse.md").write_text(report(scores), encoding="utf-8")
    return scores


def judge(command: list[str], address: str, page: str) -> Score:
    """The score of one page; a page that cannot be judged is a fault, and the others go on."""
    try:
        return score_of(page, run_lighthouse(command, address + page))
    except (UserError, subprocess.TimeoutExpired) as error:
        points = dict.fromkeys(["performance", *REQUIRED], 0)
        return Score(page, points, [f"not judged: {error}"], [])


def find_lighthouse() -> list[str]:
    """The command that runs Lighthouse; UserError says what is missing."""
    find_browser()
    if which("npx") is None or which("node") is None:
        raise UserError(
            "The site's audit runs Lighthouse, which needs node and npx. Install them (Debian and "
            "Ubuntu: apt install nodejs npm) and try again."
        )
    command = ["npx", "--yes", LIGHTHOUSE]
    tried = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, check=False, timeout=LIMIT
    )
    if tried.returncode:
        raise UserError(
            f"npx could not fetch {LIGHTHOUSE}: it needs the npm registry once. Go online and try again, "
            f"or install it by hand (npm install --global {LIGHTHOUSE})."
        )
    return command


def run_lighthouse(command: list[str], address: str) -> dict[str, Any]:
    """Lighthouse's own result for one address (mobile is its default)."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "result.json")
        done = subprocess.run(
            [*command, address, "--quiet", "--output=json", f"--output-path={target}",
             f"--chrome-flags={CHROME} --user-data-dir={folder}/profile"],
            env={**os.environ, "CHROME_PATH": find_browser()},
            capture_output=True, text=True, errors="replace", check=False, timeout=LIMIT,
        )  # fmt: skip
        if not target.exists():
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UserError(f"Lighthouse said of {address}: {said}")
        return json.loads(target.read_text(encoding="utf-8"))


def score_of(page: str, result: dict[str, Any]) -> Score:
    """What counts of a result: points, audits that keep a required category under 100, slow things."""
    categories, audits = result["categories"], result["audits"]
    # A category without a score could not be judged; that is no pass.
    points = {name: round(100 * (c["score"] or 0)) for name, c in categories.items()}
    faults = []
    for name, words in REQUIRED.items():
        if points[name] < 100:
            lost = [audits[ref["id"]] for ref in categories[name]["auditRefs"] if ref["weight"]]
            why = [f"{a['title']} ({a['id']})" for a in lost if a["score"] not in (None, 1)]
            faults.append(f"{words} {points[name]}: " + "; ".join(why or ["not judged"]))
    slow = []
    if points["performance"] < WANTED_PERFORMANCE:
        lost = [
            audits[ref["id"]] for ref in categories["performance"]["auditRefs"] if ref["weight"]
        ]
        worst = sorted(lost, key=lambda a: 1 if a["score"] is None else a["score"])[:3]
        slow = [
            f"{a['title']} {a.get('displayValue', '')}".strip() for a in worst if a["score"] != 1
        ]
    return Score(page, points, faults, slow)


def header() -> str:
    return f"{'page':<42} perf  a11y  best   seo"


def row(score: Score) -> str:
    names = ("performance", "accessibility", "best-practices", "seo")
    line = f"{score.page:<42}" + "".join(f"{score.points[name]:>5} " for name in names)
    return line.rstrip() + "".join(f"\n    {words}" for words in [*score.faults, *score.slow])


def report(scores: Sequence[Score]) -> str:
    """The table as Markdown, then what cost points."""
    lines = [
        "| page | performance | accessibility | best practices | search |",
        "| --- | --: | --: | --: | --: |",
    ]
    for s in scores:
        p = s.points
        lines.append(
            f"| {s.page} | {p['performance']} | {p['accessibility']} | {p['best-practices']} | {p['seo']} |"
        )
    notes = [f"- {s.page}: {words}" for s in scores for words in [*s.faults, *s.slow]]
    return "\n".join([*lines, "", *(notes or ["Nothing cost points that are asked for."]), ""])


def summary(scores: Sequence[Score]) -> str:
    slow = sum(bool(s.slow) for s in scores)
    least = min(s.points["performance"] for s in scores)
    return (
        f"{len(scores)} pages: {sum(s.passed for s in scores)} with 100 for accessibility, best practices "
        f"and search; performance {least} at the least, {slow} pages under {WANTED_PERFORMANCE}."
    )
