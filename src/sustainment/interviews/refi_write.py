"""Write the codebook as REFI-QDA `.qdc`, for any program that reads the format.

Follows Codebook.xsd 1.0 of 18 March 2019: codes nested as in the tree, keys made from the path,
so that the same codebook gives the same bytes.
"""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pandas as pd

from sustainment.errors import UserError
from sustainment.interviews.model import Interviews

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
            elements[code.code] = _code(parent, code)
        if len(later) == len(waiting):  # a damaged tree: what hangs nowhere stands at the top
            later = [code._replace(parent="") for code in later]
        waiting = later
    indent(root, "  ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, "utf-8") + b"\n"


def _code(parent: Element, code) -> Element:
    guid = str(uuid5(_KEYS, code.path)).upper()
    codable = "true" if code.codable else "false"
    attributes = {"guid": guid, "name": _clean(code.name), "isCodable": codable}
    element = SubElement(parent, "Code", attributes)
    if words := description(code):
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
    path.write_bytes(codebook_xml(interviews))
    return path
