"""Worlds: populations with a known truth, the book's own and others under the same words.

`draw` makes one, in either mode. `write_book` writes the raw data of the book, `write_worlds` one
folder for each envelope: what a study would see, and `truth.json`, which it never would. Which
envelope holds which world is drawn from the seed, so that reading the parameters tells nothing.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.streams import rng
from sustainment.synthetic.defects import plant
from sustainment.synthetic.parameters import Parameters
from sustainment.synthetic.population import frame_table, people
from sustainment.synthetic.redcap import dictionary, export, write
from sustainment.synthetic.survey import answers

BOOK = "book"


@dataclass(frozen=True)
class World:
    """A population, what each person would answer, and what is so behind the answers."""

    name: str
    scenario: str
    parameters: Parameters
    seed: int
    persons: pd.DataFrame  # see population.people
    form: pd.DataFrame  # codes as text, a row a person, answered or not
    known: dict[str, np.ndarray]  # every variable before anything was left out

    def export(self) -> pd.DataFrame:
        """The clean survey export of those who answered."""
        return export(self.persons, self.form, self.parameters, self.seed)

    def frame(self) -> pd.DataFrame:
        return frame_table(self.parameters, self.persons)

    def interviewed(self, study_folder: Path) -> pd.DataFrame:
        """A respondent for each interview script, alike in every variable that both know.

        Index script, columns person and the variables of the frame that the scripts do not have.
        Raises UserError when no respondent is left for a script.
        """
        from sustainment.synthetic.scripts import script_cases

        cases = script_cases(study_folder)
        persons = self.persons[self.persons["answered"]]
        persons = persons[["person", *self.parameters["frame"]["columns"], "continued"]].astype(str)
        persons = persons.iloc[rng(self.seed, "interviewed").permutation(len(persons))]
        shared = [column for column in cases.columns if column in persons.columns]
        chosen = []
        for script, case in cases.iterrows():
            alike = persons[(persons[shared] == case[shared]).all(axis=1)]
            if alike.empty:
                raise UserError(
                    f"data/scripts/cases.yml, {script}: no invented respondent fits. Try another seed."
                )
            chosen.append(alike.iloc[0])
            persons = persons.drop(index=alike.index[0])
        return pd.DataFrame(chosen, index=cases.index).drop(columns=shared)

    def truth(self) -> dict:
        """What was true all along, for the 66 persons one by one and in counts."""
        return {"is_synthetic": True, "world": self.name, "scenario": self.scenario} | _truth(self)


def draw(
    parameters: Parameters,
    seed: int,
    *,
    scenario: str = BOOK,
    name: str = BOOK,
    mode: str = "exact",
    size: int | None = None,
) -> World:
    """Draw a world. `scenario` names a world of the parameter file, or `book` for none.

    mode `exact`: the frame's size, counts fixed; `superpopulation`: independent draws of any `size`.
    """
    if scenario != BOOK:
        parameters = parameters.scenario(scenario)
    persons = people(parameters, seed, mode=mode, size=size)
    form, known = answers(persons, parameters, seed, exact=mode == "exact")
    return World(name, scenario, parameters, seed, persons, form, known)


def book(parameters: Parameters, seed: int) -> World:
    """The world of the book's own raw data."""
    return draw(parameters, seed)


def envelopes(parameters: Parameters, seed: int) -> dict[str, str]:
    """Which scenario lies in which envelope."""
    worlds = parameters["worlds"]
    order = rng(seed, "envelopes").permutation(len(worlds["envelopes"]))
    scenarios = list(worlds["scenarios"])
    return {
        name: scenarios[position] for name, position in zip(worlds["envelopes"], order, strict=True)
    }


def write_book(world: World, out: Path) -> list[Path]:
    """Write `raw/` (survey with its planted faults, dictionary, frame) and the book's sealed truth."""
    damaged, log = plant(world.export(), world.persons, world.form, world.parameters, world.seed)
    sealed = out / "worlds" / world.name
    survey = write(damaged, out / "raw" / "survey.csv")
    record = world.parameters.questionnaire.record
    lines = dict(zip(damaged[record], first_lines(survey), strict=True))
    log.insert(0, "row", log["record"].map(lines).astype(str))
    return [
        survey,
        write(dictionary(world.parameters), out / "raw" / "survey_dictionary.csv"),
        write(world.frame(), out / "raw" / "population.csv"),
        write(log, sealed / "defects.csv"),
        _write_json(world.truth(), sealed / "truth.json"),
    ]


def write_worlds(parameters: Parameters, seed: int, out: Path) -> list[Path]:
    """Write a folder for each envelope: survey.csv, population.csv, themes.csv, truth.json.

    The dictionary of their surveys lies beside them: they stay invented, whatever lies in `raw/`.
    """
    written = [write(dictionary(parameters), out / "worlds" / "survey_dictionary.csv")]
    for name, scenario in envelopes(parameters, seed).items():
        own_seed = int(rng(seed, f"world/{scenario}").integers(2**31))
        world = draw(parameters, own_seed, scenario=scenario, name=name)
        folder = out / "worlds" / name
        written += [
            write(world.export(), folder / "survey.csv"),
            write(world.frame(), folder / "population.csv"),
            write(themes(world), folder / "themes.csv"),
            _write_json(world.truth(), folder / "truth.json"),
        ]
    return written


def themes(world: World) -> pd.DataFrame:
    """Which theme is present in which of the world's interviews: script, theme, present (0/1)."""
    count = int(world.parameters["published"]["interviews"]["value"])
    scripts = [f"script-{chr(ord('A') + position)}" for position in range(count)]
    rows = []
    for theme, (_, share) in world.parameters["themes"].items():
        order = rng(world.seed, f"themes/{theme}").permutation(count)
        present = np.isin(np.arange(count), order[: round(share * count)])
        rows += [
            {"script": script, "theme": theme, "present": str(int(here)), "is_synthetic": "1"}
            for script, here in zip(scripts, present, strict=True)
        ]
    return pd.DataFrame(rows)


def first_lines(path: Path) -> list[int]:
    """The line on which each record of a CSV file begins, as an editor counts (header = 1)."""
    reader = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    next(reader)
    lines = []
    start = reader.line_num + 1
    for _ in reader:
        lines.append(start)
        start = reader.line_num + 1
    return lines


def _truth(world: World) -> dict:
    parameters, persons = world.parameters, world.persons
    yes = (persons["continued"] == "yes").to_numpy()
    answered = persons["answered"].to_numpy()
    table = [[int((a & c).sum()) for a in (answered, ~answered)] for c in (yes, ~yes)]
    (yes_answered, yes_silent), (no_answered, no_silent) = table
    used = world.known["used_months"]
    few = parameters["words"]["few"]
    truth = {
        "seed": world.seed,
        "persons": len(persons),
        "respondents": int(answered.sum()),
        "continued": {"all": int(yes.sum()), "respondents": yes_answered, "silent": yes_silent},
        "stopped": {"all": int((~yes).sum()), "respondents": no_answered, "silent": no_silent},
        "silence": {
            "mechanism": parameters["silence"]["mechanism"],
            "odds_ratio": parameters["silence"]["odds_ratio"],
            "odds_ratio_in_the_66": _odds_ratio(table),
        },
        "matters": {
            column: len(set(shifts.values())) > 1
            for column, shifts in parameters["outcome"]["by"].items()
        },
        "continued_by": {
            column: {
                str(key): {"continued": int(group.sum()), "persons": len(group)}
                for key, group in pd.Series(yes).groupby(persons[column].astype(str))
            }
            for column in parameters["frame"]["columns"]
        },
        "used_at_least": {
            # Who was trained more recently cannot have used it so long: compare with `trained`.
            f"{months} months": {
                "persons": int((used >= months).sum()),
                "trained": int((world.known["months_since_training"] >= months).sum()),
            }
            for months in (6, 12, 24, 36)
        },
        "enough_cases": {
            "at_least": few["at_least"],
            "persons": int((world.known[few["item"]] >= few["at_least"]).sum()),
        },
    }
    if "themes" in parameters.blocks:
        count = parameters["published"]["interviews"]["value"]
        truth["strands"] = parameters["strands"]
        truth["themes"] = {
            theme: {
                "of_the_66": round(share * len(persons)),
                "interviews": round(heard * count),
            }
            for theme, (share, heard) in parameters["themes"].items()
        }
    truth["each"] = {
        person: {"continued": bool(c), "answered": bool(a), "used_months": int(u)}
        for person, c, a, u in sorted(zip(persons["person"], yes, answered, used, strict=True))
    }
    return truth


def _odds_ratio(table: list[list[int]]) -> float | None:
    """Odds of answering of those who continued against those who stopped; None if infinite."""
    (a, b), (c, d) = table
    return round(a * d / (b * c), 3) if b * c else None


def _write_json(content: dict, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
