"""The code tree: from a program's list of codes to one table with readable, stable ids.

Programs give every export new keys, so the id of a code is its name (its path where two codes
share a name). Trees that a program could not nest are often written into the names
("Coke::diet Coke"); they are unfolded where the list itself shows that this is meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from sustainment.findings import Finding
from sustainment.interviews.model import table

SEPARATOR = " > "
# "." and "/" also stand inside ordinary names, so the last ones need more evidence
_CERTAIN, _POSSIBLE = ("::", "->", " > ", ">>"), ("\\", "/", ".")
_PARTS = {
    "include": r"include[sd]?|inclusion(?: criteria)?|when to use",
    "exclude": r"exclude[sd]?|exclusion(?: criteria)?|when not to use|do not use|boundary",
    "example": r"example|for example|typical example|anchor example",
    "description": r"definition|description|full definition",
}
_LABEL = re.compile(
    r"^\s*(?:" + "|".join(f"(?P<{k}>{v})" for k, v in _PARTS.items()) + r")\s*[:=]\s*",
    re.IGNORECASE | re.MULTILINE,
)


def code_table(raw: Sequence[dict], file: str = "") -> tuple[pd.DataFrame, dict, list[Finding]]:
    """Codes as a program lists them → (codes table, key → code id, findings).

    `raw` rows: key, name, parent (key or None), and optionally description and codable.
    """
    raw, notes = unfold([dict(row) for row in raw], file)
    by_key = {row["key"]: row for row in raw}
    notes += _orphans(raw, by_key, file)
    paths = {key: _path(key, by_key) for key in by_key}
    ids = unique_ids([(row["key"], row["name"], SEPARATOR.join(paths[row["key"]])) for row in raw])
    rows = [
        {
            "code": ids[row["key"]],
            "name": row["name"],
            "parent": ids.get(row.get("parent"), ""),
            "codable": bool(row.get("codable", True)),
            "path": SEPARATOR.join(paths[row["key"]]),
            **definition(row.get("description") or ""),
        }
        for row in raw
    ]
    return table("codes", rows), ids, notes


def unique_ids(named: Sequence[tuple]) -> dict:
    """(key, name, path) → key: id. The name if no other has it, else the path, else numbered."""
    names = Counter(name for _, name, _ in named)
    ids: dict = {}
    used: Counter[str] = Counter()
    for key, name, path in named:
        wanted = name if names[name] == 1 and name else path or "(no name)"
        used[wanted] += 1
        ids[key] = wanted if used[wanted] == 1 else f"{wanted} ({used[wanted]})"
    return ids


def definition(text: str) -> dict[str, str]:
    """A codebook entry with labelled lines ("Include: …") as its four parts."""
    parts = dict.fromkeys(("description", "include", "exclude", "example"), "")
    found = list(_LABEL.finditer(text))
    parts["description"] = text[: found[0].start() if found else None].strip()
    for match, following in zip(found, [*found[1:], None][: len(found)], strict=True):
        body = text[match.end() : following.start() if following else None].strip()
        name = match.lastgroup or "description"
        parts[name] = f"{parts[name]}\n{body}".strip()
    return parts


def unfold(raw: list[dict], file: str = "") -> tuple[list[dict], list[Finding]]:
    """Turn "Coke::diet Coke" into "diet Coke" under "Coke", where a flat list shows the habit."""
    if any(row.get("parent") is not None for row in raw):
        return raw, []
    names = {row["name"] for row in raw}
    separator = next((s for s in (*_CERTAIN, *_POSSIBLE) if _is_habit(s, names)), None)
    if separator is None:
        return raw, []
    by_path: dict[tuple, dict] = {}
    for row in raw:
        path = tuple(part.strip() for part in row["name"].split(separator))
        by_path.setdefault(path if all(path) else (row["name"],), row)
    made = []
    for path in list(by_path):
        for depth in range(1, len(path)):
            if path[:depth] not in by_path:
                folder = {"key": ("folder", *path[:depth]), "name": path[depth - 1]}
                by_path[path[:depth]] = {**folder, "codable": False}
                made.append(SEPARATOR.join(path[:depth]))
    kept = {id(row) for row in by_path.values()}
    nested = [
        {**row, "name": path[-1], "parent": by_path[path[:-1]]["key"] if len(path) > 1 else None}
        for path, row in by_path.items()
    ]
    nested += [row for row in raw if id(row) not in kept]
    note = Finding(
        "note",
        "tree-in-names",
        f"the code names hold the tree, parted by {separator!r}; it was unfolded"
        + (f", with {len(made)} folder(s) that had no code of their own" if made else ""),
        file=file,
        value="; ".join(made)[:80],
    )
    return _parents_first(nested), [note]


def _is_habit(separator: str, names: set[str]) -> bool:
    split = [name.split(separator)[0].strip() for name in names if separator in name.strip()]
    if not split or not all(split):
        return False
    if separator in _CERTAIN:
        return True
    parents_exist = all(prefix in names for prefix in split)
    return parents_exist or (len(split) > len(names) / 2 and len(set(split)) < len(split))


def _parents_first(rows: list[dict]) -> list[dict]:
    children: dict = {}
    for row in rows:
        children.setdefault(row.get("parent"), []).append(row)
    out, waiting = [], list(reversed(children.get(None, [])))
    while waiting:
        row = waiting.pop()
        out.append(row)
        waiting += reversed(children.get(row["key"], []))
    return out


def _path(key, by_key: dict) -> list[str]:
    path, seen = [], set()
    while key in by_key and key not in seen:  # a damaged file may name a code its own ancestor
        seen.add(key)
        path.append(by_key[key]["name"])
        key = by_key[key].get("parent")
    return path[::-1]


def _orphans(raw: list[dict], by_key: dict, file: str) -> list[Finding]:
    return [
        Finding(
            "warning",
            "parent-missing",
            f"code {row['name']!r} stands under a code that is not in the file",
            file=file,
            remedy="It is shown at the top of the tree.",
        )
        for row in raw
        if row.get("parent") is not None and row["parent"] not in by_key
    ]


def within(codes: pd.DataFrame) -> pd.DataFrame:
    """A row for each code and everything it lies in, itself included: code, within (ids)."""
    parent = dict(zip(codes["code"], codes["parent"], strict=True))
    rows = []
    for code in codes["code"]:
        at, seen = code, set()
        while at and at in parent and at not in seen:
            rows.append((code, at))
            seen.add(at)
            at = parent[at]
    return pd.DataFrame(rows, columns=["code", "within"])


def branches(codes: pd.DataFrame) -> pd.DataFrame:
    """Each code's place: code, depth (1 = top), top, second (ids; "" if none), leaf (bool)."""
    parent = dict(zip(codes["code"], codes["parent"], strict=True))
    rows = []
    for code in codes["code"]:
        line, seen = [code], {code}
        while (up := parent.get(line[-1], "")) and up not in seen:
            line.append(up)
            seen.add(up)
        line.reverse()
        rows.append((code, len(line), line[0], line[1] if len(line) > 1 else ""))
    out = pd.DataFrame(rows, columns=["code", "depth", "top", "second"])
    out["leaf"] = ~out["code"].isin(set(parent.values()))
    return out
