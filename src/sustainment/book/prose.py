"""The prose of a page as sentences with their lines, with code, links and roles taken out.

A role that prints a reported value becomes the sign ⟦value⟧, so that a check can see that a sentence
holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

VALUE = "⟦value⟧"
# Directives whose body is prose; the body of any other is code, data or options.
PROSE_DIRECTIVES = {
    "admonition", "attention", "caution", "danger", "error", "hint", "important", "note", "tip",
    "warning", "seealso", "dropdown", "details", "topic", "sidebar", "margin", "card", "grid",
    "grid-item", "grid-item-card", "tab-set", "tab-item", "epigraph", "pull-quote", "div",
    "exercise", "exercise-start", "solution", "solution-start", "list-table", "figure", "only",
}  # fmt: skip

# Of these, the words after the name are a title.
TITLED = {
    "admonition", "dropdown", "card", "grid-item-card", "tab-item", "exercise", "exercise-start",
    "sidebar", "topic", "list-table",
}  # fmt: skip

_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*(?:\{([\w:-]+)\})?(.*)$")
_VALUE_ROLE = re.compile(r"\{(?:num|glue(?::\w+)?)\}`[^`]+`")
_ROLE = re.compile(r"\{([\w:-]+)\}(`+)(.+?)\2")
_CODE = re.compile(r"(`+)(.+?)\1")


@dataclass(frozen=True)
class Sentence:
    text: str
    line: int  # where it starts, as an editor counts


@dataclass(frozen=True)
class Reference:
    """A value that prose asks for by its key."""

    key: str
    line: int


def prose_lines(text: str, first: int = 0) -> list[tuple[int, str]]:
    """(line number from 1, text) of each line of prose; other lines come as empty ones."""
    kept: list[tuple[int, str]] = []
    open_fences: list[tuple[str, bool]] = []  # mark, and whether its body is prose
    options = False
    for number, line in enumerate(text.splitlines(), start=1):
        if number <= first:
            continue
        fence = _FENCE.match(line)
        shown = all(is_prose for _, is_prose in open_fences)
        if fence and open_fences and closes(line, open_fences[-1][0]):
            open_fences.pop()
            options = False
            kept.append((number, ""))
        elif fence and shown:
            is_prose = (fence[2] or "") in PROSE_DIRECTIVES
            open_fences.append((fence[1], is_prose))
            options = is_prose
            kept.append((number, fence[3].strip() if fence[2] in TITLED else ""))
        elif not shown:
            kept.append((number, ""))
        else:
            options = options and bool(re.match(r"\s*(:[\w-]+:|---|$)", line))
            kept.append((number, "" if options or line.lstrip().startswith("%") else line))
    return kept


def closes(line: str, mark: str) -> bool:
    return bool(re.match(rf"^\s*{re.escape(mark[0])}{{{len(mark)},}}\s*$", line))


def plain(line: str) -> str:
    """A line of prose without code, roles, links' addresses, formulas and HTML."""
    line = re.sub(r"^\s*\([\w:.-]+\)=\s*$", "", line)
    line = re.sub(r"<!--.*?-->", "", line)
    line = _VALUE_ROLE.sub(VALUE, line)
    line = _ROLE.sub(lambda m: "" if m[1].startswith(("cite", "math")) else role_text(m[3]), line)
    line = _CODE.sub("", line)
    line = re.sub(r"\$\$?.+?\$\$?", "", line)
    line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"\[\^[\w-]+\]:?", "", line)
    line = re.sub(r"https?://\S+|<[^>]+>", "", line)
    line = re.sub(r"\{[^}`]*\}", "", line)  # attributes such as {.kind}
    return re.sub(r"^\s*\d+\.\s", "", line)  # the number of a list item


def role_text(body: str) -> str:
    """What a role shows: its words, not its target (`words <target>`)."""
    return (
        re.sub(r"\s*<[^>]*>$", "", body)
        if "<" in body
        else re.sub(r"[\w./#-]*\d[\w./#-]*", "", body)
    )


def sentences(text: str, first: int = 0) -> Iterator[Sentence]:
    """The sentences of a page; list items, headings and table rows stand for themselves."""
    paragraph: list[tuple[int, str]] = []
    for number, line in [*prose_lines(text, first), (0, "")]:
        starts = bool(re.match(r"\s*(#+ |[-*+] |\d+\. |\||: )", line))
        if paragraph and (not line.strip() or starts):
            yield from split(paragraph)
            paragraph = []
        if line.strip():
            paragraph.append((number, plain(line)))


def split(paragraph: list[tuple[int, str]]) -> Iterator[Sentence]:
    start, held = paragraph[0][0], ""
    for number, line in paragraph:
        for piece in re.split(r"(?<=[.!?:;])\s+(?=[A-ZÅÄÖ⟦“\"*(])", line):
            if held and re.search(r"[.!?:;]$", held):
                yield Sentence(held, start)
                held = ""
            if not held:
                start = number
            held = f"{held} {piece.strip()}".strip()
    if held:
        yield Sentence(held, start)


def references(text: str, first: int = 0) -> Iterator[Reference]:
    """Keys that prose prints by {num} or {glue:text}."""
    for number, line in prose_lines(text, first):
        for match in re.finditer(r"\{(?:num|glue:text)\}`([^`]+)`", line):
            yield Reference(match[1].rsplit("::", 1)[-1].split(":")[0].strip(), number)
