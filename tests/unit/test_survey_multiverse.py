"""Every way to count, against counts by hand."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from sustainment.errors import UserError
from sustainment.survey.model import Survey
from sustainment.survey.multiverse import curve, flips, read_plan, share

PLAN = {
    "use": {
        "words": "use it",
        "choices": {
            "definition": {"default": "wide", "options": {"wide": "any", "narrow": "full"}},
            "denominator": {"default": "everyone", "options": {"everyone": "", "clinical": ""}},
            "partials": {"default": "count", "options": {"count": "", "leave out": ""}},
            "silence": {
                "default": "alike",
                "options": {"none": "", "half": "", "alike": "", "all": ""},
            },
            "weights": {"default": "equal", "options": {"equal": "", "raked": ""}},
        },
        "raked_on": ["place"],
        "clinical": {"item": "work", "not": ["0"]},
        "not_together": [
            {"silence": "none", "weights": "raked"},
            {"silence": "all", "weights": "raked"},
        ],
        "sentences": [
            {"id": "on", "text": "At least 40 % do.", "line": 0.4, "side": "at least"},
            {"id": "majority", "text": "More than 40 % do.", "line": 0.4, "side": "more than"},
            {"id": "all", "text": "Nobody does.", "line": 0.01, "side": "less than"},
        ],
    }
}
STUDY = SimpleNamespace(
    settings={
        "definitions": {
            "wide": {"item": "use", "codes": ["1", "2"]},
            "narrow": {"item": "full", "codes": ["1"]},
        }
    }
)
# Ten on the list, five at each place. At X all five answered (4 yes), at Y one of five (no).
PEOPLE = [f"p{i}" for i in range(10)]
FRAME = pd.DataFrame({"place": ["X"] * 5 + ["Y"] * 5}, index=PEOPLE)


def made():
    index = PEOPLE[:6]
    answers = pd.DataFrame(
        {
            "use": ["1", "1", "2", "1", "0", "0"],
            "full": ["1", "0", "1", None, None, None],
            "work": ["1", "1", "1", "1", "1", "0"],
        },
        index=index,
    )
    missing = pd.DataFrame("", index=index, columns=answers.columns)
    missing.loc[["p4", "p5"], "full"] = "not asked"
    missing.loc["p3", "full"] = "no answer"
    log = pd.DataFrame({"rule": ["partial-with-outcome"], "respondent": ["p4"]})
    return Survey(answers, missing, {}, log, pd.DataFrame(), raw=None)


@pytest.fixture
def plan():
    return read_plan(PLAN, "use")


def counted(plan, **choice):
    return share(STUDY, made(), FRAME, plan, **choice)


def test_the_ends_of_silence_are_the_bounds(plan):
    assert counted(plan, silence="none")["estimate"] == pytest.approx(4 / 10)
    assert counted(plan, silence="all")["estimate"] == pytest.approx(8 / 10)
    assert counted(plan)["estimate"] == pytest.approx(4 / 6)


def test_half_the_odds_is_meant_of_odds(plan):
    # 4 of 6 yes: odds 2, half of it 1, so half of the four silent
    assert counted(plan, silence="half")["estimate"] == pytest.approx((4 + 2) / 10)


def test_a_question_ruled_out_is_no_and_one_passed_over_is_silence(plan):
    result = counted(plan, definition="narrow", silence="none")
    assert (result["yes"], result["silent"], result["of"]) == (2, 5, 10)


def test_forms_broken_off_become_silent_and_stay_in_the_denominator(plan):
    result = counted(plan, partials="leave out")
    assert (result["yes"], result["silent"], result["of"]) == (4, 5, 10)
    assert result["estimate"] == pytest.approx(4 / 5)


def test_who_does_no_clinical_work_leaves_the_denominator(plan):
    result = counted(plan, denominator="clinical", silence="none")
    assert (result["yes"], result["silent"], result["of"]) == (4, 4, 9)


def test_weights_let_each_place_speak_for_its_own_silent(plan):
    # by hand: X is 5 of 10 with 4/5 yes, Y is 5 of 10 with 0/1 yes
    assert counted(plan, weights="raked")["estimate"] == pytest.approx(0.5 * 0.8 + 0.5 * 0)


def test_the_curve_holds_each_sensible_combination_once_and_agrees_with_single_counts(plan):
    table = curve(STUDY, made(), FRAME, plan)
    assert len(table) == 2 * 2 * 2 * (4 * 2 - 2)
    assert not table.duplicated(list(plan.choices)).any()
    assert table["estimate"].dropna().is_monotonic_increasing
    for row in table.dropna(subset=["estimate"]).to_dict("records"):
        choice = {name: row[name] for name in plan.choices}
        assert counted(plan, **choice)["estimate"] == row["estimate"]


def test_an_empty_weighting_class_keeps_its_row_and_says_why(plan):
    table = curve(STUDY, made(), FRAME, plan)
    undefined = table[table["estimate"].isna()]
    # without the one who left clinical work nobody at Y answered
    assert set(undefined["denominator"]) == {"clinical"} and set(undefined["weights"]) == {"raked"}
    assert undefined["note"].str.contains("Nobody with place = 'Y' answered").all()


def test_a_sentence_flips_only_if_it_stands_and_falls(plan):
    verdicts = flips(curve(STUDY, made(), FRAME, plan), plan).set_index("id")
    assert verdicts.loc["on", "flips"] and verdicts.loc["on", ["stands", "falls"]].min() > 0
    assert not verdicts.loc["all", "flips"] and verdicts.loc["all", "stands"] == 0


def test_a_share_exactly_on_the_line_is_at_least_it_and_not_more_than_it(plan):
    # The bounds of 4 yes and 4 silent among ten begin at 4/10 exactly.
    table = curve(STUDY, made(), FRAME, plan)
    on_the_line = int((table["estimate"].round(9) == 0.4).sum())
    verdicts = flips(table, plan).set_index("id")["stands"]
    assert on_the_line > 0
    assert verdicts["on"] - verdicts["majority"] == on_the_line


def test_no_estimate_at_all_leaves_no_sentence_to_judge(plan):
    with pytest.raises(UserError, match="no sentence stands or falls"):
        flips(pd.DataFrame({"estimate": [float("nan")]}), plan)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"silence": "some"}, "'some' is no option of 'silence'"),
        ({"cut_off": 5}, "5 is no option of 'cut_off'"),
        ({"silence": "none", "weights": "raked"}, "Weights say nothing"),
    ],
)
def test_impossible_choices_are_sentences(plan, choice, sentence):
    with pytest.raises(UserError, match=sentence):
        counted(plan, **choice)


def test_mistakes_in_the_file_are_named():
    with pytest.raises(UserError, match="plans no 'age'"):
        read_plan(PLAN, "age")
    wrong = {
        "use": {"words": "", "choices": {"silence": {"default": "x", "options": {"none": ""}}}}
    }
    with pytest.raises(UserError, match="default of 'silence' is 'x'"):
        read_plan(wrong, "use")
    wrong = {"use": {"words": "", "choices": {"colour": {"default": "x", "options": {"x": ""}}}}}
    with pytest.raises(UserError, match="unknown choice 'colour'"):
        read_plan(wrong, "use")
    wrong = {"use": {"words": "", "sentences": [{"id": "half", "line": 0.5, "side": "above"}]}}
    with pytest.raises(UserError, match=r"'above'\. Use one of: at least, more than, less than"):
        read_plan(wrong, "use")


def test_nobody_answering_is_a_sentence(plan):
    empty = made()
    nobody = Survey(
        empty.answers.iloc[:0], empty.missing.iloc[:0], {}, empty.log, pd.DataFrame(), None
    )
    with pytest.raises(UserError, match="Nobody answered"):
        share(STUDY, nobody, FRAME, plan)


def test_row_order_label_order_and_unused_labels_move_no_way_to_count():
    survey = made()
    plan = read_plan(PLAN, "use")
    wanted = curve(STUDY, survey, FRAME, plan)
    answers = survey.answers.iloc[::-1].astype(pd.CategoricalDtype(["unused", "2", "1", "0"]))
    turned = replace(survey, answers=answers, missing=survey.missing.iloc[::-1])
    frame = FRAME.iloc[[3, 9, 0, 5, 7, 1, 8, 2, 6, 4]]
    frame = frame.astype(pd.CategoricalDtype(["Z", "Y", "X"]))
    pd.testing.assert_frame_equal(curve(STUDY, turned, frame, plan), wanted)
    assert wanted["estimate"].between(0, 1).sum() > 10


def test_a_respondent_outside_the_frame_is_named(plan):
    with pytest.raises(UserError, match=r"'p0' answered but is not in the frame"):
        curve(STUDY, made(), FRAME.drop(index="p0"), plan)
