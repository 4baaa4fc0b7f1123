"""YAML lists of entries, each with the line it begins in, so that a mistake is named by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sustainment.errors import UserError


def entries_with_lines(path: Path, key: str = "") -> list[dict[str, Any]]:
    """The entries of a YAML list, or of the list under `key`, each with its `line`.

    Raises UserError with file, line and what to do: for a missing file, text that is no YAML, a field
    written twice, and anything that is no list of entries.
    """
    name = f"data/{path.parent.name}/{path.name}" if not key else path.name
    try:
        text = path.read_text(encoding="utf-8")
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except FileNotFoundError:
        raise UserError(f"{name} is missing. Put it there, an empty list if need be.") from None
    except UnicodeDecodeError:
        raise UserError(f"{name} is not UTF-8 text. Save it again as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(
            f"{path.name}{line}: not valid YAML ({problem}). Mend this line or the one above; a text "
            "with a colon, a bracket or a quotation mark in it stands in quotation marks."
        ) from None
    if key:
        root = _value(root, key) if isinstance(data, dict) else None
        data = data.get(key) if isinstance(data, dict) else None
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        where = f" under `{key}:`" if key else ""
        line = f", line {root.start_mark.line + 1}" if root is not None else ""
        raise UserError(
            f"{path.name}{line}: there must be a list of entries{where}, each beginning with `- id:`."
        )
    found = []
    for entry, node in zip(data, root.value, strict=True):
        _refuse_twice(path.name, node)
        found.append(entry | {"line": node.start_mark.line + 1})
    return found


def _value(root: Any, key: str) -> Any:
    return next((value for name, value in root.value if name.value == key), None)


def _refuse_twice(file: str, entry: yaml.Node) -> None:
    """YAML keeps the last of two equal fields without a word; here the second is named."""
    seen: set[str] = set()
    for name, _ in entry.value:
        if name.value in seen:
            raise UserError(
                f"{file}, line {name.start_mark.line + 1}: the field {name.value!r} stands twice in "
                "one entry. Take one out."
            )
        seen.add(name.value)
