"""Answer scales that people use everywhere, so that labels without codes come in their order.

An export of labels ("Often", "Never") does not say which is more. A set of labels that all belong
to one of these scales is ordered by it; labels that begin with a number are ordered by the number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Each scale from least to most; synonyms of one step are separated by a bar.
_SCALES = """
strongly disagree|disagree strongly|completely disagree > disagree > somewhat disagree|slightly disagree|tend to disagree|disagree somewhat > neither agree nor disagree|neither agree or disagree|neutral|undecided|neither > somewhat agree|slightly agree|tend to agree|agree somewhat > agree > strongly agree|agree strongly|completely agree
never > very rarely|almost never > rarely|seldom > occasionally > sometimes > frequently|often|regularly|usually > very often|very frequently|almost always|most of the time > always
never > less than once a year > once a year|yearly|annually > a few times a year > quarterly > monthly|once a month > a few times a month > weekly|once a week > a few times a week > daily|every day > several times a day
not at all > very little|a little|a little bit|to a small extent|slightly > somewhat|moderately|to some extent > quite a bit|a lot|to a large extent|considerably > very much|to a great extent|a great deal|completely|extremely
very dissatisfied > dissatisfied > somewhat dissatisfied > neither satisfied nor dissatisfied|neutral > somewhat satisfied > satisfied > very satisfied
very poor > poor > fair > good > very good > excellent
very unlikely > unlikely > neither likely nor unlikely|neutral > likely > very likely
not important at all|not at all important|unimportant > slightly important|of little importance > moderately important|somewhat important > important > very important > extremely important
very unsupportive > unsupportive > neutral > supportive > very supportive
very difficult > difficult > neither easy nor difficult|neutral > easy > very easy
very negative > negative > somewhat negative > neutral > somewhat positive > positive > very positive
stämmer inte alls|tar helt avstånd|instämmer inte alls|håller inte alls med > stämmer ganska dåligt|instämmer inte|instämmer knappast|håller inte med > varken eller|varken instämmer eller tar avstånd|neutral > stämmer delvis|instämmer delvis|stämmer ganska bra|håller delvis med > stämmer bra|instämmer|instämmer till stor del|håller med > stämmer helt|instämmer helt|stämmer mycket bra|håller helt med
aldrig > nästan aldrig|mycket sällan > sällan > ibland > ofta > mycket ofta|nästan alltid > alltid
aldrig > någon gång per år|några gånger per år > någon gång i månaden|varje månad|månadsvis > någon gång i veckan|varje vecka|veckovis > dagligen|varje dag
inte alls > i liten grad|i låg grad|lite > i viss mån|delvis|något > i ganska hög grad|ganska mycket|i hög grad > i mycket hög grad|mycket|helt och hållet
mycket missnöjd > missnöjd|ganska missnöjd > varken nöjd eller missnöjd|neutral > nöjd|ganska nöjd > mycket nöjd
mycket dåligt|mycket dålig > dåligt|dålig > varken bra eller dåligt|varken bra eller dålig > bra > mycket bra
jamais > rarement > parfois|de temps en temps > souvent|régulièrement > toujours
pas du tout d'accord > pas d'accord|plutôt pas d'accord > ni d'accord ni pas d'accord|neutre > plutôt d'accord|d'accord > tout à fait d'accord
nunca > raramente > às vezes|por vezes > frequentemente|regularmente > sempre
nie > selten > manchmal|gelegentlich > oft|häufig > immer
stimme überhaupt nicht zu > stimme nicht zu|stimme eher nicht zu > teils teils|weder noch|neutral > stimme eher zu|stimme zu > stimme voll zu|stimme voll und ganz zu
"""

SCALES: list[dict[str, int]] = [
    {label: rank for rank, step in enumerate(line.split(" > ")) for label in step.split("|")}
    for line in _SCALES.strip().splitlines()
]


def plain(label: str) -> str:
    """A label for comparison: lower case, typographic marks and final punctuation gone."""
    text = label.replace("’", "'").casefold().replace("–", "-")
    text = re.sub(r"^\(?-?\d+\)?\s*[-=.:)]\s*", "", text)  # "(1) Approve", "5 = Strongly agree"
    return " ".join(text.split()).strip(" .!,;")


def scale_order(labels: Sequence[str]) -> list[str] | None:
    """The labels from least to most when all belong to one known scale; None otherwise.

    At least two labels on different steps are needed.
    """
    for scale in SCALES:
        ranks = {label: scale.get(plain(label)) for label in labels}
        if None not in ranks.values() and len(set(ranks.values())) >= 2:
            return sorted(labels, key=lambda label: ranks[label] or 0)
    return None


def number_order(labels: Sequence[str]) -> list[str] | None:
    """Labels such as "0-1", "2-4", "13+" by the number they begin with; None when one has none."""
    starts = {}
    for label in labels:
        found = re.match(
            r"\s*(<|>|under|over|less than|more than|mer än|mindre än)?\s*(\d+)", label
        )
        if not found:
            return None
        less = (found[1] or "") in {"<", "under", "less than", "mindre än"}
        starts[label] = int(found[2]) - (0.5 if less else 0)
    return sorted(labels, key=lambda label: starts[label])
