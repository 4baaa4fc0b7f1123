"""Which chapters must run again, and because of what; whether the pages are still right.

A chapter is fresh when everything that can change its numbers is what it was when it ran: its code
cells, the values of its parameters, its declared inputs, the values of the chapters it needs, the
analysis package, the lock and the Python version. Prose is not in the list, so a prose edit runs
nothing. Everything is compared by content. What was is kept beside the executed notebook, with
digests of the outputs themselves: a damaged file is noticed and computed again.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sustainment.book.chapters import Book, Chapter
from sustainment.book.parameters import Scalar, show
from sustainment.book.values import read_json, values_file, write_json
from sustainment.errors import UserError
from sustainment.study import input_paths

if TYPE_CHECKING:
    from sustainment.book.plan import Plan

PACKAGE = Path(__file__).resolve().parents[1]
# These parts of the package run, show and make books; no number depends on them.
NOT_ANALYSIS = ("book", "new", "cli.py")
SITE = "sustainment.book.site"
SKIPPED = {"__pycache__", "_build", "_paired", "node_modules"}
BIG = 100_000_000  # bytes; above it a file that kept size, time and inode is not read again
_CODE_CELL = re.compile(r"^(`{3,})\{code-cell\}.*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class State:
    """Whether a chapter is fresh; `why` names what changed."""

    chapter: str
    fresh: bool
    why: str = ""


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def file_digest(path: Path, remembered: dict[str, Any] | None = None) -> str:
    """Digest of a file's content. `remembered` spares reading very large unchanged files again."""
    try:
        facts = path.stat()
        stamp = [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        if remembered is not None and facts.st_size > BIG:
            known = remembered.get(str(path))
            if known and known[0] == stamp:
                return known[1]
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    if remembered is not None and facts.st_size > BIG:
        remembered[str(path)] = [stamp, found]
    return found


def files_below(folder: Path) -> list[Path]:
    """All files of a folder that belong to a book, sorted; hidden and generated ones do not."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in SKIPPED or path.suffix in (".pyc", ".ipynb"):
            continue
        if path.is_dir():
            found.extend(files_below(path))
        elif path.is_file():
            found.append(path)
    return found


def package_parts() -> dict[str, str]:
    """Digest of each file of the analysis package."""
    parts = {}
    for path in files_below(PACKAGE):
        relative = path.relative_to(PACKAGE)
        if relative.parts[0] not in NOT_ANALYSIS:
            parts[f"src/sustainment/{relative.as_posix()}"] = file_digest(path)
    return parts


def lock_file(book: Book) -> Path | None:
    """The lock of the book, or that of the package when the book is elsewhere."""
    for folder in (book.folder, PACKAGE.parents[1]):
        if (folder / "requirements.txt").is_file():
            return folder / "requirements.txt"
    return None


def common_parts(book: Book) -> dict[str, str]:
    """What every chapter depends on, read once for all of them."""
    parts = package_parts()
    lock = lock_file(book)
    if lock:
        parts["requirements.txt"] = file_digest(lock)
    parts["the Python version"] = platform.python_version()
    # The plan that protects a real study's people decides what a chapter may print.
    for name in ("data/study.yml", "data/suppression.yml"):
        if (book.folder / name).is_file():
            parts[name] = file_digest(book.folder / name)
    return parts


def input_parts(book: Book, chapter: Chapter, remembered: dict[str, Any]) -> dict[str, str]:
    parts = {}
    for name in chapter.inputs:
        for path in input_paths(book.folder, book.settings, name):
            if not path.exists():
                raise UserError(
                    f"{chapter.file} uses the input {name!r}, but its file is missing: "
                    f"{path.relative_to(book.folder)}. Put it there, or correct data/study.yml."
                )
            for file in files_below(path) if path.is_dir() else [path]:
                known = str(file.relative_to(book.folder))
                parts[known] = file_digest(file, remembered)
    return parts


def chapter_parts(
    book: Book,
    chapter: Chapter,
    parameters: Mapping[str, Scalar],
    run_folder: Path,
    common: Mapping[str, str],
    remembered: dict[str, Any] | None = None,
) -> dict[str, str]:
    """All that the chapter's numbers depend on: a person's name for it, and its digest or value."""
    parts = dict(common)
    code = [[cell.source, "raises-exception" in cell.tags] for cell in chapter.cells]
    parts[f"the code of {chapter.file}"] = digest(json.dumps(code).encode())
    for name, value in parameters.items():
        parts[f"the parameter {name}"] = show(value)
    for need in chapter.needs:
        path = values_file(run_folder, need)
        parts[f"the values of {need}"] = file_digest(path) if path.exists() else "not there"
    parts.update(input_parts(book, chapter, {} if remembered is None else remembered))
    return parts


def record_file(run_folder: Path, chapter: str) -> Path:
    return run_folder / f"{chapter}.fresh.json"


def notebook_file(run_folder: Path, chapter: str) -> Path:
    return run_folder / f"{chapter}.ipynb"


def write_record(run_folder: Path, chapter: str, parts: Mapping[str, str]) -> None:
    """Say what an executed chapter was made from; written last, after its outputs."""
    outputs = {
        "notebook": file_digest(notebook_file(run_folder, chapter)),
        "values": file_digest(values_file(run_folder, chapter)),
    }
    write_json(record_file(run_folder, chapter), {"parts": dict(parts), "outputs": outputs})


def state_of(run_folder: Path, chapter: str, parts: Mapping[str, str]) -> State:
    """Fresh, or the first things that changed since the chapter ran."""
    if not record_file(run_folder, chapter).exists():
        return State(chapter, False, "never executed")
    record = read_json(record_file(run_folder, chapter))
    if record is None or not {"parts", "outputs"} <= set(record):
        return State(chapter, False, "its record is damaged")
    for kind, path in (
        ("notebook", notebook_file(run_folder, chapter)),
        ("values", values_file(run_folder, chapter)),
    ):
        if not path.exists():
            return State(chapter, False, f"its stored {kind} is missing")
        if file_digest(path) != record["outputs"].get(kind):
            return State(chapter, False, f"its stored {kind} is damaged or was edited")
    return State(chapter, *compare(record["parts"], parts))


def compare(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[bool, str]:
    changes = []
    for name in sorted({*before, *now}):
        if before.get(name) == now.get(name):
            continue
        if name.startswith("the parameter ") and name in before and name in now:
            changes.append(f"{name} changed from {before[name]} to {now[name]}")
        elif name not in before:
            changes.append(f"{name} is new")
        elif name not in now:
            changes.append(f"{name} is gone")
        else:
            changes.append(f"{name} changed")
    if not changes:
        return True, ""
    more = f" and {len(changes) - 2} more" if len(changes) > 2 else ""
    return False, "; ".join(changes[:2]) + more


def states(
    book: Book, values: Mapping[str, Mapping[str, Scalar]], run_folder: Path
) -> dict[str, State]:
    """The state of every chapter, dependents included: changes nothing on disk."""
    common = common_parts(book)
    found: dict[str, State] = {}
    for name in book.order:
        chapter = book.chapters[name]
        parts = chapter_parts(book, chapter, values[name], run_folder, common)
        state = state_of(run_folder, name, parts)
        stale = [need for need in chapter.needs if not found[need].fresh]
        if state.fresh and stale:
            state = State(name, False, f"waits for {', '.join(stale)}")
        found[name] = state
    return {name: found[name] for name in book.chapters}


def folder_digest(folder: Path, leave_out: Iterable[str] = ("tests", "dist")) -> str:
    """One digest of all files of a book folder, names and contents; generated ones left out."""
    whole = hashlib.blake2b(digest_size=16)
    for path in files_below(folder):
        relative = path.relative_to(folder)
        if relative.parts[0] not in leave_out:
            whole.update(f"{relative.as_posix()}\0{file_digest(path)}\0".encode())
    return whole.hexdigest()


def listing_digest(folder: Path) -> str:
    """Names, sizes and times of a generated folder: enough to see that nobody touched it."""
    lines = [
        f"{path.relative_to(folder)}\0{facts.st_size}\0{facts.st_mtime_ns}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (facts := path.stat())
    ]
    return digest("\n".join(lines).encode())


# Pages -------------------------------------------------------------------------------------------


def structure_digest(plan: Plan) -> str:
    """What lets pages change that nobody edited: headings, labels, terms, settings, templates.

    While this stays the same, Sphinx may read just the edited pages; else it reads all of them. Pages
    that show a value of another chapter are written again by the site's own extension.
    """
    book = plan.book
    lines = []
    edited = {*book.pages.values(), *(chapter.path for chapter in book.chapters.values())}
    for path in files_below(book.folder):
        relative = path.relative_to(book.folder).as_posix()
        if relative.startswith(("tests/", "dist/")):
            continue
        text = path.read_text(encoding="utf-8") if path in edited else "{glossary}"
        if "{glossary}" not in text:
            text = _CODE_CELL.sub("```{code-cell}", text)  # a comment in code is no heading
            kept = re.findall(r"^(?:#|\(|\s*:|---|```|~~~|\{).*$", text, re.MULTILINE)
            lines.append(f"{relative} {digest(chr(10).join(kept).encode())}")
        else:
            lines.append(f"{relative} {file_digest(path)}")
    if SITE not in str(book.config.get("sphinx")):
        lines += [file_digest(notebook_file(plan.run_folder, name)) for name in book.chapters]
    return digest("\n".join(lines).encode())


def outputs_digest(plan: Plan) -> str:
    folders = [folder for folder in (plan.html, plan.run_folder) if folder.exists()]
    return digest("".join(map(listing_digest, folders)).encode())


def unchanged(plan: Plan) -> bool:
    """Whether the pages that are there were made from exactly what is there now."""
    record = read_json(plan.record)
    if not record or not plan.html.exists():
        return False
    return (
        record.get("made from") == folder_digest(plan.book.folder)
        and record.get("outputs") == outputs_digest(plan)
        and all(state.fresh for state in states(plan.book, plan.values, plan.run_folder).values())
    )
