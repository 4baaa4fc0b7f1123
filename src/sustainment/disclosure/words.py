"""Words that may leave: those of the instruments and of the chapter, never those of a person.

A label or a reported word passes when it stands in the questionnaire, the codebook, the settings or
the chapter's own file. What a respondent wrote, an id or a date stands in none of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from sustainment.study import PRIVATE_FOLDERS, Study

PUBLIC_FILES = ("data/study.yml", "data/published.yml", "data/elsewhere.yml", "data/integration")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\d{1,2}:\d{2}|\d{5,}")
_BAND = re.compile(
    r"\d{1,3}(\s?[–-]\s?\d{1,3})?( or (more|fewer|less))?|(under|over|below|up to|from) \d{1,3}"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
REMOVED = "[…]"
TEXT = "What is found here is withheld to protect persons"
_made: dict[int, tuple[Study, int, Vocabulary]] = {}


class Vocabulary:
    """What one chapter of one study may say, and the ids that it may never say."""

    def __init__(self, study: Study) -> None:
        self.source = _read(study, f"notebooks/{study.chapter}.md")
        asked = list(instruments(study._opened.values()))
        public = [_read(study, name) for name in (*PUBLIC_FILES, *_declared(study))]
        self.text = plain_words("\n".join([self.source, *public, *asked]))
        self.words = set(_WORD.findall(self.text))
        self.ids = {i.casefold() for i in _ids(study._opened.values()) if len(i) >= 4}

    def knows(self, text: str, numbers: Collection[int] = ()) -> bool:
        """Whether a label or a word stands in public words; parts joined by "·" or ";" one by one.

        numbers: whole numbers that have left already; the words between them must be public, too.
        """
        plain = plain_words(text)
        if self.names_someone(plain):
            return False
        # "for example, 00544 or 94305" is a question's own when the whole sentence is
        if _DATE.search(plain) and not (_WORD.search(plain) and plain.strip(" .,;:") in self.text):
            return False
        # A number in a label could be a count put into words: only bands and what is written pass.
        pieces = (piece.strip(" .,;:") for piece in re.split("[·;]", plain))
        return all(
            not p or _BAND.fullmatch(p) or p in self.text or self._knows_around(p, numbers)
            for p in pieces
        )

    def _knows_around(self, piece: str, numbers: Collection[int]) -> bool:
        found = [int(n.replace(",", "")) for n in _NUMBER.findall(piece) if "." not in n]
        between = [words.strip(" .,;:") for words in _NUMBER.split(piece)]
        return bool(found) and set(found) <= set(numbers) and all(w in self.text for w in between)

    def names_someone(self, text: str) -> bool:
        plain = text.casefold()
        return any(i in plain for i in self.ids)

    def scrub(self, text: str, numbers: Iterable[int], minimum: int) -> str:
        """A title, caption or alt text without sentences whose words or numbers are not public anyway.

        numbers: the whole numbers that stand beside it. A text that stands in the chapter as it is
        was not put together from data, and stays.
        """
        if text in self.source:
            return text
        if self.names_someone(text) or _DATE.search(text):
            return TEXT
        allowed = {n for n in numbers if n >= minimum}

        def number(match: re.Match[str]) -> str:
            digits = match[0].replace(",", "")
            return match[0] if digits.isdigit() and int(digits) in allowed else REMOVED

        def word(match: re.Match[str]) -> str:
            return match[0] if match[0].casefold() in self.words else REMOVED

        whole = _WORD.sub(word, _NUMBER.sub(number, text))
        # A sentence with holes is no sentence: it goes as a whole.
        kept = [s for s in _SENTENCE.split(whole) if REMOVED not in s]
        return " ".join(kept) if kept else TEXT


def vocabulary_of(study: Study) -> Vocabulary:
    """The vocabulary of an open study, made anew only when another input has been opened."""
    opened = len(study._opened)
    made = _made.get(id(study))
    if made is None or made[0] is not study or made[1] != opened:
        made = _made[id(study)] = (study, opened, Vocabulary(study))
    return made[2]


def _declared(study: Study) -> Iterable[str]:
    """The chapter's own public inputs: YAML files that lie outside the raw data."""
    known = study.settings.get("inputs") or {}
    for name in study.inputs:
        file = str((known.get(name) or {}).get("file", ""))
        if file.endswith((".yml", ".yaml")) and file.split("/")[0] not in PRIVATE_FOLDERS:
            yield f"data/{file}"


def plain_words(text: str) -> str:
    """Text in lower case on one line, without quotation marks."""
    return " ".join(text.casefold().replace("“", "").replace("”", "").replace('"', "").split())


def _read(study: Study, name: str) -> str:
    path = study.root / name
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".yaml", ".csv"))
        return "\n".join(p.read_text(encoding="utf-8") for p in files)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def instruments(opened: Iterable[Any]) -> Iterable[str]:
    """Wordings and labels of the survey; names and descriptions of the codes."""
    for thing in opened:
        for item in getattr(thing, "codebook", {}).values():
            yield item.id
            yield item.wording
            yield item.type
            yield item.section
            yield from item.options.values()
        codes = getattr(thing, "codes", None)
        if codes is not None:
            for column in ("name", "path", "description", "include", "exclude"):
                if column in codes:
                    yield from codes[column].dropna().astype(str)


def _ids(opened: Iterable[Any]) -> Iterable[str]:
    """Whatever stands for one person: respondents, persons of the list, documents, cases."""
    for thing in opened:
        answers = getattr(thing, "answers", None)
        if answers is not None:
            yield from answers.index.astype(str)
        for table, columns in (("documents", ("document", "name")), ("cases", ("case", "name"))):
            frame = getattr(thing, table, None)
            for column in columns:
                if frame is not None and column in frame:
                    yield from frame[column].dropna().astype(str)
        if getattr(getattr(thing, "index", None), "name", None):
            yield from thing.index.astype(str)
