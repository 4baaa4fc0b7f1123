"""A book folder as the runner sees it: contents, chapters, and the order they depend on each other.

`_toc.yml` names the pages. A page under `notebooks/` with a `kernelspec` in its front matter is a
chapter: it is executed. Everything is read with PyYAML and one small parser of code cells, because
`sustainment status` must answer at once; jupytext, which needs half a second to start, reads the
chapters that are really executed, and a test holds both to the same cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from sustainment.errors import UserError
from sustainment.study import load_settings, load_yaml

NOTEBOOKS = "notebooks"


@dataclass(frozen=True)
class Cell:
    """A code cell of a chapter: its source, its tags, and its first line in the file."""

    source: str
    tags: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Chapter:
    """An executable page. `name` is its address without `notebooks/`, such as survey/silent."""

    name: str
    path: Path
    title: str
    cells: tuple[Cell, ...]
    front: dict[str, Any] = field(repr=False, default_factory=dict)

    @property
    def docname(self) -> str:
        return f"{NOTEBOOKS}/{self.name}"

    @property
    def file(self) -> str:
        """The chapter's file as messages name it."""
        return f"{self.docname}.md"

    @property
    def header(self) -> dict[str, Any]:
        return self.front.get("sustainment") or {}

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self.header.get("inputs") or ())

    @property
    def needs(self) -> tuple[str, ...]:
        """Chapters whose values this one opens."""
        return tuple(self.header.get("needs") or ())

    @property
    def parameters_cell(self) -> Cell | None:
        return next((cell for cell in self.cells if "parameters" in cell.tags), None)


@dataclass(frozen=True)
class Book:
    """A book folder: its chapters in the order of the contents, and its prose pages."""

    folder: Path
    chapters: dict[str, Chapter]
    pages: dict[str, Path]
    settings: dict[str, Any]
    config: dict[str, Any]

    @property
    def build_folder(self) -> Path:
        return self.folder / "_build"

    @cached_property
    def order(self) -> list[str]:
        """Chapter names so that each stands after those it needs. Raises UserError on a circle."""
        return list(self.sorter().static_order())

    def sorter(self, names: Iterable[str] | None = None) -> TopologicalSorter[str]:
        names = list(self.chapters if names is None else names)
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for name in names:
            sorter.add(name, *(need for need in self.chapters[name].needs if need in names))
        return sorter

    @cached_property
    def waiting(self) -> dict[str, int]:
        """How many chapters, one after the other, wait for each: the longest chain behind it."""
        chain = dict.fromkeys(self.order, 0)
        for name in reversed(self.order):
            for need in self.chapters[name].needs:
                chain[need] = max(chain[need], chain[name] + 1)
        return chain

    def with_needs(self, names: Iterable[str]) -> list[str]:
        """The chapters named and all that they depend on, in dependency order."""
        wanted: set[str] = set()
        left = [self.find(name) for name in names]
        while left:
            name = left.pop()
            if name not in wanted:
                wanted.add(name)
                left.extend(self.chapters[name].needs)
        return [name for name in self.order if name in wanted]

    def find(self, name: str) -> str:
        """The chapter a person means: survey/silent, notebooks/survey/silent.md or just silent."""
        plain = name.removesuffix(".md").removeprefix(f"{NOTEBOOKS}/")
        if plain in self.chapters:
            return plain
        short = [full for full in self.chapters if full.rsplit("/", 1)[-1] == plain]
        if len(short) == 1:
            return short[0]
        raise UserError(f"There is no chapter {name!r}.{did_you_mean(plain, self.chapters)}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint to append to a message; it ends with the list when nothing is near."""
    known = sorted(known)
    tails = {k.rsplit("/", 1)[-1]: k for k in known}
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if not near:
        near = [tails[t] for t in get_close_matches(name.rsplit("/", 1)[-1], tails, n=1)]
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Known: {', '.join(known)}." if known else " There are none."


def load_book(folder: Path | str) -> Book:
    """Read and check a book folder. Raises UserError for what cannot be built."""
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    for needed in ("_toc.yml", "_config.yml", "data/study.yml"):
        if not (folder / needed).is_file():
            raise UserError(
                f"{folder.name}/ is not a book folder: {needed} is missing. Name the folder that "
                f"holds _toc.yml, _config.yml and data/, or make one with `sustainment new`."
            )
    chapters, pages = {}, {}
    for docname in toc_files(load_yaml(folder / "_toc.yml")):
        path = find_page(folder, docname)
        chapter = read_chapter(folder, docname, path)
        if chapter is None:
            pages[docname] = path
        else:
            chapters[chapter.name] = chapter
    book = Book(
        folder,
        chapters,
        pages,
        settings=load_settings(folder),
        config=load_yaml(folder / "_config.yml") or {},
    )
    check_links(book)
    check_titles(book)
    return book


def check_titles(book: Book) -> None:
    """The theme prints these words on every page as they are, so they must be plain text."""
    words = [(f"_config.yml: `{k}`", book.config.get(k)) for k in ("title", "author", "copyright")]
    for place, text in [*words, ("data/study.yml: `title`", book.settings.get("title"))]:
        if re.search(r"<[a-zA-Z/!]", str(text or "")):
            raise UserError(f"{place} holds HTML. Write it as plain words.")


def toc_files(toc: Any) -> Iterator[str]:
    """All pages of a `_toc.yml` in reading order, the first page included."""
    if isinstance(toc, dict):
        for key in ("root", "file"):
            if toc.get(key):
                yield str(toc[key]).removesuffix(".md")
        if toc.get("glob"):
            raise UserError("_toc.yml: name each page with `file:`; `glob:` hides what is built.")
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            yield from toc_files(toc.get(key))
    elif isinstance(toc, list):
        for entry in toc:
            yield from toc_files(entry)


def find_page(folder: Path, docname: str) -> Path:
    path = folder / f"{docname}.md"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"_toc.yml names {docname}, which lies outside the book. Copy the page into it."
        )
    if path.is_file():
        return path
    known = [
        file.relative_to(folder).with_suffix("").as_posix()
        for top in (NOTEBOOKS, "pages", ".")
        for file in ((folder / top).rglob("*.md") if top != "." else folder.glob("*.md"))
    ]
    raise UserError(
        f"_toc.yml names {docname}, but there is no file {docname}.md."
        f"{did_you_mean(docname, known)}"
    )


def read_chapter(folder: Path, docname: str, path: Path) -> Chapter | None:
    """The chapter in a file; None for a page of prose."""
    text = path.read_text(encoding="utf-8")
    front, first = split_front_matter(text, f"{docname}.md")
    if "kernelspec" not in front:
        return None
    if not docname.startswith(f"{NOTEBOOKS}/"):
        raise UserError(
            f"{docname}.md has a kernelspec, so it is a chapter: move it below {NOTEBOOKS}/."
        )
    title = re.search(r"^# +(.+?)\s*$", text, re.MULTILINE)
    return Chapter(
        name=docname.removeprefix(f"{NOTEBOOKS}/"),
        path=path,
        title=title[1] if title else docname,
        cells=tuple(code_cells(text.splitlines(), first, f"{docname}.md")),
        front=front,
    )


def split_front_matter(text: str, file: str) -> tuple[dict[str, Any], int]:
    """The YAML header and the index of the first line after it."""
    if not text.startswith("---\n"):
        return {}, 0
    header, mark, _ = text[4:].partition("\n---\n")
    if not mark:
        raise UserError(f"{file}: the front matter that starts in line 1 is never closed by `---`.")
    try:
        front = yaml.safe_load(header) or {}
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 2}" if place else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(f"{file}{line}: the front matter is not valid YAML ({problem}).") from None
    if not isinstance(front, dict):
        raise UserError(f"{file}: the front matter must hold `name: value` lines.")
    return front, header.count("\n") + 3


_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(\{code-cell\})?")


def code_cells(lines: list[str], first: int, file: str) -> Iterator[Cell]:
    """The top-level code cells of a MyST notebook; fences inside other fences are only text."""
    at = first
    while at < len(lines):
        opened = _FENCE.match(lines[at])
        if not opened:
            at += 1
            continue
        mark = opened[1]
        closing = re.compile(rf"^ {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}\s*$")
        end = next((n for n in range(at + 1, len(lines)) if closing.match(lines[n])), None)
        if end is None:
            raise UserError(f"{file}, line {at + 1}: this block is never closed by {mark}.")
        if opened[2]:
            yield read_cell(lines[at + 1 : end], at + 1, file)
        at = end + 1


def read_cell(body: list[str], line: int, file: str) -> Cell:
    """A code cell from the lines between its fences; options are `:tags: […]` or a YAML block."""
    options: list[str] = []
    start = 0
    if body and body[0].startswith("---"):
        end = next((n for n in range(1, len(body)) if body[n].startswith("---")), len(body))
        options, start = body[1:end], end + 1
    else:
        while start < len(body) and body[start].lstrip().startswith(":"):
            options.append(body[start].lstrip()[1:])
            start += 1
    source = body[start:]
    if source and not source[0].strip():
        source, start = source[1:], start + 1
    try:
        read = yaml.safe_load("\n".join(options)) or {}
    except yaml.YAMLError:
        raise UserError(
            f"{file}, line {line + 1}: the cell's options are not valid YAML."
        ) from None
    tags = read.get("tags") or ()
    tags = (tags,) if isinstance(tags, str) else tuple(tags)
    return Cell("\n".join(source), tags, line + start + 1)


def check_links(book: Book) -> None:
    """Each chapter's needs and inputs exist, and no chapter needs itself, however far around."""
    known_inputs = book.settings.get("inputs") or {}
    for chapter in book.chapters.values():
        for need in chapter.needs:
            if need not in book.chapters:
                raise UserError(
                    f"{chapter.file} needs the chapter {need!r}, which is not in _toc.yml."
                    f"{did_you_mean(need, book.chapters)}"
                )
        for name in chapter.inputs:
            if name not in known_inputs:
                raise UserError(
                    f"{chapter.file} declares the input {name!r}, but nothing makes it: data/study.yml "
                    f"does not name it under `inputs:`.{did_you_mean(name, known_inputs)}"
                )
    try:
        book.sorter().prepare()
    except CycleError as error:
        circle = " needs ".join(reversed(error.args[1]))
        raise UserError(
            f"These chapters wait for each other: {circle}. Take one of them out of `needs:`."
        ) from None
