"""REDCap exports of other people's projects, with counts taken from the files by the csv module."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from survey_helpers import DICTIONARY, DICTIONARY_HEADER, SURVEY, with_cell

from sustainment.errors import UserError
from sustainment.survey import read as reading
from sustainment.survey.model import BOOKKEEPING
from sustainment.survey.read import kinds, read_survey
from sustainment.survey.redcap import parse_choices, tick_column
from sustainment.survey.tabular import Unreadable

# name: records, columns, fields in the dictionary, tick boxes, bookkeeping columns: counted by
# `counted` below from the raw files; the numbers here say what they were when written.
PROJECTS = {
    "blank-for-gray-status": (6, 26, 17),
    "checkboxes-1": (4, 13, 4),
    "decimal-comma": (4, 6, 5),
    "decimal-comma-and-dot": (4, 9, 8),
    "longitudinal": (18, 125, 95),
    "nonnumeric-record-id": (3, 3, 2),
    "potentially-problematic-values": (2, 5, 4),
    "repeating-instruments": (6, 15, 11),
    "russian": (3, 402, 0),
    "simple": (5, 24, 16),
    "survey": (2, 33, 25),
    "validation-types-1": (1, 52, 50),
}


def files(shared_data: Path, project: str) -> tuple[Path, Path | None]:
    folder = shared_data / "vendor-format-fixtures" / "redcap" / project
    dictionaries = [path for path in folder.iterdir() if path.name.startswith("diction")]
    return folder / "data.csv", dictionaries[0] if dictionaries else None


def rows_of(path: Path | None) -> list[list[str]]:
    if path is None:
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.reader(file) if row]


@pytest.mark.parametrize("project", PROJECTS)
def test_a_project_is_read_cell_for_cell(shared_data, project):
    data, dictionary = files(shared_data, project)
    header, *records = rows_of(data)
    fields = rows_of(dictionary)[1:]
    assert (len(records), len(header), len(fields)) == PROJECTS[project]

    raw = read_survey(data, dictionary)

    assert raw.kind == "redcap"
    assert raw.why
    assert list(raw.table.columns) == header
    assert raw.table.to_numpy().tolist() == records
    assert raw.columns_without_item == []
    described = {name for name in header if raw.codebook[name].section != BOOKKEEPING}
    by_type = {field[0]: field[3] for field in fields}
    expected = {name for name in header if name.split("___")[0] in by_type}
    if dictionary:
        assert described == expected
    without_column = {name for name, item in raw.codebook.items() if name not in header}
    assert without_column == {name for name, kind in by_type.items() if kind == "descriptive"}
    boxes = [item for item in raw.codebook.values() if item.type == "multi"]
    assert len(boxes) == sum("___" in name for name in header)
    marked = {field[0] for field in fields if field[10] == "y"}
    assert {item.id for item in raw.codebook.values() if item.identifier} == marked


def test_a_project_without_records_is_an_empty_file_and_says_so(shared_data):
    data, dictionary = files(shared_data, "potentially-problematic-dictionary")
    with pytest.raises(Unreadable, match=r"data\.csv: The file is empty"):
        read_survey(data, dictionary)


def test_types_follow_the_validation(shared_data):
    codebook = read_survey(*files(shared_data, "validation-types-1")).codebook
    assert {name: codebook[name].type for name in ("f_calculated", "f_slider", "v_date_dmy", "v_email")} == {
        "f_calculated": "calc", "f_slider": "number", "v_date_dmy": "date", "v_email": "text",
    }  # fmt: skip
    assert codebook["v_integer"].format == "integer"
    assert codebook["v_number_comma_decimal"].format == "decimal comma"
    assert codebook["f_yes_no"].options == {"1": "Yes", "0": "No"}
    assert codebook["f_checkbox___2"].options == {"0": "not ticked", "1": "Two"}
    assert codebook["f_checkbox___2"].set == "f_checkbox"


def test_both_decimal_signs_of_one_project_give_the_same_numbers(shared_data):
    raw = read_survey(*files(shared_data, "decimal-comma-and-dot"))
    from sustainment.survey.clean import clean

    answers = clean(raw, {}).answers
    assert (
        answers["height_comma"].tolist()
        == answers["height_dot"].tolist()
        == [1.54, 1.84, 1.95, 1.61]
    )


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("1, Yes | 2, No", {"1": "Yes", "2": "No"}),
        ("1, Yes, mostly|2, No", {"1": "Yes, mostly", "2": "No"}),
        ("-99, <b>none</b> | a, =SUM(A1)", {"-99": "<b>none</b>", "a": "=SUM(A1)"}),
        ("1,", {"1": "1"}),
        ("", {}),
    ],
)
def test_choices_are_split_at_the_first_comma(text, options):
    assert parse_choices(text) == (options, [])


def test_a_code_given_twice_is_told():
    assert parse_choices("1, a | 1, b")[1] == ["1"]


def test_a_minus_in_a_tick_box_code_becomes_an_underscore():
    assert tick_column("b10", "-99") == "b10____99"


def write(tmp_path: Path, survey: str = SURVEY, dictionary: str | None = DICTIONARY):
    (tmp_path / "survey.csv").write_text(survey, encoding="utf-8", newline="")
    if dictionary is None:
        return tmp_path / "survey.csv", None
    (tmp_path / "dictionary.csv").write_text(dictionary, encoding="utf-8", newline="")
    return tmp_path / "survey.csv", tmp_path / "dictionary.csv"


def test_the_dictionary_of_another_project_stops_the_reading(tmp_path):
    other = DICTIONARY_HEADER + "x1,form,,text,X,,,,,,,,,,,,,\nx2,form,,text,Y,,,,,,,,,,,,,\n"
    with pytest.raises(Unreadable, match="describes another export: 0 of its 2 fields"):
        read_survey(*write(tmp_path, dictionary=other))


def test_an_export_of_labels_is_told_apart(tmp_path):
    labels = "Record,Person,Invented,Date,Profession,How many?,Still?\n1,P-1,Yes,2000-02-01,nurse,3,Yes\n"
    with pytest.raises(Unreadable, match="labels in place of names"):
        read_survey(*write(tmp_path, survey=labels))


def test_a_field_described_twice_stops_the_reading(tmp_path):
    twice = DICTIONARY + "a01,form,,text,Again,,,,,,,,,,,,,\n"
    with pytest.raises(
        Unreadable, match=r"dictionary\.csv, row 13: The dictionary describes a field twice"
    ):
        read_survey(*write(tmp_path, dictionary=twice))


def test_oddities_of_the_dictionary_are_named_with_their_row(tmp_path):
    odd = with_cell(DICTIONARY, 6, "Choices, Calculations, OR Slider Labels", "1, a | 1, b")
    odd = with_cell(odd, 7, "Text Validation Max", "sixty")
    odd += ",form,,text,Nameless,,,,,,,,,,,,,\n"
    odd = with_cell(odd, 8, "Field Type", "yesnot")
    odd = with_cell(odd, 12, "Identifier?", "z")
    odd = with_cell(odd, 2, "Field Type", "text")
    odd = with_cell(odd, 3, "Text Validation Type OR Show Slider Number", "integr")
    odd = odd.replace("Field Note", "Field Notes", 1)
    found = read_survey(*write(tmp_path, dictionary=odd)).notes
    assert {note.file for note in found} == {"dictionary.csv"}
    assert {(note.rule, note.row) for note in found} == {
        ("options-repeated", 6), ("limit-unread", 7), ("type-unknown", 8), ("identifier-unclear", 12),
        ("validation-unknown", 3), ("dictionary-nameless", 13), ("dictionary-columns", 1),
    }  # fmt: skip


def test_markup_and_formulas_in_labels_stay_text(tmp_path):
    hostile = with_cell(DICTIONARY, 6, "Field Label", "<script>alert('x')</script>")
    hostile = with_cell(
        hostile, 6, "Choices, Calculations, OR Slider Labels", "1, =cmd()|2, <img src=x>|3, c"
    )
    item = read_survey(*write(tmp_path, dictionary=hostile)).codebook["a01"]
    assert item.wording == "<script>alert('x')</script>"
    assert item.options == {"1": "=cmd()", "2": "<img src=x>", "3": "c"}


def test_a_list_of_options_that_three_items_share_is_a_scale(tmp_path):
    choices = '"1, no | 2, rather not | 3, neither | 4, rather | 5, yes | 9, Not applicable"'
    more = "".join(f"s{i},form,,radio,S,{choices},,,,,,,,,,,,\n" for i in (1, 2))
    codebook = read_survey(*write(tmp_path, dictionary=DICTIONARY + more)).codebook
    assert {name: codebook[name].type for name in ("score", "s1", "a01")} == {
        "score": "likert", "s1": "likert", "a01": "single",
    }  # fmt: skip


def test_the_kind_is_recognised_with_a_reason_or_not_at_all(tmp_path):
    path, _ = write(tmp_path, dictionary=None)
    raw = read_survey(path, kind="redcap")
    assert {note.rule for note in raw.notes} == {"no-dictionary"}
    with pytest.raises(UserError, match=r"'redcapp' is not a kind .* Did you mean 'redcap'"):
        read_survey(path, kind="redcapp")


def test_two_kinds_that_fit_stop_the_reading(tmp_path, monkeypatch):
    class Other:
        KIND = "other"

        @staticmethod
        def recognise(source):
            return "it has commas"

    monkeypatch.setattr(reading, "kinds", lambda: {"redcap": kinds()["redcap"], "other": Other})
    with pytest.raises(
        UserError,
        match=r"could be of several kinds: redcap, because .*; other, because it has commas",
    ):
        read_survey(*write(tmp_path))
