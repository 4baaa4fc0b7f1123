"""Reported values: the only way a number enters the book's prose.

`report` records a value with its kind, its population and its count, and shows the formatted
text to the page. The role {num}`key` prints it with the mark of its kind.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from numbers import Integral, Real
from typing import Any

from sustainment.errors import CannotSay, UserError
from sustainment.study import current_study, open_now

KINDS = ("published", "derived", "elsewhere", "invented", "observed")
MIME_PREFIX = "application/papermill.record/"
WITHHELD = "withheld to protect persons"
UNSAID = "[cannot be said]"  # the text of a value that these answers do not give; its value is None

# Words for shares, as whole percentages; ours, stated once, changed in study.yml under `words:`.
QUANTITY_WORDS = (
    ("none", 0, 0),
    ("few", 1, 15),
    ("some", 16, 44),
    ("about half", 45, 55),
    ("more than half", 56, 59),
    ("about two of three", 60, 73),
    ("most", 74, 89),
    ("almost all", 90, 99),
    ("all", 100, 100),
)


@dataclass(frozen=True)
class Statistic:
    """One number (or word) that leaves the analysis, and what must be known to protect it.

    count, of: persons in the numerator and denominator, where the value counts persons.
    population: who is counted, for example "respondents" or "respondents: organisation=A".
    target: what an interval is about, for example "the 66, if silence is chance".
    """

    key: str
    value: int | float | str | bool | None
    text: str
    kind: str
    population: str = ""
    count: int | None = None
    of: int | None = None
    target: str = ""
    label: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def report(
    key: str,
    value: Any,
    *,
    kind: str,
    population: str = "",
    fmt: str | None = None,
    count: int | None = None,
    of: int | None = None,
    target: str = "",
    label: str = "",
) -> None:
    """Record a value and make its text available to the page.

    Returns nothing, so that a cell that ends with it prints nothing.

    kind: published, derived, elsewhere, or data (this study's own data: invented or observed).
    fmt: a format such as "d", ".1f" or ".0%" (ties are rounded half up), or None for the plain value.
    A missing value (NaN, NA) is recorded as one that cannot be said.
    Raises UserError for a value that is no number, word or truth value, or for an unknown kind.
    """
    if is_missing(value):
        report_unsaid(key, kind=kind, population=population, target=target)
        return
    plain = to_plain(key, value)
    statistic = Statistic(
        key=key,
        value=plain,
        text=format_value(plain, fmt),
        kind=resolve_kind(kind),
        population=population,
        count=None if count is None else int(count),
        of=None if of is None else int(of),
        target=target,
        label=label,
    )
    statistic = protected(statistic)
    _display(statistic)


def report_unsaid(
    key: str, *, kind: str = "data", population: str = "", target: str = "", cited_from: str = ""
) -> None:
    """Record that a value cannot be computed from these answers: no value, and a text that says so."""
    unsaid = Statistic(key, None, UNSAID, resolve_kind(kind), population=population, target=target)
    _display(protected(unsaid), cited_from)


def only_if(condition: Any, sentence: str) -> None:
    """Go on only if the answers allow it; else the sentence stands in place of what follows in the cell."""
    if not condition:
        raise CannotSay(sentence)


def is_missing(value: Any) -> bool:
    """Whether a value is NaN or NA: what arithmetic on no answers gives."""
    if isinstance(value, Real) and not isinstance(value, Integral):
        return math.isnan(float(value))
    return type(value).__name__ == "NAType"


def cite(study: Any, chapter: str, *keys: str) -> list[Any]:
    """Report again what this chapter takes from another one, unchanged; returns the values.

    The value of what could not be said there is None here.
    """
    records = study.value_records(chapter)
    values: list[Any] = []
    for key in keys:
        if key not in records:
            if any(record["value"] is None for record in records.values()):
                report_unsaid(key, cited_from=chapter)
                values.append(None)
                continue
            raise UserError(f"The chapter {chapter!r} reports no value {key!r}.")
        record = {name: records[key].get(name) for name in Statistic.__dataclass_fields__}
        statistic = replace(Statistic(**record), label=record.get("label") or "")
        _display(statistic, cited_from=chapter)
        values.append(statistic.value)
    return values


def to_plain(key: str, value: Any) -> int | float | str | bool:
    """A plain int, float, str or bool; NumPy scalars would be stored as "np.int64(42)"."""
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        if math.isnan(number):
            raise UserError(f"The value {key!r} is not a number.")
        return number
    if isinstance(value, str):
        return str(value)
    raise UserError(
        f"The value {key!r} is a {type(value).__name__}. Report single numbers, words or truth values."
    )


def resolve_kind(kind: str) -> str:
    """`data` becomes invented or observed, by the provenance of the study that is open."""
    if kind == "data":
        study = current_study()
        if study is None:
            raise UserError('kind="data" needs an open study: call open_study first.')
        return study.data_kind
    if kind not in KINDS:
        raise UserError(f"Unknown kind {kind!r}. Use published, derived, elsewhere or data.")
    study = current_study()
    if kind == "invented" and study is not None and study.reads_people:
        raise UserError(
            'kind="invented" in a chapter that reads observed data would print its numbers unprotected. '
            'Use kind="data".'
        )
    return kind


def format_value(value: int | float | str | bool, fmt: str | None = None) -> str:
    """Text of a value. Ties are rounded half up, as the page's own script does it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if fmt is None:
        return f"{value:d}" if isinstance(value, int) else f"{value:g}"
    if fmt.endswith("%") or fmt.endswith("f"):
        return _half_up(value, fmt)
    if fmt.endswith("d"):
        return format(int(_half_up(value, ".0f")), fmt)
    return format(value, fmt)


def as_percent(share: float) -> str:
    """A share as whole per cent for titles and sentences in code, rounded and written as in prose."""
    return format_value(float(share), ".0%")


def _half_up(value: int | float, fmt: str) -> str:
    percent = fmt.endswith("%")
    digits = int(fmt.split(".")[1][:-1]) if "." in fmt else (0 if percent else 6)
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "−∞"
    number = Decimal(repr(value)) * (100 if percent else 1)
    rounded = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in fmt else f"{rounded:f}"
    if rounded == 0:
        text = text.lstrip("-")
    return text.replace("-", "−") + (" %" if percent else "")


def quantity_word(share: float, limits: Any = None) -> str:
    """The word for a share between 0 and 1, for example "about two of three" for 0.66."""
    if is_missing(share):
        raise CannotSay("There is no share to put into words, because nobody gave an answer.")
    if not 0 <= share <= 1:
        raise UserError(f"A share lies between 0 and 1; got {share}.")
    study = current_study()
    limits = limits or (study.settings.get("words") if study else None) or QUANTITY_WORDS
    # Only nobody is "none" and only everybody is "all", whatever the rounding says.
    percent = int(Decimal(repr(float(share * 100))).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if share > 0:
        percent = max(percent, 1)
    if share < 1:
        percent = min(percent, 99)
    for word, low, high in limits:
        if low <= percent <= high:
            return word
    raise UserError(
        f"No word is defined for a share of {percent} %: complete `words:` in study.yml."
    )


def protected(statistic: Statistic) -> Statistic:
    """The statistic as it may leave: unchanged, unless the data are a real study's."""
    if statistic.kind != "observed":
        return statistic
    from sustainment.disclosure.gate import protect_statistic

    return protect_statistic(open_now(), statistic)


def in_notebook() -> bool:
    from IPython import get_ipython

    return get_ipython() is not None


def _display(statistic: Statistic, cited_from: str = "") -> None:
    study = current_study()
    if study is not None:
        study.reported.add(statistic.key)
    if not in_notebook():
        return
    from IPython.display import display

    record = statistic.as_dict() | ({"cited_from": cited_from} if cited_from else {})
    # myst_nb finds glued text by `scrapbook`; the kind beside the name travels with the value.
    display(
        {MIME_PREFIX + "text/plain": statistic.text},
        raw=True,
        metadata={
            "scrapbook": {
                "name": statistic.key,
                "mime_prefix": MIME_PREFIX,
                "kind": statistic.kind,
            },
            "sustainment": {"type": "value", **record},
        },
    )
