"""Where a segment begins: from each program's way of counting to Unicode code points.

Texts are kept with "\\n" as the only line end and without a byte-order mark. Programs count
differently: UTF-8 bytes (Taguette), UTF-16 units (an emoji counts two), a line end as one or
two characters, a byte-order mark as one. `Counting` is one such way; `choose` finds the one
under which the slices agree with the previews the program wrote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BOM = "\ufeff"


@dataclass(frozen=True)
class Counting:
    """A way of counting characters: `line_end` is "one", "two" or "file" (as the file has it)."""

    unit: str = "points"  # "points", "utf16" or "utf8"
    line_end: str = "file"
    bom: bool = False

    def sentence(self) -> str:
        unit = {"points": "code points", "utf16": "UTF-16 units", "utf8": "UTF-8 bytes"}[self.unit]
        ends = {"one": "line ends as one", "two": "line ends as two", "file": "line ends as stored"}
        return f"{unit}, {ends[self.line_end]}{', the byte-order mark counted' * self.bom}"


@dataclass(frozen=True)
class Text:
    """A text as kept, and what was unified in it: `crlf` marks line ends stored as two."""

    text: str
    crlf: np.ndarray
    bom: bool

    @classmethod
    def of(cls, raw: str) -> Text:
        """Unify a text as stored: a leading byte-order mark goes, CRLF and CR become LF."""
        bom = raw.startswith(BOM)
        raw = raw[1:] if bom else raw
        if "\r" not in raw:
            return cls(raw, np.zeros(0, bool), bom)
        kept = raw.replace("\r\n", "\n").replace("\r", "\n")
        ends = [len(match.group()) == 2 for match in re.finditer(r"\r\n|\r|\n", raw)]
        return cls(kept, np.array(ends, bool), bom)

    def edges(self, how: Counting) -> np.ndarray:
        """Position of every character's edge under this counting; one longer than the text."""
        points = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        width = np.ones(len(points), dtype=np.int64)
        if how.unit == "utf16":
            width += points > 0xFFFF
        elif how.unit == "utf8":
            width += (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
        line_end = points == 0x0A
        if how.line_end == "two":
            width[line_end] += 1
        elif how.line_end == "file" and len(self.crlf):
            width[line_end] += self.crlf
        return np.concatenate([[0], np.cumsum(width)]) + int(how.bom)


def to_points(
    edges: np.ndarray, start: Sequence[int], end: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions → (start, end) in code points, and whether both fell on a character's edge.

    A position inside a character widens the slice to the whole character. A position outside
    the text stays outside, by as much, so that it can be named.
    """
    a, b = np.asarray(start, dtype=np.int64), np.asarray(end, dtype=np.int64)
    last = len(edges) - 1
    first = np.searchsorted(edges, a, side="right") - 1
    final = np.searchsorted(edges, b, side="left")
    first = np.where(a > edges[-1], last + a - edges[-1], first)
    final = np.where(b > edges[-1], last + b - edges[-1], final)
    first = np.where(a < edges[0], a - edges[0], first)
    final = np.where(b < edges[0], b - edges[0], final)
    inside = (np.minimum(a, b) >= edges[0]) & (np.maximum(a, b) <= edges[-1])
    exact = np.zeros(len(a), bool)
    exact[inside] = (edges[first[inside]] == a[inside]) & (edges[final[inside]] == b[inside])
    return first, final, exact


def candidates(text: Text, line_end_is_one: bool = False) -> list[Counting]:
    """The ways of counting that differ for this text, the likeliest first."""
    ends = ["one", "file", "two"] if line_end_is_one else ["file", "one", "two"]
    units = ["points"] + ["utf16"] * any(ord(c) > 0xFFFF for c in text.text)
    ways = [Counting(u, e, b) for b in ([False, True] if text.bom else [False]) for u in units for e in ends]  # fmt: skip
    seen: dict[bytes, Counting] = {}
    for way in ways:
        seen.setdefault(text.edges(way).tobytes(), way)
    return list(seen.values())


def choose(
    text: Text,
    start: Sequence[int],
    end: Sequence[int],
    previews: Sequence[str],
    line_end_is_one: bool = False,
) -> tuple[Counting, np.ndarray, np.ndarray, np.ndarray]:
    """The counting under which most previews agree → (counting, start, end, agrees).

    Where no preview can decide, slices that cut words apart speak against a counting, and two
    more whole words are asked for before the likeliest counting is given up.
    """
    scored = []
    for order, way in enumerate(candidates(text, line_end_is_one)):
        first, final, exact = to_points(text.edges(way), start, end)
        slices = [text.text[max(a, 0) : max(b, 0)] for a, b in zip(first, final, strict=True)]
        agrees = np.array([agrees_with(s, p) for s, p in zip(slices, previews, strict=True)], bool)
        if order == 0 and agrees.any() and agrees.all() and exact.all():
            return way, first, final, agrees
        whole = sum(
            _whole(text.text, a, b) for a, b, e in zip(first, final, exact, strict=True) if e
        )
        score = (int(agrees.sum()), whole - (2 if order else 0), -order)
        scored.append((score, (way, first, final, agrees)))
    return max(scored, key=lambda entry: entry[0])[1]


def squeeze(text: str) -> str:
    """White space as single blanks: previews lose line ends and doubled blanks."""
    return " ".join(text.split())


def agrees_with(sliced: str, preview: str) -> bool:
    """Whether a preview ("I did try the gluten free bread…") is this slice's beginning."""
    said, cut = re.subn(r"\s*(?:…|\.\.\.)$", "", squeeze(preview))
    sliced = squeeze(sliced)
    if not said:
        return False
    return sliced == squeeze(preview) or (
        (bool(cut) or len(said) >= 20) and sliced.startswith(said)
    )


def _whole(text: str, start: int, end: int) -> bool:
    def inside_word(position: int) -> bool:
        return 0 < position < len(text) and text[position - 1 : position + 1].isalnum()

    inside_text = 0 <= start < end <= len(text) and bool(text[start:end].strip())
    return inside_text and not inside_word(start) and not inside_word(end)


def decode(raw: bytes) -> tuple[str, str]:
    """Bytes of a text file → (text with its line ends, encoding). UTF-8 unless they show otherwise.

    What cannot be decoded becomes U+FFFD, which a reader must report.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), "utf-16"
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), "cp1252"
