"""The laboratory: envelopes tell what the generator did, and ignoring silence fails where it must."""

import copy
import csv
import json
from pathlib import Path

import pytest
import yaml

from sustainment.errors import UserError
from sustainment.inference.counts import hypergeometric_interval, manski_bounds
from sustainment.inference.simulation import (
    fish_subgroups,
    inflate_zeros,
    remember_years,
    separate,
    simulate,
)
from sustainment.learn import commit, open_envelope
from sustainment.learn.worlds import QUESTIONS, VERDICTS, read_envelope, read_world, score
from sustainment.study import Study, load_settings
from sustainment.survey.multiverse import read_plan
from sustainment.synthetic import read_parameters
from sustainment.synthetic.worlds import draw, envelopes

ROOT = Path(__file__).resolve().parents[2]
WORLDS = ROOT / "data" / "worlds"
NAMES = ["amber", "birch", "coral", "dune", "ember"]


@pytest.fixture(scope="module")
def parameters():
    return read_parameters(ROOT / "data" / "synthetic.yml")


@pytest.fixture(scope="module")
def study():
    return Study(ROOT, "lab/worlds", load_settings(ROOT), inputs=("worlds",), needs=())


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def contradictions(folder, truth):
    """What a world's files say against its envelope, without any code of the package."""
    answers = {r["redcap_survey_identifier"]: r["b06"] for r in rows(folder / "survey.csv")}
    each = truth["each"]
    found = []
    if {r["person"] for r in rows(folder / "population.csv")} != set(each):
        found.append("other persons")
    for person, so in each.items():
        if so["answered"] != (person in answers):
            found.append(f"{person}: answered")
        elif so["answered"] and so["continued"] != (answers[person] == "1"):
            found.append(f"{person}: continued")
    silent = [so["continued"] for so in each.values() if not so["answered"]]
    if sum(so["continued"] for so in each.values()) != truth["continued"]["all"]:
        found.append("total")
    if sum(silent) != truth["continued"]["silent"]:
        found.append("silent")
    for theme, counts in truth["themes"].items():
        heard = [
            r for r in rows(folder / "themes.csv") if (r["theme"], r["present"]) == (theme, "1")
        ]
        if len(heard) != counts["interviews"]:
            found.append(theme)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_envelope_agrees_with_the_files_of_its_world(name):
    assert contradictions(WORLDS / name, read_envelope(WORLDS, name)) == []


def test_an_envelope_that_lies_is_found_out():
    truth = json.loads((WORLDS / "amber" / "truth.json").read_text(encoding="utf-8"))
    for change in ("each", "total", "theme"):
        lie = copy.deepcopy(truth)
        if change == "each":
            person = next(p for p, so in lie["each"].items() if so["answered"])
            lie["each"][person]["continued"] = not lie["each"][person]["continued"]
        elif change == "total":
            lie["continued"]["silent"] += 1
        else:
            lie["themes"]["T1"]["interviews"] -= 1
        assert contradictions(WORLDS / "amber", lie), change


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_makes_the_same_truth_again(name, parameters):
    sealed = read_envelope(WORLDS, name)
    seed = parameters["seed"]["value"]
    scenario = envelopes(parameters, seed)[name]
    again = draw(parameters, sealed["seed"], scenario=scenario, name=name).truth()
    assert json.loads(json.dumps(again)) == sealed
    assert sealed["scenario"] == scenario


def test_all_surveys_look_alike_and_the_bounds_hold_in_every_envelope(study):
    seen = set()
    for name in NAMES:
        said = read_world(study, WORLDS, name).survey.answers["b06"].dropna()
        yes, n = int((said == "1").sum()), len(said)
        bounds = manski_bounds(yes, n, 66)
        assert bounds.low <= read_envelope(WORLDS, name)["continued"]["all"] <= bounds.high
        seen.add((yes, n))
    assert len(seen) == 1


def test_taking_silence_for_chance_fails_in_the_world_where_those_who_stopped_kept_silent():
    truth = next(
        t
        for n in NAMES
        if (t := read_envelope(WORLDS, n))["scenario"].startswith("those who stopped")
    )
    chance = hypergeometric_interval(
        truth["continued"]["respondents"], truth["respondents"], truth["persons"]
    )
    assert not chance.low <= truth["continued"]["all"] <= chance.high


@pytest.fixture(scope="module")
def board():
    return score(ROOT, seed=3, studies=100).set_index(["world", "question"])


def test_over_many_studies_bounds_never_miss_and_chance_fails_where_it_is_not_true(board):
    right = board["right"].unstack("question") / 100
    assert (right["bounds"] == 1).all()
    assert right.loc["silence by chance", "chance"] > 0.9
    assert right.loc["those who stopped were silent", "chance"] < 0.4
    assert (right["copied"] < 0.5).all()


def test_what_such_data_do_not_hold_is_never_scored_as_right(board):
    unknowable = board[list(VERDICTS)].unstack("question")
    for question in ("silence", "themes"):
        assert (unknowable["could not be known"][question] == 100).all()
    assert set(board.index.get_level_values("question")) == set(QUESTIONS)


def test_a_score_is_the_same_for_a_seed_and_another_for_another():
    first = score(ROOT, seed=1, studies=10)
    assert first.equals(score(ROOT, seed=1, studies=10))
    assert not first.equals(score(ROOT, seed=2, studies=10))


def test_an_unknown_world_and_an_empty_score_are_sentences(study):
    with pytest.raises(UserError, match=r"no world 'onyx'.*amber"):
        read_world(study, WORLDS, "onyx")
    with pytest.raises(UserError, match="at least one study"):
        score(ROOT, seed=1, studies=0)


def test_the_envelope_stays_shut_for_a_bettered_conclusion(monkeypatch):
    monkeypatch.setenv("SUSTAINMENT_STUDY", str(ROOT))
    receipt = commit("worlds.envelope", world="coral", low=33, high=49)
    assert open_envelope(receipt)["truth"]["world"] == "coral"
    receipt.statements["low"] = 36
    with pytest.raises(UserError, match="does not match"):
        open_envelope(receipt)


def test_the_choices_of_the_multiverse_are_parameters_of_its_chapter():
    plan = read_plan(yaml.safe_load((ROOT / "data" / "multiverse.yml").read_text("utf-8")), "use")
    known = yaml.safe_load((ROOT / "editions.yml").read_text("utf-8"))["parameters"]
    for choice, options in plan.choices.items():
        assert known[choice]["choices"] == list(options), choice
        assert known[choice]["default"] == plan.default[choice], choice


def test_every_world_is_an_edition():
    book = yaml.safe_load((ROOT / "editions.yml").read_text("utf-8"))
    values = {e.get("parameters", {}).get("world", "amber") for e in book["editions"].values()}
    assert values == set(NAMES) == set(book["parameters"]["world"]["choices"])


@pytest.mark.slow
def test_simulations_are_identical_with_one_worker_and_with_two():
    for task in (fish_subgroups, separate, remember_years, inflate_zeros):
        one = simulate(task, 60, 11)
        assert one.equals(simulate(task, 60, 11, workers=2))
