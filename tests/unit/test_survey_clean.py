"""Cleaning: what is dropped, changed and missing, each with its reason; nothing undecided passes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
import yaml
from survey_helpers import DICTIONARY, SURVEY, settings_with, with_cell, write_study

from sustainment.errors import UserError
from sustainment.survey import Survey, open_survey
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey

BOOK = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def book() -> Survey:
    """The book's own survey, cleaned."""
    settings = yaml.safe_load((BOOK / "data" / "study.yml").read_text(encoding="utf-8"))
    return open_survey(BOOK, settings)


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    """The defects that the generator says it planted."""
    path = BOOK / "data" / "worlds" / "book" / "defects.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def cleaned(
    tmp_path: Path, survey: str = SURVEY, dictionary: str = DICTIONARY, **settings
) -> Survey:
    study = settings_with(**settings)
    write_study(tmp_path, survey=survey, dictionary=dictionary, settings=study)
    return open_survey(tmp_path, study)


# The book's survey -----------------------------------------------------------------------------


def test_fifty_respondents_remain_with_the_published_outcome(book):
    assert len(book.answers) == 50
    assert book.answers.index.is_unique
    assert book.answers["b06"].value_counts().to_dict() == {"1": 33, "0": 17}


def test_every_planted_defect_is_in_the_log_or_among_the_dropped(book, planted):
    table = book.raw.table
    found = {
        (rule, str(line))
        for line, rule in zip(book.dropped["row"], book.dropped["reason"], strict=True)
    }
    persons = table["redcap_survey_identifier"].str.strip()
    kept = persons[~persons.index.isin(book.dropped["row"])]
    lines = dict(zip(kept, kept.index, strict=True))
    found |= {
        (rule, str(lines[person]))
        for rule, person in zip(book.log["rule"], book.log["respondent"], strict=True)
    }
    # a blank and a quoted line break change nothing, so the log has no line for them
    expected = planted[~planted["rule"].isin(["harmless", "asked-but-blank"])]
    assert found == set(zip(expected["rule"], expected["row"], strict=True))


def test_what_is_no_defect_came_through_unchanged(book, planted):
    harmless = planted[planted["rule"] == "harmless"]
    assert len(harmless) == 2
    for row in harmless.itertuples():
        assert book.answers.at[row.identifier, row.column] == row.after


def test_repairs_give_back_the_answer_before_the_defect(book, planted):
    repaired = {"stray-spaces", "full-width-digit", "double-encoded"}
    for row in planted[planted["rule"].isin(repaired)].itertuples():
        assert str(book.answers.at[row.identifier, row.column]) == row.before


def test_a_value_that_cannot_be_believed_is_removed_and_not_guessed(book, planted):
    unbelieved = {"impossible-value", "unknown-code", "impossible-date", "text-in-number"}
    for row in planted[planted["rule"].isin(unbelieved)].itertuples():
        assert pd.isna(book.answers.at[row.identifier, row.column])
        assert book.missing.at[row.identifier, row.column] == "removed"


def test_answers_and_kinds_of_missing_fit_each_other_everywhere(book):
    assert list(book.missing.columns) == list(book.answers.columns)
    assert (book.answers.isna().to_numpy() == (book.missing != "").to_numpy()).all()


def test_the_routing_counted_by_hand_gives_the_same_not_asked(book):
    with (BOOK / "data" / "raw" / "survey.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["redcap_survey_identifier"]: row for row in csv.DictReader(file)}
    unasked = {
        "b08": lambda row: row["b06"].strip() != "1",
        "b10___3": lambda row: not (row["b06"].strip() == "0" or row["b08"] in ("3", "4")),
        "c01": lambda row: row["a04"] == "5",
        "e03": lambda row: row["b06"].strip() != "1",
    }
    for item, rule in unasked.items():
        expected = {person for person in book.answers.index if rule(rows[person])}
        got = set(book.missing.index[book.missing[item] == "not asked"])
        assert got == expected, item


def test_the_raw_file_is_only_read(tmp_path):
    write_study(tmp_path)
    path = tmp_path / "data" / "raw" / "survey.csv"
    before = path.read_bytes()
    open_survey(tmp_path, settings_with())
    assert path.read_bytes() == before


# A small survey --------------------------------------------------------------------------------


def test_a_survey_without_defects_has_an_empty_log(tmp_path):
    survey = cleaned(tmp_path)
    assert survey.log.empty
    assert survey.dropped.empty
    assert list(survey.answers.index) == [f"P-{i}" for i in range(1, 6)]
    assert survey.answers["b05"].tolist() == [3, 0, 12, pd.NA, 7]
    assert survey.labels("a01").tolist()[1] == "social worker, licensed"
    assert [item.options["1"] for item in survey.set_items("b10")] == ["no time", "no referrals"]


def rewritten(text: str, separator: str, end: str) -> str:
    out = io.StringIO(newline="")
    rows = csv.reader(io.StringIO(text, newline=""))
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("separator", "end"), [(",", "\r\n"), (";", "\r\n"), ("\t", "\n"), (";", "\r")]
)
def test_a_file_that_excel_saved_again_gives_the_same_answers(tmp_path, codec, separator, end):
    swedish = SURVEY.replace("Colleagues", "Mötena på BUP")
    expected = cleaned(tmp_path, swedish)
    write_study(tmp_path, survey=rewritten(swedish, separator, end).encode(codec))
    survey = open_survey(tmp_path, settings_with())
    # a line break inside a cell becomes the line end of the system that saved the file
    answers = survey.answers.assign(
        o01=survey.answers["o01"].str.replace(r"\r\n?", "\n", regex=True)
    )
    pd.testing.assert_frame_equal(answers, expected.answers)
    pd.testing.assert_frame_equal(survey.missing, expected.missing)
    assert {note.rule for note in survey.raw.notes} <= {"encoding", "separator", "line-ends"}


def test_the_four_kinds_of_missing_are_kept_apart(tmp_path):
    missing = cleaned(tmp_path).missing
    assert missing["b05"].tolist() == ["", "", "", "no answer", ""]
    assert missing["o01"].tolist() == ["", "", "", "no answer", "refused"]
    assert missing["score"].tolist() == ["", "", "", "not applicable", ""]
    assert missing["b08"].tolist() == ["", "not asked", "", "not asked", "not asked"]
    assert missing["b10___1"].tolist() == ["not asked", "", "not asked", "no answer", ""]


def test_an_option_that_means_missing_is_no_longer_an_option(tmp_path):
    survey = cleaned(tmp_path)
    assert "9" not in survey.codebook["score"].options
    assert "9" not in survey.answers["score"].cat.categories
    assert "b10____99" not in survey.answers


def test_no_box_ticked_is_no_answer_unless_the_settings_say_otherwise(tmp_path):
    none = with_cell(SURVEY, 3, "b10___1", "0")
    survey = cleaned(tmp_path, none)
    assert survey.missing.at["P-2", "b10___1"] == "no answer"
    assert survey.log[["rule", "item", "respondent"]].to_numpy().tolist() == [
        ["none-ticked", "b10", "P-2"]
    ]
    told = cleaned(tmp_path, none, none_ticked="answered")
    assert told.answers.at["P-2", "b10___1"] is False or not told.answers.at["P-2", "b10___1"]
    assert told.missing.at["P-2", "b10___1"] == ""


def test_an_identifier_leaves_the_answers_and_the_log_says_so(tmp_path):
    marked = with_cell(DICTIONARY, 12, "Identifier?", "y")
    survey = cleaned(tmp_path, dictionary=marked)
    assert "o01" not in survey.answers
    assert "o01" not in survey.codebook
    assert survey.log["rule"].tolist() == ["identifier"]


def test_a_column_nobody_described_is_left_out_and_the_log_says_so(tmp_path):
    survey = cleaned(tmp_path, SURVEY.replace("o01", "o01x", 1))
    assert "o01x" not in survey.answers
    assert survey.log[["rule", "item"]].to_numpy().tolist() == [["column-extra", "o01x"]]


DUPLICATE = SURVEY + "6,P-1,1,2000-02-09,1,4,1,2,0,0,0,5,Later,{complete}\n"


@pytest.mark.parametrize(
    ("then", "complete", "kept"),
    [
        ("keep first", "2", "Colleagues"),
        ("keep last", "2", "Later"),
        ("keep first complete", "2", "Colleagues"),
        ("keep last complete", "2", "Later"),
    ],
)
def test_of_two_records_of_one_person_the_declared_one_is_kept(tmp_path, then, complete, kept):
    decisions = [{"rule": "duplicate-submission", "then": then}]
    survey = cleaned(tmp_path, DUPLICATE.format(complete=complete), decisions=decisions)
    assert survey.answers.at["P-1", "o01"] == kept
    assert survey.dropped["reason"].tolist() == ["duplicate-submission"]


def test_the_time_stamp_says_which_came_first_and_not_the_place_in_the_file(tmp_path):
    later_above = with_cell(DUPLICATE.format(complete="2"), 2, "filled_on", "2000-03-01")
    decisions = [{"rule": "duplicate-submission", "then": "keep first complete"}]
    by_place = cleaned(tmp_path, later_above, decisions=decisions)
    by_time = cleaned(tmp_path, later_above, decisions=decisions, time="filled_on")
    assert by_place.answers.at["P-1", "o01"] == "Colleagues"
    assert by_time.answers.at["P-1", "o01"] == "Later"


def test_a_complete_record_goes_before_an_earlier_one_that_broke_off(tmp_path):
    broken = with_cell(with_cell(SURVEY, 2, "form_complete", "0"), 2, "score", "")
    broken += "6,P-1,1,2000-02-09,1,4,1,2,0,0,0,5,Later,2\n"
    decisions = [{"rule": "duplicate-submission", "then": "keep first complete"}]
    survey = cleaned(tmp_path, broken, decisions=decisions)
    assert survey.dropped["row"].tolist() == [2]


@pytest.mark.parametrize(
    ("line", "changes", "decision"),
    [
        (
            2,
            {"record_id": "TEST1"},
            {"rule": "test-record", "column": "record_id", "matches": "^TEST"},
        ),
        (2, {"a01": "3"}, {"rule": "not-consenting", "item": "a01", "value": "3"}),
        (2, {"person": "X-1"}, {"rule": "not-in-frame"}),
        (2, {"b06": "", "b08": "", "form_complete": "0"}, {"rule": "partial-without-outcome"}),
    ],
)
def test_a_record_that_does_not_belong_is_dropped_by_its_rule(tmp_path, line, changes, decision):
    survey = SURVEY if decision["rule"] != "not-consenting" else with_cell(SURVEY, 6, "a01", "1")
    for column, value in changes.items():
        survey = with_cell(survey, line, column, value)
    result = cleaned(tmp_path, survey, decisions=[{**decision, "then": "drop"}])
    assert result.dropped[["row", "reason"]].to_numpy().tolist() == [[2, decision["rule"]]]
    assert len(result.answers) == 4


DEFECTS = [
    ("a01", "7", "unknown-code", "removed"),
    ("a01", " 1", "stray-spaces", "repair"),
    ("b05", "４", "full-width-digit", "repair"),
    ("b05", "many", "text-in-number", "no answer"),
    ("b05", "61", "impossible-value", "removed"),
    ("filled_on", "2000-02-31", "impossible-date", "removed"),
    ("o01", "kommun fÃ¶r", "double-encoded", "repair"),
    ("o01", "a\u030a", "decomposed-letters", "repair"),
    ("o01", "\ufffd", "letters-lost", "keep"),
]


@pytest.mark.parametrize(("column", "value", "rule", "then"), DEFECTS)
def test_a_defect_without_a_decision_stops_the_cleaning(tmp_path, column, value, rule, then):
    broken = with_cell(SURVEY, 2, column, value)
    with pytest.raises(UserError, match=f"{rule} at row 2, column {column}"):
        cleaned(tmp_path, broken)
    survey = cleaned(tmp_path, broken, decisions=[{"rule": rule, "then": then, "why": "because"}])
    [line] = survey.log.to_dict("records")
    assert (line["rule"], line["item"], line["respondent"], line["before"]) == (
        rule,
        column,
        "P-1",
        value,
    )
    assert line["note"] == f"{then}: because"


def test_a_decision_for_one_value_or_person_leaves_others_open(tmp_path):
    broken = with_cell(with_cell(SURVEY, 2, "b05", "61"), 3, "b05", "70")
    for narrow in ({"value": "61"}, {"id": "P-1"}):
        decision = {"rule": "impossible-value", "item": "b05", "then": "removed", **narrow}
        with pytest.raises(
            UserError, match=r"impossible-value at row 3, column b05 \(value '70'\)"
        ):
            cleaned(tmp_path, broken, decisions=[decision])


def test_an_answer_to_a_question_not_asked_becomes_not_asked(tmp_path):
    broken = with_cell(SURVEY, 3, "b08", "1")
    decision = {"rule": "answered-though-not-asked", "item": "b08", "then": "not asked"}
    survey = cleaned(tmp_path, broken, decisions=[decision])
    assert survey.missing.at["P-2", "b08"] == "not asked"
    assert survey.log["before"].tolist() == ["1"]


def test_a_person_outside_the_frame_or_twice_stops_the_cleaning(tmp_path):
    with pytest.raises(UserError, match="not-in-frame at row 2"):
        cleaned(tmp_path, with_cell(SURVEY, 2, "person", "X-9"))
    with pytest.raises(UserError, match="duplicate-submission at row 3"):
        cleaned(tmp_path, with_cell(SURVEY, 3, "person", "P-1"))
    with pytest.raises(UserError, match="no id in row 2"):
        cleaned(tmp_path, with_cell(SURVEY, 2, "person", ""))


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        ({"rule": "unknown-code"}, "needs `rule` and `then`"),
        ({"rule": "unknown-cod", "then": "removed"}, "Did you mean 'unknown-code'"),
        ({"rule": "unknown-code", "then": "repair"}, "can be decided as not asked, no answer"),
        ({"rule": "unknown-code", "then": "removed", "itm": "a"}, "'itm' is not known"),
    ],
)
def test_a_decision_with_a_mistake_is_named(tmp_path, decision, message):
    with pytest.raises(UserError, match=message):
        cleaned(tmp_path, decisions=[decision])


def test_an_id_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="has no column 'nobody'"):
        cleaned(tmp_path, id="nobody")


# Other people's projects -----------------------------------------------------------------------


def test_repeated_instruments_need_a_word_on_which_rows_are_the_survey(shared_data):
    folder = shared_data / "vendor-format-fixtures" / "redcap" / "repeating-instruments"
    raw = read_survey(folder / "data.csv", folder / "dictionary.csv")
    with pytest.raises(UserError, match="redcap_repeat_instrument has several values"):
        clean(raw, {})
    survey = clean(raw, {"rows": {"redcap_repeat_instrument": ""}})
    assert list(survey.answers.index) == ["1", "2"]
    assert (survey.dropped["reason"] == "not selected").sum() == 4


def test_events_need_a_word_on_which_of_them_is_the_survey(shared_data):
    folder = shared_data / "vendor-format-fixtures" / "redcap" / "longitudinal"
    raw = read_survey(folder / "data.csv", folder / "dictionary.csv")
    event = "enrollment_arm_1"
    with (folder / "data.csv").open(encoding="utf-8", newline="") as file:
        expected = sum(row["redcap_event_name"] == event for row in csv.DictReader(file))
    decisions = [{"rule": "stray-spaces", "then": "repair"}]
    survey = clean(raw, {"rows": {"redcap_event_name": event}, "decisions": decisions})
    assert len(survey.answers) == expected > 0
