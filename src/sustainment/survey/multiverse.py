"""The share behind a headline under every choice named beforehand in `data/multiverse.yml`.

A choice is a definition or a cut-off, a denominator, what to do with forms broken off, what to suppose
about the silent, and weights. `share` counts one specification, `curve` all of them, `flips` says
which sentences stand under some choices and fall under others.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.inference.multiverse import Spread, specification_table, spread
from sustainment.inference.weighting import rake, weighted_share
from sustainment.study import Study
from sustainment.survey.model import Survey

PARTIAL = "partial-with-outcome"
CHOICES = ("definition", "cut_off", "denominator", "partials", "silence", "weights")
# What a sentence asks of a share. Exactly half is not "more than half".
SIDES = {"at least": operator.ge, "more than": operator.gt, "less than": operator.lt}


@dataclass(frozen=True)
class Plan:
    """One headline of `data/multiverse.yml`: its choices and what else a specification needs.

    `choices`: {choice: {option: words}}; `default`: the book's own option of each choice.
    """

    name: str
    words: str
    choices: dict[str, dict[Any, str]]
    default: dict[str, Any]
    entry: Mapping[str, Any]

    def possible(self, **choice: Any) -> bool:
        """Whether the options make sense together."""
        return not any(
            all(choice.get(name) == option for name, option in pair.items())
            for pair in self.entry.get("not_together") or ()
        )


def read_plan(plans: Mapping[str, Any], name: str) -> Plan:
    """The plan of one headline; a mistake in the file is named."""
    if name not in plans:
        raise UserError(f"data/multiverse.yml plans no {name!r}. Known: {', '.join(plans)}.")
    entry = plans[name]
    choices, default = {}, {}
    for choice, named in (entry.get("choices") or {}).items():
        if choice not in CHOICES:
            raise UserError(
                f"data/multiverse.yml, {name}: unknown choice {choice!r}. Known: {', '.join(CHOICES)}."
            )
        if named.get("default") not in named["options"]:
            raise UserError(
                f"data/multiverse.yml, {name}: the default of {choice!r} is {named.get('default')!r}, "
                f"which is not among its options."
            )
        choices[choice], default[choice] = dict(named["options"]), named["default"]
    for sentence in entry.get("sentences") or ():
        if sentence.get("side") not in SIDES:
            raise UserError(
                f"data/multiverse.yml, {name}: the side of sentence {sentence.get('id')!r} is "
                f"{sentence.get('side')!r}. Use one of: {', '.join(SIDES)}."
            )
    return Plan(name, entry["words"], choices, default, entry)


def curve(study: Study, survey: Survey, frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Every specification that makes sense, lowest estimate first.

    Columns: the choices, estimate (share), yes, silent, of (persons), note (why there is no
    estimate). Source: simonsohn2020specification.
    """
    options = {choice: list(words) for choice, words in plan.choices.items()}
    people = look_up(survey, frame, plan)

    def estimate(**choice: Any) -> dict[str, float]:
        if not plan.possible(**choice):
            return {"estimate": float("nan"), "left_out": True}
        return {**_share(study, people, plan, choice), "left_out": False}

    table = specification_table(options, estimate)
    # A specification without an estimate (an empty weighting class) keeps its row and its reason.
    kept = table[~table["left_out"].eq(True)].drop(columns="left_out")
    return kept.reset_index(drop=True)


def share(
    study: Study, survey: Survey, frame: pd.DataFrame, plan: Plan, **choice: Any
) -> dict[str, float]:
    """One specification: estimate (share of the denominator), yes, silent, of (persons).

    Options left out are the book's own. Raises UserError for an unknown option, for options that
    make no sense together, or when weights are impossible.
    """
    return _share(study, look_up(survey, frame, plan), plan, choice)


@dataclass(frozen=True)
class People:
    """Respondents and their places in the frame, looked up by name once for all specifications."""

    survey: Survey
    places: np.ndarray  # of each respondent in the frame
    partial: np.ndarray  # whether each respondent broke off after the main question
    traits: pd.DataFrame  # of everybody, by place in the frame: what weights are made from


def look_up(survey: Survey, frame: pd.DataFrame, plan: Plan) -> People:
    """Raises UserError for a respondent who is not in the frame."""
    who = survey.answers.index
    places = frame.index.get_indexer(who)
    if (places < 0).any():
        raise UserError(
            f"{who[places < 0][0]!r} answered but is not in the frame. Add the person, or decide in "
            f"data/study.yml what becomes of such rows (rule: not-in-frame)."
        )
    partial = survey.log.loc[survey.log["rule"] == PARTIAL, "respondent"]
    traits = frame[plan.entry.get("raked_on") or []].astype("category").reset_index(drop=True)
    return People(survey, places, who.isin(list(partial)), traits)


def _share(study: Study, people: People, plan: Plan, choice: Mapping[str, Any]) -> dict[str, float]:
    choice = {**plan.default, **choice}
    for name, option in choice.items():
        if option not in plan.choices.get(name, {}):
            known = ", ".join(map(str, plan.choices.get(name, {}))) or "none"
            raise UserError(
                f"{option!r} is no option of {name!r} for {plan.name!r}. Known: {known}."
            )
    if not plan.possible(**choice):
        raise UserError("Weights say nothing where the silent are set to none or all.")
    survey = people.survey
    yes, counted = _answers(study, survey, plan, choice)
    if choice["partials"] == "leave out":
        counted = counted & ~people.partial
    asked = np.ones(len(people.traits), dtype=bool)
    if choice["denominator"] == "clinical":
        rule = plan.entry["clinical"]
        out = counted & survey.answers[rule["item"]].isin(rule["not"]).to_numpy(dtype=bool)
        counted = counted & ~out
        asked[people.places[out]] = False
    return _estimate(yes[counted], people.places[counted], people.traits, asked, choice)


def _answers(
    study: Study, survey: Survey, plan: Plan, choice: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Who said yes, and who counts as having answered: two truth values for each respondent.

    A question ruled out by an earlier answer is no.
    """
    if "definition" in choice:
        meaning = study.settings["definitions"][choice["definition"]]
        item = meaning["item"]
        said = survey.answers[item].isin(meaning["codes"])
        known = survey.answers[item].notna() | (survey.missing[item] == "not asked")
    else:
        item = plan.entry["item"]
        said = (survey.answers[item] >= choice["cut_off"]).fillna(False)
        known = survey.answers[item].notna()
    return said.to_numpy(dtype=bool), known.to_numpy(dtype=bool)


def _estimate(
    yes: np.ndarray,
    places: np.ndarray,
    traits: pd.DataFrame,
    asked: np.ndarray,
    choice: Mapping[str, Any],
) -> dict[str, float]:
    total, count = int(asked.sum()), int(yes.sum())
    silent = total - len(yes)
    if not len(yes):
        raise CannotSay("Nobody answered, so there is no share.")
    like = count / len(yes)
    if choice["weights"] == "raked":
        margins = {c: traits.loc[asked, c].value_counts().to_dict() for c in traits}
        weights = rake(traits.iloc[places], margins).weights
        whole = weighted_share(yes, weights)
        # what the weights say of the silent alone, who cannot be fewer than none or more than all
        like = min(max((whole * total - count) / silent, 0.0), 1.0) if silent else like
    shares = {"none": 0.0, "half": like / (2 - like), "alike": like, "all": 1.0}
    estimate = (count + shares[choice["silence"]] * silent) / total
    return {"estimate": estimate, "yes": count, "silent": silent, "of": total}


def flips(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The plan's sentences: sentence, stands and falls (numbers of specifications), flips."""
    # A share that fell out as 0.6 by arithmetic is not above 0.6 by rounding.
    estimates = table["estimate"].dropna().round(9)
    if estimates.empty:
        raise CannotSay("No specification gave an estimate, so no sentence stands or falls.")
    rows = []
    for sentence in plan.entry.get("sentences") or ():
        stands = int(SIDES[sentence["side"]](estimates, float(sentence["line"])).sum())
        falls = len(estimates) - stands
        rows.append(
            {"id": sentence["id"], "sentence": sentence["text"], "stands": stands, "falls": falls}
        )
    verdicts = pd.DataFrame(rows, columns=["id", "sentence", "stands", "falls"])
    return verdicts.assign(flips=(verdicts["stands"] > 0) & (verdicts["falls"] > 0))


def headline_range(study: Study, survey: Survey, frame: pd.DataFrame, name: str) -> Spread:
    """How far a headline's share moves over every choice: for the strip beside the number.

    Reads the chapter's declared input `multiverse`.
    """
    plan = read_plan(study.open_input("multiverse"), name)
    return spread(curve(study, survey, frame, plan)["estimate"], 0.5)
