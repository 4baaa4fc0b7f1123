"""Intervals of hidden numbers: a published worked example, and brute force on random tables."""

import itertools

import numpy as np
import pytest
from disclosure_helpers import table_system

from sustainment.disclosure.system import System
from sustainment.disclosure.ties import parts_of_totals, ties_between
from sustainment.streams import rng


def test_the_handbooks_example_gives_the_handbooks_interval():
    # Example 3 of section 4.2 of the Handbook on Statistical Disclosure Control (second edition, 2024),
    # there from Geurts (1992, Table 10): four of six cells hidden, margins printed; the hidden cell
    # (1,1) lies between 3 and 6. The inner numbers below are any that have the printed margins.
    system, cells, _ = table_system([[5, 2], [1, 2], [3, 3]])
    hidden = {cells[0][0], cells[0][1], cells[1][0], cells[1][1]}
    known = [i not in hidden for i in range(len(system.names))]
    found = system.intervals(known)
    assert found[cells[0][0]] == pytest.approx((3, 6))
    assert found[cells[1][1]] == pytest.approx((0, 3))


def test_the_handbooks_linked_table_gives_the_one_woman_away():
    # Section 5.2 of the same handbook: living and working in Area A, 22 in all, 21 of them men.
    system = System()
    men, women, total = (system.add(n, v, 102) for n, v in (("men", 21), ("women", 1), ("all", 22)))
    system.add_sum([men, women], total)
    assert system.intervals([True, False, True]) == {women: pytest.approx((1, 1))}


def brute_force(table, hidden):
    """All whole-number tables ≥ 0 with the same margins that agree outside the hidden cells."""
    fixed = np.where(hidden, 0, table)
    row_left, column_left = table.sum(1) - fixed.sum(1), table.sum(0) - fixed.sum(0)
    spots = list(zip(*np.nonzero(hidden), strict=True))
    low = dict.fromkeys(spots, np.inf)
    high = dict.fromkeys(spots, -np.inf)

    def fill(at, chosen, rows_left, columns_left):
        if at == len(spots):
            if not rows_left.any() and not columns_left.any():
                for spot, value in chosen.items():
                    low[spot], high[spot] = min(low[spot], value), max(high[spot], value)
            return
        i, j = spots[at]
        for value in range(int(min(rows_left[i], columns_left[j])) + 1):
            r, c = rows_left.copy(), columns_left.copy()
            r[i] -= value
            c[j] -= value
            fill(at + 1, chosen | {spots[at]: value}, r, c)

    fill(0, {}, row_left, column_left)
    return {s: (low[s], high[s]) for s in spots}


@pytest.mark.slow
def test_intervals_equal_brute_force_on_a_thousand_random_tables():
    # Sums of rows and columns form a totally unimodular system, so linear and whole-number intervals
    # agree, and equality can be asked for.
    random = rng(66, "disclosure/brute-force")
    compared = 0
    for _ in range(1000):
        rows, columns = random.integers(2, 4, size=2)
        table = random.integers(0, 6, size=(rows, columns))
        hidden = random.random((rows, columns)) < 0.6
        if hidden.sum() > 7:
            hidden.flat[list(itertools.islice(np.flatnonzero(hidden), int(hidden.sum()) - 7))] = (
                False
            )
        if not hidden.any():
            hidden[0, 0] = True
        system, cells, _ = table_system(table)
        unknown = {cells[i][j]: (i, j) for i, j in zip(*np.nonzero(hidden), strict=True)}
        found = system.intervals([i not in unknown for i in range(len(system.names))])
        expected = brute_force(table, hidden)
        for i, spot in unknown.items():
            assert found[i] == pytest.approx(expected[spot], abs=1e-6)
            compared += 1
    assert compared > 3000


def test_three_way_intervals_contain_those_of_brute_force():
    # Three-way tables are not unimodular: the linear interval is at least as wide, so the audit may
    # call a number safe that whole numbers alone would narrow. Ours print no three-way tables.
    random = rng(66, "disclosure/three-way")
    every = np.indices((4,) * 8).reshape(8, -1).T.reshape(-1, 2, 2, 2)
    for _ in range(20):
        cube = random.integers(0, 3, size=(2, 2, 2))
        system = System()
        cells = {s: system.add(str(s), cube[s], 20) for s in np.ndindex(cube.shape)}
        totals = []
        for axis in range(3):
            for spot in np.ndindex(2, 2):
                line = [(*spot[:axis], k, *spot[axis:]) for k in range(2)]
                totals.append(system.add("t", sum(cube[s] for s in line), 20))
                system.add_sum([cells[s] for s in line], totals[-1])
        found = system.intervals([i in totals for i in range(len(system.names))])
        same = [(every.sum(a + 1) == cube.sum(a)).all(axis=(1, 2)) for a in range(3)]
        possible = every[np.logical_and.reduce(same)]
        assert len(possible)
        for s, i in cells.items():
            assert found[i][0] - 1e-6 <= possible[:, *s].min()
            assert possible[:, *s].max() <= found[i][1] + 1e-6


def test_a_number_tied_to_nothing_has_its_bounds_for_an_interval():
    system = System()
    only = system.add("a count", 3, 66)
    assert system.intervals([False]) == {only: (0.0, 66.0)}


def test_where_all_said_one_thing_their_number_is_not_taken_for_that_answer():
    system = System()
    yes, no, answered, persons = (system.add(n, v, 66) for n, v in
                                  [("yes", 8), ("no", 0), ("answered", 8), ("persons", 8)])  # fmt: skip
    system.add_sum([yes, no], answered)
    rows = {((yes, no, answered),) * 2, ((persons,),) * 2}
    ties = list(ties_between(rows, system.values, parts_of_totals(system)))
    assert ties and all({*block, number} == {answered, persons} for block, number in ties)
    for block, number in ties:
        system.add_sum(block, number)
    assert system.intervals([False] * 4, {no})[no] == pytest.approx((0, 66))
