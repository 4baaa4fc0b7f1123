"""Reported values as files: read out of executed notebooks, written, read again and checked.

`report()` leaves each value in the metadata of a cell's output. From there they go into
`<chapter>.values.json`, which later chapters open, the ledger lists and `verify` compares.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sustainment.book.chapters import Book
from sustainment.errors import UserError

FIELDS = ("key", "value", "text", "kind", "population", "count", "of", "target", "label")


def shown_items(notebook: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Everything a chapter reported or showed: (number of the code cell from 1, its description)."""
    number = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or "injected-parameters" in tags(cell):
            continue
        number += 1
        for output in cell.get("outputs") or ():
            item = (output.get("metadata") or {}).get("sustainment")
            if item:
                yield number, dict(item)


def tags(cell: Mapping[str, Any]) -> list[str]:
    return (cell.get("metadata") or {}).get("tags") or []


def read_values(notebook: Mapping[str, Any], chapter: str) -> dict[str, dict[str, Any]]:
    """The values that a chapter reports itself (not those it cites), by key."""
    values: dict[str, dict[str, Any]] = {}
    seen: dict[str, int] = {}
    for number, item in shown_items(notebook):
        if item.get("type") != "value":
            continue
        key = item["key"]
        if key in seen:
            raise UserError(
                f"notebooks/{chapter}.md reports {key!r} twice, in code cells {seen[key]} and {number}. "
                f"Give each value a name of its own."
            )
        seen[key] = number
        if not item.get("cited_from"):
            values[key] = {name: item.get(name) for name in FIELDS}
    return dict(sorted(values.items()))


def read_shown(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tables and figures of a chapter, in order: type, id, kind and code cell."""
    return [
        {name: item.get(name) for name in ("type", "id", "kind")} | {"cell": number}
        for number, item in shown_items(notebook)
        if item.get("type") in ("table", "figure")
    ]


def read_sentences(notebook: Mapping[str, Any]) -> list[str]:
    """The sentences that stand in place of a number, because the answers do not say it."""
    return [i["sentence"] for _, i in shown_items(notebook) if i.get("type") == "instead"]


def what_answers_do_not_say(run_folder: Path, chapters: Iterable[str]) -> Iterator[str]:
    """A line for each executed chapter that could not say everything."""
    for name in chapters:
        said = (read_json(values_file(run_folder, name)) or {}).get("instead")
        if said:
            yield f"{name}: the answers do not say everything. The page has {len(said)} sentences in place of numbers."


def values_file(run_folder: Path, chapter: str) -> Path:
    return run_folder / f"{chapter}.values.json"


def write_json(path: Path, content: Any) -> None:
    """Write under a temporary name, then rename: nobody ever reads half a file."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n")


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object; None when the file is missing or damaged, which the caller must say."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def collect(book: Book, run_folder: Path) -> dict[str, dict[str, Any]]:
    """All values of a run by key, each with its chapter. Raises UserError for a key used twice."""
    everything: dict[str, dict[str, Any]] = {}
    for name in book.chapters:
        stored = read_json(values_file(run_folder, name)) or {}
        for key, record in (stored.get("values") or {}).items():
            if key in everything:
                raise UserError(
                    f"The value {key!r} is reported in two chapters, {everything[key]['chapter']} and "
                    f"{name}. Rename one, or take it over with `cite`."
                )
            everything[key] = {**record, "chapter": name}
    return everything
