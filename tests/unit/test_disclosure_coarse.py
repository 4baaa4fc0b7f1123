"""What is printed of curves under observed data: range and median, survival in steps, stopped in time."""

from dataclasses import replace

import pandas as pd
import pytest
from disclosure_helpers import RULES, SETTINGS

from sustainment.disclosure import gate
from sustainment.disclosure.coarse import curve_range, ranges_only, round_share, survival_steps
from sustainment.disclosure.plan import Plan
from sustainment.errors import UserError
from sustainment.inference.survival import kaplan_meier
from sustainment.report import Statistic
from sustainment.study import Study
from sustainment.tables import protect_frame


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "survey").mkdir(parents=True)
    words = (
        '"of the ways" "lowest" "in the middle" "highest" "share" "time" "survival" "low" "high"'
    )
    (tmp_path / "notebooks" / "survey" / "one.md").write_text(words, encoding="utf-8")
    monkeypatch.setattr(gate, "load", lambda _: Plan({"chapters": {}}))
    made = Study(tmp_path, "survey/one", SETTINGS, (), ())
    monkeypatch.setattr("sustainment.study._current", made)
    return made


def test_a_curve_becomes_its_range_and_median_in_steps_with_the_ends_outwards():
    shown = curve_range([0.23, 0.31, 0.48, 0.52, 0.81], 5)
    assert shown["share"].tolist() == [0.20, 0.50, 0.85]
    assert len(shown) == 3


def test_the_ends_hold_the_whole_curve_and_an_end_on_a_step_stays_there():
    assert curve_range([0.15, 0.35, 0.55], 5)["share"].tolist() == [0.15, 0.35, 0.55]
    for first in range(101):
        shown = curve_range([first / 100, 0.5], 5)["share"]
        assert shown.iloc[0] <= min(first / 100, 0.5) + 1e-9
        assert shown.iloc[2] >= max(first / 100, 0.5) - 1e-9


def test_what_is_no_curve_of_shares_is_refused():
    for wrong in ([], [float("nan")], [12.0, 33.0]):
        with pytest.raises(UserError, match="between 0 and 1"):
            curve_range(wrong, 5)


def test_ties_go_up_and_three_named_shares_keep_their_names():
    assert round_share(0.475, 5) == 0.5 and round_share(0.47, 5) == 0.45
    named = pd.DataFrame({"end": ["lowest", "own", "highest"], "share": [0.227, 0.667, 0.924]})
    assert ranges_only(named, 5)["share"].tolist() == [0.25, 0.65, 0.90]
    assert ranges_only(named, 5)["end"].tolist() == ["lowest", "own", "highest"]


def test_numbers_of_persons_beside_a_range_are_withheld():
    # one answer turned round, and the counts before and after: the difference is that person
    table = pd.DataFrame({"number": ["yes", "no"], "before": [33, 17], "after": [32, 18]})
    shown = ranges_only(table, 5)
    assert (shown[["before", "after"]] == "withheld").all(axis=None)
    persons = pd.DataFrame({"shift": [-1.0, 0, 1, 2], "persons": [35.2, 38.1, 41.0, 44.4]})
    assert (ranges_only(persons, 5) == "withheld").all(axis=None)


def curve():
    """Twenty people of whom one stops each month."""
    return kaplan_meier(range(1, 21), [True] * 20).table


def test_survival_stops_at_ten_at_risk_and_says_nobodys_step():
    shown = survival_steps(curve(), RULES)
    assert shown["time"].max() == 11  # then ten are at risk; after it fewer
    assert len(shown) == 11 and not {"at_risk", "events", "se"} & set(shown.columns)
    steps = shown["survival"] * 100 / 5
    assert (steps - steps.round()).abs().max() < 1e-9
    # nineteen, eighteen and seventeen of twenty are whole steps; the limits round to steps as well
    assert shown["survival"].iloc[:3].tolist() == [0.95, 0.90, 0.85]


def test_a_later_line_is_drawn_by_the_rule_and_without_numbers_at_risk_there_is_no_table():
    assert len(survival_steps(curve(), replace(RULES, denominator=15))) == 6
    with pytest.raises(UserError, match="at_risk"):
        survival_steps(curve().drop(columns="at_risk"), RULES)


def test_the_gate_prints_a_curve_as_its_range(study):
    every = pd.DataFrame(
        {"way": [f"way {i}" for i in range(40)], "share": [i / 66 for i in range(10, 50)]}
    )
    shown = protect_frame(every, "fig-curve", "observed", "ways compared", ())
    assert shown["share"].tolist() == [0.15, 0.45, 0.75]


def test_the_gate_stops_a_survival_table(study):
    shown = protect_frame(curve(), "tbl-survival", "observed", "survival", ())
    assert shown["time"].max() == 11 and "at_risk" not in shown


def test_an_end_of_a_range_is_said_as_about_so_much(study):
    given = Statistic("a.low", 15 / 66, "23 %", "observed", "ways compared", count=15, of=66)
    low = gate.protect_statistic(study, given)
    assert low.text == "about 25 %" and low.value == 0.25 and low.count is None
    whole = Statistic("a.gap", 47, "47", "observed", "ways compared")
    assert gate.protect_statistic(study, whole).text == "[number withheld]"
