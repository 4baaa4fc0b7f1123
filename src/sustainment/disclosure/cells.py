"""What becomes of a table cell by cell: neighbours merged, cells withheld, words in place of numbers.

The functions take a DataFrame and return another one; none of them reads the plan or the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sustainment.disclosure.rules import (
    CELL,
    INTERVIEWS,
    PASSAGES,
    Rules,
    implied_count,
    is_extreme,
    rounded,
)
from sustainment.disclosure.words import Vocabulary
from sustainment.errors import UserError


def about(count: int, rules: Rules) -> str:
    return "few" if count < rules.minimum else f"about {rounded(count, rules.base)}"


def count_columns(frame: pd.DataFrame) -> list[Any]:
    """Columns of whole numbers: they are taken to count persons, declared or not."""
    return [
        c
        for c in frame.columns
        if pd.api.types.is_numeric_dtype(frame[c])
        and not pd.api.types.is_bool_dtype(frame[c])
        and (frame[c].dropna() % 1 == 0).all()
    ]


def words_of(row: Mapping[Any, Any], labels: Sequence[Any]) -> str:
    return " · ".join("–" if pd.isna(row[c]) else str(row[c]) for c in labels)


def hide_words(
    frame: pd.DataFrame, vocabulary: Vocabulary, numbers: set[int], minimum: int
) -> pd.DataFrame:
    """A table about no persons, with the cells withheld whose words are not public.

    A number in such a cell ("22 of 42 say…") may stand where the chapter has let it out as a value.
    """
    allowed = {n for n in numbers if n >= minimum}
    out = frame.copy()
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            out[column] = [
                v if pd.isna(v) or vocabulary.knows(str(v), allowed) else CELL
                for v in frame[column]
            ]
    return out


def merge_frame(
    frame: pd.DataFrame, rows: list[list[int]], columns: list[list[int]]
) -> pd.DataFrame:
    """Neighbouring categories merged as the plan says; persons are added up, other numbers left out."""
    from sustainment.disclosure.register import join_label

    if not rows and not columns:
        return frame
    counting = set(count_columns(frame))
    blocks = columns or [[k] for k in range(frame.shape[1])]
    groups = rows or [[i] for i in range(len(frame))]
    if sum(map(len, blocks)) != frame.shape[1] or sum(map(len, groups)) != len(frame):
        raise UserError(
            "The plan in data/suppression.yml merges a table that has changed since. Run "
            "`sustainment protect` and review the plan again."
        )
    out: dict[str, list[Any]] = {}
    for block in blocks:
        names = [str(frame.columns[k]) for k in block]
        name = names[0] if len(names) == 1 else join_label(names[0], names[-1])
        part = frame.iloc[:, block]
        if set(part.columns) <= counting:
            out[name] = [int(part.iloc[group].to_numpy().sum()) for group in groups]
        else:
            column = part.iloc[:, 0]
            whole = pd.api.types.is_numeric_dtype(column)
            out[name] = [
                column.iloc[group[0]]
                if len(group) == 1
                else (None if whole else join_label(str(column.iloc[group[0]]), str(column.iloc[group[-1]])))
                for group in groups
            ]  # fmt: skip
    return pd.DataFrame(out)


def hide_cells(
    frame: pd.DataFrame,
    hidden: set[tuple[str, str]],
    rules: Rules,
    derived: Mapping[str, str],
    flagged: bool,
) -> pd.DataFrame:
    """The frame with the plan's cells and what hangs on them withheld; the rules hold besides."""
    counting = count_columns(frame)
    labels = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    out = frame.astype(object).copy()
    for i, row in enumerate(frame.to_dict("records")):
        words = words_of(row, labels)
        gone = set()
        for column in counting:
            if pd.isna(row[column]):
                continue
            count = int(row[column])
            small = rules.small(count, None, {str(column), *(str(row[c]) for c in labels)})
            if (words, str(column)) in hidden or small or is_extreme(str(column)):
                gone.add(column)
        for column in frame.columns:
            if column in counting or column in labels:
                continue
            source = derived.get(str(column))
            tied = source in gone if source else bool(gone) or flagged
            persons = [int(row[c]) for c in counting if not pd.isna(row[c])]
            if tied or is_extreme(str(column)) or of_too_few(row[column], persons, rules):
                gone.add(column)
            elif isinstance(row[column], float) and not pd.isna(row[column]):
                out.iloc[i, out.columns.get_loc(column)] = round(row[column], 2)
        for column in gone:
            out.iloc[i, out.columns.get_loc(column)] = CELL
    for column in frame.columns:
        if not (out[column].astype(object) == CELL).any():
            out[column] = out[column].astype(frame[column].dtype)
    return out


def of_too_few(number: Any, persons: Sequence[int], rules: Rules) -> bool:
    """Whether a share or a mean may be of too few, or tell of too few: persons are the counts beside it."""
    if max(persons, default=0) < rules.denominator:
        return True  # or nobody says how many
    implied = ((implied_count(number, of), of) for of in persons)
    return any(count is not None and rules.small(count, of) for count, of in implied)


def interview_cells(frame: pd.DataFrame, rules: Rules, population: str) -> pd.DataFrame:
    """Words in place of numbers of interviews; passages rounded; every other number withheld."""
    out = frame.astype(object).copy()
    size = rules.sizes.get("interviews", 0)
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            continue
        named = rules.strand(str(column))
        strand = named if named in (INTERVIEWS, PASSAGES) else rules.strand(population)
        for i, value in enumerate(frame[column]):
            if pd.isna(value):
                continue
            whole = float(value).is_integer()
            if whole and strand == INTERVIEWS and 0 <= value <= size:
                shown = rules.word_for(int(value), size)
            elif whole and strand == PASSAGES:
                shown = about(int(value), rules)
            else:
                shown = CELL
            out.iloc[i, out.columns.get_loc(column)] = shown
    return out
