"""Studies with answers at the edge, made from the raw data: what the tests of the chapters build.

Each variant edits the cells of `data/raw/survey.csv` (or the frame) and nothing else: codebook, declared
decisions and chapters stay as they are, so that the chapters meet such answers as a study would.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sustainment.new import project

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, str]
TICKS = [f"b10___{number}" for number in range(1, 9)]
ANSWERS = re.compile(r"[a-f]\d\d")
AGREE = ("c04", "c07", "d01", "d02", "d04", "d05", "d06", "f01", "f02")


def nobody_answered(rows: list[Row], frame: list[Row]) -> None:
    rows.clear()


def main_question_unanswered(rows: list[Row], frame: list[Row]) -> None:
    """Everybody sent the form and passed over the outcome, so that what follows it was not asked."""
    for row in rows:
        row |= {"b06": "-99", "b08": "", "e03": ""} | dict.fromkeys(TICKS, "0")


def everyone_continued(rows: list[Row], frame: list[Row]) -> None:
    for row in rows:
        row |= {"b06": "1", "b08": "1", "e03": row["e03"] or "2"} | dict.fromkeys(TICKS, "0")


def nobody_continued(rows: list[Row], frame: list[Row]) -> None:
    for row in rows:
        row |= {"b06": "0", "b08": "", "e03": ""}


def an_option_nobody_chose(rows: list[Row], frame: list[Row]) -> None:
    """No strong agreement anywhere, no first reason for stopping, one kind of workplace silent."""
    for row in rows:
        row |= {item: "4" for item in AGREE if row[item] == "5"}
        row |= {"b10___1": "0", "a04": "1" if row["a04"] == "4" else row["a04"]}


def items_all_missing(rows: list[Row], frame: list[Row]) -> None:
    """Every question but the main one was passed over."""
    for row in rows:
        for name in row:
            if ANSWERS.fullmatch(name) and name != "b06":
                row[name] = "-99"
        row |= {"b08": "-99" if row["b06"].strip() == "1" else "", "e03": "", "o01": "", "o02": ""}
        row |= dict.fromkeys(TICKS, "0")


def one_group(rows: list[Row], frame: list[Row]) -> None:
    """All work in one kind of organisation, trained together, with the same colleagues."""
    for row in rows:
        row |= {"a01": "1", "a02": "1", "a04": "1", "a06": "1", "a07": "1", "b01": "1"}
    for person in frame:
        person |= {
            "cohort": "1",
            "organisation": "A",
            "organisation_type": "specialised child psychiatry",
            "profession": "psychologist",
        }


def unchanged(rows: list[Row], frame: list[Row]) -> None:
    pass


VARIANTS: dict[str, Callable[[list[Row], list[Row]], None]] = {
    edit.__name__: edit
    for edit in (
        nobody_answered,
        main_question_unanswered,
        everyone_continued,
        nobody_continued,
        an_option_nobody_chose,
        items_all_missing,
        one_group,
    )
}


# The same for a project that `sustainment new` drafts from the export; its outcome is the first
# question that can be answered with yes, and a blank cell is a missing answer.


def draft_nobody_answered(rows: list[Row]) -> None:
    rows.clear()


def draft_outcome_unanswered(rows: list[Row]) -> None:
    for row in rows:
        row["a05"] = ""


def draft_everyone_said_yes(rows: list[Row]) -> None:
    for row in rows:
        row["a05"] = "1"


def draft_items_all_missing(rows: list[Row]) -> None:
    for row in rows:
        row |= {name: "" for name in row if ANSWERS.match(name) and name != "a05"}


DRAFTS: dict[str, Callable[[list[Row]], None]] = {
    edit.__name__: edit
    for edit in (
        draft_nobody_answered,
        draft_outcome_unanswered,
        draft_everyone_said_yes,
        draft_items_all_missing,
    )
}


def make_draft(folder: Path) -> Path:
    """A new project made from the raw data. Its chapters run in this environment: no wheel is needed."""

    def no_wheel(vendor: Path) -> Path:
        vendor.mkdir()
        wheel = vendor / "sustainment-0-py3-none-any.whl"
        wheel.write_bytes(b"")
        return wheel

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "provide_wheel", no_wheel)
        raw = ROOT / "data" / "raw"
        survey, dictionary = raw / "survey.csv", raw / "survey_dictionary.csv"
        return project.make_project(folder, survey, dictionary, raw / "interviews")


def vary_draft(name: str, draft: Path, folder: Path) -> Path:
    """A copy of the drafted project with the answers of one variant."""
    shutil.copytree(draft, folder)
    path = folder / "data" / "raw" / "survey.csv"
    rows = read(path)
    columns = list(rows[0])
    DRAFTS[name](rows)
    write(path, rows, columns)
    return folder


def make_variant(name: str, folder: Path) -> Path:
    """A copy of the study whose answers are those of one variant; returns its folder."""
    skip = shutil.ignore_patterns(
        "_build", "_paired", ".venv", ".git", "tests", "src", ".*_cache", ".hypothesis", "dist"
    )
    shutil.copytree(ROOT, folder, ignore=skip)
    raw = folder / "data" / "raw"
    rows, frame = read(raw / "survey.csv"), read(raw / "population.csv")
    columns = list(rows[0])
    VARIANTS.get(name, unchanged)(rows, frame)
    write(raw / "survey.csv", rows, columns)
    write(raw / "population.csv", frame, list(frame[0]))
    study = folder / "data" / "study.yml"
    text = study.read_text(encoding="utf-8")
    study.write_text(
        re.sub(r"(?m)^  records: 56\b", f"  records: {len(rows)}", text), encoding="utf-8"
    )
    return folder


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(path: Path, rows: list[Row], columns: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
