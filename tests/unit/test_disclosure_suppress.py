"""Complementary suppression: a published example, and that no hidden number can be worked out."""

import itertools

import pytest
from disclosure_helpers import table_system

from sustainment.disclosure.suppress import suppress, too_narrow
from sustainment.disclosure.system import System
from sustainment.streams import rng

# The table of investments by activity and region in Fischetti and Salazar (2000), with one sensitive
# cell (activity II, region C).
INVESTMENTS = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]


def hidden_names(system, pattern):
    return {system.names[i] for i in pattern.hidden}


def test_one_sensitive_cell_of_a_table_with_margins_needs_three_more():
    system, cells, _ = table_system(INVESTMENTS)
    target = cells[1][2]
    pattern = suppress(system, [target], range(len(system.names)), required=5)
    assert len(pattern.hidden) == 4 and not pattern.stuck


def test_the_cheapest_pattern_of_the_published_table_is_found():
    # All patterns of four cells (a rectangle) that protect the cell, by brute force over rectangles.
    system, cells, _ = table_system(INVESTMENTS)
    target, cost = cells[1][2], dict(enumerate(map(float, system.values)))
    known = [True] * len(system.names)
    best = float("inf")
    for row, column in itertools.product((0, 2), (0, 1)):
        block = [cells[1][2], cells[row][2], cells[1][column], cells[row][column]]
        hidden = [i not in block for i in range(len(known))]
        found = system.intervals(hidden, [target])[target]
        if found[1] - found[0] >= 5:
            best = min(best, sum(cost[i] for i in block))
    pattern = suppress(system, [target], range(len(known)), required=5, cost=cost)
    assert sum(cost[i] for i in pattern.hidden) == best
    hidden = [i not in pattern.hidden for i in range(len(known))]
    # A and C of activities II and III are hidden. By hand: with t in the target, the others are 30 − t,
    # 34 − t and t − 5, all at least nought, so 5 ≤ t ≤ 30.
    assert system.intervals(hidden)[target] == pytest.approx((5, 30))


@pytest.mark.parametrize("case", range(40))
def test_no_hidden_number_of_a_random_table_can_be_narrowed_below_the_width(case):
    random = rng(case, "disclosure/suppress")
    numbers = random.integers(0, 25, size=random.integers(2, 6, size=2))
    system, cells, _ = table_system(numbers)
    flat = [i for row in cells for i in row]
    sensitive = [i for i in flat if system.values[i] < 5]
    everything = set(range(len(system.names)))
    pattern = suppress(system, sensitive, everything, required=5)
    assert set(sensitive) <= pattern.hidden
    left = too_narrow(system, set(pattern.hidden), everything, set(pattern.hidden), set(), 5)
    assert left == set(pattern.stuck) == set()


def test_what_public_numbers_alone_give_away_is_named_as_stuck():
    system = System()
    part, rest, whole = (system.add(n, v, 66) for n, v in (("a", 3), ("b", 63), ("all", 66)))
    system.add_sum([part, rest], whole)
    pattern = suppress(system, [part], {part, rest, whole}, public={rest, whole})
    assert pattern.stuck == {part}


def test_numbers_shown_as_one_are_hidden_as_one():
    system = System()
    first = system.add("a cell", 3, 66)
    again = system.add("the same in prose", 3, 66, together=first)
    assert suppress(system, [first], {first, again}).hidden == {first, again}


def test_a_number_that_public_ones_give_away_protects_no_other_one():
    # 16 = 66 − 50 is known to everybody; the same 16 in a table hides nothing, only the 19 beside it does
    system = System()
    answered, silent, everybody = (
        system.add(n, v, 66) for n, v in (("a", 50), ("b", 16), ("all", 66))
    )
    again = system.add("the same in a table", 16, 66, together=silent)
    small, both = system.add("c", 3, 66), system.add("b and c", 19, 66)
    system.add_sum([answered, silent], everybody)
    system.add_sum([again, small], both)
    printed = {silent, again, both, answered, everybody, small}
    pattern = suppress(
        system, [small], printed, {answered, everybody}, cost={silent: 0.1, again: 0.1}
    )
    assert pattern.hidden == {small, both} and not pattern.stuck


def test_a_number_that_stands_in_many_places_is_dearer_than_one_that_stands_in_one():
    system = System()
    small, often, seldom, whole = (
        system.add(name, n, 66) for name, n in (("a", 3), ("b", 20), ("c", 20), ("all", 43))
    )
    again = [system.add(f"b again {i}", 20, 66, together=often) for i in range(5)]
    system.add_sum([small, often, seldom], whole)
    pattern = suppress(system, [small], set(range(len(system.names))), {whole})
    assert seldom in pattern.hidden and not {often, *again} & pattern.hidden
