"""`sustainment lint`: what a reader would trip over, found before anything is executed.

Numbers typed into prose, words such as *few* beside no reported value, figures shown without
description, parameters that disagree with editions.yml, keys used twice or never reported, front
matter that is incomplete; with real data, words that still call them invented. Exceptions stand in `prose-allow.yml`, each with its reason.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from sustainment.book.chapters import Book, Chapter, did_you_mean, load_book, split_front_matter
from sustainment.book.parameters import check_chapter_parameters, load_editions
from sustainment.book.prose import VALUE, Sentence, prose_lines, references, sentences
from sustainment.disclosure.rules import Rules, read_rules
from sustainment.errors import UserError
from sustainment.findings import Finding, worst_first
from sustainment.statements import key_of
from sustainment.study import load_yaml

ALLOWED = "prose-allow.yml"
PARTS = ("before", "counting", "listening", "together", "lab", "yours")
KINDS = ("published", "derived", "elsewhere", "invented", "observed")

_NUMBER = re.compile(
    r"(?<![\w⟦])[−-]?\d[\d.,]*(?:\s?%)?"
    r"|\b(?:eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|hundreds?|thousands?)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[89]|20)\d\d[.,]?")
_QUANTITY = re.compile(
    r"\b(?:(?<!a )few|fewer than half|about half|more than half|less than half|half of the"
    r"|(?:about )?(?:one|two|three) (?:of|in|out of) (?:three|four|five|ten)"
    r"|(?:about )?(?:one|two|three|a)[ -](?:thirds?|quarters?|fifths?) of(?! an hour)"
    r"|(?:a |the )?(?:majority|minority) of|almost all|nearly all|almost none|nearly none"
    r"|most (?:of the|of them|respondents?|clinicians?|participants?|interviewees?)"
    r"|per cent|percent)\b",
    re.IGNORECASE,
)
_INVENTED = re.compile(r"\b(?:invented|rehears(?:al|ed|es)|made-up)\b", re.IGNORECASE)
# What code of a chapter may not do, and why.
_FORBIDDEN = (
    (r"\bplt\.show\(", "shows a figure without description", "Use show_figure."),
    (r"\bsys\.path\b", "changes where Python looks for packages", "Install the package."),
    (r"^\s*[!%]", "runs a shell or notebook command", "Use Python."),
    (r"\bread_(?:csv|excel|parquet|json|table)\(|\bopen\(|\bread_text\(|\bread_bytes\(",
     "reads a file past the declared inputs", "Use study.open_input."),
    (r"\.summary\(\)", "prints a summary that holds the time", "Show the numbers with show_table."),
    (r"\b(?:requests|urllib|httpx|socket)\b", "uses the network", "Put the file into data/."),
    (r"\bglue\(", "records a number without its kind", "Use report."),
)  # fmt: skip


@dataclass
class Allowance:
    """An exception: a pattern that may stand in prose, where, and why."""

    pattern: re.Pattern[str]
    files: str
    reason: str
    used: bool = field(default=False)


def lint(folder: Path | str) -> list[Finding]:
    """All findings of a book folder, errors first. Raises UserError when it cannot be read at all."""
    book = load_book(folder)
    allowances = load_allowances(book.folder)
    found: list[Finding] = []
    editions = load_editions(book.folder)
    rules = read_rules(book.settings)
    observed = book.settings["provenance"] == "observed"
    for chapter in book.chapters.values():
        try:
            check_chapter_parameters(chapter, editions)
        except UserError as error:
            found.append(Finding("error", "parameters", str(error).removesuffix(".")))
        found += check_front_matter(chapter, book)
        found += check_code(chapter)
        found += check_populations(chapter, rules)
        if observed:
            found += check_code_words(chapter, allowances)
    found += check_keys(book)
    for docname, path in pages_of(book).items():
        text = path.read_text(encoding="utf-8")
        front, first = split_front_matter(text, f"{docname}.md")
        found += check_description(front, f"{docname}.md", allowances)
        found += check_prose(text, first, f"{docname}.md", allowances)
        if observed:
            found += check_words(text, first, f"{docname}.md", allowances)
    for name in editions.parameters:
        if not any(
            f"{name}:" in cell.source for c in book.chapters.values() for cell in c.cells[:1]
        ):
            found.append(
                Finding("warning", "unused parameter", f"no chapter has {name!r}", "editions.yml")
            )
    found += [
        Finding("warning", "unused exception", f"{a.pattern.pattern!r} excuses nothing", ALLOWED)
        for a in allowances
        if not a.used
    ]
    return worst_first(found)


def pages_of(book: Book) -> dict[str, Path]:
    return {**book.pages, **{c.docname: c.path for c in book.chapters.values()}}


def load_allowances(folder: Path) -> list[Allowance]:
    path = folder / ALLOWED
    allowances = []
    for entry in (load_yaml(path) or []) if path.exists() else []:
        if not isinstance(entry, Mapping) or not entry.get("pattern") or not entry.get("reason"):
            raise UserError(
                f"{ALLOWED}: each exception needs `pattern:` and `reason:`; got {entry}."
            )
        try:
            pattern = re.compile(str(entry["pattern"]))
        except re.error as error:
            raise UserError(f"{ALLOWED}: {entry['pattern']!r} is no pattern ({error}).") from None
        allowances.append(Allowance(pattern, str(entry.get("files") or "*"), str(entry["reason"])))
    return allowances


# Prose -------------------------------------------------------------------------------------------


def check_prose(text: str, first: int, file: str, allowances: list[Allowance]) -> Iterator[Finding]:
    for sentence in sentences(text, first):
        rest = excuse(sentence.text, file, allowances)
        yield from typed_numbers(rest, sentence, file)
        word = _QUANTITY.search(rest)
        if word and VALUE not in rest:
            yield Finding(
                "error", "quantity word", "this word depends on a value, but none stands beside it",
                file, sentence.line, value=word[0], remedy="Report the word, and print it with {num}.",
            )  # fmt: skip
    for number, line in prose_lines(text, first):
        if re.match(r"\s*[-*] \[[ xX]\] ", line):
            yield Finding(
                "error", "task list", "boxes to tick have no label for a screen reader", file, number,
                remedy="Write a plain list.",
            )  # fmt: skip


def check_words(text: str, first: int, file: str, allowances: list[Allowance]) -> Iterator[Finding]:
    """Real answers that a sentence calls invented mislead as much as the other way round."""
    for sentence in sentences(text, first):
        yield from called_invented(sentence.text, file, sentence.line, allowances)


def check_code_words(chapter: Chapter, allowances: list[Allowance]) -> Iterator[Finding]:
    """The same for captions, labels and descriptions, which stand in code."""
    for cell in chapter.cells:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    line = cell.line + node.lineno - 1
                    yield from called_invented(node.value, chapter.file, line, allowances)


def called_invented(
    text: str, file: str, line: int, allowances: list[Allowance]
) -> Iterator[Finding]:
    if word := _INVENTED.search(excuse(text, file, allowances)):
        yield Finding(
            "error", "called invented", "the data are a real study's, and these words call them invented",
            file, line, value=word[0], remedy="Write what holds for real answers.",
        )  # fmt: skip


def typed_numbers(rest: str, sentence: Sentence, file: str) -> Iterator[Finding]:
    for match in _NUMBER.finditer(rest):
        if not _YEAR.fullmatch(match[0]):
            yield Finding(
                "error", "typed number", "a number typed into prose", file, sentence.line,
                value=match[0].rstrip(".,"),
                remedy=f"Report it and print it with {{num}}, or give a reason in {ALLOWED}.",
            )  # fmt: skip


def excuse(text: str, file: str, allowances: list[Allowance]) -> str:
    """The sentence without what the exceptions allow in this file."""
    for allowance in allowances:
        if fnmatch(file, allowance.files) and allowance.pattern.search(text):
            allowance.used = True
            text = allowance.pattern.sub("", text)
    return text


def check_description(
    front: Mapping[str, Any], file: str, allowances: list[Allowance]
) -> Iterator[Finding]:
    """Every page describes itself for search engines and previews, without numbers."""
    html_meta = (front.get("myst") or {}).get("html_meta") or {}
    description = str(html_meta.get("description") or "")
    if not description:
        yield Finding(
            "error", "description", "the page has no description", file, 1,
            remedy='Add `myst: {html_meta: {description: "…"}}` to its front matter.',
        )  # fmt: skip
    elif _NUMBER.search(_YEAR.sub("", excuse(description, file, allowances))):
        yield Finding(
            "error", "description", "the description holds a number", file, 1,
            remedy="Descriptions are read without the page's marks.",
        )  # fmt: skip


# Chapters ----------------------------------------------------------------------------------------


def check_front_matter(chapter: Chapter, book: Book) -> Iterator[Finding]:
    known = ("part", "minutes", "kinds", "builds_on", "inputs", "needs")
    header = chapter.header

    def wrong(message: str, remedy: str = "") -> Finding:
        return Finding("error", "front matter", message, chapter.file, 1, remedy=remedy)

    for key in header:
        if key not in known:
            yield wrong(f"unknown entry {key!r}", did_you_mean(str(key), known).strip())
    # Appendices are looked up, not read in order: they have no part and no minutes.
    appendix = chapter.name.startswith("appendix/")
    if not appendix and header.get("part") not in PARTS:
        yield wrong(f"`part` is {header.get('part')!r}", f"It is one of {', '.join(PARTS)}.")
    if not appendix and not isinstance(header.get("minutes"), int):
        yield wrong("`minutes` must be a whole number: how long a reader needs")
    kinds = header.get("kinds") or ()
    if not kinds or set(kinds) - set(KINDS):
        yield wrong(f"`kinds` is {list(kinds)}", f"List some of {', '.join(KINDS)}.")
    for name in header.get("builds_on") or ():
        if name not in book.chapters:
            hint = did_you_mean(name, book.chapters).strip()
            yield wrong(f"`builds_on` names {name!r}, which is no chapter", hint)


def check_code(chapter: Chapter) -> Iterator[Finding]:
    for cell in chapter.cells:
        for number, line in enumerate(cell.source.splitlines(), start=cell.line):
            for pattern, what, remedy in _FORBIDDEN:
                if re.search(pattern, line.split("#")[0]):
                    yield Finding(
                        "error", "code", f"this line {what}", chapter.file, number, remedy=remedy
                    )


def check_populations(chapter: Chapter, rules: Rules) -> Iterator[Finding]:
    """A table or figure of data says whom or what it counts; else a real study's must be withheld."""
    for node, line in calls(chapter, "show_table", "show_figure"):
        given = {k.arg: k.value for k in node.keywords}
        kind = given.get("kind", ast.Constant("data"))
        if not (isinstance(kind, ast.Constant) and kind.value == "data") or "id" not in given:
            continue
        id, is_pattern = key_of(given["id"])
        said = given.get("population")
        name = str(said.value) if isinstance(said, ast.Constant) else "" if said is None else None
        about = rules.about(
            id.replace("\\", "").replace(".+", "x") if is_pattern else id, name or ""
        )
        if name is not None and not rules.strand(about):
            yield Finding(
                "error", "population", f"{id} does not say whom or what it counts", chapter.file, line,
                value=about, remedy="Give it a `population=` that data/study.yml names under "
                "`protection:`, or a line under `protection: tables:`.",
            )  # fmt: skip


def calls(chapter: Chapter, *names: str) -> Iterator[tuple[ast.Call, int]]:
    """The calls of these functions in a chapter's cells, with their lines in its file."""
    for cell in chapter.cells:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    yield node, cell.line + node.lineno - 1


def reported_keys(chapter: Chapter) -> Iterator[tuple[str, bool, bool, int]]:
    """(key or pattern, is a pattern, is cited from elsewhere, line) of each reported value."""
    for node, line in calls(chapter, "report", "cite"):
        cited = node.func.id == "cite"  # type: ignore[attr-defined]
        for argument in node.args[2:] if cited else node.args[:1]:
            key, is_pattern = key_of(argument)
            yield key, is_pattern, cited, line


def check_keys(book: Book) -> Iterator[Finding]:
    """Every key is reported once, and every key that prose prints is reported."""
    owners: dict[str, str] = {}
    patterns: list[str] = []
    for chapter in book.chapters.values():
        for key, is_pattern, cited, line in reported_keys(chapter):
            if is_pattern:
                patterns.append(key)
            elif not cited and key in owners:
                yield Finding(
                    "error", "key", f"the value {key!r} is also reported by {owners[key]}",
                    chapter.file, line, remedy="Rename it, or take the other over with `cite`.",
                )  # fmt: skip
            elif not cited:
                owners[key] = f"{chapter.file}, line {line}"
    for docname, path in pages_of(book).items():
        text = path.read_text(encoding="utf-8")
        for reference in references(text, split_front_matter(text, docname)[1]):
            if reference.key in owners or any(re.fullmatch(p, reference.key) for p in patterns):
                continue
            yield Finding(
                "error", "key", f"no chapter reports {reference.key!r}", f"{docname}.md",
                reference.line, remedy=did_you_mean(reference.key, owners).strip(),
            )  # fmt: skip
