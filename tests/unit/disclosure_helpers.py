"""Small tables as linear systems, and registers made by hand."""

import numpy as np

from sustainment.disclosure.register import Register, Table, Value
from sustainment.disclosure.rules import read_rules
from sustainment.disclosure.system import System

SETTINGS = {
    "provenance": "observed",
    "population": {"size": 66},
    "protection": {
        "sizes": {"population": 66, "interviews": 12},
        "no_persons": ["items"],
        "survey": {"populations": ["population", "respondents"], "harmless": ["no answer"]},
        "interviews": {"populations": ["interviews"], "passages": ["segments"]},
    },
}
RULES = read_rules(SETTINGS)


def table_system(numbers):
    """(system, cells, margins) of a two-way table with all its margins."""
    numbers = np.array(numbers)
    system = System()
    rows, columns = numbers.shape
    cells = [
        [system.add(f"({i},{j})", numbers[i, j], np.inf) for j in range(columns)]
        for i in range(rows)
    ]
    row_totals = [system.add(f"row {i}", numbers[i].sum(), np.inf) for i in range(rows)]
    column_totals = [system.add(f"column {j}", numbers[:, j].sum(), np.inf) for j in range(columns)]
    whole = system.add("all", numbers.sum(), np.inf)
    for i in range(rows):
        system.add_sum(cells[i], row_totals[i])
    for j in range(columns):
        system.add_sum([cells[i][j] for i in range(rows)], column_totals[j])
    system.add_sum(row_totals, whole)
    system.add_sum(column_totals, whole)
    return system, cells, [*row_totals, *column_totals, whole]


def value(key, number, population="population", of=None, text=None, edition="default", **more):
    """A reported count of persons."""
    return Value(
        chapter=more.pop("chapter", "survey/one"),
        edition=edition,
        key=key,
        value=number,
        text=text or str(number),
        kind="observed",
        population=population,
        count=more.pop("count", number if isinstance(number, int) else None),
        of=of,
        **more,
    )


def table(id, columns, cells, population="respondents", edition="default", chapter="survey/one"):
    """A printed table whose first column holds words."""
    return Table(
        chapter=chapter,
        edition=edition,
        id=id,
        kind="observed",
        population=population,
        columns=tuple(columns),
        cells=tuple(tuple(map(str, row)) for row in cells),
        numeric=frozenset(range(1, len(columns))),
    )


def register(*shown, edition="default"):
    made = Register(edition)
    made.values = [s for s in shown if isinstance(s, Value)]
    made.tables = [s for s in shown if isinstance(s, Table)]
    return made
