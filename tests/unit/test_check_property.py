"""Break the book's raw files at random: the check names it, or the cleaned values are the same.

A third outcome is no breakage: another answer that the questionnaire allows, or other words in an
open answer. No check of the content can know that it was not given; whether it is one is judged
here from the files alone, by the csv module, and only the checksum of the file tells.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sustainment.check import check_study
from sustainment.survey import open_survey

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"
FILES = ("survey.csv", "survey_dictionary.csv", "population.csv")
ORIGINAL = {name: (RAW / name).read_bytes() for name in FILES}
LINES = {name: content.count(b"\n") for name, content in ORIGINAL.items()}
BYTES = b",;\"\n\r\t 0179a|'[]x\xe5\x00-="


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def fields() -> dict[str, dict[str, str]]:
    header, *rows = table(ORIGINAL["survey_dictionary.csv"])
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


FIELDS = fields()


def allowed(column: str, value: str) -> bool:
    """Whether the questionnaire allows this text in this column, read from the dictionary alone."""
    field = FIELDS.get(column.split("___")[0], {})
    kind, validation = (
        field.get("Field Type"),
        field.get("Text Validation Type OR Show Slider Number"),
    )
    if "___" in column:
        return value in ("0", "1")
    if column.endswith("_timestamp"):
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value))
    if column.endswith("_complete"):
        return value in ("0", "1", "2")
    if kind in ("radio", "yesno"):
        choices = field["Choices, Calculations, OR Slider Labels"]
        codes = [choice.split(",")[0].strip() for choice in choices.split("|")]
        return value in ["0", "1"] * (kind == "yesno") + codes or value in ("-99", "-88", "-77")
    if validation in ("integer", "number"):
        low, high = (float(field[f"Text Validation {end}"]) for end in ("Min", "Max"))
        return bool(re.fullmatch(r"\d+(\.\d+)?", value)) and low <= float(value) <= high
    if validation == "date_ymd":
        low, high = (field[f"Text Validation {end}"] for end in ("Min", "Max"))
        return low <= date.fromisoformat(value).isoformat() <= high
    return True


def another_answer(name: str, broken: bytes) -> bool:
    """Whether every changed cell of the survey holds an answer that is allowed in its column."""
    before, after = table(ORIGINAL[name]), table(broken)
    if name != "survey.csv" or [len(row) for row in before] != [len(row) for row in after]:
        return False
    return before[0] == after[0] and all(
        allowed(column, new)
        for row, other in zip(before[1:], after[1:], strict=True)
        for column, old, new in zip(before[0], row, other, strict=True)
        if old != new
    )


def told(folder: Path) -> Counter:
    """What the check finds, wherever it stands: a line lost further up is no finding."""
    return Counter(replace(finding, row=None) for finding in check_study(folder))


def unified_diff(before: list[bytes], after: list[bytes]) -> list[bytes]:
    """The lines that differ, for the message of a failure."""
    return [
        *(b"-" + x for x in before if x not in after),
        *(b"+" + x for x in after if x not in before),
    ]


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_index().sort_index(axis=1).astype(str)


@st.composite
def breakages(draw) -> tuple[str, bytes]:
    """A file and what is left of it after one accident."""
    name = draw(st.sampled_from(FILES))
    content = bytearray(ORIGINAL[name])
    accident = draw(
        st.sampled_from(["change", "delete", "insert", "cut", "repeat", "lose", "swap"])
    )
    if accident in ("change", "delete", "insert", "cut"):
        place = draw(st.integers(0, len(content) - 1))
        if accident == "change":
            content[place] = draw(st.integers(0, 255))
        elif accident == "insert":
            content.insert(place, draw(st.sampled_from(BYTES)))
        else:
            del content[place : place + 1 if accident == "delete" else None]
        return name, bytes(content)
    lines = bytes(content).split(b"\n")
    first, second = (draw(st.integers(0, LINES[name] - 1)) for _ in range(2))
    if accident == "repeat":
        lines.insert(second, lines[first])
    elif accident == "lose":
        del lines[first]
    else:
        lines[first], lines[second] = lines[second], lines[first]
    return name, b"\n".join(lines)


class Sound:
    """The unbroken study; without fields of its own, so that a failure prints briefly."""

    def __init__(self, parts: tuple) -> None:
        self.parts = parts

    def __repr__(self) -> str:
        return "the unbroken study"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """(folder, settings, findings, cleaned survey) of the unbroken files, without interviews."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "data" / "raw").mkdir(parents=True)
    study = yaml.safe_load((RAW.parent / "study.yml").read_text(encoding="utf-8"))
    study["inputs"] = {name: study["inputs"][name] for name in ("survey", "population")}
    (folder / "data" / "study.yml").write_text(
        yaml.safe_dump(study, allow_unicode=True), encoding="utf-8"
    )
    for name, content in ORIGINAL.items():
        (folder / "data" / "raw" / name).write_bytes(content)
    return Sound((folder, study, told(folder), open_survey(folder, study)))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(breakages())
def test_a_broken_file_is_named_or_proven_harmless(sound, breakage):
    folder, study, known, cleaned = sound.parts
    name, broken = breakage
    path = folder / "data" / "raw" / name
    path.write_bytes(broken)
    try:
        if told(folder) - known:
            return  # named
        now = open_survey(folder, study)
    finally:
        path.write_bytes(ORIGINAL[name])
    same = in_order(now.answers).equals(in_order(cleaned.answers)) and in_order(now.missing).equals(
        in_order(cleaned.missing)
    )
    difference = unified_diff(ORIGINAL[name].split(b"\n"), broken.split(b"\n"))
    assert same or another_answer(name, broken), difference


def test_the_checksum_tells_what_no_content_can(sound):
    folder, *_ = sound.parts
    sums = (RAW.parent / "SHA256SUMS").read_text(encoding="utf-8")
    (folder / "data" / "SHA256SUMS").write_text(sums, encoding="utf-8")
    path = folder / "data" / "raw" / "survey.csv"
    try:
        assert [f for f in check_study(folder) if f.rule == "checksum"] == []
        path.write_bytes(ORIGINAL["survey.csv"].replace(b"My manager", b"Our manager", 1))
        assert [f.file for f in check_study(folder) if f.rule == "checksum"] == ["survey.csv"]
    finally:
        path.write_bytes(ORIGINAL["survey.csv"])
        (folder / "data" / "SHA256SUMS").unlink()
