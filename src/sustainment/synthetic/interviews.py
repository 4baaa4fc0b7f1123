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
PARTS = ("include", "exclude", "example")  # labelled lines of a code's description
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
    notes = Notes(memos, scripts, coded)
    codes = ET.SubElement(ET.SubElement(root, "CodeBook"), "Codes")
    add_codebook(codes, book, notes)
    add_cases(root, cases)
    sources = ET.SubElement(root, "Sources")
    for script in scripts:
        add_source(sources, script, coded, notes)
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
            _code(folder, {**code, "id": f"{branch['id']}/{code['name']}"}, notes)


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
    notes: Notes,
) -> None:
    """A transcript with all selections of all coders, in the order of the text."""
    guid = key("source", script.name)
    source = ET.SubElement(
        parent, "TextSource", guid=guid, name=script.name, plainTextPath=f"internal://{guid}.txt"
    )
    selections = [
        (passage, coder)
        for coder, passages in coded.items()
        for passage in passages
        if passage.script == script.name
    ]
    for passage, coder in sorted(selections, key=lambda s: (s[0].start, -s[0].end, s[1])):
        here = place(passage, coder)
        user = key("user", coder)
        selection = ET.SubElement(
            source,
            "PlainTextSelection",
            guid=key("selection", here),
            name=script.text[passage.start : passage.end][:PREVIEW],
            startPosition=str(passage.start),
            endPosition=str(passage.end),
            creatingUser=user,
        )
        given = [*passage.codes, f"Level/{passage.level}", f"Valence/{passage.valence}"]
        for code in [*given, f"Phase/{passage.phase}"]:
            coding = ET.SubElement(
                selection, "Coding", guid=key("coding", f"{here}/{code}"), creatingUser=user
            )
            ET.SubElement(coding, "CodeRef", targetGUID=key("code", code))
        notes.refer(selection, here)
    notes.refer(source, script.name)


class Notes:
    """Memos: each is written once and referred to from what it is about.

    A memo on a passage is known by some of its words and belongs to the first coder who coded them.
    """

    def __init__(
        self, memos: list[dict[str, str]], scripts: list[Script], coded: dict[str, list[Passage]]
    ) -> None:
        self.memos = [dict(memo) for memo in memos]
        self.referred: set[int] = set()
        texts = {script.name: script.text for script in scripts}
        for memo in self.memos:
            words = memo.get("passage")
            if not words:
                continue
            hits = [
                [p for p in passages if words in texts[p.script][p.start : p.end]]
                for passages in coded.values()
            ]
            if max(map(len, hits)) != 1:
                raise UserError(
                    f"data/scripts/memos.yml: a memo needs words that stand in exactly one coded "
                    f"passage; {words!r} stand in {max(map(len, hits))}."
                )
            coder, found = next((c, h[0]) for c, h in zip(coded, hits, strict=True) if h)
            memo.update(coder=coder, about=place(found, coder))

    def refer(self, element: ET.Element, about: str) -> None:
        """Refer to every memo about this: `project`, a code's id, a script or a place."""
        for number, memo in enumerate(self.memos):
            if memo["about"] == about:
                self.referred.add(number)
                ET.SubElement(element, "NoteRef", targetGUID=key("note", number))

    def add_to(self, root: ET.Element) -> None:
        """Write the memos; one that nothing refers to is a mistake and is named."""
        parent = ET.SubElement(root, "Notes")
        for number, memo in enumerate(self.memos):
            if number not in self.referred and memo["about"] != "project":
                raise UserError(
                    f"data/scripts/memos.yml: the memo about {memo['about']!r} belongs to nothing. "
                    f"Name a code's id, a script or `project`, or give words of a `passage`."
                )
            note = ET.SubElement(
                parent,
                "Note",
                guid=key("note", number),
                name=memo["name"],
                creatingUser=key("user", memo["coder"]),
            )
            ET.SubElement(note, "PlainTextContent").text = memo["text"].strip()


def place(passage: Passage, coder: str) -> str:
    """What a coder's selection is known by."""
    return f"{passage.script}/{passage.start}-{passage.end}/{coder}"


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
