"""The sealed worlds: what a study of a world would see, what was so, and a score over many studies.

`read_world` opens survey, list and themes of a world with the readers of every other chapter, and
never its envelope. `read_envelope` opens the envelope alone. `score` draws independent studies from
each world and marks what an analyst would have said: right, wrong, or not to be known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from sustainment.errors import UserError
from sustainment.inference.counts import hypergeometric_table
from sustainment.streams import rng
from sustainment.study import Study, load_yaml
from sustainment.survey import Survey
from sustainment.synthetic import read_parameters
from sustainment.synthetic.parameters import Parameters
from sustainment.synthetic.population import people

QUESTIONS = {
    "bounds": "How many continued? By the bounds",
    "chance": "How many continued? As if silence were chance",
    "copied": "How many continued? The silent like the others",
    "organisation": "Does it matter where they work? By a test at 5 %",
    "silence": "Why were the silent silent?",
    "themes": "How common is a theme? From the interviews",
}
VERDICTS = ("right", "wrong", "could not be known")


@dataclass(frozen=True)
class SealedWorld:
    """A world as a study sees it: cleaned survey, list of all persons, themes heard in interviews.

    `themes`: script x theme, true where the theme is heard.
    """

    name: str
    survey: Survey
    frame: pd.DataFrame
    themes: pd.DataFrame


def world_names(folder: Path) -> list[str]:
    """The worlds in a folder: those with a survey that can be read."""
    return sorted(path.parent.name for path in folder.glob("*/survey.csv"))


def read_world(study: Study, folder: Path, name: str) -> SealedWorld:
    """What a study of the world would have; the envelope stays closed.

    The rules of cleaning are those of the book's own survey; the dictionary lies with the worlds, which
    stay invented when a real study's data lie in `raw/`. Raises UserError for an unknown world.
    """
    from sustainment.survey.clean import clean
    from sustainment.survey.read import read_survey
    from sustainment.survey.tabular import read_table

    _known(folder, name)
    entry = study.settings["inputs"]["survey"]
    raw = read_survey(folder / name / "survey.csv", folder / "survey_dictionary.csv", entry["kind"])
    frame = read_table(folder / name / "population.csv").cells
    frame = frame.set_index(study.settings["inputs"]["population"]["index"])
    heard = read_table(folder / name / "themes.csv").cells
    themes = heard.pivot(index="script", columns="theme", values="present") == "1"
    return SealedWorld(name, clean(raw, study.settings["survey"], frame), frame, themes)


def read_envelope(folder: Path, name: str) -> dict[str, Any]:
    """What was so in a world: the content of its truth.json."""
    _known(folder, name)
    return load_yaml(folder / name / "truth.json")


def _known(folder: Path, name: str) -> None:
    names = world_names(folder)
    if name not in names:
        raise UserError(f"There is no world {name!r}. Known: {', '.join(names)}.")


def score(root: Path, seed: int, studies: int, confidence: float = 0.95) -> pd.DataFrame:
    """Verdicts over `studies` independent studies of each world in the parameter file.

    A row a world and question: world, question, right, wrong, could not be known (counts of
    studies). Questions whose answer no study of this kind holds get "could not be known" whatever
    was guessed.
    """
    if studies < 1:
        raise UserError(f"A score needs at least one study of each world, not {studies}.")
    parameters = read_parameters(root / "data" / "synthetic.yml")
    rows = []
    for scenario in parameters["worlds"]["scenarios"]:
        own_seed = int(rng(seed, f"score/{scenario}").integers(2**31))
        drawn = draw_studies(parameters.scenario(scenario), own_seed, studies)
        for question, verdicts in judge(drawn, parameters.scenario(scenario), confidence).items():
            counts = pd.Series(verdicts).value_counts()
            rows.append(
                {"world": scenario, "question": question}
                | {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}
            )
    return pd.DataFrame(rows)


def draw_studies(parameters: Parameters, seed: int, studies: int) -> pd.DataFrame:
    """Persons of many independent studies of the frame's size, with a column `study`.

    One large population cut into groups: draws are independent, so each group is a study.
    """
    size = parameters.size
    persons = people(parameters, seed, mode="superpopulation", size=size * studies)
    return persons.assign(study=np.repeat(np.arange(studies), size))


def judge(persons: pd.DataFrame, parameters: Parameters, confidence: float) -> dict[str, list[str]]:
    """One verdict a study for each of QUESTIONS; `persons` as from `draw_studies`."""
    matters = len(set(parameters["outcome"]["by"]["organisation"].values())) > 1
    verdicts: dict[str, list[str]] = {question: [] for question in QUESTIONS}
    for _, study in persons.groupby("study"):
        yes, answered = (study["continued"] == "yes").to_numpy(), study["answered"].to_numpy()
        N, n, true = len(study), int(answered.sum()), int(yes.sum())
        x = int((yes & answered).sum())
        low, high = hypergeometric_table(n, N, confidence)[x]
        where = study["organisation"][answered]
        verdicts["bounds"].append(_said(x <= true <= x + N - n))
        verdicts["chance"].append(_said(low <= true <= high))
        verdicts["copied"].append(_said(round(N * x / n) == true))
        verdicts["organisation"].append(_said(_differs(where, yes[answered]) == matters))
        verdicts["silence"].append("could not be known")
        verdicts["themes"].append("could not be known")
    return verdicts


def _said(correct: bool) -> str:
    return "right" if correct else "wrong"


def _differs(group: pd.Series, yes: np.ndarray) -> bool:
    """What an analyst says who tests at 5 %: a chi-square over the groups that answered."""
    codes = group.cat.codes.to_numpy()
    table = np.bincount(2 * codes + yes, minlength=2 * len(group.cat.categories)).reshape(-1, 2)
    table = table[table.sum(axis=1) > 0]
    both = (table.sum(axis=0) > 0).all()
    return bool(both and chi2_contingency(table, correction=False).pvalue < 0.05)
