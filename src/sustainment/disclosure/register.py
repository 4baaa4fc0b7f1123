"""Everything a run shows: values, tables, figures, excerpts, and what came out past the helpers.

It is read from the executed notebooks, as they would be published: values from the metadata of their
outputs, tables from the HTML that is really printed, so that nothing is taken on trust.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_INTEGER = re.compile(r"[-−]?[\d,]+")


@dataclass(frozen=True)
class Value:
    """A reported value, of one chapter in one edition."""

    chapter: str
    edition: str
    key: str
    value: Any
    text: str
    kind: str
    population: str = ""
    count: int | None = None
    of: int | None = None
    label: str = ""


@dataclass(frozen=True)
class Table:
    """A printed table, or the twin of a figure. cells: texts, row by row; numeric: its number columns."""

    chapter: str
    edition: str
    id: str
    kind: str
    population: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]
    caption: str = ""
    drawn: bool = False  # a figure whose image is shown

    @property
    def counts(self) -> list[int]:
        """Columns of whole numbers: they are taken to count persons, declared or not."""
        return [
            k
            for k in sorted(self.numeric)
            if any(_INTEGER.fullmatch(row[k]) for row in self.cells)
            and all(not row[k][-1:].isdigit() or _INTEGER.fullmatch(row[k]) for row in self.cells)
        ]

    def words_of(self, row: int) -> str:
        """What stands in the columns of words of a row."""
        return " · ".join(t for k, t in enumerate(self.cells[row]) if k not in self.numeric)

    def count(self, row: int, column: int) -> int | None:
        """The whole number in a cell, without its sign ("3 left out" may stand as −3); None without."""
        text = self.cells[row][column]
        return int(re.sub(r"[-−,]", "", text)) if _INTEGER.fullmatch(text) else None

    def name(self, row: int, column: int) -> str:
        return f"{self.id}, row {row + 1}, column {self.columns[column]!r}"


@dataclass
class Register:
    """What one edition's run shows. bare: outputs that came past the helpers, by place."""

    edition: str
    values: list[Value] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    excerpts: list[dict[str, Any]] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(
        default_factory=list
    )  # (place, title, alt text or caption)


def read_run(folder: Path, edition: str) -> Register:
    """Read all executed notebooks below a folder."""
    register = Register(edition)
    for path in sorted(folder.rglob("*.ipynb")):
        if not path.name.startswith("."):
            chapter = path.relative_to(folder).with_suffix("").as_posix()
            read_notebook(json.loads(path.read_text(encoding="utf-8")), chapter, register)
    return register


def read_notebook(notebook: dict[str, Any], chapter: str, register: Register) -> None:
    """Add what one notebook shows to the register."""
    figures: dict[str, dict[str, Any]] = {}
    for place, output in outputs_of(notebook, chapter):
        metadata = output.get("metadata") or {}
        item = metadata.get("sustainment") or {}
        sort = item.get("type")
        if sort == "value":
            read: dict[str, Any] = {
                name: item.get(name) for name in Value.__dataclass_fields__ if name in item
            }
            register.values.append(
                Value(**read | {"chapter": chapter, "edition": register.edition})
            )
        elif sort == "gaps":
            register.texts += [(f"{chapter}: what the material lacks", s) for s in item["said"]]
        elif sort == "instead":
            register.texts.append((f"{place}: the sentence in place of a number", item["sentence"]))
        elif sort == "excerpt":
            register.excerpts.append({**item, "chapter": chapter, "html": html_of(output)})
        elif sort in ("table", "figure", "figure-words"):
            if sort == "figure":
                figures[item["id"]] = {**item, "drawn": "image/png" in (output.get("data") or {})}
                alt = (metadata.get("image/png") or {}).get("alt", "")
                register.texts += [(f"{chapter}: the alt text of {item['id']}", alt)] if alt else []
            about = item if sort == "table" else figures.get(item["id"], item)
            for word in ("title", "caption"):
                if about.get(word):
                    register.texts.append((f"{chapter}: the {word} of {item['id']}", about[word]))
            register.tables += read_tables(html_of(output), about, chapter, register.edition)
        else:
            register.bare.append(place)


def outputs_of(notebook: dict[str, Any], chapter: str) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        tags = (cell.get("metadata") or {}).get("tags") or []
        number += "injected-parameters" not in tags
        for output in cell.get("outputs") or ():
            yield f"notebooks/{chapter}.md, code cell {number}", output


def html_of(output: dict[str, Any]) -> str:
    text = (output.get("data") or {}).get("text/html", "")
    return "".join(text) if isinstance(text, list) else text


def read_tables(markup: str, about: dict[str, Any], chapter: str, edition: str) -> Iterator[Table]:
    reader = _Reader()
    reader.feed(markup)
    for found in reader.tables:
        columns, rows = tuple(found["columns"]), found["rows"]
        numeric = {
            k for k in range(len(columns)) if any(k < len(r) and r[k][1] for r in rows)
        }  # fmt: skip
        yield Table(
            chapter=chapter,
            edition=edition,
            id=about["id"],
            kind=about.get("kind", ""),
            population=about.get("population", ""),
            columns=columns,
            cells=tuple(tuple(text for text, _ in row) for row in rows),
            numeric=frozenset(numeric),
            caption=about.get("caption", ""),
            drawn=bool(about.get("drawn")),
        )


class _Reader(HTMLParser):
    """Header texts and cells (text, whether it is a number) of each table."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[dict[str, Any]] = []
        self._cell: list[str] | None = None
        self._is_number = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append({"columns": [], "rows": []})
        elif tag == "tr" and self.tables:
            self.tables[-1]["rows"].append([])
        elif tag in ("td", "th") and self.tables:
            self._cell = []
            self._is_number = "num" in (dict(attrs).get("class") or "").split()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None and self.tables:
            text = "".join(self._cell).strip()
            if tag == "th":
                self.tables[-1]["columns"].append(text)
            elif self.tables[-1]["rows"]:
                self.tables[-1]["rows"][-1].append((text, self._is_number))
            self._cell = None
        elif tag == "table" and self.tables:
            self.tables[-1]["rows"] = [row for row in self.tables[-1]["rows"] if row]


def join_label(first: str, last: str) -> str:
    """The name of neighbouring categories that were merged."""
    return f"{first} to {last}"


def merge_table(table: Table, rows: list[list[int]], columns: list[list[int]]) -> Table:
    """The table with neighbours merged; empty lists leave rows or columns as they are."""
    counts = set(table.counts)
    rows = rows or [[i] for i in range(len(table.cells))]
    columns = columns or [[k] for k in range(len(table.columns))]

    def text(group: list[int], block: list[int]) -> str:
        if block[0] in counts:
            found = [table.count(i, k) for i in group for k in block]
            return str(sum(n for n in found if n is not None))
        words = [table.cells[i][block[0]] for i in group]
        if len(words) == 1:
            return words[0]
        # shares and means of single rows say nothing about the merged one
        return "–" if block[0] in table.numeric else join_label(words[0], words[-1])

    names = [
        table.columns[b[0]]
        if len(b) == 1
        else join_label(table.columns[b[0]], table.columns[b[-1]])
        for b in columns
    ]
    return replace(
        table,
        columns=tuple(names),
        cells=tuple(tuple(text(group, block) for block in columns) for group in rows),
        numeric=frozenset(at for at, b in enumerate(columns) if b[0] in table.numeric),
    )
