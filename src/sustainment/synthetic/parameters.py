"""The numbers behind the invented data: `data/synthetic.yml`, read and refused when unclear.

Two rules make the file honest. Every number stands under a `status`, `published` with a source or
`assumed` with a reason (`number_table` lists them all), and every name in it must be known.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.study import load_yaml
from sustainment.synthetic.questionnaire import Questionnaire, read_questionnaire

FILE = "data/synthetic.yml"
MECHANISMS = ("chance", "frame", "outcome")
BLOCKS = {
    "seed",
    "published",
    "words",
    "frame",
    "latent",
    "outcome",
    "silence",
    "hidden",
    "items",
    "phrases",
    "calendar",
    "defects",
    "worlds",
}
KINDS = {"shares", "bins", "thinned", "count", "duration", "since", "ticks", "phrases"}
OVERRIDES = {"silence", "outcome", "shift", "themes", "strands"}


@dataclass(frozen=True)
class Parameters:
    """The parameter file, checked, with the questionnaire it answers."""

    blocks: Mapping[str, Any]
    questionnaire: Questionnaire

    def __getitem__(self, block: str) -> Any:
        return self.blocks[block]

    @property
    def seed(self) -> int:
        return int(self.blocks["seed"]["value"])

    @property
    def size(self) -> int:
        """Persons in the frame."""
        return int(self.blocks["published"]["population"]["value"])

    @property
    def silent(self) -> int:
        """Persons of the frame who did not answer."""
        return self.size - int(self.blocks["silence"]["respondents"])

    def scenario(self, name: str) -> Parameters:
        """The same file with one world's changes laid over it."""
        scenarios = self.blocks["worlds"]["scenarios"]
        if name not in scenarios:
            raise UserError(f"{FILE}: there is no world {name!r}.{_did_you_mean(name, scenarios)}")
        changed = Parameters(_overlay(self.blocks, scenarios[name]), self.questionnaire)
        _check_margins(changed)
        return changed


def read_parameters(path: Path | str) -> Parameters:
    """Read and check the parameter file; the questionnaire lies beside it.

    Raises UserError naming the place in the file and what to do.
    """
    path = Path(path)
    return checked(load_yaml(path), read_questionnaire(path.with_name("questionnaire.yml")))


def checked(blocks: Any, questionnaire: Questionnaire) -> Parameters:
    """The parameters, if every number is declared and every name known; UserError otherwise."""
    if not isinstance(blocks, Mapping):
        raise UserError(f"{FILE} holds no parameters. Restore the file.")
    _same_names(BLOCKS, blocks, "", "block")
    for entry in numbers(blocks):
        _check_status(entry)
    parameters = Parameters(blocks, questionnaire)
    _check_frame(blocks)
    _check_draws(parameters)
    _check_margins(parameters)
    for name, scenario in blocks["worlds"]["scenarios"].items():
        unknown = set(scenario) - OVERRIDES
        if unknown:
            _refuse(f"worlds.scenarios.{name}", f"unknown key {min(unknown)!r}", OVERRIDES)
        parameters.scenario(name)
    if len(blocks["worlds"]["envelopes"]) != len(blocks["worlds"]["scenarios"]):
        raise UserError(f"{FILE}, worlds: give as many envelopes as scenarios.")
    return parameters


def number_table(parameters: Parameters) -> pd.DataFrame:
    """Every number of the file: place, number, status, and its source or reason."""
    return pd.DataFrame(
        [
            {
                "place": entry["place"],
                "number": entry["number"],
                "status": entry["status"],
                "source": entry["source"],
                "reason": entry["reason"],
            }
            for entry in numbers(parameters.blocks)
        ]
    )


def numbers(node: Any, place: str = "", status: Mapping[str, Any] | None = None) -> Iterator[dict]:
    """Walk over all numbers of a tree, each with the nearest status above it."""
    if isinstance(node, Mapping):
        status = node if "status" in node else status
        for key, child in node.items():
            yield from numbers(child, f"{place}.{key}".strip("."), status)
    elif isinstance(node, list):
        for position, child in enumerate(node, start=1):
            yield from numbers(child, f"{place}[{position}]", status)
    elif isinstance(node, (int, float)) and not isinstance(node, bool):
        near = status or {}
        sources = near.get("source", "")
        yield {
            "place": place,
            "number": node,
            "status": near.get("status", ""),
            "source": ", ".join(sources) if isinstance(sources, list) else sources,
            "reason": near.get("reason", ""),
        }


def _check_status(entry: Mapping[str, Any]) -> None:
    where = f"{FILE}, {entry['place']}: the number {entry['number']}"
    if entry["status"] not in ("published", "assumed"):
        raise UserError(
            f"{where} says neither `published` nor `assumed`. Give it, or the block around it, a status."
        )
    needed = "source" if entry["status"] == "published" else "reason"
    if not entry[needed]:
        raise UserError(f"{where} is {entry['status']} without a {needed}. Add `{needed}:`.")


def _check_frame(blocks: Mapping[str, Any]) -> None:
    cells = blocks["frame"]["cells"]
    total = sum(cell[-1] for cell in cells)
    size = blocks["published"]["population"]["value"]
    if total != size:
        raise UserError(f"{FILE}, frame.cells: the cells hold {total} persons, not {size}.")
    keys = [tuple(cell[:-1]) for cell in cells]
    if len(set(keys)) < len(keys):
        raise UserError(f"{FILE}, frame.cells: a cell is listed twice. Join the two lines.")
    small = [cell for cell in cells if cell[-1] < 3]
    if small:
        raise UserError(
            f"{FILE}, frame.cells: the cell {small[0]} holds fewer than three persons. Join it to another."
        )


def _check_draws(parameters: Parameters) -> None:
    blocks, asked = parameters.blocks, parameters.questionnaire.items
    names = [*blocks["frame"]["columns"], *blocks["latent"]["names"], *blocks["hidden"], *asked]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{FILE}: {twice[0]!r} names two variables. Rename one of them.")
    _same_names(set(asked), blocks["items"], "items", "item")
    latents = blocks["latent"]["names"]
    for part in ("hidden", "items"):
        for name, draw in blocks[part].items():
            place = f"{part}.{name}"
            if draw.get("kind") not in KINDS:
                _refuse(place, f"unknown kind {draw.get('kind')!r}", KINDS)
            if "latent" in draw and draw["latent"] not in latents:
                _refuse(place, f"unknown latent score {draw['latent']!r}", latents)
            for row in _rows_of_shares(draw):
                if abs(sum(row) - 1) > 1e-9:
                    raise UserError(
                        f"{FILE}, {place}: the shares {row} sum to {sum(row):g}, not 1."
                    )
                width = len(draw["values"]) if "values" in draw else len(asked[name].answers)
                if len(row) != width:
                    raise UserError(f"{FILE}, {place}: {len(row)} shares for {width} answers.")


def _rows_of_shares(draw: Mapping[str, Any]) -> list[list[float]]:
    shares = draw.get("shares", [])
    if isinstance(shares, Mapping):
        return list(shares.values())
    return [shares] if shares else []


def _check_margins(parameters: Parameters) -> None:
    silence = parameters["silence"]
    if silence["mechanism"] not in MECHANISMS:
        _refuse("silence.mechanism", f"unknown mechanism {silence['mechanism']!r}", MECHANISMS)
    answered, yes = silence["respondents"], silence["continued"]
    if not 0 < answered <= parameters.size or not 0 <= yes <= answered:
        raise UserError(
            f"{FILE}, silence: {yes} yes of {answered} answers of {parameters.size} persons is impossible."
        )
    word = parameters["words"]["two_of_three"]
    if not word["low"] <= yes / answered <= word["high"]:
        raise UserError(
            f"{FILE}, silence: {yes} of {answered} is not {word['words']!r} "
            f"({word['low']:.0%} to {word['high']:.0%}). Change the counts or the range."
        )


def _overlay(base: Any, changes: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(changes, Mapping):
        return copy.deepcopy(changes)
    merged = dict(base)
    for key, value in changes.items():
        merged[key] = _overlay(base.get(key), value)
    return merged


def _same_names(expected: set[str], given: Mapping[str, Any], place: str, noun: str) -> None:
    where = f"{FILE}, {place}" if place else FILE
    unknown = sorted(set(given) - expected)
    if unknown:
        hint = _did_you_mean(unknown[0], expected)
        raise UserError(f"{where}: unknown {noun} {unknown[0]!r}.{hint}")
    missing = sorted(expected - set(given))
    if missing:
        raise UserError(f"{where}: the {noun} {missing[0]!r} is missing. Add it.")


def _refuse(place: str, problem: str, known: Any) -> None:
    raise UserError(f"{FILE}, {place}: {problem}. Known: {', '.join(sorted(known))}.")


def _did_you_mean(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else " Remove it."
