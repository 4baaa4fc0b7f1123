"""Writes the invented interviews as a REFI-QDA 1.5 project: `project.qde` and `sources/`.

The file has the structure of Project.xsd 1.0 (18 March 2019), which the common coding programs
export and import. Keys are uuid5 of what they name and there are no time stamps, so the same
scripts always give the same bytes.
"""

from __future__ import annotations

import shutil
import uuid
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.study import load_yaml
from sustainment.synthetic.coders import code_by_coders
from sustainment.synthetic.scripts import Passage, Script, read_scripts, script_cases

NAMESPACE = "urn:QDA-XML:project:1.0"
KEYS = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
PREVIEW = 60  # characters of a passage that serve as the selection's name, as programs do


def write_interviews(
    study_folder: Path, out: Path, persons: pd.DataFrame | None = None
) -> list[Path]:
    """Write the project of a study's scripts into the folder `out`; return the files written.

    `persons`: a row a script (index: its name); its columns become further variables of the case.
    Raises UserError when the scripts, the cases or the memos do not fit together.
    """
    scripts, book = read_scripts(study_folder)
    coded, _ = code_by_coders(scripts, book)
    memos = load_yaml(Path(study_folder) / "data" / "scripts" / "memos.yml")["memos"]
    cases = script_cases(study_folder)
    if persons is not None:
        cases = cases.join(persons.astype("str"))
    names = [script.name for script in scripts]
    if list(cases.index) != names or cases.isna().any(axis=None):
        raise UserError(
            "data/scripts/cases.yml and the persons handed over must have exactly one row for each "
            f"script ({', '.join(names)}), without gaps."
        )
    root = project(scripts, book, coded, cases, memos)
    out = Path(out)
    sources = out / "sources"
    if sources.exists():
        shutil.rmtree(sources)  # a text of an earlier version must not stay beside the new ones
    sources.mkdir(parents=True)
    written = [out / "project.qde"]
    ET.indent(root, space=" ")
    xml = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    written[0].write_bytes(xml + b"\n")
    for script in scripts:
        path = sources / f"{key('source', script.name)}.txt"
        path.write_bytes(script.text.encode("utf-8"))
        written.append(path)
    return written


def project(
    scripts: list[Script],
    book: dict[str, Any],
    coded: dict[str, list[Passage]],
    cases: pd.DataFrame,
    memos: list[dict[str, str]],
) -> ET.Element:
    """The whole project as one XML tree, its parts in the order the schema asks for."""
    root = ET.Element("Project", xmlns=NAMESPACE, name=book["project"], origin=book["notice"])
    users = ET.SubElement(root, "Users")
    for coder in coded:
        ET.SubElement(users, "User", guid=key("user", coder), name=coder)
    notes = Notes(memos, scripts)
    codes = ET.SubElement(ET.SubElement(root, "CodeBook"), "Codes")
    add_codebook(codes, book, notes)
    add_cases(root, cases)
    sources = ET.SubElement(root, "Sources")
    for script in scripts:
        add_source(sources, script, coded, book["notice"], notes)
    notes.add_to(root)
    ET.SubElement(root, "Description").text = book["notice"]
    notes.refer(root, "project")
    return root


def add_codebook(parent: ET.Element, book: dict[str, Any], notes: Notes) -> None:
    """Themes and branches as folders (not codable), codes inside them."""
    for theme in [*book["themes"], book["outside"]]:
        folder = _code(parent, theme, notes, codable=False)
        for code in theme["codes"]:
            _code(folder, code, notes)
        for subtheme in theme.get("subthemes", []):
            inner = _code(folder, subtheme, notes, codable=False)
            for code in subtheme["codes"]:
                _code(inner, code, notes)
    for branch in book["dimensions"]:
        folder = _code(parent, branch, notes, codable=False)
        for code in branch["codes"]:
            _code(folder, {**code, "id": f"{branch['id']}/{code['id']}"}, notes)


def add_cases(root: ET.Element, cases: pd.DataFrame) -> None:
    """Variables, and a case for each script with its values and its source."""
    variables = ET.SubElement(root, "Variables")
    for name in cases.columns:
        ET.SubElement(
            variables, "Variable", guid=key("variable", name), name=name, typeOfVariable="Text"
        )
    parent = ET.SubElement(root, "Cases")
    for script, row in cases.iterrows():
        case = ET.SubElement(parent, "Case", guid=key("case", script), name=str(script))
        for name, value in row.items():
            holder = ET.SubElement(case, "VariableValue")
            ET.SubElement(holder, "VariableRef", targetGUID=key("variable", name))
            ET.SubElement(holder, "TextValue").text = value
        ET.SubElement(case, "SourceRef", targetGUID=key("source", script))


def add_source(
    parent: ET.Element,
    script: Script,
    coded: dict[str, list[Passage]],
    notice: str,
    notes: Notes,
) -> None:
    """A transcript with all selections of all coders, in the order of the text."""
    guid = key("source", script.name)
    source = ET.SubElement(
        parent, "TextSource", guid=guid, name=script.name, plainTextPath=f"internal://{guid}.txt"
    )
    ET.SubElement(source, "Description").text = notice
    selections = [
        (passage, coder)
        for coder, passages in coded.items()
        for passage in passages
        if passage.script == script.name
    ]
    for passage, coder in sorted(selections, key=lambda s: (s[0].start, -s[0].end, s[1])):
        place = f"{script.name}/{passage.start}-{passage.end}/{coder}"
        user = key("user", coder)
        selection = ET.SubElement(
            source,
            "PlainTextSelection",
            guid=key("selection", place),
            name=script.text[passage.start : passage.end][:PREVIEW],
            startPosition=str(passage.start),
            endPosition=str(passage.end),
            creatingUser=user,
        )
        given = [*passage.codes, f"Level/{passage.level}", f"Valence/{passage.valence}"]
        for code in [*given, f"Phase/{passage.phase}"]:
            coding = ET.SubElement(
                selection, "Coding", guid=key("coding", f"{place}/{code}"), creatingUser=user
            )
            ET.SubElement(coding, "CodeRef", targetGUID=key("code", code))
        notes.refer_selection(selection, script, passage, coder)
    notes.refer(source, script.name)


class Notes:
    """Memos: each knows what it is about; each is written once and referred to where it belongs."""

    def __init__(self, memos: list[dict[str, str]], scripts: list[Script]) -> None:
        self.memos = memos
        texts = [s.text[p.start : p.end] for s in scripts for p in s.passages]
        for memo in memos:
            words = memo.get("passage")
            hits = sum(words in text for text in texts) if words else 1
            if hits != 1:
                raise UserError(
                    f"data/scripts/memos.yml: the words {words!r} stand in {hits} marked passages; "
                    f"a memo needs words that stand in exactly one."
                )
        self.referred: set[int] = set()

    def refer(self, element: ET.Element, about: str) -> None:
        """Refer to every memo about a code (its id), a script or the project."""
        for number, memo in enumerate(self.memos):
            if memo.get("about") == about:
                self._add(element, number)

    def refer_selection(
        self, element: ET.Element, script: Script, passage: Passage, coder: str
    ) -> None:
        """Refer to the coder's memos on a passage, known by some of its words."""
        text = script.text[passage.start : passage.end]
        for number, memo in enumerate(self.memos):
            if memo.get("passage") and memo["coder"] == coder and memo["passage"] in text:
                self._add(element, number)

    def add_to(self, root: ET.Element) -> None:
        """Write the memos; one that nothing refers to is a mistake and is named."""
        lost = [n for n in range(len(self.memos)) if n not in self.referred]
        lost = [n for n in lost if self.memos[n].get("about") != "project"]
        if lost:
            memo = self.memos[lost[0]]
            raise UserError(
                f"data/scripts/memos.yml: nothing carries the memo about "
                f"{memo.get('passage') or memo.get('about')!r} (coder {memo['coder']}). Name a code, "
                f"a script, `project`, or words of a passage that this coder coded."
            )
        parent = ET.SubElement(root, "Notes")
        for number, memo in enumerate(self.memos):
            note = ET.SubElement(
                parent,
                "Note",
                guid=key("note", str(number)),
                name=memo["name"],
                creatingUser=key("user", memo["coder"]),
            )
            ET.SubElement(note, "PlainTextContent").text = memo["text"].strip()

    def _add(self, element: ET.Element, number: int) -> None:
        self.referred.add(number)
        ET.SubElement(element, "NoteRef", targetGUID=key("note", str(number)))


def key(kind: str, name: Any) -> str:
    """The key of a thing: the same name always gives the same key."""
    return str(uuid.uuid5(KEYS, f"{kind}/{name}"))


def _code(
    parent: ET.Element, code: dict[str, Any], notes: Notes, codable: bool = True
) -> ET.Element:
    element = ET.SubElement(
        parent,
        "Code",
        guid=key("code", code["id"]),
        name=code["name"],
        isCodable="true" if codable else "false",
    )
    lines = [code["definition"]] if code.get("definition") else []
    lines += [f"{part.capitalize()}: {code[part]}" for part in PARTS if code.get(part)]
    if lines:
        ET.SubElement(element, "Description").text = "\n".join(lines)
    notes.refer(element, code["id"])
    return element


PARTS = ("include", "exclude", "example")
