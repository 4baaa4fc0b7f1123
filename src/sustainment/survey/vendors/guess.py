"""What a column most likely is, when the export has no codebook: type, options and their order.

Forms, and plain tables without a key, hold labels and nothing else. Each guess is a note of the
reader, so that the draft of `study.yml` can show it with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from sustainment.survey.model import Item, ItemType
from sustainment.survey.vendors.scales import number_order, plain, scale_order
from sustainment.survey.vendors.sheet import tidy

NUMBER = r"[-+]?\d{1,15}([.,]\d+)?"
ISO_DATE = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:?\d{2})?)?"
#: What programs (R, SPSS, databases, spreadsheets) and people write into a cell that holds no answer.
STAND_INS = {
    **dict.fromkeys(
        ("NA", "<NA>", "NaN", "nan", "NULL", "null", "#N/A", "#NULL!", "#NV", ".", "-", "--"), "no answer"
    ),
    **dict.fromkeys(("N/A", "n/a"), "not applicable"),
}  # fmt: skip
_WRITTEN = {".", "-", "--", "N/A", "n/a"}
_IMPOSSIBLE = {"-9", "-66", "-77", "-88", "-99", "-999", "-9999", "999", "9999"}
MOST_OPTIONS = 15  # more distinct answers than this, and the question was open
SLASHED_DATE = r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}([ T]\d{1,2}:\d{2}(:\d{2})?)?"
LONGEST_OPTION = 150  # characters; longer answers were written, not chosen
FEWEST_TICKED = 3  # an answer given fewer times in a multiple choice counts as "other"

_OPEN = re.compile(
    r"\b(comments?|kommentar(er)?|specify|explain|describe|motivera|förklara|beskriv|anything else"
    r"|own words|egna ord|övrigt|övriga kommentarer|sonstiges|autres? remarques?)\b",
    re.I,
)

_KINDS = (
    (
        "not asked",
        r"branch|not asked|skipped by|logic|not shown|routing|ej visad|hoppad|inapplicable",
    ),
    (
        "refused",
        r"refus|prefer not|declin|vill (ej|inte)|don'?t know|do not know|vet (ej|inte)|\bdk\b|undetermined",
    ),
    (
        "not applicable",
        r"not applicable|does not apply|\bn/?a\b|ej (aktuell|tillämplig)|inte aktuell",
    ),
    ("removed", r"remov|redact|suppress|withheld|borttag|maskerad"),
)


def missing_kind(label: str) -> str:
    """The kind of a missing answer by the words that describe its code; "no answer" when in doubt."""
    text = tidy(label).casefold().replace("’", "'")
    return next((kind for kind, words in _KINDS if re.search(words, text)), "no answer")


def guess_item(
    name: str, wording: str, column: pd.Series, *, section: str = "", codes: bool = False
) -> Item:
    """An item guessed from its cells.

    `codes` says that small whole numbers stand for options (an export of codes) rather than for
    amounts. Labels are options when few, short and repeated; a known scale gives their order. What
    stands in for an empty cell (NA, NULL, -99) becomes a missing code.
    """
    seen = set(column.unique())
    missing = {code: kind for code, kind in STAND_INS.items() if code in seen}
    missing |= dict.fromkeys(_sentinels(seen - {"", *missing}), "no answer")
    if missing:
        column = column[~column.isin(list(missing))]
    item = _from_cells(name, wording, column, section, codes)
    if item.type == "text":  # in an open answer a dash or "n/a" is what the person wrote
        missing = {code: kind for code, kind in missing.items() if code not in _WRITTEN}
    return replace(item, missing=missing)


def _sentinels(values: set[str]) -> list[str]:
    """Numbers that stand for a missing answer: -99 where no other is negative, 999 where all are small."""
    found = sorted(values & _IMPOSSIBLE)
    rest = values - set(found)
    if not found or len(rest) < 2 or not all(re.fullmatch(NUMBER, value) for value in rest):
        return []
    numbers = [float(value.replace(",", ".")) for value in rest]
    low, high = min(numbers), max(numbers)
    return [code for code in found if (low >= 0 if code[0] == "-" else high <= 200)]


def _from_cells(name: str, wording: str, column: pd.Series, section: str, codes: bool) -> Item:
    counts = column[column != ""].value_counts()
    values = [str(value) for value in counts.index]
    item = Item(name, wording, "text", section=section)
    if not values:
        return item
    if all(re.fullmatch(NUMBER, value.strip()) for value in values):
        small = all(re.fullmatch(r"-?\d|10|[789][789]", value) for value in values)
        if small and (codes or set(values) <= {"0", "1"}) and len(values) <= MOST_OPTIONS:
            return _with(item, "single", sorted(values, key=int))
        return replace(item, type="number", format=number_format(values))
    if all(re.fullmatch(ISO_DATE, value.strip()) for value in values):
        return replace(item, type="date")
    if all(re.fullmatch(SLASHED_DATE, value.strip()) for value in values):
        order = date_order(values)
        return replace(item, type="date", format=order) if order else item
    scale = scale_order(values)
    if not scale and len({plain(value) for value in values}) < 0.7 * len(values):
        return item  # one thing spelled in many ways was typed, not chosen
    if scale and len(values) > 2:
        return _with(item, "likert", scale)
    if not scale and _OPEN.search(wording[:200]):
        return item
    if scale or looks_closed(values, int(counts.sum())):
        return _with(item, "single", scale or number_order(values) or _by_count(counts))
    return item


def number_format(values: Sequence[str]) -> str:
    """How numbers are written: "integer", "decimal comma" or "" (with a point)."""
    if any("," in value for value in values):
        return "decimal comma"
    return "" if any("." in value for value in values) else "integer"


def date_order(values: Sequence[str]) -> str:
    """ "day first" or "month first" when a number above 12 decides it; "" when both would do."""
    found = [re.match(SLASHED_DATE, value.strip()) for value in values]
    first = max(int(match[1]) for match in found if match)
    second = max(int(match[2]) for match in found if match)
    if (first > 12) == (second > 12):
        return ""
    return "day first" if first > 12 else "month first"


def looks_closed(values: Sequence[str], answers: int) -> bool:
    """Whether distinct answers are few, short and repeated enough to have been offered as options."""
    if len(values) > MOST_OPTIONS or max(map(len, values)) > LONGEST_OPTION:
        return False
    if len(values) > 1 and all(value.rstrip().endswith(";") for value in values):
        return False  # several answers, or an order of preference, in one cell
    return answers >= 2 * len(values) or set(map(str.casefold, values)) <= {
        "yes",
        "no",
        "ja",
        "nej",
    }


def share_options(items: dict[str, Item], table: pd.DataFrame) -> None:
    """Give the rows of a grid one list of options: a row need not use every step of the scale."""
    grids: dict[str, list[str]] = {}
    for name, item in items.items():
        if item.section and item.type in {"single", "likert"}:
            grids.setdefault(item.section, []).append(name)
    for names in grids.values():
        labels = list(dict.fromkeys(label for name in names for label in items[name].options))
        if len(names) < 2 or len(labels) > MOST_OPTIONS:
            continue
        scale = scale_order(labels)
        order = scale or number_order(labels) or labels
        for name in names:
            kind = "likert" if scale and len(labels) > 2 else items[name].type
            items[name] = replace(items[name], type=kind, options={label: label for label in order})


def split_ticks(column: pd.Series, separator: str) -> dict[str, pd.Series]:
    """Tick columns of a multiple choice that the export joined in one cell; {} when it is none.

    Each tick is "1", "0", or "" where the whole cell is empty. Answers given fewer than three times
    are gathered under "" (other), and the joined column keeps their words. A cell that ends in
    the separator (Microsoft Forms writes "a;b;") is read without its end.
    """
    filled = column[column != ""]
    if not any(separator in cell for cell in filled.unique()):
        return {}
    cells = [_parts(cell, separator) for cell in filled.unique()]
    if len(cells) > 1 and len(cells[0]) > 2 and len({frozenset(parts) for parts in cells}) == 1:
        return {}  # everybody has all of them: an order of preference, not a choice
    weights = filled.value_counts()
    joined = sum(int(weights[cell]) for cell in filled.unique() if len(_parts(cell, separator)) > 1)
    tokens: Counter[str] = Counter()
    for cell in filled:
        tokens.update(_parts(cell, separator))
    common = [token for token, count in tokens.most_common() if count >= FEWEST_TICKED]
    covered = sum(tokens[token] for token in common)
    closing = separator.strip()
    if all(cell.rstrip().endswith(closing) for cell in filled.unique()) and len(tokens) > 1:
        return _ticks(column, separator, list(tokens) if len(tokens) <= MOST_OPTIONS else common)
    if joined < max(2, 0.05 * len(filled)) or len(common) < 2:
        return {}
    if covered < 0.7 * sum(tokens.values()) or max(map(len, common)) > LONGEST_OPTION:
        return {}
    combined = sum(sum(token in parts for parts in cells) >= 2 for token in common)
    if combined < len(common) / 2:
        return {}  # "Yes, always" and "No, never" are one option each
    if any(len(parts) != len(set(parts)) for parts in cells):
        return {}  # one option ticked twice: these are words, not options
    return _ticks(column, separator, common)


def _ticks(column: pd.Series, separator: str, options: list[str]) -> dict[str, pd.Series]:
    by_cell = {cell: set(_parts(cell, separator)) for cell in column.unique()}
    ticks = {
        option: column.map(
            lambda cell, t=option: "" if cell == "" else str(int(t in by_cell[cell]))
        )
        for option in options
    }
    if any(parts - set(options) for parts in by_cell.values()):
        ticks[""] = column.map(
            lambda cell: "" if cell == "" else str(int(bool(by_cell[cell] - set(options))))
        )
    return ticks


def tick_options(column: pd.Series, code: str, label: str) -> dict[str, str]:
    """Options of a tick box: exports write 0 for an unticked box, or leave it blank."""
    return {"0" if (column == "0").any() else "": "not ticked", code: label}


def add_joined(table: pd.DataFrame, codebook: dict[str, Item], name: str, wording: str) -> bool:
    """`add_ticks` with the sign that joins the answers, ";" before ", ": an option may hold a comma."""
    return any(add_ticks(table, codebook, name, wording, mark) for mark in (";", ", "))


def add_ticks(
    table: pd.DataFrame, codebook: dict[str, Item], name: str, wording: str, separator: str
) -> bool:
    """Add tick columns `name___1`, `name___2`, … behind a joined multiple choice; False when none.

    The joined column stays in the table as it is, as an item of type "note": its ticks are the answers.
    """
    ticks = split_ticks(table[name], separator)
    place = table.columns.get_loc(name) + 1
    if ticks:  # kept as it was exported; its ticks are the answers
        codebook[name] = Item(name, wording, "note")
    for number, (option, cells) in enumerate(ticks.items(), start=1):
        tick = f"{name}___{number if option else 'other'}"
        label = option or "Other"
        table.insert(place, tick, cells.astype("str"))
        codebook[tick] = Item(tick, wording, "multi", {"0": "not ticked", "1": label}, set=name)
        place += 1
    return bool(ticks)


def short_ids(wordings: Sequence[str]) -> list[tuple[str, str]]:
    """(id, stem) for columns that are named by whole questions.

    A short header becomes a plain name ("Years of work" → years_of_work), a sentence the number of
    its question (q7); the rows of a grid, "stem [row]", share a number (q7_1, q7_2). `stem` is "" for
    columns that are not part of a grid.
    """
    found: list[tuple[str, str]] = []
    taken: set[str] = set()
    number, last_stem, row = 0, "", 0
    for wording in wordings:
        grid = re.fullmatch(r"(.+?)\s*\[([^\[\]]+)\]\s*", wording, re.DOTALL)
        stem = grid[1] if grid else ""
        if stem and stem == last_stem:
            row += 1
        else:
            number, row = number + 1, 1
        last_stem = stem
        slug = re.sub(r"\W+", "_", tidy(wording).casefold()).strip("_")
        if stem:
            name = f"q{number}_{row}"
        elif 0 < len(slug) <= 24 and len(wording.split()) <= 4:
            name = slug
        else:
            name = f"q{number}"
        while name in taken:
            name += "_b"
        taken.add(name)
        found.append((name, stem))
    return found


def _with(item: Item, kind: ItemType, labels: Sequence[str]) -> Item:
    return Item(
        item.id, item.wording, kind, {label: label for label in labels}, section=item.section
    )


def _by_count(counts: pd.Series) -> list[str]:
    return [str(v) for v in sorted(counts.index, key=lambda value: (-counts[value], str(value)))]


def _parts(cell: str, separator: str) -> list[str]:
    """The answers in one cell. After a bare comma no blank follows: "Help, from leaders" is one.

    Nothing is taken apart inside brackets: "A manager (Slurm, PBS)" is one.
    """
    parts: list[str] = []
    for part in re.split(r",(?! )", cell) if separator == "," else cell.split(separator):
        if parts and parts[-1].count("(") > parts[-1].count(")"):
            parts[-1] += separator + part
        else:
            parts.append(part)
    return [part.strip() for part in parts if part.strip()]
