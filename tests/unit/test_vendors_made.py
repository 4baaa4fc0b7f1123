"""Small exports made here in the shape of each program, read back with every answer in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from vendor_helpers import write_csv, write_xlsx

from sustainment.errors import UserError
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey

QUALTRICS_NAMES = ["StartDate", "Status", "IPAddress", "ResponseId", "DistributionChannel", "Q1", "Q2_1", "Q2_2", "Q3", "Q4_1", "Q4_2", "Q5_TEXT"]  # fmt: skip
QUALTRICS_TEXTS = ["Start Date", "Response Type", "IP Address", "Response ID", "Channel", "How often?\nPlease say", "Which? - Selected Choice - Red", "Which? - Selected Choice - Blue", "Tick all", "Rate - First", "Rate - Second", "Other - Text"]  # fmt: skip
QUALTRICS_ROWS = [
    ["2024-01-05 10:00:00", "0", "10.1.2.3", "R_1", "anonymous", "2", "1", "", "1,2", "4", "5", "free"],
    ["2024-01-05 11:00:00", "0", "10.1.2.4", "R_2", "anonymous", "-99", "", "2", "2,3", "5", "4", ""],
    ["2024-01-05 12:00:00", "1", "10.1.2.5", "R_3", "preview", "1", "1", "2", "1,3", "1", "2", ""],
    ["2024-01-05 13:00:00", "0", "10.1.2.6", "R_4", "anonymous", "1", "1", "", "1,2,3", "3", "3", ""],
    ["2024-01-05 14:00:00", "0", "10.1.2.7", "R_5", "anonymous", "2", "", "", "", "2", "1", ""],
]  # fmt: skip


def qualtrics(path: Path, encoding: str = "utf-8", separator: str = ",") -> Path:
    imports = [json.dumps({"ImportId": name}) for name in QUALTRICS_NAMES]
    return write_csv(
        path, [QUALTRICS_NAMES, QUALTRICS_TEXTS, imports, *QUALTRICS_ROWS], encoding, separator
    )


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8-sig", ","), ("utf-16", "\t")])
def test_qualtrics_with_three_header_rows(tmp_path, encoding, separator):
    raw = read_survey(
        qualtrics(tmp_path / ("q.tsv" if separator == "\t" else "q.csv"), encoding, separator)
    )
    assert raw.kind == "qualtrics" and "three header rows" in raw.why
    assert list(raw.table["ResponseId"]) == ["R_1", "R_2", "R_3", "R_4", "R_5"]
    assert raw.table.index[0] == 5  # the header takes four lines: a wording holds a line break
    assert raw.codebook["Q1"].wording == "How often? Please say"
    assert raw.codebook["Q1"].missing == {"-99": "no answer"}
    assert raw.codebook["Q2_1"].type == "multi" and raw.codebook["Q2_1"].set == "Q2"
    assert list(raw.codebook["Q2_2"].options.values())[-1] == "Blue"
    assert raw.codebook["Q4_1"].type == "single"  # a grid, not tick boxes
    assert list(raw.table["Q3___2"]) == ["1", "1", "0", "1", ""]  # "1,2" was split


def test_qualtrics_answers_after_cleaning(tmp_path):
    raw = read_survey(qualtrics(tmp_path / "q.csv"))
    survey = clean(raw, {"id": "ResponseId", "decisions": [{"rule": "test-record", "column": "Status", "matches": "^1$", "then": "drop"}]})  # fmt: skip
    assert list(survey.answers.index) == ["R_1", "R_2", "R_4", "R_5"]
    assert "IPAddress" not in survey.answers
    assert survey.missing.loc["R_2", "Q1"] == "no answer"
    assert survey.answers.loc["R_1", "Q2_1"] and not survey.answers.loc["R_1", "Q2_2"]
    assert survey.missing.loc["R_5", "Q2_1"] == "no answer"  # no box of the question was ticked


def test_a_qsf_file_gives_qualtrics_labels_in_the_order_of_the_survey(tmp_path):
    question = {
        "QuestionID": "QID1", "DataExportTag": "Q1", "QuestionText": "How <b>often</b>?", "QuestionType": "MC",
        "Selector": "SAVR", "Choices": {"1": {"Display": "Never"}, "4": {"Display": "Often"}},
        "ChoiceOrder": [4, 1], "RecodeValues": {"1": "1", "4": "2"},
    }  # fmt: skip
    qsf = tmp_path / "survey.qsf"
    qsf.write_text(
        json.dumps({"SurveyElements": [{"Element": "SQ", "Payload": question}]}), encoding="utf-8"
    )
    raw = read_survey(qualtrics(tmp_path / "q.csv"), qsf)
    assert raw.codebook["Q1"].options == {"2": "Often", "1": "Never"}
    assert raw.codebook["Q1"].wording == "How often ?"


def test_broken_qualtrics_header_is_refused(tmp_path):
    path = write_csv(tmp_path / "q.csv", [["Q1", "Q2"], ["1", "2"]])
    with pytest.raises(UserError, match="header rows are not those of Qualtrics"):
        read_survey(path, kind="qualtrics")


LIME_ROWS = [
    ["id", "submitdate", "lastpage", "startlanguage", "ipaddr", "Q1", "Q2[SQ001]", "Q2[SQ002]", "Q2[other]", "Q3", "Q4[SQ001]"],
    ["1", "2024-02-01 10:00:00", "3", "sv", "192.0.2.1", "Y", "Y", "", "", "A2", "A1"],
    ["2", "2024-02-01 11:00:00", "3", "sv", "192.0.2.2", "N", "N/A", "N/A", "N/A", "A1", "A2"],
    ["3", "", "1", "sv", "192.0.2.3", "Y", "", "Y", "more", "", "A1"],
]  # fmt: skip


def lss(path: Path, new: bool) -> Path:
    """A structure file in the old shape (texts in place) or the new one (texts in *_l10ns)."""

    def table(name: str, rows: list[dict[str, str]]) -> str:
        cells = "".join(
            "<row>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in row.items()) + "</row>"
            for row in rows
        )
        return f"<{name}><rows>{cells}</rows></{name}>"

    texts = {
        "1": "Do you <i>use</i> it?",
        "2": "Which parts?",
        "3": "How well?",
        "4": "Rate",
        "11": "First",
        "12": "Second",
        "13": "Row",
    }
    questions = [
        ("1", "Q1", "Y", "1"),
        ("2", "Q2", "M", '((Q1.NAOK == "Y"))'),
        ("3", "Q3", "L", "1"),
        ("4", "Q4", "F", "1"),
    ]
    parts = [("11", "SQ001", "2"), ("12", "SQ002", "2"), ("13", "SQ001", "4")]
    answers = [
        ("31", "3", "A1", "Badly", "2"),
        ("32", "3", "A2", "Well", "1"),
        ("41", "4", "A1", "Yes", "1"),
        ("42", "4", "A2", "No", "2"),
    ]
    body = table("surveys", [{"sid": "9", "language": "en"}])
    body += table(
        "groups", [{"gid": "1", "group_name": "Part one", "group_order": "1", "language": "en"}]
    )
    body += table("questions", [
        {"qid": q, "parent_qid": "0", "gid": "1", "title": t, "type": k, "relevance": r, "question_order": q, "other": "Y" if t == "Q2" else "N"}
        | ({} if new else {"question": texts[q], "language": "en"})
        for q, t, k, r in questions
    ])  # fmt: skip
    body += table("subquestions", [
        {"qid": q, "parent_qid": p, "gid": "1", "title": t, "type": "T", "question_order": q}
        | ({} if new else {"question": texts[q], "language": "en"})
        for q, t, p in parts
    ])  # fmt: skip
    body += table("answers", [
        {"qid": q, "code": c, "sortorder": o} | ({"aid": a} if new else {"answer": label, "language": "en"})
        for a, q, c, label, o in answers
    ])  # fmt: skip
    if new:
        body += table(
            "question_l10ns",
            [{"qid": q, "question": text, "language": "en"} for q, text in texts.items()],
        )
        body += table(
            "answer_l10ns",
            [{"aid": a, "answer": label, "language": "en"} for a, _, _, label, _ in answers],
        )
        body += table("group_l10ns", [{"gid": "1", "group_name": "Part one", "language": "en"}])
    path.write_text(
        f"<document><LimeSurveyDocType>Survey</LimeSurveyDocType>{body}</document>",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("kind", ["csv", "semicolons", "xlsx"])
def test_limesurvey_with_its_structure_file(tmp_path, new, kind):
    if kind == "xlsx":
        path = write_xlsx(tmp_path / "r.xlsx", {"Responses": LIME_ROWS})
    else:
        path = write_csv(
            tmp_path / "r.csv", LIME_ROWS, separator=";" if kind == "semicolons" else ","
        )
    raw = read_survey(path, lss(tmp_path / "s.lss", new))
    assert raw.kind == "limesurvey"
    assert raw.codebook["Q3"].options == {"A2": "Well", "A1": "Badly"}  # by sort order
    assert raw.codebook["Q1"].wording == "Do you use it?"
    assert raw.codebook["Q1"].section == "Part one"
    assert raw.codebook["Q2[SQ002]"].set == "Q2"
    assert (
        raw.codebook["Q2[SQ001]"].routing == '([Q1] = "Y")'
        or raw.codebook["Q2[SQ001]"].routing == '(([Q1] = "Y"))'
    )
    assert raw.codebook["ipaddr"].identifier
    settings = {"id": "id", "decisions": []}
    survey = clean(raw, settings)
    assert survey.missing.loc["2", "Q2[SQ001]"] == "not asked"
    assert list(survey.answers["Q2[SQ001]"].astype("object")) == [True, pd.NA, False]
    assert survey.missing.loc["3", "Q3"] == "no answer"


def test_limesurvey_without_structure_takes_ticks_from_the_cells(tmp_path):
    raw = read_survey(write_csv(tmp_path / "r.csv", LIME_ROWS))
    assert raw.codebook["Q2[SQ001]"].type == "multi"
    assert raw.codebook["Q1"].missing == {} and raw.codebook["Q2[SQ002]"].missing == {
        "N/A": "not asked"
    }


def test_a_structure_file_of_another_survey_is_refused(tmp_path):
    rows = [[c.replace("Q", "X") for c in LIME_ROWS[0]], *LIME_ROWS[1:]]
    with pytest.raises(UserError, match="another survey"):
        read_survey(write_csv(tmp_path / "r.csv", rows), lss(tmp_path / "s.lss", True))


MONKEY = [
    ["Respondent ID", "Collector ID", "Start Date", "IP Address", "Do you use it?", "Which colours?", "", "", "Rate these", "", "Comment"],
    ["", "", "", "", "Response", "Red", "Blue", "Other (please specify)", "Speed", "Price", "Open-Ended Response"],
    ["101", "9", "2024-03-01", "192.0.2.9", "Yes", "Red", "", "", "Good", "Poor", "fine"],
    ["102", "9", "2024-03-01", "192.0.2.8", "No", "", "Blue", "green", "Poor", "Good", ""],
    ["103", "9", "2024-03-02", "192.0.2.7", "Yes", "Red", "Blue", "", "Fair", "Fair", ""],
    ["104", "9", "2024-03-02", "192.0.2.6", "Yes", "", "", "", "Good", "Poor", ""],
]  # fmt: skip


def test_surveymonkey_expanded_with_two_header_rows(tmp_path):
    raw = read_survey(write_csv(tmp_path / "m.csv", MONKEY))
    assert raw.kind == "surveymonkey" and "two header rows" in raw.why
    assert list(raw.codebook["q2_1"].options.values())[-1] == "Red"
    assert raw.codebook["q2_2"].set == "q2" and raw.codebook["q2_3"].type == "text"
    assert list(raw.codebook["q3_1"].options) == ["Poor", "Fair", "Good"]
    assert raw.codebook["q3_1"].section == "Rate these"
    survey = clean(raw, {"id": "respondent_id"})
    assert list(survey.missing["q2_1"]) == ["", "", "", "no answer"]
    assert list(survey.answers["q2_1"].astype("object"))[:3] == [True, False, True]


def test_surveymonkey_condensed_in_a_workbook(tmp_path):
    rows = [
        ["Respondent ID", "Collector ID", "Which colours?", "How often?"],
        ["", "", "Response", "Response"],
        [101, 9, "Red, Blue", "Often"], [102, 9, "Blue", "Never"], [103, 9, "Red", "Sometimes"],
        [104, 9, "Red, Blue", "Often"], [105, 9, "", ""],
    ]  # fmt: skip
    raw = read_survey(write_xlsx(tmp_path / "m.xlsx", {"Sheet": rows}))
    assert list(raw.table["respondent_id"]) == ["101", "102", "103", "104", "105"]
    labels = {item.options["1"] for item in raw.codebook.values() if item.set == "q1"}
    assert labels == {"Red", "Blue"}
    assert raw.codebook["q2"].type == "likert" and list(raw.codebook["q2"].options) == [
        "Never",
        "Sometimes",
        "Often",
    ]
    assert raw.table["q1"].iloc[0] == "Red, Blue"  # the joined cell stays


def test_surveymonkey_grid_of_ticks_with_three_header_rows(tmp_path):
    rows = [
        ["Respondent ID", "Collector ID", "Who helps when?", "", "", ""],
        ["", "", "Team", "", "Manager", ""],
        ["", "", "Start", "Later", "Start", "Later"],
        ["1", "9", "Start", "", "", "Later"], ["2", "9", "Start", "Later", "", ""],
    ]  # fmt: skip
    raw = read_survey(write_csv(tmp_path / "m.csv", rows))
    assert "three header rows" in raw.why
    assert (
        raw.codebook["q1_4"].type == "multi"
        and list(raw.codebook["q1_4"].options.values())[-1] == "Later"
    )
    assert "Manager" in raw.codebook["q1_4"].wording


def test_microsoft_forms_in_swedish(tmp_path):
    rows = [
        ["ID", "Starttid", "Slutförandetid", "E-post", "Namn", "Vilka\u00a0språk?", "Hur ofta?", "Poäng – Hur ofta?"],
        [1, "2024-04-01", "2024-04-01", "anonymous", "", "Svenska;Engelska;", "Ofta", ""],
        [2, "2024-04-01", "2024-04-01", "anonymous", "", "Svenska;", "Aldrig", ""],
        [3, "2024-04-02", "2024-04-02", "anonymous", "", "Engelska;", "Ibland", ""],
        [4, "2024-04-02", "2024-04-02", "anonymous", "", "Svenska;Engelska;", "Ofta", ""],
    ]  # fmt: skip
    raw = read_survey(write_xlsx(tmp_path / "f.xlsx", {"Form1": rows}))
    assert raw.kind == "forms" and "Microsoft" in raw.why
    assert raw.codebook["email"].identifier and raw.codebook["name"].identifier
    assert {i.options["1"] for i in raw.codebook.values() if i.type == "multi"} == {
        "Svenska",
        "Engelska",
    }
    assert list(raw.codebook["hur_ofta"].options) == ["Aldrig", "Ibland", "Ofta"]
    assert raw.codebook["quiz_8"].section == "bookkeeping"


def test_google_forms_grid_rows_share_one_scale(tmp_path):
    rows = [
        ["Timestamp", "Say how far you agree: [It helps.]", "Say how far you agree: [It is fun.]"],
        ["6/30/2021 17:35:10", "Agree", "Disagree"], ["6/30/2021 18:35:10", "Strongly agree", "Agree"],
        ["6/30/2021 19:35:10", "Agree", "Agree"], ["7/1/2021 19:35:10", "Strongly agree", "Agree"],
    ]  # fmt: skip
    raw = read_survey(write_csv(tmp_path / "g.tsv", rows, separator="\t"))
    assert list(raw.codebook["q1_2"].options) == ["Disagree", "Agree", "Strongly agree"]
    assert raw.codebook["q1_1"].options == raw.codebook["q1_2"].options
    assert raw.codebook["timestamp"].format == "month first"


def test_limesurvey_headings_of_whole_questions_give_ticks_and_grids(tmp_path):
    header = [
        "Response ID",
        "Date submitted",
        "Last page",
        "Start language",
        "Which? [Red]",
        "Which? [Blue]",
        "Rate [Speed]",
        "Rate [Price]",
    ]
    rows = [
        [str(i), "2024-02-01", "2", "en", "Yes", "No", "Agree", "Disagree" if i % 2 else "Neutral"]
        for i in range(1, 9)
    ]
    raw = read_survey(write_csv(tmp_path / "r.csv", [header, *rows]))
    assert raw.kind == "limesurvey"
    red = raw.codebook["q1"]
    assert red.type == "multi" and list(red.options.values())[-1] == "Red" and red.set == "Which?"
    assert list(raw.codebook["q4"].options) == ["Disagree", "Neutral", "Agree"]


def test_surveymonkey_single_choice_with_other_is_one_answer_and_a_text(tmp_path):
    rows = [
        ["Respondent ID", "Collector ID", "Your role?", ""], ["", "", "Response", "Other (please specify)"],
        *([str(i), "9", "Nurse" if i % 2 else "Doctor", ""] for i in range(1, 9)), ["9", "9", "Other (please specify)", "cook"],
    ]  # fmt: skip
    raw = read_survey(write_csv(tmp_path / "m.csv", rows))
    assert raw.codebook["q1_1"].type == "single" and "Nurse" in raw.codebook["q1_1"].options
    assert raw.codebook["q1_2"].type == "text"
