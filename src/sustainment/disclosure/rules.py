"""The rules of protection: who is counted, what is too small, and what is printed instead.

They stand in `data/study.yml` under `protection:`; what is left out there has the defaults below.
Nothing here looks at the data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from typing import Any

from sustainment.errors import UserError
from sustainment.report import QUANTITY_WORDS, quantity_word

SURVEY, INTERVIEWS, PASSAGES, OPEN, UNKNOWN = "survey", "interviews", "passages", "open", ""
RANGES, SURVIVAL = "ranges", "survival"

# Brackets as in a quotation: the sentence around them still reads, and nothing is said about the
# size, because a number may be hidden only so that another one cannot be worked out from it.
NUMBER, SHARE, WORDS, CELL = (
    "[number withheld]",
    "[share withheld]",
    "[words withheld]",
    "withheld",
)

EXTREMES = ("min", "max", "minimum", "maximum", "smallest", "largest", "shortest", "longest")
PERSON_COLUMNS = ("person", "respondent", "record", "row", "document", "case", "interview", "coder")


@dataclass(frozen=True)
class Rules:
    """The protection of one study.

    minimum: smallest number of persons, and smallest complement, that may be printed.
    denominator: fewest persons that a share or a mean may be of.
    width: how wide the interval must stay into which a reader can narrow a hidden number.
    kind: the kind of number that counts this study's own persons: observed, or invented in a rehearsal.
    base: numbers of passages, ends of ranges (in percentage points) and survival are rounded to it.
    populations: who is counted → strand. sizes: population → number of persons that everybody knows.
    harmless: columns or rows that say nothing about anybody, such as "no answer": any number may show.
    size_keys: population → key of the value that says how many they are, printed always.
    zero_shows: columns or rows in which "nobody" may show, because the form alone makes it so.
    tables: table → population, for tables whose chapter does not say it; * stands for anything.
    ordered: table → "rows" or the columns that stand in an order, so that neighbours can be merged.
    release: key or table → reason, for what a person has looked at and lets out.
    """

    size: int
    kind: str = "observed"
    minimum: int = 5
    denominator: int = 10
    width: int = 5
    ways: int = 2
    base: int = 5
    populations: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    size_keys: Mapping[str, str] = field(default_factory=dict)
    harmless: tuple[str, ...] = ()
    zero_shows: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    ordered: Mapping[str, Any] = field(default_factory=dict)
    release: Mapping[str, str] = field(default_factory=dict)
    words: tuple[tuple[str, int, int], ...] = (
        ("none", 0, 0),
        ("few", 1, 25),
        ("some", 26, 50),
        ("most", 51, 99),
        ("all", 100, 100),
    )
    shares_called: Sequence[Sequence[Any]] = QUANTITY_WORDS  # the words for shares of the survey

    def strand(self, population: str) -> str:
        """survey, ranges, survival, interviews, passages, open (no persons), or "" for one nobody named."""
        return self.populations.get(base_of(population), UNKNOWN)

    def about(self, id: str, population: str) -> str:
        """The population of a table: what its chapter says, else what the rules say of its id."""
        if population:
            return population
        return next((p for pattern, p in self.tables.items() if fnmatchcase(id, pattern)), "")

    def small(self, count: int, of: int | None, labels: Iterable[str] = ()) -> bool:
        """Whether a count of persons, or its complement, must not be printed.

        labels: the words that say what is counted; some of them say nothing about anybody.
        """
        labels, count = set(labels), abs(count)  # "3 left out" may stand as −3
        if labels & set(self.harmless) or (count == 0 and labels & set(self.zero_shows)):
            return False
        return bool(self.why_small(count, of))

    def why_small(self, count: int, of: int | None) -> str:
        """The rule by which a count of persons must not be printed, in words; "" when it may be."""
        if count == 0:
            return "it says something of everybody: nobody did"
        if count == of:
            return "it says something of everybody: all did"
        if count < self.minimum:
            return "it is about too few persons"
        if of is not None and of - count < self.minimum:
            return "it leaves too few persons over"
        return ""

    def crosses_too_much(self, labels: int, numbers: int, population: str) -> bool:
        """Whether a table of so many columns of words and of numbers crosses too many traits."""
        ways = labels + (numbers > 1) + population.count(":") + population.count(",")
        return ways > self.ways

    def called(self, word: str, of: int | None) -> tuple[int, int] | None:
        """The fewest and the most persons of a group that a word for a share can stand for."""
        said = [
            k
            for k in range((of or 0) + 1)
            if of and quantity_word(k / of, self.shares_called) == word
        ]
        return (said[0], said[-1]) if said else None

    def word_for(self, count: int, of: int) -> str:
        """The word in place of a number of interviews: few, some, most, all."""
        percent = math.ceil(100 * count / of) if of else 0
        if count < of:
            percent = min(percent, 99)
        for word, low, high in self.words:
            if low <= percent <= high:
                return word
        raise UserError(
            f"data/study.yml: protection: interviews: words has no word for {percent} %."
        )


def read_rules(settings: Mapping[str, Any]) -> Rules:
    """The rules of `data/study.yml`. Raises UserError for a key that no rule has."""
    block = settings.get("protection") or {}
    survey, interviews = dict(block.get("survey") or {}), dict(block.get("interviews") or {})
    populations: dict[str, str] = {}
    for strand, names in (
        (SURVEY, survey.pop("populations", ("population", "respondents", "silent"))),
        (RANGES, survey.pop("ranges", ("ways compared",))),
        (SURVIVAL, survey.pop("survival", ("survival",))),
        (INTERVIEWS, interviews.pop("populations", ("interviews",))),
        (PASSAGES, interviews.pop("passages", ("segments",))),
        (OPEN, block.get("no_persons") or ()),
    ):
        populations |= {str(name): strand for name in names}
    size = int(settings["population"]["size"])
    sizes = block.get("sizes") or {}
    given: dict[str, Any] = {
        "kind": "invented" if settings.get("provenance") == "synthetic" else "observed",
        "sizes": {"population": size}
        | {p: int(n) for p, n in sizes.items() if not isinstance(n, str)},
        "size_keys": {p: key for p, key in sizes.items() if isinstance(key, str)},
        "release": dict(block.get("release") or {}),
        "tables": dict(block.get("tables") or {}),
        "ordered": dict(block.get("ordered") or {}),
        "harmless": tuple(survey.pop("harmless", ())),
        "zero_shows": tuple(survey.pop("zero_shows", ())),
    }
    if settings.get("words"):
        given["shares_called"] = settings["words"]
    for name in ("minimum", "denominator", "width", "ways"):
        if name in survey:
            given[name] = int(survey.pop(name))
    if "words" in interviews:
        given["words"] = tuple((str(w), int(a), int(b)) for w, a, b in interviews.pop("words"))
    if "base" in interviews:
        given["base"] = int(interviews.pop("base"))
    known = {"survey", "interviews", "no_persons", "sizes", "release", "ordered", "tables"}
    unknown = [*(set(block) - known), *survey, *interviews]
    if unknown:
        raise UserError(
            f"data/study.yml: protection: there is no rule {sorted(unknown)[0]!r}. A misspelt rule "
            f"would protect nobody; correct it or take it out."
        )
    return Rules(size=size, populations=populations, **given)


def base_of(population: str) -> str:
    """The group behind a part of it: "respondents" for "respondents: low or no use"."""
    return population.partition(":")[0].strip()


def is_part(population: str) -> bool:
    return ":" in population


def is_extreme(name: str) -> bool:
    """Whether a key or a column is about one person's extreme value, by its own name."""
    return bool(set(re.split(r"[^a-z]+", name.lower())) & set(EXTREMES))


def whole_percent(text: str) -> str:
    """ "38.3 %" as "38 %": with one decimal more, a share of 66 people tells the count."""
    number = re.sub(r"[^\d.\-−]", "", text).replace("−", "-")
    if not number:
        return text
    return f"{Decimal(number).quantize(Decimal(1), rounding=ROUND_HALF_UP)} %".replace("-", "−")


def implied_count(share: Any, of: int | None) -> int | None:
    """The persons behind a share of a group of known size: 0.25 of 12 tells 3. None when there are none."""
    if not isinstance(share, float) or not of or not 0 <= share <= 1:
        return None
    count = round(share * of)
    return count if abs(share * of - count) < 1e-6 else None


def number_in(text: str) -> float | None:
    """The number that a formatted text shows; shares as fractions. None when it shows none."""
    found = re.fullmatch(r"(?:about )?([-−]?[\d,]+(?:\.\d+)?)( %)?", text.strip())
    if not found:
        return None
    number = float(found[1].replace("−", "-").replace(",", ""))
    return number / 100 if found[2] else number


def rounded(count: int, base: int) -> int:
    return int((Decimal(count) / base).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * base
