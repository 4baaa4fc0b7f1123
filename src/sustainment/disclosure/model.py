"""From everything a run shows to one linear system over all of it.

Every number of persons in the survey is an unknown; every sum that a reader knows ties unknowns
together: rows and columns of tables and their totals, numbers in prose with their complements,
parts of a group, and the same number in two editions. Where it is not known which numbers are the
same, equal ones are taken to be: a reader may know more than we do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from sustainment.disclosure.register import Register, Table, Value
from sustainment.disclosure.rules import SURVEY, Rules, base_of, is_part
from sustainment.disclosure.system import System


@dataclass(frozen=True)
class Place:
    """Somewhere a number is printed: `where` is (key,) or (table, row, column)."""

    where: tuple
    chapter: str
    edition: str
    unknown: int
    name: str
    declared: bool = True  # said to count persons, not only a whole number that might


@dataclass
class Model:
    """The system, where its unknowns are printed, which must be hidden, and which everybody knows."""

    rules: Rules
    system: System = field(default_factory=System)
    places: list[Place] = field(default_factory=list)
    sensitive: set[int] = field(default_factory=set)
    public: set[int] = field(default_factory=set)
    numbers: dict[int, int] = field(default_factory=dict)  # count → its unknown
    cells: dict[tuple, int] = field(default_factory=dict)

    def number(self, count: int) -> int:
        """The unknown of a count that prose prints or implies: equal counts are one unknown."""
        if count not in self.numbers:
            upper = self.rules.size if count <= self.rules.size else float("inf")
            self.numbers[count] = self.system.add(f"a count of {self.rules.size}", count, upper)
        return self.numbers[count]


def counted(value: Value, rules: Rules) -> tuple[int, int | None] | None:
    """(count, of) of a value that says how many persons of the survey; None for any other value."""
    if value.kind not in ("observed", "invented") or rules.strand(value.population) != SURVEY:
        return None
    if value.key in rules.release:
        return None
    of = value.of if value.of is not None else rules.sizes.get(value.population)
    if value.count is not None:
        return value.count, of
    whole = isinstance(value.value, int) and not isinstance(value.value, bool)
    return (value.value, of) if whole and value.value >= 0 else None


def counting_tables(register: Register, rules: Rules) -> list[Table]:
    """The tables that count persons of the survey."""
    return [
        table
        for table in register.tables
        if table.kind in ("observed", "invented")
        and rules.strand(table.population) == SURVEY
        and table.id not in rules.release
        and table.counts
    ]


def build_model(registers: Sequence[Register], rules: Rules) -> Model:
    """One model over all editions."""
    model = Model(rules)
    for size in rules.sizes.values():
        model.public.add(model.number(size))
    for register in registers:
        for value in register.values:
            add_value(model, value)
    for register in registers:
        for table in counting_tables(register, rules):
            add_table(model, table)
    hide_equal_counts_together(model)
    for register in registers:
        add_nested_counts(model, register)
    add_differences(model, registers)
    model.sensitive -= model.public
    return model


def add_value(model: Model, value: Value) -> None:
    found = counted(value, model.rules)
    if found is None:
        return
    count, of = found
    unknown = model.number(count)
    name = f"{value.chapter}: {value.key}"
    model.system.names[unknown] = name
    declared = value.count is not None
    place = Place((value.key,), value.chapter, value.edition, unknown, name, declared)
    model.places.append(place)
    is_size = (
        count == of and value.value == count
    )  # "all who answered answered": no trait of anybody
    if not is_size and model.rules.small(count, of, label=value.label):
        model.sensitive.add(unknown)
    if of is not None and 0 <= count <= of:
        rest = model.number(of - count)
        if not is_size and 0 < of - count < model.rules.minimum:
            model.sensitive.add(rest)
        model.system.add_sum([unknown, rest], model.number(of))


def add_table(model: Model, table: Table) -> None:
    """The cells of a table, the sums of its rows and columns, and its own totals."""
    columns, rows = table.counts, range(len(table.cells))
    grid: dict[tuple[int, int], int] = {}
    for i in rows:
        for k in columns:
            count = table.count(i, k)
            if count is None:
                continue
            label = (table.population, table.words_of(i), table.columns[k], count)
            name = f"{table.chapter}: {table.name(i, k)}"
            if label not in model.cells:
                model.cells[label] = model.system.add(name, count, max(model.rules.size, count))
            grid[i, k] = unknown = model.cells[label]
            where = (table.id, table.words_of(i), table.columns[k])
            model.places.append(Place(where, table.chapter, table.edition, unknown, name))
            harmless = {table.columns[k], *table.cells[i]} & set(model.rules.harmless)
            if model.rules.small(count, None) and not (count == 0 and harmless):
                model.sensitive.add(unknown)
    lines = [[(i, k) for k in columns if (i, k) in grid] for i in rows]
    lines += [[(i, k) for i in rows if (i, k) in grid] for k in columns]
    for line in lines:
        add_line(model, [grid[spot] for spot in line])
    for parts, total in own_totals(table, columns, list(rows)):
        unknowns = [[grid.get(spot) for spot in pair] for pair in (parts, total)]
        for group in zip_lines(unknowns):
            model.system.add_sum(*group)


def add_line(model: Model, unknowns: list[int]) -> None:
    """A row or a column: its sum may be known from elsewhere, above all from the size of the group."""
    if len(unknowns) < 2:
        return
    total = sum(model.system.values[u] for u in unknowns)
    model.system.add_sum(unknowns, model.number(total))
    if total <= model.rules.size:
        for unknown in unknowns:
            if 0 < total - model.system.values[unknown] < model.rules.minimum:
                model.sensitive.add(unknown)


def own_totals(table: Table, columns: list[int], rows: list[int]):
    """Columns (or rows) that are the sum of others in every row (column): margins, found by trying.

    Yields (parts, total) as lists of lines; each line is a list of spots (row, column).
    """
    for along, across, spot in (
        (columns, rows, lambda k, i: (i, k)),
        (rows, columns, lambda i, k: (i, k)),
    ):
        numbers = {a: [table.count(*spot(a, b)) for b in across] for a in along}
        if len(across) < 2 or any(n is None for line in numbers.values() for n in line):
            continue
        for total in along:
            others = [a for a in along if a != total]
            sizes = range(1, len(others) + 1) if len(along) <= 6 else (len(others),)
            for size in sizes:
                for parts in combinations(others, size):
                    if [sum(col) for col in zip(*(numbers[p] for p in parts), strict=True)] == numbers[total]:  # fmt: skip
                        yield (
                            [spot(p, b) for b in across for p in parts],
                            [spot(total, b) for b in across],
                        )


def zip_lines(unknowns: list[list[int | None]]) -> Iterable[tuple[list[int], int]]:
    """Split the spots of a found margin into one sum per line."""
    parts, totals = unknowns
    size = len(parts) // len(totals)
    for at, total in enumerate(totals):
        members = parts[at * size : (at + 1) * size]
        if total is not None and None not in members:
            yield members, total  # type: ignore[misc]


def hide_equal_counts_together(model: Model) -> None:
    """A cell hidden in a table must not stand as a number in prose, and the other way round."""
    together, values = model.system.together, model.system.values
    by_chapter: dict[tuple[str, int], set[int]] = defaultdict(set)
    spoken: set[tuple[str, int]] = set()
    for place in model.places:
        count = values[place.unknown]
        if len(place.where) == 1:
            spoken.add((place.chapter, count))
        else:
            by_chapter[place.chapter, count].add(place.unknown)
    for unknown in model.cells.values():
        if values[unknown] in model.numbers:
            together[unknown] = together[model.numbers[values[unknown]]]
    for (chapter, count), unknowns in by_chapter.items():
        if len(unknowns) == 1 and (chapter, count) in spoken:
            model.system.add_sum(unknowns, model.numbers[count])


def add_nested_counts(model: Model, register: Register) -> None:
    """Two printed numbers of one group that differ by a third, small one, and so give it away."""
    by_group: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    small: dict[tuple[str, int], set[int]] = defaultdict(set)
    for value in register.values:
        found = counted(value, model.rules)
        if found and found[1] is not None:
            group = (value.chapter, found[1])
            by_group[group][found[0]] = model.number(found[0])
            if 0 < found[0] < model.rules.minimum:
                small[group].add(found[0])
    for table in counting_tables(register, model.rules):
        of = model.rules.sizes.get(table.population)
        if of is None or len(table.counts) != 1:
            continue
        for i in range(len(table.cells)):
            count = table.count(i, table.counts[0])
            label = (table.population, table.words_of(i), table.columns[table.counts[0]], count)
            if count is not None:
                by_group[table.chapter, of].setdefault(count, model.cells[label])
    for group, counts in small.items():
        for part in counts:
            for low, unknown in by_group[group].items():
                if low != part and low + part in by_group[group]:
                    parts = [model.number(part), unknown]
                    model.system.add_sum(parts, by_group[group][low + part])


def add_differences(model: Model, registers: Sequence[Register]) -> None:
    """The same number in two editions, or in a group and in a part of it: their difference is a group."""
    same: dict[tuple, dict[int, int]] = defaultdict(dict)
    for place in model.places:
        if not place.declared:
            continue
        same[place.where][model.system.values[place.unknown]] = place.unknown
    for register in registers:
        for group, unknowns in groups_and_parts(model, register).items():
            same[group] |= unknowns
    for where, unknowns in same.items():
        for low, high in combinations(sorted(unknowns), 2):
            if high - low < model.rules.minimum:
                name = f"the difference between two numbers of {', '.join(map(str, where))}"
                gap = model.system.add(name, high - low, model.rules.size)
                model.sensitive.add(gap)
                model.system.add_sum([gap, unknowns[low]], unknowns[high])


def groups_and_parts(model: Model, register: Register) -> dict[tuple, dict[int, int]]:
    """Numbers of a group and of one part of it, under the same words: what differs is the rest."""
    whole: dict[tuple, int] = {}
    parts: dict[tuple, list[tuple[str, int]]] = defaultdict(list)
    found: list[tuple[str, tuple, int]] = [
        (population, (words, column), unknown)
        for (population, words, column, _), unknown in model.cells.items()
    ]
    for value in register.values:
        number = counted(value, model.rules)
        if number:
            words = (value.label or value.key.rpartition(".")[2],)
            found.append((value.population, words, model.number(number[0])))
    for population, words, unknown in found:
        if is_part(population):
            parts[base_of(population), *words].append((population, unknown))
        else:
            whole[population, *words] = unknown
    pairs: dict[tuple, dict[int, int]] = {}
    for where, members in parts.items():
        if where in whole:
            for population, unknown in members:
                both = (whole[where], unknown)
                pairs[population, *where[1:]] = {model.system.values[u]: u for u in both}
    return pairs
