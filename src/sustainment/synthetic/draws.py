"""How one variable is drawn: a function for each `kind` of `data/synthetic.yml`.

Each takes the specification of the variable, what is known so far, and the variable's own random
stream; nothing loops over persons. Choices come back as positions among the item's answers.
Method: an ordinal answer cuts a normal score at the quantiles of its shares; a count is Poisson
with a gamma-distributed mean (negative binomial); months of use are Weibull, cut at the survey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

Known = Mapping[str, np.ndarray]  # name -> one value a person: text for choices, numbers else
Spec = Mapping[str, Any]


def shares(spec: Spec, known: Known, draw: np.random.Generator, size: int) -> np.ndarray:
    """Positions of ordered answers, by a normal score that may lean on a latent one."""
    rows, which = _rows(spec, known, size)
    cuts = np.cumsum(rows, axis=1)[:, :-1]
    score = draw.standard_normal(size)
    if "latent" in spec:
        loading = spec["loading"]
        score = loading * known[spec["latent"]] + math.sqrt(1 - loading**2) * score
    height = ndtr(score)
    position = np.zeros(size, dtype=np.int8)
    for cut in range(cuts.shape[1]):
        position += height > cuts[which, cut]
    return position


def bins(spec: Spec, known: Known) -> np.ndarray:
    """The category of a hidden number; `edges` are the lowest values of the categories after the first."""
    return np.digitize(known[spec["of"]], spec["edges"]).astype(np.int8)


def count(spec: Spec, known: Known, draw: np.random.Generator, size: int) -> np.ndarray:
    """A count over months of exposure: Poisson with a gamma-distributed mean."""
    yearly = _looked_up(spec["yearly"], known, size)
    mean = yearly * known[spec["exposure"]] / 12
    if "latent" in spec:
        mean = mean * np.exp(spec["effect"] * known[spec["latent"]] - spec["effect"] ** 2 / 2)
    spread = draw.gamma(spec["dispersion"], 1 / spec["dispersion"], size)
    low = _looked_up(spec["at_least"], known, size).astype(int)
    return np.maximum(draw.poisson(mean * spread), low)


def thinned(spec: Spec, known: Known, draw: np.random.Generator) -> np.ndarray:
    """A part of other counts, each unit kept with the same chance."""
    total = sum(known[name] for name in spec["of"])
    return draw.binomial(total, spec["share"])


def duration(spec: Spec, known: Known, draw: np.random.Generator, size: int) -> np.ndarray:
    """Months of use since training: up to now, or up to an event before now (Weibull, cut)."""
    limit = known[spec["limit"]]
    scale = _looked_up(spec["scale"], known, size)
    shape = spec["shape"]
    latest = 1 - np.exp(-(((limit - spec["margin"]) / scale) ** shape))
    months = scale * (-np.log1p(-draw.random(size) * latest)) ** (1 / shape)
    return np.where(_event(spec, known), np.floor(months), limit).astype(int)


def since(spec: Spec, known: Known, draw: np.random.Generator, size: int) -> np.ndarray:
    """Months since the latest use; larger answers are heaped on multiples, as memory does."""
    still = np.array(spec["values"])[shares(spec, known, draw, size)]
    months = np.where(_event(spec, known), known[spec["limit"]] - known[spec["duration"]], still)
    heap = spec["heap"]
    rounded = np.maximum(heap["to"], np.round(months / heap["to"]) * heap["to"])
    heaped = (months > heap["above"]) & (draw.random(size) < heap["share"])
    return np.where(heaped, rounded, months).astype(int)


def ticks(spec: Spec, known: Known, draw: np.random.Generator, size: int) -> np.ndarray:
    """A table of ticks, persons by options; whoever would tick nothing ticks the likeliest."""
    odds = np.empty((size, len(spec["options"])))
    for column, option in enumerate(spec["options"].values()):
        odds[:, column] = option["log_odds"]
        if "latent" in option:
            odds[:, column] += option["effect"] * known[option["latent"]]
        for name, value in option.get("when", {}).items():
            odds[:, column] += option["shift"] * (known[name] == value)
    lead = expit(odds) - draw.random(odds.shape)
    ticked = lead > 0
    ticked[np.arange(size), lead.argmax(axis=1)] = True
    return ticked


def phrases(
    spec: Spec, bank: list[Spec], known: Known, draw: np.random.Generator, size: int
) -> np.ndarray:
    """Open answers: no sentence, one, or two from a bank; a score makes a sentence likelier."""
    lead = draw.gumbel(size=(size, len(bank)))
    for column, phrase in enumerate(bank):
        lead[:, column] += phrase["effect"] * known[phrase["latent"]]
    first = lead.argmax(axis=1)
    lead[np.arange(size), first] = -np.inf
    second = lead.argmax(axis=1)
    texts = [phrase["text"] for phrase in bank]
    pairs = np.array([[f"{one} {two}" for two in texts] for one in texts], dtype=object)
    answer = np.array(texts, dtype=object)[first]
    answer = np.where(draw.random(size) < spec["second"], pairs[first, second], answer)
    written = draw.random(size) < _looked_up(spec["written"], known, size)
    return np.where(written, answer, "")


def _event(spec: Spec, known: Known) -> np.ndarray:
    ((name, value),) = spec["event"].items()
    return known[name] == value


def _looked_up(entry: Any, known: Known, size: int) -> np.ndarray:
    """A number for each person: the same for all, or by the value of a column (`by`)."""
    if not isinstance(entry, Mapping):
        return np.full(size, float(entry))
    column = known[entry["by"]]
    values = np.zeros(size)
    for key, number in entry.items():
        if key != "by":
            values[column == key] = number
    return values


def _rows(spec: Spec, known: Known, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of shares, and which of them each person has.

    Keys join the values of the `by` columns with "/"; "*" stands for any value; the first that fits
    counts.
    """
    table = spec["shares"]
    if not isinstance(table, Mapping):
        return np.array([table], dtype=float), np.zeros(size, dtype=np.int64)
    which = np.full(size, -1)
    for position, key in enumerate(table):
        fits = which == -1
        for name, value in zip(spec["by"], str(key).split("/"), strict=True):
            if value != "*":
                fits &= known[name] == value
        which[fits] = position
    if (which == -1).any():
        raise ValueError(f"shares by {spec['by']}: a person fits none of {list(table)}")
    return np.array(list(table.values()), dtype=float), which
