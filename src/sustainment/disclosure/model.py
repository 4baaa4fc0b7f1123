"""From everything a run shows to one linear system over all of it.

Every number of persons in the survey is an unknown; every sum that a reader knows ties unknowns
together: rows and columns of tables and their totals, numbers in prose with their complements,
parts of a group, and the same number in two editions. Equal numbers of one group, or in one chapter's
prose and tables, are taken to be the same number: a reader may know more than we do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise

import numpy as np

from sustainment.disclosure.register import Register, Table, Value
from sustainment.disclosure.rules import SURVEY, Rules, base_of, is_part
from sustainment.disclosure.system import System
from sustainment.disclosure.ties import parts_of_totals, ties_between


@dataclass(frozen=True)
class Place:
    """Somewhere a number is printed: `where` is (key,) or (table, row, column)."""

    where: tuple
    chapter: str
    edition: str
    unknown: int
    name: str
    declared: bool = True  # said to count persons, not only a whole number that might
    harmless: bool = False  # says nothing about anybody, such as how many did not answer


@dataclass
class Model:
    """The system, where its unknowns are printed, which must be hidden, and which everybody knows."""

    rules: Rules
    system: System = field(default_factory=System)
    places: list[Place] = field(default_factory=list)
    sensitive: set[int] = field(default_factory=set)
    public: set[int] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)  # population → its size, known to everybody
    numbers: dict[tuple, int] = field(default_factory=dict)  # (count, of) → its unknown
    cells: dict[tuple, int] = field(default_factory=dict)

    def number(self, count: int, of: int | None, chapter: str = "") -> int:
        """The unknown of a number in prose. Equal numbers of one group are taken to be the same.

        A number whose group nobody names is one of its chapter's own.
        """
        where = (count, of) if of is not None else (count, chapter)
        if where not in self.numbers:
            upper = of if of is not None else max(count, self.rules.size)
            self.numbers[where] = self.system.add(f"a number of {of or chapter}", count, upper)
        return self.numbers[where]

    def other_half(self, unknown: int, of: int) -> int:
        """The unknown of the rest where half of a group is counted: as large, and yet another one."""
        where = (of, "the other half")
        if where not in self.numbers:
            name, class_ = self.system.names[unknown], self.system.together[unknown]
            self.numbers[where] = self.system.add(name, self.system.values[unknown], of, class_)
        return self.numbers[where]

    def size(self, of: int) -> int:
        """The unknown of a whole group: a number of all who were asked."""
        unknown = self.number(of, self.rules.size)
        if of in self.sizes.values():
            self.public.add(unknown)
        return unknown

    def counted(self, value: Value) -> tuple[int, int | None] | None:
        """(count, of) of a value that says how many persons of the survey; None for any other."""
        rules = self.rules
        if value.kind != rules.kind or rules.strand(value.population) != SURVEY:
            return None
        if value.key in rules.release:
            return None
        of = value.of if value.of is not None else self.sizes.get(value.population)
        if value.count is not None:
            return value.count, of
        whole = isinstance(value.value, int) and not isinstance(value.value, bool)
        if not whole or value.value < 0:
            return None
        # no count of its group, so a group of its own: an end of an interval, a sum of ticks
        return value.value, of if of is not None and value.value <= of else None

    def unknown_of(self, value: Value) -> int | None:
        found = self.counted(value)
        return None if found is None else self.number(*found, value.chapter)


def counting_tables(register: Register, rules: Rules) -> list[Table]:
    """The tables that count persons of the survey, and that the rules do not withhold altogether."""
    named = (replace(t, population=rules.about(t.id, t.population)) for t in register.tables)
    return [
        table
        for table in named
        if table.kind == rules.kind
        and rules.strand(table.population) == SURVEY
        and table.id not in rules.release
        and table.counts
        and not rules.crosses_too_much(
            len(table.columns) - len(table.numeric), len(table.numeric), table.population
        )
    ]


def build_model(registers: Sequence[Register], rules: Rules) -> Model:
    """One model over all editions."""
    model = Model(rules)
    model.sizes = {p: n for p, n in rules.sizes.items() if rules.strand(p) == SURVEY}
    for register in registers:
        for value in register.values:
            for population, key in rules.size_keys.items():
                if value.key == key and value.count is not None:
                    model.sizes[population] = value.count
    for size in model.sizes.values():
        model.size(size)
    for register in registers:
        for value in register.values:
            add_value(model, value)
    for register in registers:
        for table in counting_tables(register, rules):
            add_table(model, table)
    tie_rows(model, registers)
    hide_equal_counts_together(model)
    for register in registers:
        add_nested_counts(model, register)
    add_differences(model, registers)
    model.sensitive -= model.public
    return model


def add_value(model: Model, value: Value) -> None:
    """A number in prose, and the rest of its group."""
    found = model.counted(value)
    if found is None:
        return
    count, of = found
    unknown = model.number(count, of, value.chapter)
    name = f"{value.chapter}: {value.key}"
    model.system.names[unknown] = name
    declared = value.count is not None
    harmless = value.label in model.rules.harmless
    place = Place((value.key,), value.chapter, value.edition, unknown, name, declared, harmless)
    model.places.append(place)
    if model.rules.small(count, of, [value.label]):
        model.sensitive.add(unknown)
    if of is not None and 0 < count < of:
        rest = model.number(of - count, of)
        if rest == unknown:  # half of them: equal, and yet two groups
            rest = model.other_half(unknown, of)
        if 0 < of - count < model.rules.minimum:
            model.sensitive.add(rest)
        model.system.add_sum([unknown, rest], model.size(of))


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
            harmless = bool({table.columns[k], *table.cells[i]} & set(model.rules.harmless))
            place = Place(where, table.chapter, table.edition, unknown, name, harmless=harmless)
            model.places.append(place)
            if model.rules.small(count, None, {table.columns[k], *table.cells[i]}):
                model.sensitive.add(unknown)
    lines = [[(i, k) for k in columns if (i, k) in grid] for i in rows]
    lines += [[(i, k) for i in rows if (i, k) in grid] for k in columns]
    spoken = {
        model.system.values[p.unknown]: p.unknown
        for p in model.places
        if len(p.where) == 1 and p.chapter == table.chapter
    }
    for line in lines:
        add_line(model, [grid[spot] for spot in line], spoken)
    for k in columns:
        add_order(model, [grid[i, k] for i in rows if (i, k) in grid])
    for parts, total in own_totals(table, columns, list(rows)):
        unknowns = [[grid.get(spot) for spot in pair] for pair in (parts, total)]
        for group in zip_lines(unknowns):
            model.system.add_sum(*group)


def add_order(model: Model, column: list[int]) -> None:
    """A column that falls from row to row was sorted by it, so a hidden number lies between its neighbours."""
    values = [model.system.values[u] for u in column]
    if len(values) < 4 or values != sorted(values, reverse=True):
        return
    for above, below in pairwise(column):
        if above != below:
            gap = model.system.values[above] - model.system.values[below]
            between = model.system.add(f"a difference in {model.system.names[above]}", gap, np.inf)
            model.system.add_sum([below, between], above)


def add_line(model: Model, unknowns: list[int], spoken: Mapping[int, int]) -> None:
    """A row or a column: its sum is known when it is a whole group, or stands in the prose beside it."""
    total = sum(model.system.values[u] for u in unknowns)
    if len(unknowns) < 2:
        return
    if total in model.sizes.values():
        whole = model.size(total)
    elif total in spoken:
        whole = spoken[total]
    else:
        return
    model.system.add_sum(unknowns, whole)


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


def tie_rows(model: Model, registers: Sequence[Register]) -> None:
    """Rows about the same question in several places: neighbouring answers in one that add up to a
    number in another are taken to be the same persons ("agree" here, "Agree" and "Agree strongly" there).
    """
    no_answer = {*model.rules.harmless, *model.rules.zero_shows}
    # question → rows: (the numbers of its answers, all its numbers)
    rows: dict[tuple[str, str], set[tuple[tuple[int, ...], ...]]] = defaultdict(set)
    for register in registers:
        for table in counting_tables(register, model.rules):
            for i in range(len(table.cells)):
                words = table.words_of(i)
                spots = [(table.columns[k], table.count(i, k)) for k in table.counts]
                cells = {c: model.cells[table.population, words, c, n] for c, n in spots if n is not None}  # fmt: skip
                answers = tuple(u for c, u in cells.items() if c not in no_answer)
                about = base_of(table.population), question(words)
                rows[about].add((answers, tuple(cells.values())))
        for value in register.values:
            found = model.counted(value)
            if found and value.label:
                alone = (model.number(*found, value.chapter),)
                rows[base_of(value.population), question(value.label)].add((alone, alone))
    parts = parts_of_totals(model.system)  # of tables alone: before any tie is added
    for same_question in rows.values():
        for block, number in ties_between(same_question, model.system.values, parts):
            model.system.add_sum(block, number)


def question(words: str) -> str:
    return " ".join(words.casefold().split()).strip(" .?")


def hide_equal_counts_together(model: Model) -> None:
    """A cell hidden in a table must not stand as a number in the prose around it, and vice versa."""
    together, values = model.system.together, model.system.values
    cells: dict[tuple[str, int], set[int]] = defaultdict(set)
    spoken: dict[tuple[str, int], set[int]] = defaultdict(set)
    declared = set()
    for place in model.places:
        where = place.chapter, values[place.unknown]
        (spoken if len(place.where) == 1 else cells)[where].add(place.unknown)
        if place.declared and len(place.where) == 1:
            declared.add(where)
    for where, numbers in spoken.items():
        # The size of a group is known to everybody; a part that happens to be as large is not.
        numbers = numbers - model.public
        if not numbers or where[1] == 0:
            continue
        # an undeclared number goes anyway as soon as a cell of its chapter is hidden
        same = cells.get(where, set()) if where in declared else set()
        classes = {together[i] for i in numbers | same}
        first = min(classes)
        for i, own in enumerate(together):
            if own in classes:
                together[i] = first
        if len(same) == 1 and len(numbers) == 1:
            model.system.add_sum(same, min(numbers))


def add_nested_counts(model: Model, register: Register) -> None:
    """Two printed numbers of one group that differ by a third, small one, and so give it away."""
    by_group: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    small: dict[tuple[str, int], set[int]] = defaultdict(set)
    for value in register.values:
        found = model.counted(value)
        if found and found[1] is not None:
            group = (value.chapter, found[1])
            by_group[group][found[0]] = model.number(*found)
            if 0 < found[0] < model.rules.minimum:
                small[group].add(found[0])
    for table in counting_tables(register, model.rules):
        of = model.sizes.get(table.population)
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
                    parts = [model.number(part, group[1]), unknown]
                    model.system.add_sum(parts, by_group[group][low + part])


def add_differences(model: Model, registers: Sequence[Register]) -> None:
    """The same number in two editions, or in a group and in a part of it: their difference is a group."""
    same: dict[tuple, dict[int, int]] = defaultdict(dict)
    for place in model.places:
        if not place.declared or place.harmless:
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
        unknown = model.unknown_of(value)
        if unknown is not None:
            words = (value.label or value.key.rpartition(".")[2],)
            found.append((value.population, words, unknown))
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
