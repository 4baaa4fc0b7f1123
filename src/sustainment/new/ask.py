"""Ask on a terminal, good guesses shown: an empty answer takes the guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sustainment.new.contents import closed_items
from sustainment.new.draft import Draft

if TYPE_CHECKING:
    from sustainment.new.project import Material


def ask_person(draft: Draft, material: Material) -> None:
    """Let a person correct the guesses that matter most; changes the draft in place."""
    raw = material.raw
    typer.echo(f"{raw.file}: {raw.kind}, because {raw.why}.")
    typer.echo(
        f"{len(raw.table)} records, {len(raw.codebook)} columns. Enter takes the guess in brackets.\n"
    )
    _text(draft, "title", "Title of the book")
    _number(draft)
    _text(draft, "population.noun", "What are these people called (plural)?")
    _text(draft, "population.words", "Who was asked, in a few words?")
    _outcome(draft, material)
    _choice(
        draft,
        "report.group",
        "Which question names the groups to compare? (- for none)",
        raw.codebook,
    )
    _scales(draft)
    _list(draft, "report.numbers", "Questions whose answers are amounts", raw.codebook)
    _list(
        draft, "survey.identifiers", "Columns to leave out because they name people", raw.codebook
    )
    _pairs(draft, "survey.missing_codes", "Codes for missing answers, as code=kind")
    drops = [d for d in draft["survey.decisions"] if d["then"] == "drop"]
    for decision in drops:
        if not typer.confirm(f"Leave out: {decision['why']}?", default=True):
            draft["survey.decisions"].remove(decision)
    if material.coded is not None:
        names = material.coded.codes[material.coded.codes["parent"].fillna("") == ""]["name"]
        typer.echo(f"Themes are the {len(names)} top codes: {', '.join(names.head(8))}.")


def _text(draft: Draft, key: str, question: str) -> None:
    answer = typer.prompt(question, default=str(draft[key]))
    if answer != str(draft[key]):
        draft.add(key, answer, "said when the project was made")


def _number(draft: Draft) -> None:
    size = typer.prompt(
        "How many people was the survey sent to?", default=draft["population.size"], type=int
    )
    if size != draft["population.size"]:
        draft.add("population.size", size, "said when the project was made")
        draft.add("population.known", True, "said when the project was made")


def _outcome(draft: Draft, material: Material) -> None:
    guess = draft.get("survey.outcome")
    if not guess:
        return
    codebook = material.raw.codebook
    known = {item.id: item for item in closed_items(material.raw)}
    name = typer.prompt(
        f"Which question is the outcome? ({codebook[guess['item']].wording[:70]})",
        default=guess["item"],
    )
    while name not in known:
        name = typer.prompt(f"{name} is no closed question. Which one", default=guess["item"])
    options = known[name].options
    default = ",".join(guess["yes"]) if name == guess["item"] else next(iter(options))
    listed = ", ".join(f"{code}={label}" for code, label in options.items())
    codes = [
        c.strip()
        for c in typer.prompt(f"Which answers count as yes? ({listed})", default=default).split(",")
    ]
    codes = [code for code in codes if code in options] or [next(iter(options))]
    if name != guess["item"] or codes != guess["yes"]:
        words = "answered " + " or ".join(f"“{options[code]}”" for code in codes)
        draft.add(
            "survey.outcome",
            {"item": name, "yes": codes, "words": words},
            "said when the project was made",
        )


def _scales(draft: Draft) -> None:
    """Each block of statements with one scale, to keep or to take apart."""
    kept = []
    for scale in draft.get("report.scales", []):
        items, title = scale["items"], " ".join(str(scale["title"]).split())[:70]
        steps = f"from {scale['low'][0]!r} to {scale['high'][-1]!r}"
        if typer.confirm(f"{len(items)} with one scale ({steps}): {title}. Together?", default=True):  # fmt: skip
            kept.append(scale)
    if len(kept) < len(draft.get("report.scales", [])):
        draft.add("report.scales", kept, "said when the project was made")


def _choice(draft: Draft, key: str, question: str, codebook: dict) -> None:
    answer = typer.prompt(question, default=draft.get(key) or "-")
    if answer == "-":
        draft.guesses.pop(key, None)
    elif answer in codebook and answer != draft.get(key):
        draft.add(key, answer, "said when the project was made")


def _list(draft: Draft, key: str, question: str, codebook: dict) -> None:
    shown = ",".join(draft[key]) or "-"
    answer = typer.prompt(question, default=shown)
    if answer != shown:
        names = [name.strip() for name in answer.split(",")]
        draft.add(
            key, [name for name in names if name in codebook], "said when the project was made"
        )


def _pairs(draft: Draft, key: str, question: str) -> None:
    guess = draft.get(key, {})
    shown = ",".join(f"{code}={kind}" for code, kind in guess.items()) or "-"
    answer = typer.prompt(question, default=shown)
    if answer != shown:
        pairs = dict(part.split("=", 1) for part in answer.split(",") if "=" in part)
        draft.add(
            key, {c.strip(): k.strip() for c, k in pairs.items()}, "said when the project was made"
        )
