"""Reading what people type, kindly: "33–49", "33 of 66", "50 %", "0,5", "thirty" is too much, "ten" is not.

The page's script (assets/practice.js) reads in the same way; a test compares the two.
"""

from __future__ import annotations

import math
import re

WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"none": 0, "nobody": 0}

# Words that people write beside a number and that change nothing.
_BESIDE = re.compile(
    r"\b(?:to|and|till|och|persons?|people|percent|per|cent|families|answers"
    r"|about|around|roughly|perhaps|maybe|circa|ungefär|cirka|rows|boxes|codes|months|scripts)\b"
)
_NUMBER = re.compile(r"[-−]?\d+(?:[.,]\d+)?")


def read_numbers(given: object, wanted: int) -> list[float] | None:
    """The numbers in an input, `wanted` of them, or None when it cannot be read.

    "33 of 66" is 33: what follows "of" is the whole, which the question has named already.
    """
    if isinstance(given, bool) or given is None:
        return None
    if isinstance(given, int | float):
        return [float(given)] if wanted == 1 and math.isfinite(given) else None
    if isinstance(given, tuple | list):
        parts = [read_numbers(part, 1) for part in given]
        if len(parts) != wanted or any(p is None for p in parts):
            return None
        return [p[0] for p in parts if p]
    text = str(given).strip().lower()
    text = re.sub(r"\b(?:of|out of|av)\s+\d+\b", " ", text)
    for word, number in WORDS.items():
        text = re.sub(rf"\b{word}\b", str(number), text)
    # A hyphen between two numbers is a range, not a minus.
    text = re.sub(r"(?<=\d)\s*[-–—−]\s*(?=\d)", " ", text)
    numbers = [float(n.replace(",", ".").replace("−", "-")) for n in _NUMBER.findall(text)]
    if re.search(r"[a-zåäö]{2,}", _BESIDE.sub(" ", text)):
        return None
    if len(numbers) != wanted or not all(math.isfinite(n) and abs(n) < 1e12 for n in numbers):
        return None
    return numbers


def show_number(number: float) -> str:
    """A number as it is said back: whole when it is whole, else up to two digits."""
    if abs(number - round(number)) < 1e-9:
        return str(round(number)).replace("-", "−")
    text = f"{math.floor(abs(number) * 100 + 0.5) / 100:.2f}".rstrip("0").rstrip(".")
    return ("−" if number < 0 else "") + text
