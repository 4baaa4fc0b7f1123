"""The book's own interviews with something lacking, made from the raw project: what chapters must say.

Each variant edits `data/raw/interviews/project.qde` and nothing else. Chapters, codebook file and study
settings stay as they are, so that the chapters meet such material as a study would.
"""

from __future__ import annotations

import copy
import shutil
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("data", "assets", "_templates", "_config.yml", "references.bib", "editions.yml")
SPACE = "urn:QDA-XML:project:1.0"
Element = ElementTree.Element


def tag(name: str) -> str:
    return f"{{{SPACE}}}{name}"


def sources(root: Element) -> list[Element]:
    return list(root.iter(tag("TextSource")))


def selections(source: Element) -> list[Element]:
    return source.findall(tag("PlainTextSelection"))


def users(root: Element) -> list[str]:
    return [user.get("guid", "") for user in root.iter(tag("User"))]


def code(root: Element, name: str) -> Element:
    return next(element for element in root.iter(tag("Code")) if element.get("name") == name)


def drop(source: Element, user: str) -> None:
    for selection in selections(source):
        if selection.get("creatingUser") == user:
            source.remove(selection)


def recode(root: Element, old: str, new: str | None, every: int) -> int:
    """Every so many codings with `old` get `new`, or go; returns how many."""
    target = code(root, old).get("guid")
    changed = seen = 0
    for selection in root.iter(tag("PlainTextSelection")):
        for coding in selection.findall(tag("Coding")):
            ref = coding.find(tag("CodeRef"))
            if ref is not None and ref.get("targetGUID") == target:
                seen += 1
                if seen % every == 0:
                    changed += 1
                    if new is None:
                        selection.remove(coding)
                    else:
                        ref.set("targetGUID", new)
    return changed


def add_code(parent: Element, name: str, codable: bool) -> str:
    guid = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    attributes = {"guid": guid, "name": name, "isCodable": str(codable).lower()}
    ElementTree.SubElement(parent, tag("Code"), attributes)
    return guid


def one_coder(root: Element, folder: Path) -> None:
    for source in sources(root):
        drop(source, users(root)[1])


def no_overlap(root: Element, folder: Path) -> None:
    """The first coder worked in one half of the interviews, the second in the other."""
    for number, source in enumerate(sources(root)):
        drop(source, users(root)[number < 6])


def a_silent_interview(root: Element, folder: Path) -> None:
    """A thirteenth transcript that nobody has coded yet."""
    last = sources(root)[-1]
    again = copy.deepcopy(last)
    for selection in selections(again):
        again.remove(selection)
    guid = str(uuid.uuid5(uuid.NAMESPACE_URL, "silent"))
    old = last.get("plainTextPath", "").removeprefix("internal://")
    shutil.copy(folder / "sources" / old, folder / "sources" / f"{guid}.txt")
    again.attrib |= {"guid": guid, "name": "script-Z", "plainTextPath": f"internal://{guid}.txt"}
    next(root.iter(tag("Sources"))).append(again)


def themes_without_codes(root: Element, folder: Path) -> None:
    """One theme is new and has no code yet; all codes of another went, and their codings with them."""
    codes = next(root.iter(tag("Codes")))
    add_code(codes, "A theme nobody filled", codable=False)
    theme = code(root, "The clinician and Child-Parent Psychotherapy")
    gone = {child.get("guid") for child in theme.iter(tag("Code"))} - {theme.get("guid")}
    for child in theme.findall(tag("Code")):
        theme.remove(child)
    for selection in root.iter(tag("PlainTextSelection")):
        for coding in selection.findall(tag("Coding")):
            ref = coding.find(tag("CodeRef"))
            if ref is not None and ref.get("targetGUID") in gone:
                selection.remove(coding)


def overlapping_and_empty_segments(root: Element, folder: Path) -> None:
    """The first coder's first passage of each text again, ten characters on, and once without any."""
    for source in sources(root):
        first = next(s for s in selections(source) if s.get("creatingUser") == users(root)[0])
        start, end = int(first.get("startPosition", 0)), int(first.get("endPosition", 0))
        for number, (a, b) in enumerate([(start + 10, end + 10), (start, start)]):
            again = copy.deepcopy(first)
            for element in again.iter():
                if "guid" in element.attrib:
                    name = f"{element.get('guid')}/{number}"
                    element.set("guid", str(uuid.uuid5(uuid.NAMESPACE_URL, name)))
            again.attrib |= {"startPosition": str(a), "endPosition": str(b), "name": ""}
            source.append(again)


def unknown_level_and_valence(root: Element, folder: Path) -> None:
    galaxy = add_code(code(root, "Level"), "galaxy", codable=True)
    sideways = add_code(code(root, "Valence"), "sideways", codable=True)
    assert recode(root, "system", galaxy, every=5) and recode(root, "helps", sideways, every=7)
    assert recode(root, "organisation", None, every=9)


def several(root: Element, folder: Path) -> None:
    for edit in (one_coder, a_silent_interview, themes_without_codes):
        edit(root, folder)


def as_shipped(root: Element, folder: Path) -> None:
    pass


VARIANTS: dict[str, Callable[[Element, Path], None]] = {
    edit.__name__: edit
    for edit in (
        as_shipped,
        one_coder,
        no_overlap,
        a_silent_interview,
        themes_without_codes,
        overlapping_and_empty_segments,
        unknown_level_and_valence,
    )
}


def make_variant(name: str, folder: Path, chapters: Iterable[str]) -> Path:
    """A study folder with these chapters and the interviews of one variant; returns it."""
    folder.mkdir(parents=True)
    for part in COPIED:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    for chapter in chapters:
        for ending in (".md", ".exercises.yml"):
            source = ROOT / "notebooks" / f"{chapter}{ending}"
            if source.exists():
                target = folder / "notebooks" / f"{chapter}{ending}"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    (folder / "index.md").write_text("# A variant\n", encoding="utf-8")
    toc = {"format": "jb-book", "root": "index"}
    toc["chapters"] = [{"file": f"notebooks/{chapter}"} for chapter in chapters]
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    project = folder / "data" / "raw" / "interviews" / "project.qde"
    ElementTree.register_namespace("", SPACE)
    tree = ElementTree.parse(project)
    {**VARIANTS, "several": several}[name](tree.getroot(), project.parent)
    tree.write(project, encoding="utf-8", xml_declaration=True)
    return folder
