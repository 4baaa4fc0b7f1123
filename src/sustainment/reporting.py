"""Reporting standards as versioned data: filled for a rehearsal or study, or blank for a new one.

A filled list answers every item and links each answer to the chapter that holds it; a dead link or an
empty answer stops the build.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.study import load_yaml


@dataclass(frozen=True)
class Checklist:
    """One reporting standard. items: id, asks, and (when filled) answer and link."""

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
        names = {"id": "item", "asks": "asks for", "answer": "answer", "link": "chapter"}
        return frame.rename(columns=names)[[n for k, n in names.items() if k in frame.columns]]


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
    for item in data["items"]:
        name = f"{path.name}, item {item.get('id', '?')}"
        if str(item.get("id")) in seen:
            raise UserError(f"{name}: the id is used twice.")
        seen.add(str(item.get("id")))
        if not str(item.get("asks") or "").strip():
            raise UserError(f"{name} does not say what it asks for.")
        if data["filled"]:
            if not str(item.get("answer") or "").strip():
                raise UserError(f"{name} is not answered. Answer it, or say why it does not apply.")
            if not (chapters / f"{item.get('link')}.md").exists():
                raise UserError(f"{name} links to {item.get('link')!r}, which is no chapter.")
    return Checklist(
        id=path.stem,
        name=data["name"],
        version=int(data["version"]),
        filled=bool(data["filled"]),
        items=tuple(data["items"]),
        source=data.get("source") or "",
        note=data.get("note") or "",
    )
