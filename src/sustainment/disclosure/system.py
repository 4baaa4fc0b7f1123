"""What a reader can work out: unknown numbers, the sums that tie them, and their intervals.

A number that is printed is known; every other one lies between its bounds and satisfies the sums.
Its feasible interval is found by two linear programs. Source: hundepool2024handbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

TOLERANCE = 1e-6


@dataclass
class System:
    """Unknowns x with true values, bounds lower ≤ x ≤ upper (0 and the group), and sums Σ c·x = 0 that all hold.

    names: what a message calls each unknown. together: class of unknowns hidden or shown as one.
    """

    names: list[str] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    together: list[int] = field(default_factory=list)
    sums: list[dict[int, int]] = field(default_factory=list)
    _known_sums: set[tuple[tuple[int, int], ...]] = field(default_factory=set)

    def add(self, name: str, value: int, upper: float, together: int | None = None) -> int:
        """A new unknown; returns its number."""
        self.names.append(name)
        self.values.append(int(value))
        self.lower.append(0.0)
        self.upper.append(float(max(upper, value)))
        self.together.append(len(self.names) - 1 if together is None else together)
        return len(self.names) - 1

    def add_sum(self, parts: Iterable[int], total: int) -> None:
        """Say that the parts add up to the total."""
        parts = list(parts)
        if total in parts:
            return  # equal numbers taken for one: this says nothing
        row: dict[int, int] = {}
        for part in parts:
            row[part] = row.get(part, 0) + 1
        row[total] = row.get(total, 0) - 1
        row = {unknown: factor for unknown, factor in row.items() if factor}
        mark = tuple(sorted(row.items()))
        if row and mark not in self._known_sums:
            self._known_sums.add(mark)
            self.sums.append(row)

    def components(self, known: Sequence[bool]) -> list[tuple[list[int], list[dict[int, int]]]]:
        """Groups of unknowns tied by sums once the known ones are numbers, each with its sums."""
        parent = list(range(len(self.names)))

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        free = [[i for i in row if not known[i]] for row in self.sums]
        for members in free:
            for other in members[1:]:
                parent[root(other)] = root(members[0])
        groups: dict[int, tuple[list[int], list[dict[int, int]]]] = {}
        for i in range(len(self.names)):
            if not known[i]:
                groups.setdefault(root(i), ([], []))[0].append(i)
        for members, row in zip(free, self.sums, strict=True):
            if members:
                groups[root(members[0])][1].append(row)
        return list(groups.values())

    def intervals(
        self, known: Sequence[bool], wanted: Iterable[int] | None = None
    ) -> dict[int, tuple[float, float]]:
        """Feasible interval of each hidden unknown (of `wanted` only, when given)."""
        asked = None if wanted is None else set(wanted)
        found: dict[int, tuple[float, float]] = {}
        for members, sums in self.components(known):
            targets = [i for i in members if asked is None or i in asked]
            if not targets:
                continue
            if not sums:
                found |= {i: (self.lower[i], self.upper[i]) for i in targets}
                continue
            place = {unknown: at for at, unknown in enumerate(members)}
            matrix, right = self._equations(sums, place, known)
            bounds = [
                (self.lower[i], self.upper[i] if np.isfinite(self.upper[i]) else None)
                for i in members
            ]
            for i in targets:
                cost = np.zeros(len(members))
                cost[place[i]] = 1
                ends = []
                for sign in (1, -1):
                    solved = linprog(
                        sign * cost, A_eq=matrix, b_eq=right, bounds=bounds, method="highs"
                    )
                    # The true values satisfy every sum, so only "unbounded" can go wrong.
                    ends.append(sign * solved.fun if solved.status == 0 else sign * -np.inf)
                found[i] = (ends[0], ends[1])
        return found

    def _equations(self, sums, place, known):
        rows, columns, factors, right = [], [], [], np.zeros(len(sums))
        for number, row in enumerate(sums):
            for unknown, factor in row.items():
                if known[unknown]:
                    right[number] -= factor * self.values[unknown]
                else:
                    rows.append(number)
                    columns.append(place[unknown])
                    factors.append(factor)
        matrix = csr_array((factors, (rows, columns)), shape=(len(sums), len(place)), dtype=float)
        return matrix, right


def width(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]
