"""Which numbers of rows about one question are the same persons, as a reader would take them.

The same question stands in several tables, with its answers joined in some: what adds up to a number in
one row of neighbours in another is taken to be it, whatever the columns are called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, permutations

from sustainment.disclosure.system import System

Row = tuple[tuple[int, ...], ...]  # (the numbers of its answers, all its numbers), as unknowns


def ties_between(
    rows: Collection[Row], values: Sequence[int], parts: Mapping[int, set[int]]
) -> Iterator[tuple[Sequence[int], int]]:
    """(the numbers that add up, the number they give) for every pair of rows about one question.

    parts: what tables show as totals, as `parts_of_totals` finds them.
    """
    for (answers, own), (_, others) in permutations(rows, 2):
        mine, theirs = totals_in(own, parts), totals_in(others, parts)
        for number in set(others) - set(own):
            if any(number in parts[t] and values[number] == values[t] for t in theirs):
                continue  # all who answered said one thing: their total is meant, not that answer
            same = [t for t in mine if values[t] == values[number]]
            alone = tuple(u for u in answers if u not in mine)
            for block in [same] if same else matching(alone, number, values):
                yield block, number


def parts_of_totals(system: System) -> dict[int, set[int]]:
    """Each number that a sum gives, and the numbers it is the sum of."""
    found: dict[int, set[int]] = {}
    for row in system.sums:
        totals = [unknown for unknown, factor in row.items() if factor < 0]
        if len(totals) == 1 and len(row) > 2:
            found[totals[0]] = set(row) - {totals[0]}
    return found


def totals_in(row: Collection[int], parts: Mapping[int, set[int]]) -> list[int]:
    return [u for u in row if u in parts and parts[u] <= set(row)]


def matching(answers: Sequence[int], number: int, values: Sequence[int]) -> list[Sequence[int]]:
    """Runs of neighbours that add up to a number, without those that hold a shorter one and zeros."""
    found: list[Sequence[int]] = []
    for start, stop in sorted(combinations(range(len(answers) + 1), 2), key=lambda r: r[1] - r[0]):
        block = answers[start:stop]
        if sum(values[u] for u in block) == values[number] > 0:
            found += [block] if not any(set(f) <= set(block) for f in found) else []
    return found
