"""Which further numbers must be hidden so that no hidden one can be worked out.

The cell suppression problem, solved exactly by integer programming, one group of tied numbers at a
time. For each hidden number two sets of values are asked for that agree with everything printed and
differ in that number by the required width. Source: fischetti2000models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from sustainment.disclosure.system import TOLERANCE, System, width

SECONDS = 4.0  # for one group; past it the best answer so far, or all of the group, is hidden


@dataclass(frozen=True)
class Pattern:
    """hidden: unknowns that are not printed. stuck: hidden ones that stay too narrow all the same."""

    hidden: frozenset[int]
    stuck: frozenset[int]


def suppress(
    system: System,
    sensitive: Iterable[int],
    printed: Iterable[int],
    public: Iterable[int] = (),
    required: float = 5,
    cost: Mapping[int, float] | None = None,
) -> Pattern:
    """Hide the sensitive unknowns and as little else as protects every hidden one.

    sensitive: unknowns that must not be worked out, printed or not. printed: those that would be
    printed. public: those that everybody knows. cost: of hiding an unknown (1 each when left out).
    """
    printed, public = set(printed), set(public)
    cost = cost or {}
    targets = set(sensitive) - public
    # What public numbers alone give away, and nobody minds, everybody knows: hiding it hides nothing.
    given = too_narrow(system, printed - targets - public, set(), set(), public, 0.5)
    public |= close(system, given) - targets
    # What public numbers alone give away, no hiding protects.
    hopeless = too_narrow(system, targets, set(), set(), public, required)
    targets -= hopeless
    hidden = close(system, set(sensitive) - public) - public
    while True:
        narrow = too_narrow(system, targets | (hidden & printed), printed, hidden, public, required)
        if not narrow:
            return Pattern(frozenset(hidden), frozenset(hopeless & printed))
        before = len(hidden)
        known = [i in public for i in range(len(system.names))]
        for members, sums in system.components(known):
            wanted = [i for i in members if i in narrow]
            if wanted:
                # Hiding one hides all that count the same, in other groups, too: they have their price.
                fixed = hidden | (set(range(len(system.names))) - printed)
                more = solve_group(system, members, sums, wanted, fixed, known, required, cost)
                hidden |= set(members) if more is None else more
        hidden = close(system, hidden) - public
        if len(hidden) == before:
            return Pattern(frozenset(hidden), frozenset(narrow | (hopeless & printed)))


def close(system: System, hidden: set[int]) -> set[int]:
    """Whatever is hidden or shown as one is hidden as one."""
    classes = {system.together[i] for i in hidden}
    return {i for i in range(len(system.names)) if system.together[i] in classes}


def too_narrow(
    system: System,
    targets: set[int],
    printed: set[int],
    hidden: set[int],
    public: set[int],
    required: float,
) -> set[int]:
    """Those of the targets that a reader can narrow down below the required width."""
    known = [i in public or (i in printed and i not in hidden) for i in range(len(system.names))]
    found = system.intervals(known, targets)
    return {i for i in targets if width(found.get(i, (0.0, 0.0))) < required - TOLERANCE}


def solve_group(
    system: System,
    members: list[int],
    sums: list[dict[int, int]],
    wanted: list[int],
    fixed: set[int],
    known: list[bool],
    required: float,
    cost: Mapping[int, float],
) -> set[int] | None:
    """The cheapest unknowns of one group to hide for the wanted ones; None when there is no answer.

    Columns: one yes-or-no for each class of members, then for every wanted number two deviations from
    the truth, "up" and "down", each over all members. A shown member cannot deviate.
    """
    classes = sorted({system.together[i] for i in members})
    at_class = {c: k for k, c in enumerate(classes)}
    at = {unknown: k for k, unknown in enumerate(members)}
    n, m = len(members), len(classes)
    total = m + 2 * n * len(wanted)
    limit = 2.0 * max(system.values[i] for i in members) + 2 * required
    down = np.array([-float(system.values[i]) for i in members])
    up = np.array([min(system.upper[i], limit) - system.values[i] for i in members])
    up = np.maximum(up, 0)
    rows: list[int] = []
    columns: list[int] = []
    data: list[float] = []
    low: list[float] = []
    high: list[float] = []

    def constrain(entries: list[tuple[int, float]], least: float, most: float) -> None:
        for column, factor in entries:
            rows.append(len(low))
            columns.append(column)
            data.append(factor)
        low.append(least)
        high.append(most)

    for number, target in enumerate(wanted):
        for side in (0, 1):
            start = m + (2 * number + side) * n
            for row in sums:
                constrain(
                    [(start + at[i], float(f)) for i, f in row.items() if not known[i]], 0.0, 0.0
                )
            for i, k in at.items():
                switch = at_class[system.together[i]]
                constrain([(start + k, 1.0), (switch, -up[k])], -np.inf, 0.0)
                constrain([(start + k, 1.0), (switch, -down[k])], 0.0, np.inf)
        first = m + 2 * number * n + at[target]
        constrain([(first, 1.0), (first + n, -1.0)], required, np.inf)
    price = np.zeros(total)
    for i, own in enumerate(system.together):
        if own in at_class and i not in fixed:
            price[at_class[own]] += cost.get(i, 1.0)
    least = np.concatenate([np.zeros(m), np.tile(down, 2 * len(wanted))])
    most = np.concatenate([np.ones(m), np.tile(up, 2 * len(wanted))])
    for i in members:
        if i in fixed:
            least[at_class[system.together[i]]] = 1.0
    solved = milp(
        price,
        integrality=np.concatenate([np.ones(m), np.zeros(total - m)]),
        bounds=Bounds(least, most),
        constraints=LinearConstraint(
            csr_array((data, (rows, columns)), shape=(len(low), total)), low, high
        ),
        options={"time_limit": SECONDS, "mip_rel_gap": 0.02},
    )
    if solved.x is None:
        return None
    chosen = {c for c, k in at_class.items() if solved.x[k] > 0.5}
    return {i for i in members if system.together[i] in chosen}
