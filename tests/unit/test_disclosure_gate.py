"""The gate, number by number: what passes, what becomes coarser, what is withheld."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from disclosure_helpers import SETTINGS

from sustainment.disclosure import gate
from sustainment.disclosure.plan import Plan
from sustainment.errors import UserError
from sustainment.report import Statistic
from sustainment.study import Study

CHAPTER = '---\nsustainment: {}\n---\n"said yes" "said no" "About half of them." "statement" "persons" "mean" "share" "second"'


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "survey").mkdir(parents=True)
    (tmp_path / "notebooks" / "survey" / "one.md").write_text(CHAPTER, encoding="utf-8")
    made = Study(tmp_path, "survey/one", SETTINGS, (), ())
    plan(monkeypatch)
    return made


def plan(monkeypatch, **entry):
    monkeypatch.setattr(gate, "load", lambda _: Plan({"chapters": {"survey/one": entry}}))


def statistic(value, text=None, population="respondents", **more):
    return Statistic("a.key", value, text or str(value), "observed", population, **more)


def passed(study, *args, **more):
    return gate.protect_statistic(study, statistic(*args, **more))


def test_a_large_number_passes_and_a_small_one_and_a_small_rest_do_not(study):
    assert passed(study, 30, count=30, of=66).text == "30"
    assert passed(study, 3, count=3, of=66).text == "[number withheld]"
    assert passed(study, 63, count=63, of=66).value == "[number withheld]"


def test_nothing_of_a_withheld_number_stays_in_its_record(study):
    record = passed(study, 3 / 46, "7 %", count=3, of=46).as_dict()
    assert record["value"] == record["text"] == "[share withheld]"
    assert record["count"] is None and record["of"] is None


def test_a_share_is_printed_in_whole_percentages_and_stored_no_finer(study):
    share = passed(study, 17 / 46, "36.96 %", count=17, of=46)
    assert share.text == "37 %" and share.value == 0.37


def test_a_share_of_fewer_than_ten_is_withheld(study):
    assert passed(study, 5 / 9, "56 %", count=5, of=9).text == "[share withheld]"


def test_the_size_of_a_group_that_nobody_knows_stays_out_of_the_record(study):
    assert passed(study, 10, count=10, of=46).of is None
    assert passed(study, 10, count=10, of=66).of == 66


def test_what_the_plan_hides_is_withheld_and_so_is_what_may_follow_from_it(study, monkeypatch):
    plan(monkeypatch, hidden=["a.key"], derived="withheld")
    assert passed(study, 30, count=30, of=66).text == "[number withheld]"
    plan(monkeypatch, hidden=["b.other"], derived="withheld")
    assert passed(study, 30, count=30, of=66).text == "30"
    assert passed(study, 3.9, "3.9").text == "[number withheld]"


def test_a_mean_is_printed_no_finer_than_its_text(study):
    assert passed(study, 3.91304, "3.9").value == 3.9


def test_a_number_of_nobody_knows_whom_is_withheld(study):
    assert passed(study, 30, population="households").text == "[number withheld]"
    assert passed(study, 30, population="").text == "[number withheld]"


@pytest.mark.parametrize("of", [12, 42])
def test_a_share_tells_the_count_behind_it_when_nobody_says_it(study, of):
    assert passed(study, 3 / of, f"{300 / of:.0f} %", of=of).text == "[share withheld]"
    assert passed(study, (of - 3) / of, f"{100 - 300 / of:.0f} %", of=of).text == "[share withheld]"


def test_a_share_of_nobody_knows_whom_passes_only_as_the_end_of_an_interval(study):
    assert passed(study, 0.381, "38 %").text == "[share withheld]"
    assert passed(study, 0.381, "38 %", target="people like these").text == "38 %"


def test_that_all_of_a_group_said_so_is_no_size_of_a_group(study):
    assert passed(study, 42, count=42, of=42).text == "[number withheld]"
    settings = {**SETTINGS, "protection": {**SETTINGS["protection"], "survey": {
        **SETTINGS["protection"]["survey"], "harmless": ["answered"]}}}  # fmt: skip
    size = statistic(42, count=42, of=42, label="answered")
    assert gate.protect_statistic(replace(study, settings=settings), size).text == "42"


def test_a_word_for_a_hidden_number_passes_only_where_it_leaves_room(study, monkeypatch):
    (study.root / "notebooks/survey/one.md").write_text(CHAPTER + " few more than half", "utf-8")
    assert passed(study, "more than half", count=24, of=42).text == "more than half"
    plan(monkeypatch, hidden=["a.key"], derived="withheld")
    assert passed(study, "more than half", count=24, of=42).text == "[words withheld]"  # 24 of 42
    assert passed(study, "few", count=3, of=46).text == "few"  # from 1 to 7 of 46


class Answers:
    answers = pd.DataFrame({"b": [1]}, index=pd.Index(["R-0117"], name="id"))


@pytest.mark.parametrize("place", ["key", "population", "label", "target"])
def test_nothing_beside_a_value_names_a_person(study, place):
    named = replace(study, _opened={"survey": Answers})
    with pytest.raises(UserError, match="names") as said:
        gate.protect_statistic(
            named, replace(statistic(30, count=30, of=66), **{place: "n.r-0117"})
        )
    assert "0117" not in str(said.value)


def test_smallest_and_largest_values_are_withheld(study):
    extreme = replace(statistic(40), key="a.largest")
    assert gate.protect_statistic(study, extreme).text == "[number withheld]"


def test_interviews_become_words_and_passages_are_rounded(study):
    assert passed(study, 7, population="interviews").text == "most"
    assert passed(study, 83, population="segments").text == "about 85"
    assert passed(study, 3, population="segments").text == "few"


@pytest.mark.parametrize("text", ["Said yes", "about half of them"])
def test_words_of_the_book_pass(study, text):
    assert passed(study, text).text == text


@pytest.mark.parametrize(
    "text", ["I am the only one left", "none", "all", "2000-02-03", "INV-1234"]
)
def test_words_of_people_and_nobody_and_everybody_do_not(study, text):
    assert passed(study, text).text == "[words withheld]"


FRAME = pd.DataFrame(
    {"statement": ["said yes", "said no"], "persons": [30, 3], "mean": [1.234, 2.0]}
)


def test_small_cells_and_what_stands_beside_them_are_withheld(study):
    safe = gate.protect_table(study, FRAME, "tbl-a", "respondents", ["persons"], {})
    assert safe["persons"].tolist() == [30, "withheld"]
    assert safe["mean"].tolist() == [1.23, "withheld"]


GROUPS = pd.DataFrame({"statement": ["said yes", "said no", "second"], "persons": [9, 20, 16]})


def test_shares_and_means_in_a_table_are_of_enough_persons_and_tell_of_enough(study):
    frame = GROUPS.assign(share=[5.5 / 9, 1 / 20, 0.5], mean=[1.5, 2.5, 3.5])
    safe = gate.protect_table(study, frame, "tbl-a", "respondents", ["persons"], {})
    assert safe["share"].tolist() == ["withheld", "withheld", 0.5]  # of nine; one of twenty
    assert safe["mean"].tolist() == ["withheld", "withheld", 3.5]
    alone = frame[["statement", "mean"]]  # nobody says of how many
    safe = gate.protect_table(study, alone, "tbl-a", "respondents", [], {})
    assert safe["mean"].tolist() == ["withheld"] * 3


def test_of_a_table_that_is_never_let_out_the_plan_knows_no_word(study, monkeypatch):
    monkeypatch.setenv(gate.COLLECT_VARIABLE, "1")
    monkeypatch.setenv("SUSTAINMENT_VALUES", str(study.root / "_build" / "collect" / "default"))
    frame = FRAME.assign(statement=["I am the only one left", "said no"])
    collected = gate.protect_table(study, frame, "tbl-a", "respondents", ["persons"], {})
    assert collected.shape == (1, 1) and "withheld" in collected.iloc[0, 0]
    assert gate.protect_table(study, FRAME, "tbl-a", "respondents", ["persons"], {}) is FRAME


def test_bands_and_written_labels_with_numbers_pass(study):
    bands = pd.DataFrame({"persons": ["none", "1–2", "10 or more"], "mean": [10, 12, 9]})
    (study.root / "notebooks/survey/one.md").write_text(CHAPTER + "none", encoding="utf-8")
    safe = gate.protect_table(study, bands, "tbl-a", "respondents", ["mean"], {})
    assert safe["persons"].tolist() == ["none", "1–2", "10 or more"]


def test_the_rules_may_say_whom_a_table_counts(study):
    settings = {
        **SETTINGS,
        "protection": {**SETTINGS["protection"], "tables": {"tbl-*": "respondents"}},
    }
    safe = gate.protect_table(replace(study, settings=settings), FRAME, "tbl-a", "", [], {})
    assert safe["persons"].tolist() == [30, "withheld"]


def test_the_plans_cells_are_withheld_by_their_words(study, monkeypatch):
    plan(monkeypatch, tables={"tbl-a": {"hidden": [["said yes", "persons"]]}})
    safe = gate.protect_table(study, FRAME, "tbl-a", "respondents", ["persons"], {})
    assert safe["persons"].tolist() == ["withheld", "withheld"]


def test_the_plans_neighbours_are_merged(study, monkeypatch):
    plan(monkeypatch, tables={"tbl-a": {"merge_rows": [[0, 1]]}})
    safe = gate.protect_table(
        study, FRAME[["statement", "persons"]], "tbl-a", "respondents", [], {}
    )
    assert safe.to_numpy().tolist() == [["said yes to said no", 33]]


def test_an_undeclared_column_of_whole_numbers_is_taken_to_count_persons(study):
    safe = gate.protect_table(study, FRAME, "tbl-a", "respondents", [], {})
    assert safe["persons"].tolist() == [30, "withheld"]


@pytest.mark.parametrize(
    ("frame", "population", "why"),
    [
        (FRAME, "", "whom or what"),
        (FRAME.rename(columns={"statement": "person"}), "respondents", "a line for each person"),
        (FRAME.assign(statement=["I was alone", "said no"]), "respondents", "words that are not"),
        (FRAME.assign(second="said yes"), "respondents", "crosses more than"),
        (FRAME[["statement"]], "respondents", "may be persons"),
        (FRAME.assign(statement="said no"), "respondents", "may be persons"),
        (FRAME.assign(statement=["3 said yes", "said no"]), "respondents", "words that are not"),
        (FRAME, "respondents: a, b", "crosses more than"),
    ],
)
def test_what_no_cell_of_may_be_printed_is_withheld_with_a_sentence(study, frame, population, why):
    safe = gate.protect_table(study, frame, "tbl-a", population, [], {})
    assert safe.shape == (1, 1) and why in safe.iloc[0, 0]


def test_a_codes_meaning_with_words_of_somebody_is_withheld_and_its_line_stays(study):
    frame = FRAME.drop(columns="mean").assign(
        second=["about half of them", "as she said 2021-05-04"]
    )
    frame = frame[["statement", "second", "persons"]]
    safe = gate.protect_table(study, frame, "tbl-a", "interviews", ["persons"], {})
    assert safe["statement"].tolist() == ["said yes", "said no"]
    assert safe["second"].tolist() == ["about half of them", "withheld"]
    alone = frame.assign(statement=["I was alone", "said no"])
    safe = gate.protect_table(study, alone, "tbl-a", "interviews", ["persons"], {})
    assert safe.shape == (1, 1) and "words that are not" in safe.iloc[0, 0]


def test_titles_and_alt_texts_keep_only_numbers_and_words_that_are_public(study):
    gate.protect_statistic(study, statistic(30, count=30, of=66))
    text = gate.protect_text(study, "About half of them said yes: 30, and 3 said Ljusdal")
    assert text == "What is found here is withheld to protect persons"
    text = gate.protect_text(
        study, "About half of them said yes: 30. And 3 said Ljusdal. About 30."
    )
    assert text == "About half of them said yes: 30. About 30."
    assert gate.protect_text(study, "About half of them.") == "About half of them."


def test_collecting_is_refused_outside_its_folder(study, monkeypatch, tmp_path):
    monkeypatch.setenv(gate.COLLECT_VARIABLE, "1")
    with pytest.raises(UserError, match="outside `sustainment protect`"):
        passed(study, 3, count=3, of=66)
    monkeypatch.setenv("SUSTAINMENT_VALUES", str(tmp_path / "_build" / "run" / "default"))
    with pytest.raises(UserError, match="outside `sustainment protect`"):
        passed(study, 3, count=3, of=66)
    monkeypatch.setenv("SUSTAINMENT_VALUES", str(tmp_path / "_build" / "collect" / "default"))
    assert passed(study, 3, count=3, of=66).value == 3


def test_no_number_of_observed_data_can_be_called_invented(study, monkeypatch):
    from sustainment import report

    settings = {**SETTINGS, "inputs": {"survey": {"file": "raw/survey.csv"}}}
    study = replace(study, settings=settings, inputs=("survey",))
    monkeypatch.setattr(report, "current_study", lambda: study)
    with pytest.raises(UserError, match="unprotected"):
        report.resolve_kind("invented")
    assert report.resolve_kind("data") == "observed"
    assert Path(study.root).is_dir()
