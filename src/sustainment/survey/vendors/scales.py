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
stämmer inte alls|stämmer mycket dåligt|tar helt avstånd|instämmer inte alls|håller inte alls med > stämmer ganska dåligt|stämmer dåligt|instämmer inte|instämmer knappast|håller inte med > varken eller|stämmer någorlunda|varken instämmer eller tar avstånd|neutral > stämmer delvis|instämmer delvis|stämmer ganska bra|håller delvis med > stämmer bra|instämmer|instämmer till stor del|håller med > stämmer helt|instämmer helt|stämmer mycket bra|håller helt med
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
trifft überhaupt nicht zu|trifft gar nicht zu > trifft nicht zu > trifft eher nicht zu|trifft wenig zu > teils teils|teils/teils|teils-teils|weder noch > trifft eher zu|trifft überwiegend zu > trifft zu > trifft voll zu|trifft voll und ganz zu|trifft völlig zu
totalmente en desacuerdo|muy en desacuerdo > en desacuerdo > ni de acuerdo ni en desacuerdo|neutral > de acuerdo > totalmente de acuerdo|muy de acuerdo
nunca > rara vez|casi nunca > a veces|algunas veces > a menudo|frecuentemente|con frecuencia > casi siempre > siempre
discordo totalmente > discordo|discordo parcialmente > não concordo nem discordo|nem concordo nem discordo|neutro|indiferente > concordo|concordo parcialmente > concordo totalmente
helemaal mee oneens|zeer mee oneens > mee oneens|oneens > niet mee eens, niet mee oneens|neutraal > mee eens|eens > helemaal mee eens|zeer mee eens
nooit > zelden > soms > vaak|regelmatig > altijd
helt uenig > delvis uenig|litt uenig|uenig > verken enig eller uenig|hverken enig eller uenig|nøytral|neutral > delvis enig|litt enig|enig > helt enig
aldri|aldrig > sjelden|sjældent > av og til|noen ganger|nogle gange|af og til > ofte > alltid|altid
täysin eri mieltä > jokseenkin eri mieltä|eri mieltä > en samaa enkä eri mieltä|ei samaa eikä eri mieltä > jokseenkin samaa mieltä|samaa mieltä > täysin samaa mieltä
en koskaan|ei koskaan > harvoin > joskus|silloin tällöin > usein > aina
mai > raramente > a volte|qualche volta > spesso > sempre
никогда > редко > иногда > часто > всегда
полностью не согласен > не согласен > затрудняюсь ответить|нейтрально > согласен > полностью согласен
definitely not > probably not > might or might not|unsure|not sure|maybe > probably|probably yes > definitely|definitely yes
strongly oppose > oppose|somewhat oppose > neutral|neither support nor oppose > support|somewhat support > strongly support
much worse > worse|somewhat worse > about the same|the same|no change|no difference > better|somewhat better > much better
very low > low > medium|moderate|average > high > very high
mycket låg|mycket lågt > låg|lågt|ganska låg > varken hög eller låg|medel|måttlig > hög|högt|ganska hög > mycket hög|mycket högt
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


# "not at all confident", "somewhat confident", "very confident": the same steps with any adjective
_DEGREES = """
not at all|not > slightly|a little|hardly > somewhat|moderately > fairly|quite|rather > very|highly > extremely|completely|fully
inte alls|inte > lite|föga|knappast > någorlunda|något|delvis > ganska|rätt > mycket|väldigt > extremt|helt|fullständigt
gar nicht|überhaupt nicht|nicht > wenig|kaum > etwas|mäßig|teilweise > ziemlich|eher > sehr > äußerst|völlig
"""
_STEPS = [
    {word: rank for rank, step in enumerate(line.split(" > ")) for word in step.split("|")}
    for line in _DEGREES.strip().splitlines()
]


def _by_degree(labels: Sequence[str]) -> list[str] | None:
    """The labels in order when they are degrees of one adjective; None otherwise."""
    for steps in _STEPS:
        words = "|".join(sorted(steps, key=len, reverse=True))
        found = [re.fullmatch(rf"({words}) (\w+)", plain(label)) for label in labels]
        if all(found) and len({match[2] for match in found if match}) == 1:
            ranks = {
                label: steps[match[1]] for label, match in zip(labels, found, strict=True) if match
            }
            if len(set(ranks.values())) == len(labels) > 1:
                return sorted(labels, key=ranks.__getitem__)
    return None


def scale_order(labels: Sequence[str]) -> list[str] | None:
    """The labels from least to most when all belong to one known scale; None otherwise.

    At least two labels on different steps are needed.
    """
    for scale in SCALES:
        ranks = {label: scale.get(plain(label)) for label in labels}
        if None not in ranks.values() and len(set(ranks.values())) >= 2:
            return sorted(labels, key=lambda label: ranks[label] or 0)
    return _by_degree(labels)


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
