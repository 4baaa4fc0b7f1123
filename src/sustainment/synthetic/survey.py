"""The invented answers: every item drawn for every person, then written as a form would hold them.

`variables` draws what is so; `sheet` turns it into codes as a person leaves them: questions not
shown stay empty, some are left out or refused, ticks become one column each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.streams import rng
from sustainment.synthetic import draws
from sustainment.synthetic.parameters import FILE, Parameters
from sustainment.synthetic.questionnaire import Question

ATTEMPTS = 200
_TERM = re.compile(r"^\[(\w+)\]\s*(=|<>)\s*'([^']*)'$")


def answers(
    persons: pd.DataFrame, parameters: Parameters, seed: int, *, exact: bool = False
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """The form of every person (codes as text), and the variables behind it.

    With `exact`, drawn again until the published words hold among those who answered. Raises
    UserError when the numbers of the file make that next to impossible.
    """
    for attempt in range(ATTEMPTS):
        known = variables(persons, parameters, seed, attempt)
        form = sheet(known, parameters, seed, attempt)
        if not exact or few_holds(form[persons["answered"].to_numpy()], parameters):
            return form, known
    raise UserError(
        f"{FILE}, words.few: {ATTEMPTS} draws did not meet the range. Widen it, or change the counts."
    )


def few_holds(form: pd.DataFrame, parameters: Parameters) -> bool:
    """Whether the share with "enough" cases lies in the range of the published word "few"."""
    few = parameters["words"]["few"]
    cases = pd.to_numeric(form[few["item"]], errors="coerce")
    return few["low"] <= (cases >= few["at_least"]).mean() <= few["high"]


def variables(
    persons: pd.DataFrame, parameters: Parameters, seed: int, attempt: int = 0
) -> dict[str, np.ndarray]:
    """Draw every hidden variable and item, name by name, each from its own stream.

    Choices are codes (text), numbers int, tick questions a table of bool (persons by options).
    """
    size = len(persons)
    known = _starting_point(persons, parameters)
    for part in ("hidden", "items"):
        for name, spec in parameters[part].items():
            label = f"{part}/{name}" + (f"/{attempt}" if attempt else "")
            drawn = _draw(spec, parameters, known, rng(seed, label), size)
            if "values" in spec and spec["kind"] == "shares":
                drawn = np.array(spec["values"])[drawn]
            elif part == "items" and drawn.dtype == np.int8:
                codes = parameters.questionnaire.items[name].answers
                drawn = np.array(codes, dtype=object)[drawn]
            known[name] = drawn
    return known


def sheet(
    known: Mapping[str, np.ndarray], parameters: Parameters, seed: int, attempt: int = 0
) -> pd.DataFrame:
    """The form as filled in: codes as text, "" where a question was not shown or left empty."""
    columns: dict[str, np.ndarray] = {}
    missing = parameters.questionnaire.missing
    for item in parameters.questionnaire.items.values():
        spec = parameters["items"][item.id]
        label = f"missing/{item.id}" + (f"/{attempt}" if attempt else "")
        left = _left_out(item, spec, rng(seed, label), len(known[item.id]), parameters)
        asked = shown(item.routing, columns) if item.routing else True
        if item.type == "multi":
            columns.update(_tick_columns(item, known[item.id], left, asked, missing))
            continue
        cells = _as_text(_within_limits(known[item.id], item))
        cells = np.where(left != "", left, cells)
        columns[item.id] = np.where(asked, cells, "")
    return pd.DataFrame(columns, dtype=object)


def shown(routing: str, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """For each person, whether a branching rule shows the question.

    Understands what the questionnaire uses: `[item] = 'code'` and `<>`, joined by `and` and `or`.
    """
    result: Any = False
    for alternative in re.split(r"\s+or\s+", routing):
        together: Any = True
        for term in re.split(r"\s+and\s+", alternative.strip()):
            match = _TERM.match(term.strip())
            if not match or match[1] not in columns:
                raise UserError(
                    f"data/questionnaire.yml: the routing {term!r} cannot be read. Write [item] = 'code' "
                    f"with an item asked before."
                )
            equal = columns[match[1]] == match[3]
            together = together & (equal if match[2] == "=" else ~equal)
        result = result | together
    return result


def _starting_point(persons: pd.DataFrame, parameters: Parameters) -> dict[str, np.ndarray]:
    known = {}
    for column in [*parameters["frame"]["columns"], "continued"]:
        categories = persons[column].cat.categories.to_numpy(dtype=object)
        known[column] = categories[persons[column].cat.codes.to_numpy()]
    # A world may move what respondents live with, without moving who continued.
    shift = parameters.blocks.get("shift", {})
    for name in parameters["latent"]["names"]:
        known[name] = persons[name].to_numpy() + shift.get(name, 0.0)
    months = parameters["frame"]["months_since_training"]
    known["months_since_training"] = np.zeros(len(persons))
    for cohort, number in months.items():
        known["months_since_training"][known["cohort"] == cohort] = number
    return known


def _draw(
    spec: Mapping[str, Any],
    parameters: Parameters,
    known: Mapping[str, np.ndarray],
    draw: np.random.Generator,
    size: int,
) -> np.ndarray:
    kind = spec["kind"]
    if kind == "bins":
        return draws.bins(spec, known)
    if kind == "thinned":
        return draws.thinned(spec, known, draw)
    if kind == "phrases":
        return draws.phrases(spec, parameters["phrases"][spec["bank"]], known, draw, size)
    return getattr(draws, kind)(spec, known, draw, size)


def _left_out(
    item: Question,
    spec: Mapping[str, Any],
    draw: np.random.Generator,
    size: int,
    parameters: Parameters,
) -> np.ndarray:
    """The missing code each person leaves in place of an answer; "" for an answer."""
    left = np.full(size, "", dtype=object)
    if item.required or item.type == "text":
        return left
    chance = draw.random(size)
    edge = 0.0
    asked = parameters.questionnaire
    for key, code in (
        ("unanswered", asked.missing_code("no answer")),
        ("refused", asked.missing_code("refused")),
        ("not_applicable", item.not_applicable),
    ):
        share = spec.get(key, 0.0)
        left[(chance >= edge) & (chance < edge + share)] = code
        edge += share
    return left


def _tick_columns(
    item: Question,
    ticked: np.ndarray,
    left: np.ndarray,
    asked: Any,
    missing: Mapping[str, str],
) -> dict[str, np.ndarray]:
    """One column for each option and each missing code, 0 or 1, as REDCap names them."""
    answered = (left == "") & asked
    columns = {
        f"{item.id}___{code}": np.where(ticked[:, position] & answered, "1", "0")
        for position, code in enumerate(item.options)
    }
    for code in missing:
        chosen = (left == code) & asked
        columns[f"{item.id}___{code.replace('-', '_')}"] = np.where(chosen, "1", "0")
    return columns


def _within_limits(values: np.ndarray, item: Question) -> np.ndarray:
    """A form takes no number beyond its limits, and among a million persons one would be."""
    if item.type != "number":
        return values
    return np.clip(values, item.low, item.high)


def _as_text(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return values
    texts = np.array(
        [str(number) for number in range(int(values.max(initial=0)) + 1)], dtype=object
    )
    return texts[values]
