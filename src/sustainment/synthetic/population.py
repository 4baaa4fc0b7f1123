"""The invented persons: the frame, what they bring, who continued, who answered.

Two modes. `exact` (the book): every count that is published or fixed is met exactly, whatever the
seed. `superpopulation` (any size): independent draws from the same model, so that intervals can be
judged by how often they cover; margins fixed in advance would leave nothing to cover.
Method: ranking persons by a score plus logistic noise gives an exact total and keeps the direction
of every association; nonresponse follows one of three mechanisms.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from sustainment.streams import rng
from sustainment.synthetic.parameters import Parameters

MODES = ("exact", "superpopulation")
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def people(
    parameters: Parameters, seed: int, *, mode: str = "exact", size: int | None = None
) -> pd.DataFrame:
    """Draw the persons of a population, one row each.

    Columns: `person` (id), the columns of the frame (category), one standard normal score per latent
    name, `continued` ("yes"/"no", category) and `answered` (bool). `size` is free in the mode
    `superpopulation` and is the size of the frame in the mode `exact`. Source: morris2019simulation.
    """
    if mode not in MODES:
        raise ValueError(f"mode {mode!r}: one of {', '.join(MODES)}")
    exact = mode == "exact"
    table = _frame(parameters, seed, None if exact else size or parameters.size)
    scores = _latent_scores(parameters, seed, len(table))
    for name, score in scores.items():
        table[name] = score
    odds = outcome_log_odds(parameters, table)
    lean = answer_log_odds(parameters, table)
    if exact:
        yes, answered = _exact(parameters, seed, odds, lean)
    else:
        yes, answered = _independent(parameters, seed, odds, lean)
    table["continued"] = pd.Categorical.from_codes((~yes).astype("int8"), ["yes", "no"])
    table["answered"] = answered
    return table


def frame_table(parameters: Parameters, persons: pd.DataFrame) -> pd.DataFrame:
    """The frame as the file of those who were asked: who and where, nothing that was answered."""
    frame = parameters["frame"]
    table = persons[["person", *frame["columns"]]].astype(str)
    for column, words in frame["in_words"].items():
        place = table.columns.get_loc(column) + 1
        table.insert(place, f"{column}_type", table[column].map(words))
    table["is_synthetic"] = "1"
    return table.sort_values("person").reset_index(drop=True)


def continued_in_all(size: int, respondents: int, yes: int, odds_ratio: float) -> int:
    """How many of all persons continued, if those who did had `odds_ratio` times the odds to answer.

    The count whose two-by-two table (continued by answered) comes closest to the ratio on the log
    scale; one half is added to each cell, so that an empty cell stays finite.
    """
    silent = size - respondents
    no = respondents - yes

    def miss(silent_yes: int) -> float:
        answer = (yes + 0.5) / (silent_yes + 0.5)
        other = (no + 0.5) / (silent - silent_yes + 0.5)
        return abs(math.log(answer / other) - math.log(odds_ratio))

    return yes + min(range(silent + 1), key=miss)


def outcome_log_odds(parameters: Parameters, table: pd.DataFrame) -> np.ndarray:
    """Each person's log-odds of having continued, up to the intercept."""
    outcome = parameters["outcome"]
    odds = np.zeros(len(table))
    for name, weight in outcome["weights"].items():
        odds += weight * table[name].to_numpy()
    for column, shifts in outcome["by"].items():
        odds += _by_category(table[column], shifts)
    return odds


def answer_log_odds(parameters: Parameters, table: pd.DataFrame) -> np.ndarray:
    """Each person's log-odds of answering that come from the frame, up to the intercept."""
    lean = np.zeros(len(table))
    if parameters["silence"]["mechanism"] == "frame":
        for column, shifts in parameters["silence"]["frame"].items():
            lean += _by_category(table[column], shifts)
    return lean


def intercepts(parameters: Parameters) -> tuple[float, float]:
    """The two intercepts of the superpopulation: for continuing, for answering.

    They make the expected shares what the file says. Found by integration over the frame's cells and
    the normal score, never from drawn persons, so that draws stay independent.
    """
    frame, silence = parameters["frame"], parameters["silence"]
    cells = _cells(parameters)
    shares = np.array([cell[-1] for cell in frame["cells"]]) / parameters.size
    weights = np.array(list(parameters["outcome"]["weights"].values()))
    rho = parameters["latent"]["correlation"]
    spread = math.sqrt((1 - rho) * (weights**2).sum() + rho * weights.sum() ** 2)
    scored = cells.assign(**dict.fromkeys(parameters["latent"]["names"], 0.0))
    odds = outcome_log_odds(parameters, scored)
    lean = answer_log_odds(parameters, scored)

    def continued(intercept: float) -> np.ndarray:
        """Probability of having continued in each cell."""
        return expit(intercept + odds[:, None] + spread * _NODES) @ _WEIGHTS

    first = brentq(lambda b: shares @ continued(b) - _share_continued(parameters), -30, 30)
    yes = continued(first)
    ratio = _log_ratio(parameters)

    def answered(intercept: float) -> float:
        both = yes * expit(intercept + lean + ratio) + (1 - yes) * expit(intercept + lean)
        return float(shares @ both)

    target = silence["respondents"] / parameters.size
    second = 40.0 if target == 1 else brentq(lambda b: answered(b) - target, -30, 30)
    return first, second


def _share_continued(parameters: Parameters) -> float:
    """The share of all who continued, as it follows from the answers and the mechanism."""
    return _continued(parameters) / parameters.size


def _continued(parameters: Parameters) -> int:
    silence = parameters["silence"]
    return continued_in_all(
        parameters.size, silence["respondents"], silence["continued"], silence["odds_ratio"]
    )


def _log_ratio(parameters: Parameters) -> float:
    silence = parameters["silence"]
    return math.log(silence["odds_ratio"]) if silence["mechanism"] == "outcome" else 0.0


def _frame(parameters: Parameters, seed: int, size: int | None) -> pd.DataFrame:
    cells = _cells(parameters)
    counts = np.array([cell[-1] for cell in parameters["frame"]["cells"]])
    if size is None:
        which = np.repeat(np.arange(len(cells)), counts)
    else:
        which = rng(seed, "frame").choice(len(cells), size=size, p=counts / counts.sum())
    table = cells.iloc[which].reset_index(drop=True)
    table.insert(0, "person", _identifiers(seed, len(table)))
    return table


def _cells(parameters: Parameters) -> pd.DataFrame:
    frame = parameters["frame"]
    rows = [cell[:-1] for cell in frame["cells"]]
    return pd.DataFrame(rows, columns=frame["columns"]).astype("category")


def _identifiers(seed: int, size: int) -> np.ndarray:
    """Random distinct ids, so that neither order nor number tells anything about a person."""
    digits = max(4, len(str(size * 10)))
    low = 10 ** (digits - 1)
    draw = rng(seed, "identifiers")
    numbers = low + draw.choice(9 * low, size=size, replace=False, shuffle=True)
    return np.char.add("INV-", numbers.astype(str)).astype(object)


def _latent_scores(parameters: Parameters, seed: int, size: int) -> dict[str, np.ndarray]:
    """Standard normal scores with one common correlation, one stream for each."""
    rho = parameters["latent"]["correlation"]
    common = rng(seed, "latent").standard_normal(size)
    return {
        name: math.sqrt(rho) * common
        + math.sqrt(1 - rho) * rng(seed, f"latent/{name}").standard_normal(size)
        for name in parameters["latent"]["names"]
    }


def _exact(
    parameters: Parameters, seed: int, odds: np.ndarray, lean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    silence = parameters["silence"]
    yes = _top(odds, _continued(parameters), rng(seed, "continued"))
    answered = np.zeros(len(odds), dtype=bool)
    wanted = ((yes, silence["continued"]), (~yes, silence["respondents"] - silence["continued"]))
    draw = rng(seed, "answered")
    for group, count in wanted:
        answered[group] = _top(lean[group], count, draw)
    return yes, answered


def _top(score: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    """Mark `count` of the persons, those with a higher score more likely."""
    noisy = score + draw.logistic(size=len(score))
    chosen = np.zeros(len(score), dtype=bool)
    chosen[np.argsort(-noisy, kind="stable")[:count]] = True
    return chosen


def _independent(
    parameters: Parameters, seed: int, odds: np.ndarray, lean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    first, second = intercepts(parameters)
    size = len(odds)
    yes = rng(seed, "continued").random(size) < expit(first + odds)
    chance = expit(second + lean + _log_ratio(parameters) * yes)
    return yes, rng(seed, "answered").random(size) < chance


def _by_category(column: pd.Series, shifts: dict[str, float]) -> np.ndarray:
    """A number for each row, looked up by category: fast for a million rows."""
    by_code = np.array([shifts[category] for category in column.cat.categories], dtype=float)
    return by_code[column.cat.codes.to_numpy()]
