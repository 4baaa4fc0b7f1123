"""Persons: exact counts whatever the seed, the truth found again in large populations."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sustainment.errors import UserError
from sustainment.streams import rng
from sustainment.synthetic.parameters import Parameters, checked, read_parameters
from sustainment.synthetic.population import continued_in_all, intercepts, people
from sustainment.synthetic.survey import answers, few_holds, variables
from sustainment.synthetic.worlds import draw

DATA = Path(__file__).parents[2] / "data"
PARAMETERS = read_parameters(DATA / "synthetic.yml")
SCENARIOS = list(PARAMETERS["worlds"]["scenarios"])
LARGE = 200_000


def with_silence(parameters: Parameters, **changes) -> Parameters:
    blocks = copy.deepcopy(dict(parameters.blocks))
    blocks["silence"].update(changes)
    return checked(blocks, parameters.questionnaire)


def odds_ratio(yes, answered):
    (a, b), (c, d) = pd.crosstab(yes, answered).to_numpy()
    return a * d / (b * c)


def test_a_stream_belongs_to_its_label_and_seed():
    assert rng(1, "a").random() == rng(1, "a").random()
    assert len({rng(1, "a").random(), rng(1, "b").random(), rng(2, "a").random()}) == 3


@pytest.mark.parametrize(
    ("ratio", "all_who_continued"),
    # By hand, N = 66, 33 of 50 yes: 11 of 16 silent gives the share nearest to that of the answers;
    # the extremes are the bounds 33 and 49.
    [(1.0, 44), (1e9, 33), (1e-9, 49)],
)
def test_the_total_follows_from_the_odds_ratio(ratio, all_who_continued):
    assert continued_in_all(66, 50, 33, ratio) == all_who_continued


def test_a_higher_odds_ratio_never_means_more_who_continued():
    totals = [continued_in_all(66, 50, 33, ratio) for ratio in np.geomspace(0.01, 100, 60)]
    assert totals == sorted(totals, reverse=True)
    assert set(totals) == set(range(33, 50))


@pytest.mark.parametrize("seed", range(1, 201))
def test_every_seed_meets_the_counts_exactly(seed):
    world = draw(PARAMETERS, seed)
    persons = world.persons
    yes = persons["continued"] == "yes"
    assert (len(persons), int(persons["answered"].sum())) == (66, 50)
    assert (int(yes.sum()), int((yes & persons["answered"]).sum())) == (44, 33)
    assert persons["person"].is_unique
    cells = persons.groupby(PARAMETERS["frame"]["columns"], observed=True).size()
    assert {(*key, n) for key, n in cells.items()} == {
        tuple(c) for c in PARAMETERS["frame"]["cells"]
    }
    export = world.export()
    assert export["b06"].value_counts().to_dict() == {"1": 33, "0": 17}
    assert few_holds(export, PARAMETERS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_world_shows_the_same_survey_and_keeps_its_own_truth(scenario):
    silence = PARAMETERS.scenario(scenario)["silence"]
    total = continued_in_all(66, 50, 33, silence["odds_ratio"])
    for seed in range(1, 21):
        persons = draw(PARAMETERS, seed, scenario=scenario).persons
        yes = persons["continued"] == "yes"
        assert int(yes[persons["answered"]].sum()) == 33
        assert int(yes.sum()) == total


def test_the_worlds_differ_in_what_the_silent_did():
    totals = {
        name: continued_in_all(66, 50, 33, PARAMETERS.scenario(name)["silence"]["odds_ratio"])
        for name in SCENARIOS
    }
    assert totals["those who stopped were silent"] == 36
    assert totals["those who continued were silent"] == 47
    assert totals["silence by chance"] == 44


def test_everybody_may_have_answered():
    everybody = with_silence(PARAMETERS, respondents=66, continued=44)
    persons = people(everybody, 1)
    assert persons["answered"].all()
    assert int((persons["continued"] == "yes").sum()) == 44


def test_a_superpopulation_recovers_shares_correlation_and_response():
    persons = people(PARAMETERS, 3, mode="superpopulation", size=LARGE)
    yes = persons["continued"] == "yes"
    tolerance = 4 * np.sqrt(0.25 / LARGE)
    assert yes.mean() == pytest.approx(44 / 66, abs=tolerance)
    assert persons["answered"].mean() == pytest.approx(50 / 66, abs=tolerance)
    scores = persons[PARAMETERS["latent"]["names"]].corr().to_numpy()
    assert scores[np.triu_indices(4, 1)] == pytest.approx(0.4, abs=0.01)


def test_a_superpopulation_recovers_the_odds_ratio_of_answering():
    for scenario, ratio in (
        ("those who stopped were silent", 8.0),
        ("those who continued were silent", 0.25),
        ("silence by chance", 1.0),
    ):
        persons = people(PARAMETERS.scenario(scenario), 3, mode="superpopulation", size=LARGE)
        found = odds_ratio(persons["continued"] == "yes", persons["answered"])
        assert np.log(found) == pytest.approx(np.log(ratio), abs=0.06), scenario


def test_an_analysis_that_ignores_silence_fails_where_it_must():
    parameters = PARAMETERS.scenario("those who stopped were silent")
    persons = people(parameters, 3, mode="superpopulation", size=LARGE)
    yes = persons["continued"] == "yes"
    assert yes.mean() == pytest.approx(36 / 66, abs=0.005)
    assert yes[persons["answered"]].mean() > 0.64


def test_the_organisation_decides_only_where_it_is_said_to():
    def spread(parameters):
        persons = people(parameters, 3, mode="superpopulation", size=LARGE)
        yes = persons["continued"] == "yes"
        shares = yes.groupby(persons["organisation"], observed=True).mean()
        return shares.max() - shares.min()

    assert spread(PARAMETERS) < 0.02
    assert spread(PARAMETERS.scenario("the organisation decides")) > 0.4


def test_silence_follows_the_frame_where_it_is_said_to():
    persons = people(PARAMETERS, 3, mode="superpopulation", size=LARGE)
    lean = PARAMETERS["silence"]["frame"]["organisation"]
    within = persons[persons["cohort"] == "2"].groupby("organisation", observed=True)["answered"]
    log_odds = np.log(within.mean() / (1 - within.mean()))
    for other in ("B", "C", "D"):
        assert log_odds["A"] - log_odds[other] == pytest.approx(lean["A"] - lean[other], abs=0.08)


def test_draws_of_a_superpopulation_are_independent():
    """Margins fixed in advance would give a variance of zero, and coverage would say nothing."""
    counts = [
        int((people(PARAMETERS, seed, mode="superpopulation", size=66)["continued"] == "yes").sum())
        for seed in range(300)
    ]
    assert np.mean(counts) == pytest.approx(44, abs=4 * np.sqrt(66 * 2 / 9 / 300))
    assert np.var(counts) == pytest.approx(66 * 2 / 9, rel=0.35)


def test_months_of_use_follow_the_declared_distribution():
    persons = people(PARAMETERS, 5, mode="superpopulation", size=LARGE)
    used = variables(persons, PARAMETERS, 5)["used_months"]
    spec = PARAMETERS["hidden"]["used_months"]
    group = (persons["continued"] == "no") & (persons["organisation"] == "A")
    group &= persons["cohort"] == "1"
    months = used[group.to_numpy()]
    limit = PARAMETERS["frame"]["months_since_training"]["1"] - spec["margin"]

    def below(t):  # Weibull distribution function, cut at the limit
        def weibull(x):
            return 1 - np.exp(-((x / spec["scale"]["A"]) ** spec["shape"]))

        return weibull(t) / weibull(limit)

    for t in (6, 12, 24, 36):
        assert (months < t).mean() == pytest.approx(below(t), abs=0.02)
    assert (used[(persons["continued"] == "yes").to_numpy()] >= 24).all()


def test_ordinal_answers_have_the_declared_shares_and_lean_on_their_score():
    persons = people(PARAMETERS, 5, mode="superpopulation", size=LARGE)
    known = variables(persons, PARAMETERS, 5)
    spec = PARAMETERS["items"]["c02"]
    codes = pd.Series(known["c02"]).astype(int)
    assert codes.value_counts(normalize=True).sort_index().to_numpy() == pytest.approx(
        spec["shares"], abs=0.005
    )
    # Of a normal score cut at the declared quantiles: share of the top answer among high scores.
    high = known[spec["latent"]] > 1
    cut = norm.isf(spec["shares"][-1])
    draws = np.random.default_rng(1).standard_normal((2, 400_000))
    score = spec["loading"] * draws[0] + np.sqrt(1 - spec["loading"] ** 2) * draws[1]
    expected = (score > cut)[draws[0] > 1].mean()
    assert (codes[high] == codes.max()).mean() == pytest.approx(expected, abs=0.01)


def test_a_changed_variable_moves_no_other():
    blocks = copy.deepcopy(dict(PARAMETERS.blocks))
    blocks["items"]["c02"]["shares"] = [0.5, 0.2, 0.1, 0.1, 0.1]
    other = checked(blocks, PARAMETERS.questionnaire)
    persons = people(PARAMETERS, 9)
    before, _ = answers(persons, PARAMETERS, 9)
    after, _ = answers(people(other, 9), other, 9)
    assert [name for name in before if not before[name].equals(after[name])] == ["c02"]


def test_ids_say_nothing_about_the_person():
    persons = people(PARAMETERS, 3, mode="superpopulation", size=20_000)
    number = persons["person"].str.removeprefix("INV-").astype(int)
    assert abs(np.corrcoef(number, persons["continued"] == "yes")[0, 1]) < 0.03
    assert abs(np.corrcoef(number, persons["cohort"].astype(int))[0, 1]) < 0.03


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="superpopulation"):
        people(PARAMETERS, 1, mode="census")


def test_a_range_that_no_draw_can_meet_ends_with_a_sentence():
    blocks = copy.deepcopy(dict(PARAMETERS.blocks))
    blocks["words"]["few"].update(low=0.9, high=1.0)
    impossible = checked(blocks, PARAMETERS.questionnaire)
    with pytest.raises(UserError, match=r"words\.few"):
        answers(people(impossible, 1), impossible, 1, exact=True)


def test_intercepts_do_not_depend_on_drawn_persons():
    assert intercepts(PARAMETERS) == intercepts(PARAMETERS)
