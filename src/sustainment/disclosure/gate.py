"""The gate: every number of a real study passes here before a page can show it.

What the plan (`data/suppression.yml`) or a rule hides is replaced by a mark that keeps the sentence
whole. Whatever the plan does not know, or no rule covers, does not pass.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.disclosure.cells import about, hide_cells, hide_words, interview_cells, merge_frame
from sustainment.disclosure.coarse import ranges_only, round_share, survival_steps
from sustainment.disclosure.rules import (
    CELL,
    INTERVIEWS,
    NUMBER,
    OPEN,
    PASSAGES,
    PERSON_COLUMNS,
    RANGES,
    SHARE,
    SURVEY,
    SURVIVAL,
    UNKNOWN,
    WORDS,
    Rules,
    implied_count,
    is_extreme,
    is_part,
    number_in,
    read_rules,
    rounded,
    whole_percent,
)
from sustainment.disclosure.words import Vocabulary, vocabulary_of
from sustainment.errors import UserError
from sustainment.study import VALUES_VARIABLE, Study

COLLECT_VARIABLE = "SUSTAINMENT_COLLECT"
COLLECTED = Path("_build") / "collect"

_released: dict[int, set[int]] = {}  # whole numbers that the open study has let out so far


def collecting(study: Study) -> bool:
    """Whether this is the run that only gathers what there is, into a folder that is never published.

    Raises UserError when the variable is set anywhere else: it must not become a way around the gate.
    """
    if os.environ.get(COLLECT_VARIABLE) != "1":
        return False
    folder = os.environ.get(VALUES_VARIABLE, "")
    allowed = (study.root / COLLECTED).resolve()
    if not folder or not Path(folder).resolve().is_relative_to(allowed):
        raise UserError(
            f"{COLLECT_VARIABLE} is set outside `sustainment protect`. It would let unprotected "
            f"numbers out, so nothing is computed: unset it."
        )
    return True


def protect_statistic(study: Study, statistic: Any) -> Any:
    """The statistic as it may leave: as it is, coarser, or with a mark in its place.

    Raises UserError when what is printed beside it names somebody.
    """
    beside = (statistic.key, statistic.population, statistic.label, statistic.target)
    if any(vocabulary_of(study).names_someone(words) for words in beside):
        raise UserError(
            f"notebooks/{study.chapter}.md: the key, population, label or target of a reported value names "
            f"a person or a document of the data. They are printed beside it: use words of the book."
        )
    if collecting(study):
        return statistic
    if statistic.value is None:
        return withheld(statistic)  # that nobody answered tells about everybody
    rules, plan = read_rules(study.settings), load(study)
    hidden, derived = plan.hidden_values(study.chapter), plan.derived_withheld(study.chapter)
    if statistic.key in rules.release or statistic.key in rules.size_keys.values():
        remember(study, [statistic.value, statistic.of])
        return statistic
    strand = rules.strand(statistic.population)
    if isinstance(statistic.value, bool):
        passed = None if strand != OPEN else statistic
    elif isinstance(statistic.value, str):
        passed = protect_word(statistic, rules, vocabulary_of(study), statistic.key in hidden)
    elif strand == OPEN:
        passed = statistic
    elif strand == INTERVIEWS:
        passed = interviews_as_word(statistic, rules)
    elif strand == PASSAGES:
        passed = passages_rounded(statistic, rules)
    elif strand in (RANGES, SURVIVAL):
        passed = curve_rounded(statistic, rules)
    elif strand == SURVEY and not is_extreme(statistic.key) and statistic.key not in hidden:
        passed = protect_number(statistic, rules, derived)
    else:
        passed = None
    passed = passed or withheld(statistic)
    if passed.of is not None and passed.of not in known_numbers(study, rules):
        passed = replace(passed, of=None)  # the size of the group may be what is hidden
    remember(study, [passed.value])
    return passed


def withheld(statistic: Any) -> Any:
    """A mark in place of the value: nothing that was worked out from it stays in the record."""
    share = statistic.text.endswith("%")
    mark = WORDS if isinstance(statistic.value, str | bool) else SHARE if share else NUMBER
    return replace(statistic, value=mark, text=mark, count=None, of=None)


def protect_number(statistic: Any, rules: Rules, derived_withheld: bool) -> Any:
    """A number about persons of the survey, that the plan does not hide; None when a rule does."""
    of = statistic.of if statistic.of is not None else rules.sizes.get(statistic.population)
    whole = isinstance(statistic.value, int)
    count = statistic.count if statistic.count is not None else statistic.value if whole else None
    if statistic.text.endswith("%") and count is None:
        count = implied_count(statistic.value, of)
    if count is not None:
        if count < 0 or rules.small(count, of, [statistic.label]):
            return None
    elif derived_withheld:
        return None  # it may have been worked out from a number that is hidden
    elif statistic.text.endswith("%") and not statistic.target:
        return None  # a share, and no end of an interval: nobody said of how many it is how many
    if derived_withheld and statistic.count is None:
        return None
    if whole:
        return statistic
    if statistic.of is not None and statistic.of < rules.denominator:
        return None
    if is_part(statistic.population) and statistic.of is None:
        return None  # nobody said how few they are
    text = whole_percent(statistic.text) if statistic.text.endswith("%") else statistic.text
    value = number_in(text)
    if value is None:
        return None
    if text.endswith("%") and count is None:
        least = 100 * rules.minimum / (of or rules.size)
        if not least <= 100 * value <= 100 - least:
            return None
    return replace(statistic, value=value, text=text)


def interviews_as_word(statistic: Any, rules: Rules) -> Any:
    """few, some, most or all of the interviews, in place of how many."""
    count = statistic.count if statistic.count is not None else statistic.value
    of = statistic.of or rules.sizes.get("interviews") or 0
    if not isinstance(count, int) or not 0 <= count <= of or is_extreme(statistic.key):
        return None
    if count == of and statistic.value == of:
        return statistic  # how many were interviewed at all
    word = rules.word_for(count, of)
    return replace(statistic, value=word, text=word, count=None, of=None)


def passages_rounded(statistic: Any, rules: Rules) -> Any:
    """Numbers of passages, rounded; shares of them in whole percentages."""
    if isinstance(statistic.value, int):
        text = about(statistic.value, rules)
        shown = rounded(statistic.value, rules.base) if text.startswith("about") else text
        return replace(statistic, value=shown, text=text, count=None, of=None)
    text = whole_percent(statistic.text) if statistic.text.endswith("%") else statistic.text
    value = number_in(text)
    return (
        None if value is None else replace(statistic, value=value, text=text, count=None, of=None)
    )


def curve_rounded(statistic: Any, rules: Rules) -> Any:
    """An end or the middle of a specification curve, or a survival, in steps of some per cent."""
    if not isinstance(statistic.value, float) or not statistic.text.endswith("%"):
        return None
    share = round_share(statistic.value, rules.base)
    text = f"about {100 * share:.0f} %"
    return replace(statistic, value=share, text=text, count=None, of=None)


def protect_word(statistic: Any, rules: Rules, vocabulary: Vocabulary, hidden: bool) -> Any:
    """A reported word: of the instruments or the book, and not "none" or "all" of anybody."""
    extreme = statistic.value.strip().casefold() in ("none", "nobody", "all", "everybody")
    if extreme and rules.strand(statistic.population) in (SURVEY, UNKNOWN):
        return None
    if statistic.count is not None:
        too_small = statistic.of is not None and statistic.of < rules.denominator
        low, high = rules.called(statistic.value.casefold(), statistic.of) or (0, rules.size)
        if too_small or (hidden and (extreme or high - low < rules.width)):
            return None
        statistic = replace(statistic, count=None, of=None)
    return statistic if vocabulary.knows(statistic.value) else None


# Tables -----------------------------------------------------------------------------------------


def protect_table(
    study: Study,
    frame: pd.DataFrame,
    id: str,
    population: str,
    counts: Sequence[str],
    derived: Mapping[str, str],
) -> pd.DataFrame:
    """The table as it may leave: as it is, with neighbours merged, with cells or all of it withheld.

    counts: the columns said to count persons; every other column of whole numbers is taken to.
    derived: {column: the column of counts it can be worked out from}.
    """
    rules = read_rules(study.settings)
    plan = None if collecting(study) else load(study)
    if id in rules.release:
        return frame
    population, vocabulary = rules.about(id, population), vocabulary_of(study)
    strand = rules.strand(population)
    if plan is None:
        # The plan names rows by their words: of a table that is never let out, it must know none.
        why = strand == SURVEY and unprintable(frame, population, rules, vocabulary)
        return whole_withheld(why) if why else frame
    hidden, rows, columns = plan.table(study.chapter, id)
    if strand == OPEN:
        frame = hide_words(frame, vocabulary, known_numbers(study, rules), rules.minimum)
    elif strand == INTERVIEWS:
        # what a code means may hold a date or a person; the line of the code stays
        meanings = hide_words(frame.iloc[:, 1:], vocabulary, set(), rules.minimum)
        frame = pd.concat([frame.iloc[:, :1], meanings], axis=1)
    elif strand == RANGES:
        frame = ranges_only(frame, rules.base)
    elif strand == SURVIVAL:
        frame = survival_steps(frame, rules)
    why = unprintable(frame, population, rules, vocabulary)
    if why:
        return whole_withheld(why)
    if strand in (OPEN, RANGES, SURVIVAL):
        safe = frame
    elif strand == SURVEY:
        safe = merge_frame(frame, rows, columns)
        flagged = plan.derived_withheld(study.chapter) or is_part(population)
        safe = hide_cells(safe, hidden, rules, derived, flagged)
    else:
        safe = interview_cells(frame, rules, population)
    remember(study, safe.to_numpy().ravel().tolist())
    return safe


def whole_withheld(why: str) -> pd.DataFrame:
    return pd.DataFrame({"Withheld": [f"This table is withheld: {why}."]})


def unprintable(frame: pd.DataFrame, population: str, rules: Rules, vocabulary: Vocabulary) -> str:
    """Why nothing of a table may be printed; "" when it may, cell by cell."""
    if rules.strand(population) == UNKNOWN:
        return "it is not said whom or what it counts"
    names = [str(column) for column in frame.columns]
    if any(name.casefold() in PERSON_COLUMNS for name in names):
        return "it has a line for each person"
    labels = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    texts = [str(v) for c in labels for v in frame[c].dropna() if v != CELL] + names
    if any(vocabulary.names_someone(text) for text in texts):
        return "it names single persons or documents"
    if not all(vocabulary.knows(text) for text in texts):
        return "it holds words that are not of the questionnaire, the codebook or the book"
    numbers = [c for c in frame.columns if c not in labels]
    if rules.strand(population) not in (OPEN, RANGES) and not numbers:
        return "it counts nobody, so its lines may be persons"
    if rules.strand(population) in (SURVEY, INTERVIEWS) and frame[labels].duplicated().any():
        return "some of its lines have the same words, so its lines may be persons"
    if rules.strand(population) == SURVEY and rules.crosses_too_much(
        len(labels), len(numbers), population
    ):
        return f"it crosses more than {rules.ways} traits"
    return ""


# Titles, captions, alt texts -------------------------------------------------------------------------


def protect_text(study: Study, text: str) -> str:
    """A title, caption or alt text: only numbers that have left already, only public words."""
    if not text or collecting(study):
        return text
    rules = read_rules(study.settings)
    return vocabulary_of(study).scrub(text, known_numbers(study, rules), rules.minimum)


def known_numbers(study: Study, rules: Rules) -> set[int]:
    """Whole numbers that this chapter has let out, and sizes that everybody knows."""
    return _released.get(id(study), set()) | set(rules.sizes.values())


def remember(study: Study, shown: Sequence[Any]) -> None:
    numbers = _released.setdefault(id(study), set())
    numbers |= {
        int(n)
        for n in shown
        if isinstance(n, int | float) and not pd.isna(n) and float(n).is_integer()
    }


def require_passed_audit(root: Path) -> None:
    """Raises UserError unless everything executed for publication passes the audit."""
    from sustainment.disclosure.audit import RUN, require_audit

    require_audit(root, "default", root / RUN / "default")


def load(study: Study) -> Any:
    """The plan, checked against the data and the chapter. Raises UserError when there is none."""
    from sustainment.disclosure.plan import load_plan

    return load_plan(study.root, study.chapter)
