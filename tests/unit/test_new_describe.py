"""The tables of a new project, counted by hand on six answers."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from sustainment.new import describe
from sustainment.new.draft import draft_study, humanised
from sustainment.new.linking import guess_link, link
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey

ROWS = [
    ["id", "use", "how", "b_1", "b_2", "years", "words"],
    ["p1", "1", "1", "1", "0", "2", "the long drive to the clinic"],
    ["p2", "1", "2", "1", "1", "4", ""],
    ["p3", "2", "3", "0", "0", "6", "nobody to talk with about it"],
    ["p4", "2", "", "0", "1", "8", ""],
    ["p5", "", "9", "", "", "", "time is never enough for both"],
    ["p6", "1", "3", "1", "0", "10", ""],
]
BOOK = [
    ["item", "wording", "options", "missing", "type"],
    ["id", "Id", "", "", ""],
    ["use", "Do you use it?", "1=Yes; 2=No", "", ""],
    ["how", "How often?", "1=Never; 2=Sometimes; 3=Often", "9=refused", "likert"],
    ["b", "Which parts?", "1=First; 2=Second", "", ""],
    ["years", "Years", "", "", "number"],
    ["words", "In your words", "", "", "text"],
]


@pytest.fixture
def survey(tmp_path):
    for name, rows in (("d.csv", ROWS), ("k.csv", BOOK)):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return clean(read_survey(tmp_path / "d.csv", tmp_path / "k.csv"), {"id": "id"})


def test_everybody_stands_in_the_table_of_a_closed_question(survey):
    assert describe.tally(survey, "use").to_numpy().tolist() == [
        ["Yes", 3],
        ["No", 2],
        ["no answer", 1],
    ]
    assert describe.tally(survey, "how").to_numpy().tolist() == [
        ["Never", 1], ["Sometimes", 1], ["Often", 2], ["no answer", 1], ["refused", 1],
    ]  # fmt: skip


def test_a_block_counts_each_step_and_puts_the_rest_last(survey):
    table = describe.block(survey, ["how"], ["1", "2", "3"])
    assert table.loc["How often?"].tolist() == [1, 1, 2, 2] and table.columns[-1] == "no answer"


def test_ticks_are_counted_by_option(survey):
    assert describe.ticks(survey, "b").to_numpy().tolist() == [["First", 3], ["Second", 2]]


def test_outcome_is_yes_no_and_silent_of_everybody(survey):
    assert describe.outcome(survey, {"item": "use", "yes": ["1"]}, 10) == (3, 2, 5)
    groups = describe.by_group(survey, {"item": "use", "yes": ["1"]}, "how")
    assert groups.to_numpy().tolist() == [
        ["Never", 1, 0, 1],
        ["Sometimes", 1, 0, 1],
        ["Often", 1, 1, 2],
    ]


def test_numbers_show_quartiles_and_no_single_person(survey):
    row = describe.numbers(survey, ["years"]).iloc[0]
    assert row.tolist() == ["Years", 5, 4.0, 6.0, 8.0]
    assert not {"minimum", "maximum"} & set(describe.numbers(survey, ["years"]).columns)


def test_records_and_gaps_add_up(survey):
    assert describe.records(survey)["number"].tolist() == [6]
    gaps = describe.gaps(survey).set_index("question")
    assert (gaps.sum(axis=1) == 6).all()
    assert gaps.loc["In your words", "no answer"] == 3


def test_a_title_is_made_from_a_folder(tmp_path):
    assert humanised(tmp_path / "our-own_study") == "Our own study"


def test_passages_link_to_the_answers_they_stand_in(survey, tmp_path):
    from sustainment.new.coding import open_coding

    path = tmp_path / "coding.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["quote", "code"], ["the long drive to the clinic", "distance"], ["nobody to talk with", "alone"],
             ["time is never enough for both", "time"], ["said by nobody in the survey", "other"]]
        )  # fmt: skip
    interviews, mapping = open_coding(path)
    assert mapping["quotation"] == "quote" and mapping["codes"] == ["code"]
    rule, why = guess_link(survey.raw, "id", interviews)
    assert rule == {"how": "text", "items": ["words"]} and "3 in answers to words" in why
    links = link(survey, interviews, rule)
    assert sorted(links.pairs["respondent"]) == ["p1", "p3", "p5"] and len(links.unlinked) == 1
    draft = draft_study(survey.raw, interviews, "T")
    assert draft["interviews.link"] == rule and isinstance(draft.settings(), dict)
    assert pd.notna(draft["population.size"])


@pytest.mark.parametrize(
    ("names", "how"),
    [
        (["p1", "p2", "p3", "p4"], "id"),
        (["p1", "B", "C", "D"], ""),  # one alike of four is chance
        (["interview p1", "interview p2", "interview p3"], "pattern"),
    ],
)
def test_documents_link_by_name_where_most_are_called_like_respondents(
    survey, tmp_path, names, how
):
    from sustainment.new.coding import open_coding

    path = tmp_path / "coding.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [[name, f"words that nobody wrote, {name}", "time"] for name in names]
        csv.writer(file).writerows([["interview", "quote", "code"], *rows])
    interviews, _ = open_coding(path)
    rule, why = guess_link(survey.raw, "id", interviews)
    assert rule.get("how", "") == how
    assert "counted from 1" not in why
    if how:
        assert set(link(survey, interviews, rule).pairs["respondent"]) == {
            n.split()[-1] for n in names
        }


def test_where_people_are_numbered_a_link_by_numbers_is_doubted(survey, tmp_path):
    from dataclasses import replace

    from sustainment.new.coding import open_coding

    path = tmp_path / "coding.csv"
    path.write_text("interview,quote,code\n1,some words here,time\n2,and some more,time\n")
    numbered = survey.raw.table.assign(id=[str(n) for n in range(1, len(survey.raw.table) + 1)])
    rule, why = guess_link(replace(survey.raw, table=numbered), "id", open_coding(path)[0])
    assert rule == {"how": "id"} and "make sure that the numbers mean the same people" in why


def test_words_that_all_options_begin_with_are_said_once():
    labels = ["Health Workforce - Nursing", "Health Workforce - Other", "Health Workforce -HW Prosthetics"]  # fmt: skip
    assert describe.without_common_start(labels) == ["Nursing", "Other", "HW Prosthetics"]
    assert describe.without_common_start(["Time", "Time off"]) == ["Time", "Time off"]
    assert describe.without_common_start(["I use A", "I use A", "I use"]) == [
        "use A",
        "use A",
        "use",
    ]


def test_what_was_left_open_by_those_asked_stands_first(tmp_path):
    rows = [["id", "gate", "seldom asked", "open"]]
    rows += [[f"P-{n}", "yes" if n < 3 else "no", "x" if n < 3 else "888", "" if n % 2 else "word"] for n in range(12)]  # fmt: skip
    path = tmp_path / "answers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    survey = clean(read_survey(path), {"id": "id", "missing_codes": {"888": "not asked"}})
    assert describe.gaps(survey)["question"].tolist() == ["open", "gate", "seldom asked"]


def test_letters_that_the_font_of_figures_lacks_do_not_become_boxes():
    from sustainment.new.drawing import drawable

    labels = [
        "Använder du den?",
        "Как часто?",
        "この方法をまだ使っていますか？",
        "🦄 Very happy",
        "医師",
    ]
    assert drawable(labels) == ["Använder du den?", "Как часто?", "line 3", "Very happy", "line 5"]
    assert drawable(["はい", "Ja"], "answer") == ["answer 1", "Ja"]
