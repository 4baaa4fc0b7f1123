"""One table with its margins, for looking at protection: what is hidden, and what is left to a reader.

The plan of a whole book works the same way over everything printed; here it is one table at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from sustainment.disclosure.plan import merged
from sustainment.disclosure.register import Table, merge_table
from sustainment.disclosure.rules import Rules
from sustainment.disclosure.suppress import suppress
from sustainment.disclosure.system import System

TOTAL = "all"


@dataclass(frozen=True)
class Crosstab:
    """counts: persons by rows and columns, with a last row and a last column of totals."""

    counts: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.Series, columns: pd.Series) -> Crosstab:
        """Cross two traits of the same persons (equal index)."""
        return cls(pd.crosstab(rows, columns, margins=True, margins_name=TOTAL).astype(int))

    @property
    def inner(self) -> pd.DataFrame:
        return self.counts.drop(index=TOTAL, columns=TOTAL)

    def small(self, minimum: int) -> pd.DataFrame:
        """Which inner cells are about too few: True where a count lies below the minimum."""
        return self._framed(self.inner < minimum)

    def protected(self, minimum: int, width: float | None = None) -> pd.DataFrame:
        """Which cells and totals are hidden so that no hidden one can be narrowed below the width."""
        system, at = self._system()
        mask = self.small(minimum)
        sensitive = [at[spot] for spot in at if mask.loc[spot]]
        cost = {at[spot]: (3.0 if TOTAL in spot else 1.0) for spot in at}
        pattern = suppress(
            system, sensitive, at.values(), {at[TOTAL, TOTAL]}, width or minimum, cost
        )
        return self._framed(
            pd.DataFrame(
                [[at[r, c] in pattern.hidden for c in self.counts] for r in self.counts.index],
                index=self.counts.index,
                columns=self.counts.columns,
            )
        )

    def printed(self, hidden: pd.DataFrame, mark: str = "withheld") -> pd.DataFrame:
        """The table as text, with a mark in each hidden cell."""
        return self.counts.astype(str).mask(hidden, mark)

    def left_open(self, hidden: pd.DataFrame) -> pd.DataFrame:
        """What a reader can work out: hidden cell by cell, the lowest and highest possible number.

        Returns a DataFrame [row, column, low, high].
        """
        system, at = self._system()
        known = [True] * len(system.names)
        for spot, unknown in at.items():
            known[unknown] = not bool(hidden.loc[spot])
        spots = {unknown: spot for spot, unknown in at.items()}
        rows = [
            (*spots[i], round(low), round(high))
            for i, (low, high) in sorted(system.intervals(known).items())
        ]
        return pd.DataFrame(rows, columns=["row", "column", "low", "high"])

    def _system(self) -> tuple[System, dict[tuple, int]]:
        system, size = System(), int(self.counts.loc[TOTAL, TOTAL])
        spots: Sequence[tuple] = [(r, c) for r in self.counts.index for c in self.counts.columns]
        at = {s: system.add(" · ".join(map(str, s)), self.counts.loc[s], size) for s in spots}
        inner = self.inner
        for r in self.counts.index:
            system.add_sum([at[r, c] for c in inner.columns], at[r, TOTAL])
        for c in self.counts.columns:
            system.add_sum([at[r, c] for r in inner.index], at[TOTAL, c])
        return system, at

    def _framed(self, inner: pd.DataFrame) -> pd.DataFrame:
        return inner.reindex(
            index=self.counts.index, columns=self.counts.columns, fill_value=False
        ).astype(bool)


def merge_neighbours(counts: pd.Series, minimum: int) -> pd.Series:
    """Ordered categories with as few neighbours merged as leave the fewest small numbers.

    counts: persons by category, in order. Returns the counts under the names of the merged ones.
    """
    shown = Table(
        chapter="",
        edition="",
        id="shown",
        kind="observed",
        population="",
        columns=("category", "persons"),
        cells=tuple((str(name), str(int(count))) for name, count in counts.items()),
        numeric=frozenset({1}),
    )
    rules = Rules(size=int(counts.sum()), minimum=minimum, ordered={"shown": "rows"})
    found = merged([shown], rules)
    shown = merge_table(shown, *found) if found else shown
    return pd.Series({row[0]: int(row[1]) for row in shown.cells}, name=counts.name)


def crowds(people: pd.DataFrame, traits: Sequence[str]) -> pd.Series:
    """How many persons share all the traits of each person, the person included (the k of
    k-anonymity). Source: sweeney2002kanonymity."""
    return people.groupby(list(traits), dropna=False, observed=True)[traits[0]].transform("size")


def answers_within(people: pd.DataFrame, traits: Sequence[str], answer: str) -> pd.Series:
    """How many different answers each person's crowd gave (the l of l-diversity).

    Where it is one, the crowd hides nobody's answer. Source: machanavajjhala2007ldiversity.
    """
    return people.groupby(list(traits), dropna=False, observed=True)[answer].transform("nunique")
