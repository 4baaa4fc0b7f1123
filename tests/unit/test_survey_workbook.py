"""A real survey whose dictionary is a workbook: converted by one command, then read and cleaned."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from sustainment.errors import UserError
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey
from sustainment.survey.workbook import redcap_dictionary_from_workbook

HEADER = [
    "Section",
    "Survey question",
    "variable name",
    "Label",
    "Coding",
    "Missing {999, Missing} {888, Branching}",
]


@pytest.fixture(scope="module")
def national(shared_data, tmp_path_factory):
    """(folder, dictionary written, findings) of the national survey of data quality."""
    folder = shared_data / "dq-national-survey"
    out = tmp_path_factory.mktemp("dq") / "dictionary.csv"
    return folder, out, redcap_dictionary_from_workbook(folder / "data_dictionary.xlsx", out)


def workbook(tmp_path: Path, *rows: list, header: list | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (header or HEADER, *rows):
        sheet.append(row)
    path = tmp_path / "dictionary.xlsx"
    book.save(path)
    return path


def test_the_documented_command_converts_the_real_dictionary(national, tmp_path):
    folder, expected, findings = national
    out = tmp_path / "dictionary.csv"
    command = [sys.executable, "-m", "sustainment.survey.workbook"]
    done = subprocess.run(
        [*command, str(folder / "data_dictionary.xlsx"), str(out)], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert out.read_bytes() == expected.read_bytes()
    assert len(done.stdout.splitlines()) == len(findings)


def test_every_variable_of_the_real_dictionary_finds_its_column(national):
    folder, dictionary, _ = national
    sheet = openpyxl.load_workbook(folder / "data_dictionary.xlsx").active
    variables = [str(row[2]).strip() for row in sheet.iter_rows(2, values_only=True) if row[2]]
    raw = read_survey(folder / "raw_responses.csv", dictionary)
    assert len(raw.table) == 547
    assert len(raw.codebook) == len(variables) == 422
    assert raw.columns_without_item == []
    assert [name.casefold() for name in raw.codebook] == [name.casefold() for name in variables]


def test_the_missing_codes_of_the_real_survey_are_counted_right(national):
    folder, dictionary, _ = national
    with (folder / "raw_responses.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = Counter(cell for row in csv.reader(file) for cell in row)
    raw = read_survey(folder / "raw_responses.csv", dictionary)
    decisions = [
        {"rule": "unknown-code", "then": "refused"},  # so that only the codes count as the others
        {"rule": "double-encoded", "then": "repair"},
    ]
    survey = clean(raw, {"id": "record_id", "decisions": decisions})
    kinds = Counter(survey.missing.to_numpy().ravel())
    assert cells["888"] == kinds["not asked"] == 105_058
    assert cells["777"] == kinds["removed"]
    undeclared = (survey.log["before"] == "999").sum()
    empty = cells[""]
    assert cells["999"] + empty == kinds["no answer"] + undeclared


def test_merged_questions_reach_every_variable_under_them(national):
    folder, dictionary, _ = national
    codebook = read_survey(folder / "raw_responses.csv", dictionary).codebook
    wording = codebook["health_workforce_speech_path"].wording
    assert wording.startswith("What health professionals are part of the clinical study team?")
    assert codebook["gender"].section == "Participant demgraphics"


def test_what_the_real_dictionary_leaves_open_is_named_and_not_guessed(national):
    _, _, findings = national
    without_code = [f for f in findings if f.rule == "option-without-code"]
    assert {(f.column, f.value) for f in without_code} >= {
        ("sdv_consent", "76-99%"),
        ("cm_sample_of", "Don't know"),
    }
    assert len(without_code) == 9
    recodes = {f.column for f in findings if f.rule == "derived-column"}
    assert {"phase_type_remove_DK", "Length_of_employment_range_condensed"} <= recodes


def test_text_outside_the_braces_is_named(tmp_path):
    path = workbook(tmp_path, ["", "Q", "v", "L", "{1, yes} or {2, no}", "999"])
    [finding] = redcap_dictionary_from_workbook(path, tmp_path / "out.csv")
    assert (finding.rule, finding.row, finding.column, finding.value) == (
        "option-outside-braces",
        2,
        "v",
        "or",
    )


def test_a_word_for_missing_that_nobody_explained_is_refused(tmp_path):
    header = [*HEADER[:5], "Missing {999, Mislaid}"]
    path = workbook(tmp_path, ["", "Q", "v", "L", "{1, yes}", 999], header=header)
    with pytest.raises(UserError, match="which kind of missing 'Mislaid' is"):
        redcap_dictionary_from_workbook(path, tmp_path / "out.csv")
    redcap_dictionary_from_workbook(path, tmp_path / "out.csv", kinds={"mislaid": "removed"})
    assert "999=removed" in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_a_workbook_without_a_dictionary_is_refused(tmp_path):
    with pytest.raises(UserError, match="no sheet has a column of variables"):
        redcap_dictionary_from_workbook(workbook(tmp_path, header=["a", "b"]), tmp_path / "out.csv")
    with pytest.raises(UserError, match="no column of codes"):
        redcap_dictionary_from_workbook(
            workbook(tmp_path, header=["Variable", "b"]), tmp_path / "out.csv"
        )
    (tmp_path / "no.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(UserError, match="not a workbook"):
        redcap_dictionary_from_workbook(tmp_path / "no.xlsx", tmp_path / "out.csv")


def test_an_unconverted_workbook_is_answered_with_the_command(tmp_path):
    path = workbook(tmp_path, ["", "Q", "v", "L", "{1, yes}", 999])
    (tmp_path / "data.csv").write_text("v,form_complete\n1,2\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"python -m sustainment\.survey\.workbook"):
        read_survey(tmp_path / "data.csv", path, kind="redcap")
