"""The staged book: the folder that Jupyter Book turns into pages, with execution switched off.

It holds copies of everything the tracked book holds, except that each chapter is a notebook with its
outputs, and that `_config.yml` does not execute. Prose always comes from the chapter's file and
outputs from its last execution, so a prose edit needs no execution. Files are written only when they
change: Sphinx then reads only what changed.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from sustainment.book.chapters import NOTEBOOKS, Book, Chapter
from sustainment.book.execute import stable
from sustainment.book.freshness import files_below, notebook_file
from sustainment.book.parameters import Edition, Scalar, show, with_values
from sustainment.errors import UserError
from sustainment.study import PRIVATE_FOLDERS

# Large or not part of the pages: linked where the system can, so that pages may still cite them.
LINKED = ("data", "src", "tests")
GENERATED = {"dist", "node_modules"}
_LINK = re.compile(r"(\]\(|\]:\s*)([^)\s#<>]+)\.md(?=[)#\s]|$)", re.MULTILINE)
SITE = "sustainment.book.site"


def stage(
    book: Book,
    run_folder: Path,
    staged: Path,
    edition: Edition,
    changed: Mapping[str, Scalar],
    only: Iterable[str] | None = None,
) -> None:
    """Bring `staged` up to date. With `only`, the contents are the first page and those chapters."""
    staged.mkdir(parents=True, exist_ok=True)
    chapters = [book.chapters[name] for name in (book.chapters if only is None else only)]
    wanted = {Path("_config.yml"), Path("_toc.yml")}
    write_if_changed(staged / "_config.yml", staged_config(book, staged, edition, changed))
    write_if_changed(staged / "_toc.yml", staged_toc(book, None if only is None else chapters))
    for chapter in chapters:
        target = Path(f"{chapter.docname}.ipynb")
        write_if_changed(staged / target, staged_notebook(book, chapter, run_folder, changed))
        wanted.add(target)
    wanted |= copy_rest(book, staged)
    remove_others(staged, wanted)


def staged_config(
    book: Book, staged: Path, edition: Edition, changed: Mapping[str, Scalar]
) -> bytes:
    """The tracked `_config.yml`, not executing; another edition says so in the banner."""
    config = copy.deepcopy(book.config)
    config["execute"] = {"execute_notebooks": "off"}
    # The tracked book leaves notebooks out, as a guard against paired copies; here they are the book.
    patterns = config.get("exclude_patterns") or []
    config["exclude_patterns"] = [p for p in patterns if not p.endswith(".ipynb")]
    if SITE in str(config.get("sphinx")):
        # Downloads are made from the tracked chapters. Relative: no page depends on where a book is.
        options = config["sphinx"].setdefault("config", {})
        options["sustainment_root"] = os.path.relpath(book.folder, staged)
    if edition.name != "default" or changed:
        settings = ", ".join(f"{name} = {show(value)}" for name, value in changed.items())
        html = config.setdefault("html", {})
        note = f"Edition “{edition.title}”" + (f": {settings}." if settings else ".")
        html["announcement"] = " ".join(part for part in (html.get("announcement"), note) if part)
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False).encode()


def staged_toc(book: Book, chapters: list[Chapter] | None) -> bytes:
    if chapters is None:
        return (book.folder / "_toc.yml").read_bytes()
    root = next(iter(book.pages))
    toc = {"format": "jb-book", "root": root, "chapters": [{"file": c.docname} for c in chapters]}
    return yaml.safe_dump(toc, sort_keys=False).encode()


def staged_links(book: Book, text: str, page: Path) -> str:
    """Prose links to chapters by their files (`[…](silent.md)`); here these files are notebooks."""
    folder = page.parent.relative_to(book.folder)

    def mend(match: re.Match[str]) -> str:
        target = os.path.normpath(folder / match[2])
        is_chapter = target.removeprefix(f"{NOTEBOOKS}/") in book.chapters
        return f"{match[1]}{match[2]}.ipynb" if is_chapter else match[0]

    return _LINK.sub(mend, text)


def staged_notebook(
    book: Book, chapter: Chapter, run_folder: Path, changed: Mapping[str, Scalar]
) -> bytes:
    """The chapter's present prose with the outputs of its last execution.

    Its parameters cell shows the values it was executed with.
    """
    import jupytext
    import nbformat

    source = stable(jupytext.read(chapter.path))
    executed = nbformat.read(notebook_file(run_folder, chapter.name), as_version=4)
    done = [cell for cell in executed.cells if cell.cell_type == "code"]
    cells = []
    for cell in source.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            cell["source"] = staged_links(book, cell.source, chapter.path)
            continue
        result = done.pop(0)
        if result.source != cell.source:
            raise UserError(f"{chapter.file} was changed during the build. Build again.")
        cell["outputs"], cell["execution_count"] = result.outputs, result.execution_count
        if "parameters" in cell.metadata.get("tags", []):
            cell["source"] = with_values(cell.source, changed)
        if done and "injected-parameters" in done[0].metadata.get("tags", []):
            injected = done.pop(0)
            # Without the tag every page of another edition would show one odd cell more.
            injected.metadata["tags"] = ["injected-parameters", "remove-cell"]
            cells.append(injected)
    source["cells"] = cells
    source.metadata["language_info"] = executed.metadata.get("language_info", {})
    return (nbformat.writes(stable(source)) + "\n").encode()


def copy_rest(book: Book, staged: Path) -> set[Path]:
    """Copy what is not a chapter; returns the relative paths that belong to the staged book."""
    chapters = {chapter.path for chapter in book.chapters.values()}
    kept: set[Path] = set()
    observed = book.settings["provenance"] == "observed"
    for path in sorted(book.folder.iterdir()):
        if path.name.startswith(".") or path.name in GENERATED or path.name == "_build":
            continue
        private = observed and path.name == "data"  # no page can include or offer what is not there
        if path.is_dir() and path.name in LINKED and not private:
            link(path, staged / path.name)
            kept.add(Path(path.name))
            continue
        if (staged / path.name).is_symlink():
            (staged / path.name).unlink()
        for file in files_below(path) if path.is_dir() else [path]:
            relative = file.relative_to(book.folder)
            if file in chapters or relative.as_posix() in ("_config.yml", "_toc.yml"):
                continue
            if private and relative.parts[1] in PRIVATE_FOLDERS:
                continue
            kept.add(relative)
            content = file.read_bytes()
            if file.suffix == ".md":
                content = staged_links(book, content.decode(), file).encode()
            write_if_changed(staged / relative, content)
    return kept


def link(path: Path, target: Path) -> None:
    """A link to a folder; a copy where the system allows no links."""
    if target.is_symlink() and target.resolve() == path.resolve():
        return
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
    try:
        target.symlink_to(path, target_is_directory=True)
    except OSError:
        shutil.copytree(path, target)


def write_if_changed(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
    return True


def remove_others(staged: Path, wanted: set[Path]) -> None:
    """Take away what a former state of the book left behind."""
    for folder, subfolders, files in os.walk(staged):
        here = Path(folder).relative_to(staged)
        subfolders[:] = [d for d in subfolders if not (Path(folder) / d).is_symlink()]
        for name in files:
            if here / name not in wanted:
                (Path(folder) / name).unlink()
