"""The suppression plan, `data/suppression.yml`: what is hidden, for a person to review, never a value.

`make_plan` decides it jointly over everything that all editions print; `load_plan` gives it to the
gate and refuses a plan that belongs to other data, other rules or other code.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from sustainment.disclosure.model import Model, Place, build_model, counting_tables
from sustainment.disclosure.register import Register, Table, merge_table
from sustainment.disclosure.rules import Rules
from sustainment.disclosure.suppress import suppress
from sustainment.errors import UserError
from sustainment.study import VALUES_VARIABLE, data_digest, load_yaml

FILE = "suppression.yml"
UNNAMED_RUNS = ("verify",)  # runs of the default edition under another name
AGAIN = "Run `sustainment protect`, and review what changes in data/suppression.yml."
HEAD = """\
# What a build with observed data withholds. Written by `sustainment protect`, reviewed like code.
# It names places, never values, and does not say which of them are small: some are hidden only so
# that others cannot be worked out. A chapter marked `derived: withheld` prints nothing that may have
# been worked out from a hidden number.
"""


@dataclass(frozen=True)
class Plan:
    """The plan as the gate of one edition asks it."""

    content: dict[str, Any]
    edition: str = "default"

    def chapter(self, name: str) -> dict[str, Any]:
        """What holds for a chapter: in all editions, and beside it in this one."""
        common = self.content["chapters"].get(name) or {}
        own = (common.get("editions") or {}).get(self.edition) or {}
        hidden = [*(common.get("hidden") or ()), *(own.get("hidden") or ())]
        return {**common, **own, "hidden": hidden}

    def hidden_values(self, chapter: str) -> set[str]:
        return set(self.chapter(chapter).get("hidden") or ())

    def derived_withheld(self, chapter: str) -> bool:
        return self.chapter(chapter).get("derived") == "withheld"

    def table(
        self, chapter: str, id: str
    ) -> tuple[set[tuple[str, str]], list[list[int]], list[list[int]]]:
        """Hidden cells as (words of the row, column), and the rows and columns to merge."""
        common = self.content["chapters"].get(chapter) or {}
        own = (common.get("editions") or {}).get(self.edition) or {}
        entry = (common.get("tables") or {}).get(id) or {}
        listed = [*(entry.get("hidden") or ())]
        listed += ((own.get("tables") or {}).get(id) or {}).get("hidden") or ()
        cells = {(str(words), str(column)) for words, column in listed}
        return cells, entry.get("merge_rows") or [], entry.get("merge_columns") or []


def load_plan(root: Path, chapter: str) -> Plan:
    """The reviewed plan for a chapter. Raises UserError when it is missing or belongs to something else."""
    path = root / "data" / FILE
    if not path.is_file():
        raise UserError(
            f"The data are a real study's, and there is no plan that protects the people in them "
            f"(data/{FILE}). {AGAIN}"
        )
    stamp = path.stat()
    content = _read(str(path), stamp.st_mtime_ns, stamp.st_size)
    if content.get("data") != _digest(str(root)):
        raise UserError(f"data/{FILE} was made for other data or other rules. {AGAIN}")
    if content.get("parameters") != editions_digest(root):
        raise UserError(f"data/{FILE} was made for other editions or parameters. {AGAIN}")
    edition = Path(os.environ.get(VALUES_VARIABLE) or "default").name
    if edition not in (*content["editions"], *UNNAMED_RUNS):
        raise UserError(
            f"The plan in data/{FILE} does not cover the run {edition!r}: what it prints beside the "
            f"others was never looked at. Name its parameters as an edition in editions.yml. {AGAIN}"
        )
    entry = content["chapters"].get(chapter)
    if not entry or entry.get("code") != code_digest(root, chapter):
        raise UserError(f"data/{FILE} does not know this state of notebooks/{chapter}.md. {AGAIN}")
    return Plan(content, "default" if edition in UNNAMED_RUNS else edition)


@lru_cache(maxsize=2)
def _read(path: str, changed: int, size: int) -> dict[str, Any]:
    content = load_yaml(Path(path))
    if not isinstance(content, dict) or not isinstance(content.get("chapters"), dict):
        raise UserError(f"data/{FILE} is damaged. {AGAIN}")
    return content


@lru_cache(maxsize=2)
def _digest(root: str) -> str:
    return data_digest(Path(root))


def code_digest(root: Path, chapter: str) -> str:
    """Digest of a chapter's code cells and of its front matter: prose may change under a plan."""
    path = root / "notebooks" / f"{chapter}.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    cells = re.findall(r"^```\{code-cell\}.*?^```", text, re.MULTILINE | re.DOTALL)
    return hashlib.blake2b("\n".join(cells).encode(), digest_size=8).hexdigest()


def editions_digest(root: Path) -> str:
    path = root / "editions.yml"
    return hashlib.blake2b(path.read_bytes() if path.is_file() else b"", digest_size=8).hexdigest()


# Making one ---------------------------------------------------------------------------------------


def make_plan(
    root: Path, registers: Sequence[Register], rules: Rules, chapters: Sequence[str]
) -> dict[str, Any]:
    """Decide what is hidden. Raises UserError naming a number that nothing can protect."""
    merges = {
        id: pair
        for id, tables in by_id(registers, rules).items()
        if (pair := merged(tables, rules))
    }
    for register in registers:
        register.tables = [merge_table(t, *merges.get(t.id, ([], []))) for t in register.tables]
    model = build_model(registers, rules)
    printed = {place.unknown for place in model.places}
    pattern = suppress(
        model.system, model.sensitive, printed, model.public, rules.width, costs(model)
    )
    if pattern.stuck:
        raise UserError(
            f"{model.system.names[min(pattern.stuck)]} can be worked out whatever is hidden beside it. "
            f"Take it, or a number it hangs on, out of the chapter."
        )
    hidden = pattern.hidden & printed
    entries: dict[str, Any] = {c: {"code": code_digest(root, c)} for c in sorted(chapters)}
    for id, (rows, columns) in sorted(merges.items()):
        for chapter in sorted({t.chapter for r in registers for t in r.tables if t.id == id}):
            table = entries[chapter].setdefault("tables", {}).setdefault(id, {})
            table |= {"merge_rows": rows} if rows else {}
            table |= {"merge_columns": columns} if columns else {}
    editions = sorted(register.edition for register in registers)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for place in sorted(model.places, key=lambda p: (p.chapter, tuple(map(str, p.where)))):
        if place.unknown in hidden:
            note(found.setdefault(place.chapter, {}).setdefault(place.edition, {}), place)
    for chapter, by_edition in found.items():
        write_entry(entries[chapter], by_edition, editions)
    return {
        "data": data_digest(root),
        "parameters": editions_digest(root),
        "editions": editions,
        "chapters": entries,
    }


def write_entry(
    entry: dict[str, Any], by_edition: dict[str, dict[str, Any]], editions: Sequence[str]
) -> None:
    """What all editions hide stands once; where they differ, each has its own list."""
    first = by_edition.get(editions[0])
    if all(by_edition.get(edition) == first for edition in editions):
        tables = first.pop("tables", {}) if first else {}
        entry |= first or {}
        for id, table in tables.items():
            entry.setdefault("tables", {}).setdefault(id, {}).update(table)
    else:
        entry["editions"] = by_edition


def note(entry: dict[str, Any], place: Place) -> None:
    """Write one hidden place into a chapter's entry.

    What was worked out from a hidden number of persons would give it away, and nobody knows what was.
    """
    if place.declared:
        entry["derived"] = "withheld"
    if len(place.where) == 1:
        listed, what = entry.setdefault("hidden", []), place.where[0]
    else:
        id, words, column = place.where
        table = entry.setdefault("tables", {}).setdefault(id, {})
        listed, what = table.setdefault("hidden", []), [words, column]
    if what not in listed:
        listed.append(what)


def costs(model: Model) -> dict[int, float]:
    """A place in prose that counts persons costs twice a cell; among equals a small number is cheaper to lose.

    The default edition is what most people read: a place in it costs five times one in another.
    """
    cost: dict[int, float] = {}
    for place in model.places:
        # undeclared numbers of a chapter go anyway as soon as one of its declared ones is hidden
        weight = 1.0 if len(place.where) > 1 else 2.0 if place.declared else 0.5
        weight *= 5 if place.edition == "default" else 1
        size = model.system.values[place.unknown] / (10 * model.rules.size)
        cost[place.unknown] = cost.get(place.unknown, 0.0) + weight + size
    return cost


def by_id(registers: Sequence[Register], rules: Rules) -> dict[str, list[Table]]:
    """The tables whose categories stand in an order, one for each edition."""
    found: dict[str, list[Table]] = {}
    for register in registers:
        for table in counting_tables(register, rules):
            if table.id in rules.ordered:
                found.setdefault(table.id, []).append(table)
    return found


def merged(tables: list[Table], rules: Rules) -> tuple[list[list[int]], list[list[int]]] | None:
    """The fewest mergers of neighbours that leave the fewest small numbers; None when none helps.

    A hole weighs three mergers: a merged category still says something, a hole does not.
    """
    order = rules.ordered[tables[0].id]
    shape = {(len(t.cells), len(t.columns)) for t in tables}
    if len(shape) != 1:
        return None  # other categories in other editions: holes it is
    height, breadth = shape.pop()
    if order == "rows":
        line, rest = list(range(height)), []
    else:
        line = [k for k, name in enumerate(tables[0].columns) if name in order]
        rest = [k for k in range(breadth) if k not in line]
    best, least = None, float("inf")
    for blocks in partitions(line):
        if len(blocks) < 2:
            continue
        whole = sorted([*blocks, *([k] for k in rest)])
        pair = (blocks, []) if order == "rows" else ([], whole)
        holes = sum(small_cells(merge_table(table, *pair), rules) for table in tables)
        weight = 3 * holes + len(line) - len(blocks)
        if weight < least:
            best, least = pair, weight
    unmerged = best is None or all(len(b) == 1 for part in best for b in part)
    return None if unmerged else best


def partitions(line: list[int]) -> Iterator[list[list[int]]]:
    """All ways to cut a line into neighbouring blocks, the uncut categories first."""
    for cuts in product((True, False), repeat=max(0, min(len(line), 12) - 1)):
        blocks = [[line[0]]] if line else []
        for at, cut in enumerate(cuts, start=1):
            if cut:
                blocks.append([line[at]])
            else:
                blocks[-1].append(line[at])
        blocks[-1:] = [blocks[-1] + line[len(cuts) + 1 :]] if blocks else []
        yield blocks


def small_cells(table: Table, rules: Rules) -> int:
    found = [
        (table.count(i, k), table.columns[k]) for i in range(len(table.cells)) for k in table.counts
    ]
    return sum(n is not None and rules.small(n, None, [column]) for n, column in found)


def write_plan(root: Path, plan: dict[str, Any]) -> Path:
    """Write the plan for review."""
    path = root / "data" / FILE
    text = yaml.safe_dump(plan, allow_unicode=True, sort_keys=False, width=100)
    path.write_text(HEAD + text, encoding="utf-8")
    return path
