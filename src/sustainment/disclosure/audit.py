"""The audit: what can a reader work out from everything that is printed?

It does not read the plan. It takes the numbers as they were collected, looks in the executed
notebooks which of them are really printed, and computes for every hidden one the interval that all
printed ones leave it. A finding names the place, never the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sustainment.disclosure.excerpts import approved
from sustainment.disclosure.gate import COLLECTED
from sustainment.disclosure.model import Model, build_model, counting_tables
from sustainment.disclosure.register import Register, Table, Value, join_label, read_run
from sustainment.disclosure.rules import SURVEY, Rules, implied_count, read_rules
from sustainment.disclosure.system import TOLERANCE, width
from sustainment.disclosure.words import instruments, plain_words
from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.study import data_digest, load_settings

_WHOLE = re.compile(r"(?<![\w.,])\d[\d,]*(?![\w.]*\d)(?!\s*%)")
RUN = Path("_build") / "run"


@dataclass
class Printed:
    """What a reader sees of the collected numbers: unknowns that are printed, and odd numbers."""

    unknowns: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)  # printed only as part of a sum
    findings: list[Finding] = field(default_factory=list)


def audit(
    collected: Sequence[Register], published: Sequence[Register], rules: Rules, asked: str = ""
) -> list[Finding]:
    """All findings about what the published registers give away of the collected ones.

    asked: the plain words of the questionnaire, whose own numbers count nobody.
    """
    model = build_model(collected, rules)
    seen = look(model, collected, published, asked)
    findings = [*seen.findings, *printed_sensitive(model, seen.unknowns)]
    findings += narrow(model, seen)
    for register in published:
        findings += bare_outputs(register)
    return findings


def look(
    model: Model, collected: Sequence[Register], published: Sequence[Register], asked: str = ""
) -> Printed:
    """Which unknowns are printed somewhere, in numbers, tables or words."""
    seen = Printed()
    by_chapter: dict[str, dict[int, set[int]]] = {}
    for place in model.places:
        values = by_chapter.setdefault(place.chapter, {})
        values.setdefault(model.system.values[place.unknown], set()).add(place.unknown)
    truth = {(r.edition, v.key): v for r in collected for v in r.values}
    tables = {
        (r.edition, t.chapter, t.id): t for r in collected for t in counting_tables(r, model.rules)
    }
    for register in published:
        for value in register.values:
            look_at_value(model, value, truth.get((value.edition, value.key)), seen)
        for table in register.tables:
            known = tables.get((table.edition, table.chapter, table.id))
            if known:
                look_at_table(model, table, known, seen)
        for spot, text in register.texts:
            numbers = by_chapter.get(spot.partition(":")[0], {})
            # The size of a whole group is known anyway, and says nothing about an equal part.
            said = said_numbers(text, asked)
            for number in said - set(model.sizes.values()):
                seen.unknowns |= numbers.get(number, set())
    # equal counts are taken to be the same person's number wherever prose prints or implies one
    classes = {model.system.together[i] for i in seen.unknowns}
    seen.unknowns |= {i for i, c in enumerate(model.system.together) if c in classes}
    seen.unknowns -= seen.merged  # an equal number in prose is no category that nobody sees
    return seen


def said_numbers(text: str, asked: str) -> set[int]:
    """Whole numbers in a title, caption or alt text, but for those of a question or an option.

    "15 - How often, from 5 years" is how it was asked: the number stands there between the same words.
    """
    text, found = plain_words(text), set()
    for match in _WHOLE.finditer(text):
        before = re.search(r"(\S+\s+){0,2}\S*$", text[: match.start()])[0]  # type: ignore[index]
        after = re.match(r"\S*(\s+\S+){0,2}", text[match.end() :])[0]  # type: ignore[index]
        around = [before + match[0] + after, match[0] + after, before + match[0]]
        around = [words.strip(" .,;:()[]") for words in around]
        if not any(re.search(r"[^\W\d]", words) and words in asked for words in around):
            found.add(int(match[0].replace(",", "")))
    return found


def look_at_value(model: Model, value: Value, truth: Value | None, seen: Printed) -> None:
    """A printed number of persons is known; so is the count behind a printed share of known size."""
    unknown = model.unknown_of(truth) if truth else None
    if truth is None and model.unknown_of(value) is not None:
        message = f"{value.chapter}: {value.key} was never collected"
        seen.findings.append(Finding("error", "unknown-number", message))
    if truth and unknown is None:
        look_at_share(model, value, truth, seen)
    if unknown is None:
        return
    words = isinstance(value.value, str)
    if words and truth and truth.of:  # "few" tells between how many and how many they are
        low, high = model.rules.called(value.value.casefold(), truth.of) or (0, truth.of)
        system = model.system
        system.lower[unknown] = max(system.lower[unknown], low)
        system.upper[unknown] = min(system.upper[unknown], high)
    if value.count is not None or not words or value.value.casefold() in ("none", "all"):
        seen.unknowns.add(unknown)


def look_at_share(model: Model, value: Value, truth: Value, seen: Printed) -> None:
    """A printed share of a known group tells the count behind it, also where nobody said one."""
    of = truth.of if truth.of is not None else model.sizes.get(truth.population)
    count = implied_count(truth.value, of) if truth.text.endswith("%") else None
    printed = isinstance(value.value, float) and model.rules.strand(truth.population) == SURVEY
    if printed and count is not None and model.rules.small(count, of, [truth.label]):
        message = (
            f"{value.chapter}: {value.key} is printed, and tells a number that is about too few"
        )
        seen.findings.append(Finding("error", "printed-small", message))


def look_at_table(model: Model, table: Table, truth: Table, seen: Printed) -> None:
    """Match printed cells with collected ones; merged cells are sums of them."""
    rows = {truth.words_of(i): [i] for i in range(len(truth.cells))}
    columns = {name: [k] for k, name in enumerate(truth.columns)}
    for lines, names in ((rows, list(rows)), (columns, list(columns))):
        for a in range(len(names)):
            for b in range(a + 1, len(names)):
                lines.setdefault(join_label(names[a], names[b]), list(range(a, b + 1)))
    labels = [k for k, name in enumerate(table.columns) if not set(columns.get(name, ())) & truth.numeric]  # fmt: skip
    for i, cells in enumerate(table.cells):
        words = " · ".join(cells[k] for k in labels)
        for k, name in enumerate(table.columns):
            count = table.count(i, k) if k not in labels else None
            if count is None:
                continue
            spots = [(r, c) for r in rows.get(words, ()) for c in columns.get(name, ())]
            counts = [truth.count(r, c) for r, c in spots]
            if not spots or None in counts or sum(counts) != count:  # type: ignore[arg-type]
                message = f"{table.chapter}: {table.name(i, k)} was never collected"
                seen.findings.append(Finding("error", "unknown-number", message))
                continue
            unknowns = [
                model.cells[truth.population, truth.words_of(r), truth.columns[c], n]
                for (r, c), n in zip(spots, counts, strict=True)
            ]
            if len(unknowns) == 1:
                seen.unknowns.add(unknowns[0])
            else:
                whole = model.system.add(f"{table.chapter}: {table.name(i, k)}", count, count)
                model.system.add_sum(unknowns, whole)
                seen.merged |= set(unknowns)
                seen.unknowns.add(whole)


def printed_sensitive(model: Model, printed: Iterable[int]) -> list[Finding]:
    """Numbers that the rules forbid and that are printed all the same."""
    return [
        Finding(
            "error",
            "printed-small",
            f"{model.system.names[i]} is printed, or can be read off directly, though it is about too few",
        )
        for i in sorted(set(printed) & model.sensitive)
    ]


def narrow(model: Model, seen: Printed) -> list[Finding]:
    """Hidden numbers that everything printed narrows down too far.

    A category that was merged into another one is not hidden: of it only what is small may not be known.
    """
    shown = seen.unknowns | model.public
    known = [i in shown for i in range(len(model.system.names))]
    # A number that nobody said counts persons may be withheld for other reasons, and be worked out.
    hidden = {p.unknown for p in model.places if p.declared} - seen.merged | model.sensitive
    found = model.system.intervals(known, {i for i in hidden if not known[i]})
    return [
        Finding(
            "error",
            "can-be-worked-out",
            f"{model.system.names[i]} is hidden, but the numbers that are printed leave it too little "
            f"room",
        )
        for i, interval in sorted(found.items())
        if width(interval) < model.rules.width - TOLERANCE
    ]


def bare_outputs(register: Register) -> list[Finding]:
    """Whatever a cell prints past the helpers has passed no gate."""
    return [
        Finding(
            "error",
            "bare-output",
            f"{place} prints something that did not pass the protection",
            remedy="Show it with show_table, show_figure or report.",
        )
        for place in dict.fromkeys(register.bare)
    ]


# A study's folder ------------------------------------------------------------------------------------


def audit_study(root: Path, runs: Mapping[str, Path] | None = None) -> list[Finding]:
    """Audit the executed notebooks of a study folder. runs: edition → folder (all below _build/run).

    Raises UserError when the numbers were never collected, or from other data or other code.
    """
    settings = load_settings(root)
    rules = read_rules(settings)
    if runs is None:
        folder = root / RUN
        runs = {p.name: p for p in sorted(folder.iterdir())} if folder.is_dir() else {}
    if not runs:
        raise UserError("Nothing has been executed yet: run `sustainment build` first.")
    base = root / COLLECTED
    editions = [p for p in sorted(base.iterdir()) if p.is_dir()] if base.is_dir() else []
    missing = sorted(set(runs) - {p.name for p in editions})
    if missing:
        raise UserError(
            f"The numbers of the edition {missing[0]!r} were never collected, so nobody knows what it "
            f"gives away. Run `sustainment protect`; an edition must stand in editions.yml."
        )
    for edition, folder in runs.items():
        same_source(root, base / edition, folder)
    collected = [read_run(folder, folder.name) for folder in editions]
    published = [read_run(folder, edition) for edition, folder in runs.items()]
    findings = audit(collected, published, rules, questionnaire(root, settings))
    known = (
        approved(settings.get("interviews") or {}) if settings["provenance"] == "observed" else None
    )
    if known is not None:
        for register in published:
            findings += [
                Finding("error", "excerpt", f"{e['chapter']} shows the excerpt {e['id']}, which has no entry")
                for e in register.excerpts
                if e["id"] not in known
            ]  # fmt: skip
    return findings


def questionnaire(root: Path, settings: Mapping[str, Any]) -> str:
    """The plain words of the survey's questions and options; "" where there is no survey."""
    if "survey" not in (settings.get("inputs") or {}):
        return ""
    from sustainment.survey import open_survey

    return plain_words("\n".join(instruments([open_survey(root, settings)])))


def same_source(root: Path, collected: Path, run: Path) -> None:
    """The collected numbers must be those of these data and of this code."""
    digest = data_digest(root)
    for path in sorted(run.rglob("*.ipynb")):
        twin = collected / path.relative_to(run)
        values = twin.with_name(f"{twin.stem}.values.json")
        chapter = path.relative_to(run).with_suffix("").as_posix()
        if path.name.startswith("."):
            continue
        if not twin.is_file() or code_of(twin) != code_of(path):
            raise UserError(
                f"{chapter} has changed since its numbers were collected. Run `sustainment protect`."
            )
        if json.loads(values.read_text(encoding="utf-8")).get("data_digest") != digest:
            raise UserError(
                f"The numbers of {chapter} were collected from other data or under other rules. Run "
                f"`sustainment protect`."
            )


def code_of(path: Path) -> list[str]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in cells]


def require_audit(root: Path, edition: str, run: Path) -> None:
    """Stop a build of observed data that gives something away. Raises UserError naming each place."""
    if run.resolve().is_relative_to((root / COLLECTED).resolve()):
        return  # collected here, published nowhere
    collected = root / COLLECTED
    names = [p.name for p in collected.iterdir() if p.is_dir()] if collected.is_dir() else []
    others = {name: root / RUN / name for name in names if (root / RUN / name).is_dir()}
    findings = audit_study(root, {**others, edition: run})
    if findings:
        lines = [f"- {finding.sentence()}" for finding in findings]
        raise UserError("The audit stopped the build; nothing was published.\n" + "\n".join(lines))
