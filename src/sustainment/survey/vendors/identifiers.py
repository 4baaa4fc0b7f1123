"""Find columns that say who somebody is: names, e-mail, IP addresses, places, tokens, devices.

By the name or wording of the column and by what its cells look like. Nothing is dropped here: each
find is proposed with its reason, and `study.yml` decides. A browser version such as 11.0.9.1 looks
like an IP address and is none, so a column about versions is never judged by its digits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.survey.model import Item, RawSurvey
from sustainment.survey.values import SPACES
from sustainment.survey.vendors.guess import STAND_INS
from sustainment.survey.vendors.sheet import tidy

_BY_NAME = (
    ("an e-mail address", r"e-?mail|e-?post(adress)?\b|mailadress|courriel"),
    ("an IP address", r"\bip\b|\bip[ _-]?(v4|v6)?[ _-]?adr|\bipaddr"),
    (
        "a person's name",
        r"\b(first|last|full|sur|given|family|middle|maiden|recipient(first|last)?)[ _]?name\b"
        r"|\bname_(first|last|middle)\b|^(your )?name$|\bnamn$|^(för|efter)namn|^what is your name",
    ),
    ("a place on the map", r"latitude|longitude|\bgps\b|geo[ _-]?location|\blat\b|\blong?\b$"),
    ("a telephone number", r"\b(tele)?phone\b|\btelefon|\bmobil(e|nummer)\b|\btel\b"),
    (
        "a token that names an invitation",
        r"\btoken\b|recipient|externaldata ?reference|external ?reference",
    ),
    (
        "a person's id on a panel",
        r"prolific|\b(mturk|m turk|worker|sona|panelist|cloud ?research)[ _]?(id|code)\b|\bassignment ?id\b",
    ),
    (
        "a device or browser",
        r"user[ _-]?agent|\bbrowser\b|operating system|\bresolution\b|device[ _-]?id",
    ),
    (
        "a street address",
        r"(street|postal|home)[ _]?address|\badress\b|\baddress\b|^zip\b|post ?code|postnummer",
    ),
    (
        "a personal number",
        r"personnummer|\bssn\b|social security|national id|passport|\bmrn\b|medical record",
    ),
    ("a date of birth", r"date of birth|\bdob\b|födelsedatum|birth ?date"),
    ("a referring page", r"^refurl$|referr?er"),
)
_NOT_BY_NAME = re.compile(
    r"notified|how (often|much|many)|user ?name of|organi[sz]ation|company|hospital name|school",
    re.I,
)
_VERSION = re.compile(r"version|browser|build|release|firmware|operating", re.I)

_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_BY_CONTENT = (
    ("an e-mail address", re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")),
    (
        "an IP address",
        re.compile(rf"{_OCTET}(\.{_OCTET}){{3}}|[0-9a-fA-F]{{1,4}}(:[0-9a-fA-F]{{0,4}}){{4,7}}"),
    ),
    (
        "a personal number",
        re.compile(r"(19|20)?\d{2}(0[1-9]|1[0-2])[0-3]\d[-+]\d{4}|\d{3}-\d{2}-\d{4}"),
    ),
    ("a telephone number", re.compile(r"\+\d[\d\s()-]{7,}\d|\(\d{3}\) ?\d{3}-\d{4}")),
    ("a device or browser", re.compile(r"Mozilla/\d.*")),
)
_SCIENTIFIC = re.compile(r"-?\d([.,]\d+)?[eE]\+\d{1,3}")
_ID_NAMES = (
    r"record[ _]?id",
    r"respon(se|dent)[ _]?id|responseid|svars?[ _]?id",
    r"urn|lfdn|case[ _]?id|participant[ _]?id|subject[ _]?id|person[ _]?id|caseid|löp(nr|nummer)",
    r"id|nr|no|number|respondent|participant|record|case",
    r".*[ _]id|.*id",
)
# bounded: one endless word would else be searched from each of its letters
_MAIL_INSIDE = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[A-Za-z]{2,}")


def identifying(name: str, wording: str, values: Sequence[str] = (), closed: bool = False) -> str:
    """Why a column may say who somebody is, or "" when nothing speaks for it.

    `values` are the distinct filled cells; `closed` says that the question offers fixed options, so
    that its wording alone ("Do you use e-mail?") proves nothing.
    """
    name_words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ").replace(".", " ")
    filled = [value.strip() for value in values if value.strip()]
    if not closed:
        for text in (name, name_words, wording):
            if not text or (text is wording and _NOT_BY_NAME.search(text) and "mail" not in text):
                continue
            short = text if len(text) <= 120 else ""  # a paragraph mentions many things
            for what, pattern in _BY_NAME:
                if short and re.search(pattern, short, re.I):
                    return f"the column's name or wording points to {what}"
    if filled and not _VERSION.search(f"{name_words} {wording}"):
        for what, shape in _BY_CONTENT:
            if sum(bool(shape.fullmatch(value)) for value in filled) >= max(1, 0.6 * len(filled)):
                return f"its cells look like {what}"
    return ""


def finish(raw: RawSurvey) -> RawSurvey:
    """What every reader does last: mark identifying items, and look for ids cut to 1.2E+05.

    Raises UserError when the ids of respondents stand in scientific notation: digits are lost, and two
    people may have become one.
    """
    raw = replace(raw, codebook={name: _trimmed(item) for name, item in raw.codebook.items()})
    raw.notes.extend(_stand_ins(raw))
    for column in raw.table.columns:
        cells = [v for v in raw.table[column].unique()[:2000] if _SCIENTIFIC.fullmatch(v)]
        if not cells:
            continue
        line = int(raw.table.index[raw.table[column] == cells[0]][0])
        if column == respondent_column(raw):
            raise UserError(
                f"{raw.file}, row {line}, column {column}: the id {cells[0]} is in scientific notation, so "
                f"digits are lost. Export again and do not save the file from a spreadsheet."
            )
        raw.notes.append(
            Finding(
                "warning",
                "scientific-notation",
                "Numbers in scientific notation: digits may be lost",
                raw.file,
                line,
                column,
                cells[0],
                "Export again and do not save the file from a spreadsheet.",
            )
        )
    return mark_identifiers(raw)


def _trimmed(item: Item) -> Item:
    """Codes and labels without blanks around them: the cells are read without them, too."""
    options = {code.strip(SPACES): label.strip(SPACES) for code, label in item.options.items()}
    return item if options == item.options else replace(item, options=options)


def _stand_ins(raw: RawSurvey) -> list[Finding]:
    """One note for each text that stands in for an empty cell (NA, NULL, -99 …)."""
    counts = Counter(code for item in raw.codebook.values() for code in item.missing)
    return [
        Finding(
            "note",
            "stand-in",
            f"{code!r} was read as a missing answer in {count} columns",
            raw.file,
            remedy="If it is an answer, say so in data/study.yml.",
        )
        for code, count in counts.items()
        if code in STAND_INS
    ]


def respondent_column(raw: RawSurvey) -> str:
    """The column that most likely names the respondents; "" when there is none.

    By its name first (record_id, ResponseId, Respondent ID, URN, id …), and only when its cells are
    filled and all different.
    """
    for pattern in _ID_NAMES:
        for column in raw.table.columns:
            cells = raw.table[column]
            if re.fullmatch(pattern, column, re.I) and (cells != "").all() and cells.is_unique:
                return column
    return _numbered(raw)


def _numbered(raw: RawSurvey) -> str:
    """The first column when it counts the records, in whatever language its name is; else ""."""
    if len(raw.table) < 5 or len(raw.table.columns) < 3:
        return ""
    column = raw.table.columns[0]
    cells = raw.table[column]
    if not cells.is_unique or not cells.str.fullmatch(r"[A-Za-z]{0,4}[-_]?\d{1,6}").all():
        return ""
    numbers = cells.str.extract(r"(\d+)$")[0].astype(int)
    return column if numbers.is_unique and numbers.max() - numbers.min() < 2 * len(cells) else ""


def mark_identifiers(raw: RawSurvey) -> RawSurvey:
    """The same survey with identifying items marked, and a finding for each, without its values.

    Columns that the codebook does not describe get an item when they identify somebody, so that
    they can be dropped like the others.
    """
    codebook, notes = dict(raw.codebook), list(raw.notes)
    for column in raw.table.columns:
        item = codebook.get(column) or Item(column, "", "text")
        if item.set or item.identifier:
            if item.identifier:
                notes.append(_proposal(raw, column, "the survey program marks it so"))
            continue
        distinct = raw.table[column].unique()
        values = [value for value in distinct[:5000] if value]
        closed = item.type in {"single", "likert", "multi"} and bool(item.options)
        reason = identifying(column, tidy(item.wording), values, closed=closed)
        if reason:
            codebook[column] = replace(item, identifier=True)
            notes.append(_proposal(raw, column, reason))
        elif item.type == "text":
            inside = sum(bool(_MAIL_INSIDE.search(value)) for value in values)
            if inside:
                notes.append(
                    Finding(
                        "warning",
                        "mail-in-text",
                        f"{inside} answers hold an e-mail address inside the text",
                        file=raw.file,
                        column=column,
                        remedy="Remove them before anything is quoted.",
                    )
                )
    return replace(raw, codebook=codebook, notes=notes)


def _proposal(raw: RawSurvey, column: str, reason: str) -> Finding:
    return Finding(
        "note",
        "identifier",
        f"May identify a person: {reason}",
        file=raw.file,
        column=column,
        remedy="It is left out of the answers unless study.yml keeps it.",
    )
