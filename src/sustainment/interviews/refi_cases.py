"""Cases, their variables and sets of a REFI-QDA project.

Programs write variables on named cases (NVivo, the standard), on nameless cases with one source
(MAXQDA, Quirkos) or inside the source; groups of documents are sets, in ATLAS.ti with variables
in their names ("age: 25").
"""

from __future__ import annotations

from sustainment.interviews.archive import child, children, local, words
from sustainment.interviews.model import COLUMNS
from sustainment.interviews.refi_reading import SOURCES, key

_CONVERT = {"IntegerValue": int, "FloatValue": float}


def read_cases(reading) -> list[dict]:
    """Rows of the cases table: one for each case and document it holds."""
    root = reading.project.root
    variables = {
        key(v.get("guid")): _free_name(v.get("name", ""))
        for v in children(child(root, "Variables"), "Variable")
    }
    rows, nameless = [], 0
    for number, case in enumerate(children(child(root, "Cases"), "Case"), 1):
        held = [
            reading.sources.get(key(r.get("targetGUID")), "") for r in children(case, "SourceRef")
        ]
        name = case.get("name", "").strip()
        if not name:
            nameless += 1
            name = held[0] if len(held) == 1 else f"case {number}"
        values = _values(reading, case, variables)
        rows += [{"case": name, "name": name, "document": d, **values} for d in held or [""]]
        _memos(reading, case, name)
        for selection in children(case, "SelectionRef"):
            where = reading.about.get(key(selection.get("targetGUID")), "")
            why = f"a passage that belongs to case {name!r}"
            reading.other.append({"kind": "case passage", "where": where, "why": why})
        for code in children(case, "CodeRef"):
            _case_code(reading, name, reading.codes.get(key(code.get("targetGUID")), ""))
    if nameless:
        reading.tell("note", "case-names", f"{nameless} case(s) without a name take their source's")
    for source in children(child(root, "Sources"), *SOURCES):
        if values := _values(reading, source, variables):
            _join(rows, reading.sources[key(source.get("guid"))], values)
    return rows


def _values(reading, element, variables: dict[str, str]) -> dict:
    found = {}
    for value in children(element, "VariableValue"):
        reference = child(value, "VariableRef")
        name = variables.get(key(reference.get("targetGUID")) if reference is not None else "")
        content = next((v for v in value if local(v).endswith("Value")), None)
        if name is None or content is None:
            reading.tell("warning", "variable", "a value belongs to no variable of the file")
            continue
        found[name] = _typed(reading, name, local(content), "".join(content.itertext()).strip())
    return found


def _typed(reading, name: str, kind: str, text: str):
    if kind == "BooleanValue":
        return text.lower() in ("true", "1")
    try:
        return _CONVERT.get(kind, str)(text) if text else None
    except ValueError:
        reading.tell("warning", "variable", f"{name!r} is not a {kind[:-5].lower()}", value=text)
        return text


def _free_name(name: str) -> str:
    name = name.strip() or "(no name)"
    return f"{name} (variable)" if name in COLUMNS["cases"] else name


def _join(rows: list[dict], document: str, values: dict) -> None:
    own = [row for row in rows if row["document"] == document]
    if not own:
        rows.append({"case": document, "name": document, "document": document, **values})
    for row in own:
        row.update(values)


def _memos(reading, case, name: str) -> None:
    if text := words(case, "Description").strip():
        reading.memos.append({"about": f"case: {name}", "text": text, "coder": ""})


def _case_code(reading, name: str, code: str) -> None:
    reading.other.append(
        {"kind": "case", "where": name, "code": code, "why": "the code stands on a case"}
    )


def read_sets(reading, rows: list[dict]) -> None:
    """Sets of documents become `groups` (and variables) of the cases; of codes, rows of `other`."""
    for group in children(child(reading.project.root, "Sets"), "Set"):
        name = group.get("name", "").strip()
        variable, _, value = (part.strip() for part in name.partition(":"))
        for member in children(group, "MemberSource"):
            document = reading.sources.get(key(member.get("targetGUID")))
            if document is None:
                continue
            own = next((row for row in rows if row["document"] == document), {})
            groups = "; ".join(filter(None, [own.get("groups", ""), name]))
            extra = {_free_name(variable): value} if value else {}
            _join(rows, document, {"groups": groups, **extra})
        for member in children(group, "MemberCode"):
            code = reading.codes.get(key(member.get("targetGUID")), "")
            why = "a set of codes, not a coding"
            reading.other.append({"kind": "code set", "where": name, "code": code, "why": why})
