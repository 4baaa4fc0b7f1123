"""Write the codebook as REFI-QDA `.qdc`, for any program that reads the format.

Follows Codebook.xsd 1.0 of 18 March 2019: codes nested as in the tree, keys made from the path,
so that the same codebook gives the same bytes. A codebook of invented interviews says so in every
code, so that the mark goes along into whatever program opens it. Of observed interviews the examples
are left out, which may be a person's words.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pandas as pd

from sustainment.errors import UserError
from sustainment.interviews.model import Interviews
from sustainment.report import in_notebook
from sustainment.tables import INVENTED_SUFFIX

NAMESPACE = "urn:QDA-XML:codebook:1.0"
_KEYS = UUID("6f3d0f5e-4c53-5a52-9f0d-6f1f7a1c7b11")
# characters that XML 1.0 cannot hold, whatever a program stored
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def codebook_xml(interviews: Interviews, origin: str = "sustainment") -> bytes:
    """The codebook as the bytes of a `.qdc` file; UTF-8, byte for byte the same each time.

    Raises UserError for an empty codebook, which the format cannot hold.
    """
    if not len(interviews.codes):
        raise UserError(f"{interviews.file} holds no code, so there is no codebook to write.")
    invented = interviews.provenance == "synthetic"
    if invented:
        origin = f"{origin} {INVENTED_SUFFIX}"
    root = Element("CodeBook", {"xmlns": NAMESPACE, "origin": origin})
    codes = SubElement(root, "Codes")
    elements: dict[str, Element] = {}
    waiting = list(interviews.codes.itertuples())
    while waiting:
        later = []
        for code in waiting:
            parent = codes if code.parent == "" else elements.get(code.parent)
            if parent is None:
                later.append(code)
                continue
            if interviews.provenance == "observed":
                code = code._replace(example="")
            elements[code.code] = _code(parent, code, INVENTED_SUFFIX if invented else "")
        if len(later) == len(waiting):  # a damaged tree: what hangs nowhere stands at the top
            later = [code._replace(parent="") for code in later]
        waiting = later
    indent(root, "  ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, "utf-8") + b"\n"


def _code(parent: Element, code, mark: str) -> Element:
    guid = str(uuid5(_KEYS, code.path)).upper()
    codable = "true" if code.codable else "false"
    attributes = {"guid": guid, "name": _clean(code.name), "isCodable": codable}
    element = SubElement(parent, "Code", attributes)
    if words := "\n".join(part for part in (mark, description(code)) if part):
        SubElement(element, "Description").text = words
    return element


def description(code) -> str:
    """Definition, include, exclude and example as the labelled lines that `tree` reads back."""
    parts = [_clean(code.description)]
    for label in ("include", "exclude", "example"):
        words = getattr(code, label)
        if not pd.isna(words) and str(words).strip():
            parts.append(f"{label.capitalize()}: {_clean(words)}")
    return "\n".join(part for part in parts if part)


def _clean(words) -> str:
    return "" if pd.isna(words) else _FORBIDDEN.sub("", str(words)).strip()


def write_codebook(interviews: Interviews, path: str | Path) -> Path:
    """Write the `.qdc`; returns its path."""
    path = Path(path)
    content = codebook_xml(interviews)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def download_link(interviews: Interviews, name: str) -> str:
    """A link that holds the `.qdc` itself: no request, and a file name that says what it is."""
    data = base64.b64encode(codebook_xml(interviews)).decode("ascii")
    return (
        f'<p class="table-download"><a download="{name}.qdc" href="data:application/xml;base64,{data}">'
        f"Download this codebook (REFI-QDA, {name.partition('_')[0]})</a></p>"
    )


def show_codebook_download(interviews: Interviews) -> None:
    """Display the link, of invented interviews only: a real codebook is looked at before it leaves."""
    if interviews.provenance != "synthetic" or not in_notebook():
        return
    from IPython.display import display

    markup = download_link(interviews, "invented_codebook")
    words = {"text/html": markup, "text/plain": "invented_codebook.qdc"}
    display(words, raw=True, metadata={"sustainment": {"type": "codebook", "kind": "invented"}})
