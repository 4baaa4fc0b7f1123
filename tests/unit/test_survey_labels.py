"""Labels, and TRUE and FALSE, in place of codes: read as what they are, and said."""

from __future__ import annotations

import csv

import pytest

from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey

HEADER = [
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name",
    "Matrix Ranking?", "Field Annotation",
]  # fmt: skip


def field(name: str, kind: str, label: str, choices: str = "", routing: str = "") -> list[str]:
    row = dict.fromkeys(HEADER, "")
    row |= {HEADER[0]: name, HEADER[1]: "form", HEADER[3]: kind, HEADER[4]: label}
    row |= {HEADER[5]: choices, HEADER[11]: routing}
    return list(row.values())


@pytest.fixture
def dictionary(tmp_path):
    rows = [
        HEADER,
        field("record_id", "text", "Record"),
        field("use", "radio", "In use?", "0, No | 1, Yes"),
        field("why", "radio", "Why not?", "1, Time | 2, Training", "[use]='0'"),
        field("role", "dropdown", "Role", "1, Nurse | 2, Physician"),
    ]
    with (tmp_path / "k.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "k.csv"


def read(tmp_path, dictionary, rows):
    with (tmp_path / "d.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["record_id", "use", "why", "role"], *rows])
    raw = read_survey(tmp_path / "d.csv", dictionary)
    return raw, clean(raw, {"id": "record_id"})


def test_an_export_of_labels_keeps_every_answer(tmp_path, dictionary):
    raw, survey = read(tmp_path, dictionary, [["1", "Yes", "", "Nurse"], ["2", "No", "Time", "Nurse"]])  # fmt: skip
    assert survey.answers["use"].tolist() == ["Yes", "No"]
    assert list(survey.answers["role"].cat.categories) == ["Nurse", "Physician"]
    assert survey.answers["why"].tolist()[1] == "Time"
    assert survey.missing["why"].tolist() == ["no answer", ""]  # the routing spoke of codes
    rules = [note.rule for note in raw.notes]
    assert rules.count("labels-for-codes") == 3 and rules.count("routing-kept-out") == 1


def test_true_and_false_of_r_are_the_two_answers(tmp_path, dictionary):
    _, survey = read(tmp_path, dictionary, [["1", "TRUE", "", "1"], ["2", "FALSE", "2", "2"]])
    assert survey.codebook["use"].options == {"FALSE": "No", "TRUE": "Yes"}
    assert survey.answers["use"].tolist() == ["TRUE", "FALSE"]


def test_codes_stay_codes_and_a_strange_cell_stays_a_defect(tmp_path, dictionary):
    raw, survey = read(tmp_path, dictionary, [["1", "1", "", "1"], ["2", "0", "2", "2"]])
    assert "labels-for-codes" not in {note.rule for note in raw.notes}
    assert survey.missing["why"].tolist() == ["not asked", ""]
    with pytest.raises(Exception, match="unknown-code"):
        read(tmp_path, dictionary, [["1", "1", "", "1"], ["2", "maybe", "", "Nurse"]])
