"""`sustainment archive`: everything needed to read and to rebuild the book, as one zip.

The zip holds the book's sources, its reviewed values, its pages when they are up to date, and an
RO-Crate description. Nothing asks git: what belongs to the book is what lies in its folder. Two
archives of the same files are the same bytes. Of a real study, raw data are left out, and what its
settings quote of them: ids and raw values in decisions, and what was edited in excerpts.
"""

from __future__ import annotations

import copy
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sustainment.book.chapters import Book
from sustainment.book.crate import FILE, describe, read_citation
from sustainment.book.freshness import files_below, unchanged
from sustainment.book.plan import Plan, make_plan
from sustainment.disclosure.excerpts import approved
from sustainment.errors import UserError
from sustainment.report import WITHHELD
from sustainment.study import PRIVATE_FOLDERS

# Hidden files that a rebuild or a reader of the archive needs.
HIDDEN = (".ci/run", ".gitignore", ".pre-commit-config.yaml")
LEFT_OUT = {"dist", "_build"}
PROTECTED = ("data/raw/", "data/observed/")
QUOTING = ("value", "id", "matches")  # of a decision: what may stand in one cell of the data
SETTINGS, CHECKSUMS = "data/study.yml", "data/SHA256SUMS"
DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the bytes tell nothing of the day


def archive(folder: Path | str = ".", out: Path | str | None = None) -> Path:
    """Write the archive; returns its path, `dist/<name>-<version>.zip` by default.

    Raises UserError when CITATION.cff lacks what a description needs.
    """
    plan = make_plan(folder)
    book = plan.book
    version = read_citation(book)["version"]
    path = Path(out) if out else book.folder / "dist" / f"{book.folder.name}-{version}.zip"
    files, pages = source_files(book), page_files(plan)
    metadata = json.dumps(describe(book, files, bool(pages)), indent=1, ensure_ascii=False) + "\n"
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
            add(target, FILE, metadata.encode(), 0o644)
            for name, source in {**files, **pages}.items():
                content = source.read_bytes()
                if book.settings["provenance"] == "observed":
                    content = protected(name, content, book)
                add(target, name, content, 0o755 if os.access(source, os.X_OK) else 0o644)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"{path} cannot be written ({error.strerror}).") from None
    return path


def source_files(book: Book) -> dict[str, Path]:
    """The book's own files by their names in the archive."""
    found = [*files_below(book.folder), *(book.folder / name for name in HIDDEN)]
    named = {
        path.relative_to(book.folder).as_posix(): path for path in sorted(found) if path.is_file()
    }
    observed = book.settings["provenance"] == "observed"
    return {
        name: path
        for name, path in named.items()
        if name.split("/")[0] not in LEFT_OUT
        and name != FILE
        and not (observed and name.startswith(PROTECTED))
    }


def protected(name: str, content: bytes, book: Book) -> bytes:
    """A file of a real study as it may leave: without quoted cells, and without names of raw files."""
    if name == SETTINGS:
        return without_raw_values(book.settings).encode()
    if name == CHECKSUMS:
        private = tuple(f"{folder}/".encode() for folder in PRIVATE_FOLDERS)
        lines = content.splitlines(keepends=True)
        return b"".join(line for line in lines if not line.partition(b"  ")[2].startswith(private))
    return content


def without_raw_values(settings: Mapping[str, Any]) -> str:
    """study.yml without what names single persons or cells: in decisions, and in excerpts' entries.

    It is written anew, because a remark beside a line may quote the same.
    """
    out = copy.deepcopy(dict(settings))
    for decision in (out.get("survey") or {}).get("decisions") or ():
        decision |= dict.fromkeys(set(decision) & set(QUOTING), WITHHELD)
    interviews = out.get("interviews") or {}
    blanked = {id: dict.fromkeys(entry, WITHHELD) for id, entry in approved(interviews).items()}
    if blanked:  # they say which clinic became "a clinic"
        interviews["excerpts"]["approved"] = blanked
    return yaml.safe_dump(out, allow_unicode=True, sort_keys=False, width=100)


def page_files(plan: Plan) -> dict[str, Path]:
    """The pages, when they are those of the present sources; else none."""
    if not unchanged(plan):
        return {}
    return {
        f"html/{path.relative_to(plan.html).as_posix()}": path
        for path in sorted(plan.html.rglob("*"))
        if path.is_file()
    }


def add(target: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name, DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | mode) << 16
    entry.create_system = 3  # Unix: modes are kept, whatever system wrote the archive
    target.writestr(entry, content)
