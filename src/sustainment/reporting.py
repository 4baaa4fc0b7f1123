"""Reporting standards as versioned data: filled for a rehearsal or study, or blank for a new one.

A filled list answers every item and links each answer to the section, table or figure of a chapter that
holds it (`survey/silent#tbl-flow`); a dead link or an empty answer stops the build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.study import load_yaml


@dataclass(frozen=True)
class Checklist:
    """One reporting standard. items: id, asks, and (when filled) answer, link and place.

    place: what the link leads to, in words: the title of a section or of a page.
    """

    id: str
    name: str
    version: int
    filled: bool
    items: tuple[Mapping[str, str], ...]
    source: str = ""
    note: str = ""

    def table(self) -> pd.DataFrame:
        """One row an item: item, what it asks, and the answer where it is filled."""
        frame = pd.DataFrame(self.items)
        names = {"id": "item", "asks": "asks for", "answer": "answer", "place": "chapter"}
        return frame.rename(columns=names)[[n for k, n in names.items() if k in frame.columns]]

    def addresses(self, page: str) -> list[str]:
        """Where each item's link leads, seen from the chapter `page`; [] for a blank list."""
        if not self.filled:
            return []
        up = "../" * len(PurePosixPath(page).parent.parts)
        links = [item["link"].partition("#") for item in self.items]
        return [f"{up}{chapter}.html{sign}{anchor}" for chapter, sign, anchor in links]


def read_checklists(folder: Path, chapters: Path) -> list[Checklist]:
    """All lists of a folder; links are checked against the chapters' files."""
    lists = [_read(path, chapters) for path in sorted(folder.glob("*.yml"))]
    if not lists:
        raise UserError(f"{folder.name}/ holds no reporting standard (*.yml).")
    return lists


def _read(path: Path, chapters: Path) -> Checklist:
    data: dict[str, Any] = load_yaml(path)
    for field in ("name", "version", "filled", "items"):
        if field not in data or data[field] in ("", None, []):
            raise UserError(f"{path.name} lacks {field!r}.")
    seen: set[str] = set()
    items = [dict(item) for item in data["items"]]
    for item in items:
        name = f"{path.name}, item {item.get('id', '?')}"
        if str(item.get("id")) in seen:
            raise UserError(f"{name}: the id is used twice.")
        seen.add(str(item.get("id")))
        if not str(item.get("asks") or "").strip():
            raise UserError(f"{name} does not say what it asks for.")
        if data["filled"]:
            if not str(item.get("answer") or "").strip():
                raise UserError(f"{name} is not answered. Answer it, or say why it does not apply.")
            item["place"] = _place(chapters, str(item.get("link")), name)
    return Checklist(
        id=path.stem,
        name=data["name"],
        version=int(data["version"]),
        filled=bool(data["filled"]),
        items=tuple(items),
        source=data.get("source") or "",
        note=data.get("note") or "",
    )


def _place(chapters: Path, link: str, name: str) -> str:
    """The words for a link's target. Raises UserError where the chapter or its section is not there."""
    chapter, _, anchor = link.partition("#")
    path = chapters / f"{chapter}.md"
    if not path.exists():
        raise UserError(f"{name} links to {link!r}, which is no chapter. Correct `link:`.")
    text = path.read_text(encoding="utf-8")
    title = next(iter(re.findall(r"^# (.+)$", text, re.MULTILINE)), chapter)
    if not anchor:
        return title
    sections = {_slug(words): words for words in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    if anchor in sections:
        return f"{title} {sections[anchor]}"
    if f'id="{anchor}"' in text:
        return f"{title} ({'table' if anchor.startswith('tbl-') else 'figure'})"
    raise UserError(
        f"{name} links to {link!r}: {path.name} has no section, table or figure of that name. "
        f"Its sections: {', '.join(sections) or 'none'}."
    )


def _slug(title: str) -> str:
    """A section's address, as the site makes it from the title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
