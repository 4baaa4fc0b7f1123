"""Answer scales that people use everywhere, so that labels without codes come in their order.

An export of labels ("Often", "Never") does not say which is more. A set of labels that all belong
to one of these scales is ordered by it; labels that begin with a number are ordered by the number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

# Each scale from least to most; synonyms of one step are separated by a bar.
_SCALES = """
strongly disagree|disagree strongly|completely disagree > disagree > somewhat disagree|slightly disagree|tend to disagree|disagree somewhat > neither agree nor disagree|neither agree or disagree|neutral|undecided|neither > somewhat agree|slightly agree|tend to agree|agree somewhat > agree > strongly agree|agree strongly|completely agree
never > very rarely|almost never > rarely|seldom > occasionally|once in a while > sometimes > about half the time|half the time > frequently|often|fairly often|regularly|usually > very often|very frequently|almost always|most of the time > always
never > less than once a year > once a year|yearly|annually > a few times a year > quarterly > monthly|once a month > a few times a month > weekly|once a week > a few times a week > daily|every day > several times a day
not at all > very little|a little|a little bit|to a small extent|slightly|not much > somewhat|moderately|to some extent|some > quite a bit|a lot|to a large extent|considerably > very much|to a great extent|a great deal|completely|extremely
very poor > poor > fair > good > very good > excellent
not important at all|not at all important|unimportant > slightly important|of little importance > moderately important|somewhat important > important > very important > extremely important
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
stimme überhaupt nicht zu|stimme gar nicht zu > stimme nicht zu|stimme eher nicht zu > teils teils|weder noch|neutral > stimme eher zu|stimme zu > stimme voll zu|stimme voll und ganz zu
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


# two poles: "very dissatisfied … neither … somewhat satisfied"; the word that says less is found by its
# beginning (un-, dis-, in-) or stands first here
_OPPOSITES = {
    frozenset(pair.split()): pair.split()[0]
    for pair in [
        "bad good",
        "poor good",
        "difficult easy",
        "hard easy",
        "negative positive",
        "slow fast",
        "weak strong",
        "low high",
        "oppose support",
        "reject accept",
        "worse better",
        "pessimistic optimistic",
        "harmful helpful",
        "worried calm",
    ]
}
_BELOW_ZERO = ("un", "dis", "in", "im", "ir")
_STRENGTHS = {
    "slightly": 1, "a little": 1, "a bit": 1, "somewhat": 2, "moderately": 2, "fairly": 2, "rather": 2, "quite": 2,
    "": 3, "mostly": 3, "very": 4, "much": 4, "strongly": 4, "highly": 4, "extremely": 5, "completely": 5, "totally": 5,
}  # fmt: skip
_POLE = re.compile(
    rf"(?:({'|'.join(sorted(filter(None, _STRENGTHS), key=len, reverse=True))}) )?(\w+)"
)
_MIDDLE = re.compile(
    r"neither\b.*|ne[iu]tr[aeo].*|varken\b.*|weder\b.*|teils.*|ni\b.* ni\b.*|(about )?the same|no (change|difference)|undecided|mixed"
)


def _by_pole(labels: Sequence[str]) -> list[str] | None:
    """The labels in order when they are strengths of two opposite words; None otherwise."""
    ranks: dict[str, tuple[str, int]] = {}
    for label in labels:
        found = _POLE.fullmatch(plain(label))
        if _MIDDLE.fullmatch(plain(label)):
            ranks[label] = ("", 0)
        elif found:
            ranks[label] = (found[2], _STRENGTHS[found[1] or ""])
        else:
            return None
    words = {word for word, _ in ranks.values()} - {""}
    if len(words) != 2 or len(set(ranks.values())) != len(labels):
        return None
    short, long = sorted(words, key=len)
    lower = (
        long
        if long in {start + short for start in _BELOW_ZERO}
        else _OPPOSITES.get(frozenset(words))
    )
    if not lower:
        return None
    return sorted(
        labels, key=lambda label: (-1 if ranks[label][0] == lower else 1) * ranks[label][1]
    )


# What people may choose instead of a step of the scale.
_ASIDE = re.compile(
    r"(i )?(do not|don't|dont|can't|cannot|can not) (know|remember|recall|say|judge|tell)\b.*|dk|not sure|unsure|no opinion"
    r"|not applicable.*|n/?a|does not apply.*|(i )?(would )?(prefer|rather|choose) not\b.*|no (answer|response|reply)"
    r"|unfamiliar.*|refused?.*|other\b.*|vet (ej|inte)|vill (ej|inte) (svara|uppge)|ej aktuellt|annat.*|weiß (ich )?nicht"
    r"|kann ich nicht (beurteilen|sagen)|keine (angabe|antwort|meinung)|ne sai[st] pas|sans (opinion|réponse)|autre.*"
    r"|no s[eé]|no sabe.*|ns ?/ ?n[rc]|otr[oa].*|não sei.*|outr[oa].*|non so|weet (ik )?niet|vet ikke|ved ikke|en osaa sanoa"
    r"|i prefer to keep .*",
    re.I,
)


def beside_the_scale(label: str) -> bool:
    """Whether a label is no step of a scale but says why none was chosen ("I don't know", "N/A")."""
    return _ASIDE.fullmatch(plain(label)) is not None


def between_the_poles(label: str) -> bool:
    """Whether a step of a scale leans to neither side ("neutral", "neither agree nor disagree")."""
    return _MIDDLE.fullmatch(_bare(label)) is not None


def scale_order(labels: Sequence[str]) -> list[str] | None:
    """The labels from least to most when all belong to one known scale; None otherwise.

    At least two labels on different steps are needed. What stands beside the scale ("I don't know")
    comes last, after three steps or more.
    """
    order = _one_scale(labels, plain) or _one_scale(labels, _bare)
    if order:
        return order
    aside = [label for label in labels if beside_the_scale(label)]
    steps = [label for label in labels if label not in aside]
    if not aside or len(steps) < 3:
        return None
    order = scale_order(steps)
    return order and order + aside


def _bare(label: str) -> str:
    """A label without what stands in brackets: "Agree (6)", "Neither … (neutral)"."""
    return plain(re.sub(r"\s*\([^()]*\)\s*", " ", label))


def _one_scale(labels: Sequence[str], words: Callable[[str], str]) -> list[str] | None:
    for scale in SCALES:
        ranks = {label: scale.get(words(label)) for label in labels}
        if None not in ranks.values() and len(set(ranks.values())) >= 2:
            return sorted(labels, key=lambda label: ranks[label] or 0)
    bare = {words(label): label for label in labels}
    order = _by_degree(list(bare)) or _by_pole(list(bare)) if len(bare) == len(labels) else None
    return order and [bare[word] for word in order]


_LESS = r"<|≤|under|below|less|fewer|up to|at most|younger|inferior|menos|hasta|até|unter|bis|weniger|jünger|moins|jusqu|mindre|högst|färre|yngre|meno|fino|minder"
_MORE = r">|≥|over|above|more|older|at least|upwards?|más|mas de|supera|superior|mais|über|mehr|älter|plus|mer|fler|äldre|minst|più|meer"
_OR = r"(and|or|och|eller|und|oder|et|ou|y|o|e|u|of)"
_NOTHING = re.compile(
    r"none|never|no|zero|nothing|ingen|inga|aldrig|nej|keine?|nie|nein|aucune?|jamais|ningun[oa]|nunca|nenhum",
    re.I,
)
_UNITS = (
    (r"seconds?|sekunder?|sekunden", 1 / 86400), (r"min(ute)?s?|minuter|minuten|minutos", 1 / 1440),
    (r"h|hours?|hrs?|timm(e|ar)|stunden?|horas?|heures?", 1 / 24), (r"days?|dag(ar)?|tage?n?|d[ií]as?|jours?", 1),
    (r"weeks?|veck(a|or)|wochen?|semanas?|semaines?", 7), (r"months?|månad(er)?|monaten?|mes(es)?|mois", 30),
    (r"years?|yrs?|år|jahren?|años?|anos?|ans?|années?", 365), (r"kb", 1e3), (r"mb", 1e6), (r"gb", 1e9), (r"tb", 1e12),
    (r"k|thousand|tkr|tusen|tausend|mil", 1e3), (r"million(er|en|s)?|mio|millones|milhões", 1e6),
)  # fmt: skip


def number_order(labels: Sequence[str]) -> list[str] | None:
    """Labels such as "Under 18", "18-24", "$50,000 - $99,999", "2 years or more" by their first number.

    "None" comes first, what stands beside a scale last; None when another label has no number.
    """
    sizes = {label: _size(label) for label in labels if not beside_the_scale(label)}
    if len(sizes) < 2 or None in sizes.values():
        return None
    order = sorted(sizes, key=lambda label: sizes[label] or (0, 0))
    return order + [label for label in labels if label not in sizes]


def _size(label: str) -> tuple[float, int] | None:
    """(first number in one unit, -1 for less than it, 1 for more); None when there is no number."""
    text = re.sub(r"(?<=\d)[,. ’'](?=\d{3}\b)", "", " ".join(label.casefold().split()))
    units = "|".join(words for words, _ in _UNITS)
    text = re.sub(rf"\b(an?|one|ett?|en|eine?[mnr]?|une?|una|um|uma) (?=({units})\b)", "1 ", text)
    if _NOTHING.fullmatch(text.strip(" .")):
        return float("-inf"), 0
    found = re.search(r"(?:(?<=\()|^)-\d+(?:[.,]\d+)?|\d+(?:[.,]\d+)?", text)
    if not found:
        return None
    number, before, after = (
        float(found[0].replace(",", ".")),
        text[: found.start()],
        text[found.end() :],
    )
    unit = re.search(rf"(?<![a-zà-ž])({units})(?![a-zà-ž])", after)  # the nearest: "100 MB – 1 GB"
    number *= next((factor for words, factor in _UNITS if unit and re.fullmatch(words, unit[0])), 1)
    less = re.search(rf"({_LESS})", before) or re.search(rf"\b{_OR} ({_LESS})(?!.*\d)", after)
    more = re.search(rf"({_MORE})", before) or re.search(rf"^ ?\+|\b{_OR} ({_MORE})", after)
    return number, -1 if less else 1 if more else 0
