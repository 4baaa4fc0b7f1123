"""Quirks met in real exports of other teams, each in a file made for the test."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from vendor_helpers import write_csv

from sustainment.disclosure.words import Vocabulary, plain_words
from sustainment.errors import UserError
from sustainment.new import drawing
from sustainment.new.contents import _block
from sustainment.new.describe import gaps, tally, told_apart
from sustainment.new.project import open_material
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey
from sustainment.survey.vendors.guess import guess_item, split_ticks
from sustainment.survey.vendors.scales import number_order, scale_order

pd = pytest.importorskip("pandas")


def column(*values: str) -> pd.Series:
    return pd.Series(list(values), dtype="str")


@pytest.mark.parametrize(
    "ordered",
    [
        ["24 years or less", "25 - 34 years", "55 years or more", "Prefer not to say"],
        ["3 months ago or less", "3 ~ 12 months ago", "1 ~ 3 years ago", "3 years ago or more"],
        ["$0 - $24,999", "$25,000 - $49,999", "$100,000 - $149,999", "$150,000+"],
        ["None", "Less than a year", "1-2 years", "3-10 years", "More than 10 years"],
        ["<20Mb", "20Mb -100Mb", "100Mb - 1Gb", "1Gb - 5Gb", ">50Gb", "Don't know"],
        ["Menos de 35", "Entre 35 y 45", "Más de 45", "Ns/Nc"],
        ["Hasta 200.000", "Entre 750.000 y 1.000.000", "Más de 1.000.000"],
        ["disapprove (-1)", "neutral (0)", "approve (1)"],
    ],
)
def test_ranges_stand_in_the_order_of_their_numbers(ordered):
    assert number_order(sorted(ordered, key=lambda label: label[::-1])) == ordered


def test_labels_without_numbers_have_no_order_by_number():
    assert number_order(["Yes", "No"]) is None
    assert number_order(["1 child", "Some children"]) is None


@pytest.mark.parametrize(
    "ordered",
    [
        ["Very difficult", "Difficult", "Somewhat difficult", "Somewhat easy", "Easy", "Very easy"],
        ["Completely dissatisfied", "Somewhat dissatisfied", "Neutral", "Somewhat satisfied"],
        ["Very unlikely", "Somewhat unlikely", "Somewhat likely", "Very likely"],
        ["Extremely bad", "Somewhat bad", "Neither good nor bad", "Extremely good"],
        ["Strongly disagree", "Disagree", "Agree", "Strongly agree", "I don't know"],
        ["Disagree (2)", "Somewhat agree (5)", "Agree (6)", "Strongly agree (7)"],
        ["Never", "Sometimes", "About half the time", "Most of the time", "Always"],
        ["Not at all", "Not much", "Some", "A lot"],
    ],
)
def test_steps_between_two_poles_stand_from_least_to_most(ordered):
    assert scale_order(sorted(ordered)) == ordered


@pytest.mark.parametrize(
    "labels", [["Male", "Female", "Other"], ["Yes", "No", "Not sure"], ["Very red", "Very blue"]]
)
def test_what_is_no_scale_gets_no_order(labels):
    assert scale_order(labels) is None


def test_dont_know_stands_beside_the_scale_and_neutral_between_its_sides(tmp_path):
    labels = ["strongly negative", "negative", "neutral", "positive", "I don't know"]
    rows = [[str(n), labels[n % 5]] for n in range(20)]
    raw = read_survey(write_csv(tmp_path / "s.csv", [["id", "view"], *rows]))
    block = _block(raw, ["view"], set())
    assert block["low"] == labels[:2] and block["middle"] == ["neutral"]
    assert block["high"] == ["positive"] and block["aside"] == ["I don't know"]


def test_a_stand_in_for_an_empty_cell_is_no_option_and_no_text():
    age = guess_item("age", "Age", column("31", "NA", "45", "NA"))
    assert (age.type, age.missing) == ("number", {"NA": "no answer"})
    how = guess_item("how", "How?", column("1", "2", "N/A", "5", "1"), codes=True)
    assert list(how.options) == ["1", "2", "5"] and how.missing == {"N/A": "not applicable"}
    assert guess_item("why", "Why?", column("N/A", "as the day is long", "NA")).missing == {
        "NA": "no answer"
    }
    years = guess_item("years", "Years", column("4", "12.5", "-99", "999", "7"))
    assert years.missing == {"-99": "no answer", "999": "no answer"}
    assert guess_item("t", "Celsius", column("-9", "-4", "11.5")).missing == {}
    assert guess_item("km", "Distance", column("999", "850", "12.5")).missing == {}


def test_one_answer_spelled_in_many_ways_is_text():
    cells = column("I see", "i see", "I SEE", "I see.", "I see", "I see", "i see", "I SEE")
    assert guess_item("check", "Write: I see", cells).type == "text"


def test_blanks_around_a_label_lose_no_answer(tmp_path):
    places = ["a town\xa0", "a village ", "a town\xa0", "a city"] * 5
    rows = [[str(n), place] for n, place in enumerate(places)]
    raw = read_survey(write_csv(tmp_path / "s.csv", [["id", "place"], *rows]))
    survey = clean(
        raw, {"id": "id", "decisions": [{"rule": "stray-spaces", "then": "repair", "why": "x"}]}
    )
    assert set(raw.codebook["place"].options) == {"a town", "a village", "a city"}
    assert survey.answers["place"].value_counts()["a town"] == 10


def test_a_bracket_is_not_taken_apart_and_an_order_is_no_choice():
    cells = column(
        *["SSH;Manager (Slurm, PBS)", "Manager (Slurm, PBS)", "SSH;Cloud", "Cloud;SSH"] * 5
    )
    assert set(split_ticks(cells, ";")) == {"SSH", "Cloud", "Manager (Slurm, PBS)"}
    assert split_ticks(column(*["Manager (Slurm, PBS)", "A (x, y)", "A (x, y), B"] * 5), ", ").keys() <= {
        "A (x, y)", "B", "Manager (Slurm, PBS)"
    }  # fmt: skip
    assert split_ticks(column(*["a;b;c;", "c;b;a;", "b;a;c;"] * 5), ";") == {}


def test_a_closing_semicolon_says_that_several_answers_were_allowed():
    ticks = split_ticks(column("Work\xa0;", "School;Work\xa0;", "Home;", "Work\xa0;"), ";")
    assert list(ticks) == ["Work", "School", "Home"]
    assert list(ticks["Work"]) == ["1", "1", "0", "1"]


def test_qualtrics_of_which_columns_were_left_out_keeps_its_second_header_row_out(tmp_path):
    rows = [
        ["StartDate", "EndDate", "Progress", "Finished", "RecordedDate", "Q1", "Q2"],
        [
            "Start Date",
            "End Date",
            "Progress",
            "Finished",
            "Recorded Date",
            "Do you teach?",
            "Years",
        ],
        ["2022-01-01", "2022-01-01", "100", "TRUE", "2022-01-01", "Yes", "14"],
        ["2022-01-02", "2022-01-02", "100", "TRUE", "2022-01-02", "No", "27"],
    ]
    raw = read_survey(write_csv(tmp_path / "q.csv", rows))
    assert raw.kind == "qualtrics" and len(raw.table) == 2
    assert raw.codebook["Q1"].wording == "Do you teach?" and raw.codebook["Q2"].type == "number"
    anonymous = [
        ["StartDate", "RecordedDate", "ResponseId", "Q1"],
        ["2022-01-01", "2022-01-01", "1", "Yes"],
    ]
    raw = read_survey(write_csv(tmp_path / "a.csv", anonymous))
    assert raw.kind == "qualtrics" and len(raw.table) == 1


def test_surveymonkey_without_collector_is_known_and_one_choice_in_columns_put_together(tmp_path):
    head = [
        ["RespondentID", "Do you drive?", "How much?", "", ""],
        ["", "Response", "A lot", "Some", "Not at all"],
    ]
    rows = [
        [str(3000 + n), "Yes", *("A lot" if n % 2 else "", "" if n % 2 else "Some", "")]
        for n in range(12)
    ]
    raw = read_survey(write_csv(tmp_path / "m.csv", [*head, *rows]))
    assert raw.kind == "surveymonkey" and len(raw.table) == 12
    assert raw.codebook["q2"].options.keys() == {"A lot", "Some", "Not at all"}
    assert raw.table["q2"].value_counts().to_dict() == {"A lot": 6, "Some": 6}
    assert raw.codebook["q2_1"].type == "note"


def test_surveymonkey_with_all_that_apply_stays_tick_boxes(tmp_path):
    head = [["Respondent ID", "Tick all that apply", ""], ["", "Car", "Bus"]]
    rows = [[str(n), "Car" if n % 2 else "", "" if n % 2 else "Bus"] for n in range(12)]
    raw = read_survey(write_csv(tmp_path / "m.csv", [*head, *rows]))
    assert {raw.codebook[name].type for name in ("q1_1", "q1_2")} == {"multi"}


def test_a_tick_of_spss_may_be_1_beside_2_for_no(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    from types import SimpleNamespace

    from sustainment.survey.vendors.spss import _sets

    frame = pd.DataFrame({"A": [1.0, 2.0, 1.0, 8.0], "B": [2.0, 1.0, 1.0, 8.0]})
    labels = {name: {1.0: "Yes", 2.0: "No", 8.0: "Don't know"} for name in frame}
    path = tmp_path / "s.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels=labels)
    raw = read_survey(path)
    meta = {
        "$s": {
            "is_dichotomy": True,
            "counted_value": 1,
            "variable_list": ["A", "B"],
            "label": "Which?",
        }
    }
    items = dict(raw.codebook)
    _sets(items, SimpleNamespace(mr_sets=meta), raw.table)
    assert items["A"].options == {"2": "not ticked", "1": "A"} and items["A"].missing == {
        "8": "refused"
    }
    raw.codebook = items
    survey = clean(raw, {"id": "line"})
    assert survey.answers["A"].tolist()[:3] == [True, False, True]
    assert survey.missing["A"].tolist() == ["", "", "", "refused"]


def test_rows_of_one_name_are_told_apart(tmp_path):
    assert told_apart(["Other", "Use", "other"], ["q1", "q2", "q3"]) == [
        "Other · q1",
        "Use",
        "other · q3",
    ]
    wordings = [
        "id",
        "What helps you most in this work of yours? [Other]",
        "And what does hinder you in it? [Other]",
    ]
    rows = [[str(n), f"word number {n}", f"another {n}"] for n in range(12)]
    survey = clean(read_survey(write_csv(tmp_path / "s.csv", [wordings, *rows])), {"id": "id"})
    assert gaps(survey)["question"].is_unique


def test_an_option_called_no_answer_and_the_missing_answers_are_two_rows(tmp_path):
    rows = [[str(n), ["Yes", "No", "no answer", ""][n % 4]] for n in range(20)]
    survey = clean(read_survey(write_csv(tmp_path / "s.csv", [["id", "use"], *rows])), {"id": "id"})
    table = tally(survey, "use")
    assert table["answer"].is_unique and table["persons"].tolist() == [5, 5, 5, 5]


def test_an_id_on_a_panel_identifies(tmp_path):
    rows = [["id", "PROLIFIC_PID", "use"], *([str(n), f"5f{n}c9e0a{n}", "Yes"] for n in range(12))]
    assert read_survey(write_csv(tmp_path / "s.csv", rows)).codebook["PROLIFIC_PID"].identifier


def test_a_question_with_a_long_number_is_a_public_word_and_a_date_alone_is_none():
    vocabulary = Vocabulary.__new__(Vocabulary)
    vocabulary.ids, vocabulary.text = (
        set(),
        plain_words("Which ZIP code (for example, 00544)? on 2024-05-01"),
    )
    assert vocabulary.knows("Which ZIP code (for example, 00544)?")
    assert not vocabulary.knows("2024-05-01") and not vocabulary.knows("A ZIP code like 00545")


def test_long_labels_of_a_scale_leave_room_for_the_bars():
    labels = [
        f"{step} of the time and in every place where we have been {'so ' * 9}" for step in "abcdef"
    ]
    table = pd.DataFrame([["A statement", *[5] * 6]], columns=["statement", *labels])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing.scale_bars(table, labels[:3], [], labels[3:], 30).canvas.draw()
    assert drawing.in_legend(["x" * 60 + " a", "x" * 60 + " b"]) == [
        "x" * 60 + " a",
        "x" * 60 + " b",
    ]


def test_a_file_that_is_not_there_is_named_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=rf"There is no x\.csv in {re.escape(tmp_path.name)}/\."):
        open_material(Path("x.csv"), None, None)
