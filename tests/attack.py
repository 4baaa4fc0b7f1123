"""A reader with a solver: what can be worked out from printed pages alone.

Nothing here uses the package's own system of sums. The attacker knows how the questionnaire is built
(which cells of a table add up to whom), every printed number of every edition, and the sizes that
everybody knows; the numbers that were withheld are looked for by linear and by integer programming.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from sustainment.disclosure.register import Register, Table

WHOLE = re.compile(r"[\d,]+")


@dataclass
class Puzzle:
    """Unknown cells, and equations over them: ({cell: factor}, what they add up to)."""

    cells: list[tuple] = field(default_factory=list)
    truth: dict[tuple, int] = field(default_factory=dict)
    equations: list[tuple[dict[tuple, int], int]] = field(default_factory=list)

    def interval(self, cell: tuple, whole: bool) -> tuple[float, float]:
        """The lowest and highest number that a cell can hold; whole: only whole numbers count."""
        tied = self.tied(cell)
        at = {c: k for k, c in enumerate(tied)}
        rows = [(cells, total) for cells, total in self.equations if set(cells) & set(tied)]
        matrix = np.zeros((len(rows), len(tied)))
        for number, (cells, _) in enumerate(rows):
            for c, factor in cells.items():
                matrix[number, at[c]] += factor
        right = np.array([total for _, total in rows], dtype=float)
        most = 66.0
        ends = []
        for sign in (1, -1):
            cost = np.zeros(len(tied))
            cost[at[cell]] = sign
            if not rows:
                ends.append(0.0 if sign > 0 else most)
            elif whole:
                solved = milp(
                    cost,
                    integrality=np.ones(len(tied)),
                    bounds=Bounds(0, most),
                    constraints=LinearConstraint(matrix, right, right),
                )
                ends.append(sign * solved.fun)
            else:
                solved = linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, most))
                ends.append(sign * solved.fun)
        return ends[0], ends[1]

    def tied(self, cell: tuple) -> list[tuple]:
        found, new = {cell}, {cell}
        while new:
            reached = {c for cells, _ in self.equations if set(cells) & new for c in cells}
            new = reached - found
            found |= new
        return sorted(found)


def puzzle(
    truth: Iterable[Table],
    printed: Mapping[tuple, Table],
    sizes: set[int],
    said: Mapping[str, set[int]],
) -> Puzzle:
    """All tables at once. truth: the whole tables, from which only the *structure* of sums is taken.

    A row or a column that adds up to a known size, or to a number printed somewhere, is an equation.
    """
    made = Puzzle()
    for table in truth:
        shown = printed.get((table.edition, table.chapter, table.id))
        counts = table.counts
        if shown is None or shown.cells == table.cells or shown.columns != table.columns:
            continue
        if len(shown.cells) != len(table.cells):
            continue  # merged: the cells that are left are sums, and no cell is hidden in them
        spots = {(i, k): table.count(i, k) for i in range(len(table.cells)) for k in counts}
        if None in spots.values():
            continue
        name = {
            s: (table.words_of(s[0]), table.columns[s[1]], table.population, n)
            for s, n in spots.items()
        }
        known = {
            s: int(shown.cells[s[0]][s[1]].replace(",", ""))
            for s in spots
            if WHOLE.fullmatch(shown.cells[s[0]][s[1]])
        }
        for spot, number in spots.items():
            if spot not in known and name[spot] not in made.truth:
                made.cells.append(name[spot])
                made.truth[name[spot]] = number
        for parts, total in sums_in(table, spots, sizes | said.get(table.chapter, set())):
            left: dict[tuple, int] = {}
            right = 0 if isinstance(total, tuple) else total
            for spot in [*parts, *([total] if isinstance(total, tuple) else [])]:
                factor = -1 if spot == total else 1
                if spot in known:
                    right -= factor * known[spot]
                else:
                    left[name[spot]] = left.get(name[spot], 0) + factor
            if any(left.values()):
                made.equations.append((left, right))
    return made


def sums_in(table: Table, spots: Mapping[tuple, int], known: set[int]):
    """Lines of cells with what they add up to: a known number, or another cell of the same line."""
    for across in (0, 1):
        places = sorted({s[across] for s in spots})
        lines = [
            sorted(s for s in spots if s[1 - across] == p)
            for p in sorted({s[1 - across] for s in spots})
        ]
        for line in lines:
            if len(line) > 1 and sum(spots[s] for s in line) in known:
                yield line, sum(spots[s] for s in line)
        for at in range(len(places)):
            parted = [([s for k, s in enumerate(line) if k != at], line[at]) for line in lines]
            if len(places) > 2 and all(sum(spots[s] for s in p) == spots[t] for p, t in parted):
                yield from parted


def recovered(
    truth: Sequence[Register],
    shown: Sequence[Register],
    about: set[str],
    sizes: set[int],
    width: float,
    whole: bool,
) -> list[tuple]:
    """Withheld cells of the tables `about` persons that the attacker narrows below `width` steps."""
    said: dict[str, set[int]] = {}
    for value in (v for r in shown for v in r.values):
        if isinstance(value.value, int) and not isinstance(value.value, bool):
            said.setdefault(value.chapter, set()).add(value.value)
    tables = {(t.edition, t.chapter, t.id): t for r in shown for t in r.tables}
    counting = [t for r in truth for t in r.tables if t.id in about]
    made = puzzle(counting, tables, sizes, said)
    found = []
    for cell in made.cells:
        low, high = made.interval(cell, whole)
        assert low - 1e-6 <= made.truth[cell] <= high + 1e-6, "the attack itself is wrong"
        if high - low < width - 1e-6:
            found.append(cell[:2])
    return found


def blanked(register: Register, minimum: int) -> Register:
    """What a careful person would print: small numbers blanked, and nothing else."""

    def careful(table: Table) -> Table:
        cells = [
            tuple("withheld" if k in table.counts and WHOLE.fullmatch(text) and int(text.replace(",", "")) < minimum else text
                  for k, text in enumerate(row))
            for row in table.cells
        ]  # fmt: skip
        return replace(table, cells=tuple(cells))

    return replace(register, tables=[careful(t) for t in register.tables])


def small_differences(shown: Sequence[Register], minimum: int, harmless: set[str]) -> list[tuple]:
    """The same number of persons in two editions, apart by so few that they could be named."""
    seen: dict[tuple, set[int]] = {}
    for register in shown:
        for value in register.values:
            if value.kind == "observed" and value.count is not None and value.label not in harmless:
                seen.setdefault((value.chapter, value.key), set()).add(value.count)
    pairs = [(where, a, b) for where, n in seen.items() for a in n for b in n if a < b]
    return [where for where, a, b in pairs if b - a < minimum]


def told_elsewhere(truth: Sequence[Register], shown: Sequence[Register]) -> list[tuple]:
    """Numbers withheld in one edition that another one prints, though nothing changed between them."""
    real = {(r.edition, v.key): v for r in truth for v in r.values if v.kind == "observed"}
    printed: dict[tuple, set[str]] = {}
    for register in shown:
        for value in register.values:
            if value.count is not None:
                was = real.get((register.edition, value.key))
                if was is None:
                    continue  # an invented number, or one of another study
                printed.setdefault((value.key, was.value, was.count, was.of), set()).add(
                    register.edition
                )
    found = []
    for register in shown:
        for value in register.values:
            was = real.get((register.edition, value.key))
            if was is None or was.count is None or value.count is not None:
                continue
            if printed.get((value.key, was.value, was.count, was.of)):
                found.append((register.edition, value.key))
    return found


# One scale, everything said of it anywhere ------------------------------------------------------------

SAYS = {"disagree": slice(0, 2), "agree": slice(3, 5), "answered by": slice(0, 5)}


def scale_recovered(
    truth: Register, shown: Register, wording: Mapping[str, str], width: float
) -> list[tuple]:
    """Withheld answers to a statement that can be narrowed below `width` steps, by a reader who knows
    the questionnaire: the figure of all statements, how many answered each, and what other chapters say
    of those who agree. wording: item → its wording.
    """
    whole = next(t for t in truth.tables if t.id == "fig-items")
    printed = next(t for t in shown.tables if t.id == "fig-items")
    everybody = next(v.value for v in shown.values if v.key == "items.respondents")
    names, found = whole.columns[1:], []
    for real, row in zip(whole.cells, printed.cells, strict=True):
        numbers = [int(n) for n in real[1:]]
        facts = [(slice(0, len(names)), everybody), *said_of(row[0], shown, wording)]
        runs = {column: run_of(column, names) for column in printed.columns[1:]}
        facts += [(runs[c], int(n)) for c, n in zip(printed.columns[1:], row[1:], strict=True) if n.isdigit()]  # fmt: skip
        assert all(sum(numbers[run]) == said for run, said in facts), "the attack itself is wrong"
        sums = np.zeros((len(facts), len(names)))
        for at, (run, _) in enumerate(facts):
            sums[at, run] = 1
        for column, text in zip(printed.columns[1:], row[1:], strict=True):
            if text.isdigit() or column == "no answer":
                continue
            cost = np.zeros(len(names))
            cost[runs[column]] = 1
            low, high = (
                sign * linprog(sign * cost, A_eq=sums, b_eq=[n for _, n in facts]).fun
                for sign in (1, -1)
            )
            if high - low < width - 1e-6:
                found.append((row[0], column))
    return found


def run_of(column: str, names: Sequence[str]) -> slice:
    """The answers behind a printed column: one, or neighbours that were merged."""
    first, _, last = column.partition(" to ")
    return slice(names.index(first), names.index(last or first) + 1)


def said_of(statement: str, shown: Register, wording: Mapping[str, str]):
    """What other tables and sentences print of one statement: (which answers, how many)."""
    for table in shown.tables:
        if "answered by" in table.columns and "question" in table.columns:
            at = [table.columns.index(c) for c in ("question", "answered by")]
            for row in table.cells:
                if row[at[0]] == statement and row[at[1]].isdigit():
                    yield SAYS["answered by"], int(row[at[1]])
    for value in shown.values:
        item, said = value.population.split(" ")[-1], value.key.rpartition("_")[2]
        if wording.get(item) == statement and said in SAYS and isinstance(value.value, int):
            yield SAYS[said], value.value
