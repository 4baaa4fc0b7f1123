"""The teaching pack: {instructor-key}, {meeting}, {cards} and {array-sheet}, made when the page is built.

The plan and the cards are data (pages/teaching.yml); the key comes from the exercises, its values from
the reviewed results of the default edition. So neither can name what the book no longer has.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util import logging

from sustainment.errors import UserError
from sustainment.learn.exercises import PART_WORDS, Exercise, load_exercises
from sustainment.learn.values import study_root
from sustainment.study import load_settings, load_yaml

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

PLAN = "pages/teaching.yml"
# What one exercise takes in class, with the talk about it.
MINUTES = {"guess": 2, "choice": 5, "number": 8, "pair": 10, "open": 15}
KINDS = ("published", "derived", "elsewhere", "invented")


class Pack(Directive):
    """A directive that turns the pack's data into HTML, or says in one warning why it cannot."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        root = study_root(env.srcdir)
        for path in (
            root / PLAN,
            root / "_toc.yml",
            *sorted((root / "notebooks").rglob("*.exercises.yml")),
        ):
            env.note_dependency(str(path))
        try:
            return self.made(root)
        except UserError as error:
            logger.warning("%s", error, location=self.state_machine.get_source_and_line())
            return []

    @abstractmethod
    def made(self, root: Path) -> list[nodes.Node]:
        """This part of the pack, from the study folder `root`."""


class InstructorKey(Pack):
    """Every exercise with its mistakes, their values and what to ask, chapter by chapter."""

    def made(self, root: Path) -> list[nodes.Node]:
        values = reviewed_values(root)
        chapters: dict[str, list[Exercise]] = {}
        for exercise in load_exercises(root).values():
            if exercise.type != "guess":
                chapters.setdefault(exercise.chapter, []).append(exercise)
        toc = (root / "_toc.yml").read_text(encoding="utf-8")
        names = re.findall(r"notebooks/([\w./-]+)", toc)
        place = {name: number for number, name in enumerate(names)}
        parts = [
            f"<details><summary>{escape(title_of(root, chapter))}</summary>"
            + "".join(key_html(exercise, values.get(chapter, {})) for exercise in exercises)
            + "</details>"
            for chapter, exercises in sorted(chapters.items(), key=lambda c: place.get(c[0], 999))
        ]
        return [nodes.raw("", f'<div class="teaching-key">{"".join(parts)}</div>', format="html")]


class Meeting(Pack):
    """One meeting of the plan: what to read, what happens when, what is handed in."""

    required_arguments, optional_arguments = 1, 0

    def made(self, root: Path) -> list[nodes.Node]:
        plan = load_yaml(root / PLAN)
        name = self.arguments[0]
        if name not in plan["meetings"]:
            raise UserError(
                f"{PLAN} has no meeting {name!r}. It has {', '.join(plan['meetings'])}."
            )
        lines = meeting_markdown(plan["meetings"][name])
        holder = nodes.container(classes=["teaching-meeting"])
        self.state.nested_parse(StringList(lines, source=PLAN), self.content_offset, holder)
        return [holder]


class Cards(Pack):
    """Cards to cut out and sort, and below them, folded, where each belongs."""

    def made(self, root: Path) -> list[nodes.Node]:
        values = {
            key: v for chapter in reviewed_values(root).values() for key, v in chapter.items()
        }
        cards = load_yaml(root / PLAN)["cards"]
        faces = "".join(
            f"<li><span>{number}</span> {escape(card_text(card, values))}</li>"
            for number, card in enumerate(cards, start=1)
        )
        answers = "".join(
            f"<tr><th scope='row'>{kind}</th><td>"
            + ", ".join(str(n) for n, card in enumerate(cards, start=1) if card["kind"] == kind)
            + "</td></tr>"
            for kind in KINDS
        )
        key = (
            "<details><summary>Where each card belongs</summary><table><caption>Cards by kind</caption>"
            f"<thead><tr><th scope='col'>Kind</th><th scope='col'>Cards</th></tr></thead>"
            f"<tbody>{answers}</tbody></table></details>"
        )
        markup = f'<ol class="teaching-cards">{faces}</ol>{key}'
        return [nodes.raw("", markup, format="html")]


class ArraySheet(Pack):
    """A sheet of empty rings, one for each person of the population, to colour in by hand."""

    def made(self, root: Path) -> list[nodes.Node]:
        size = int(load_settings(root)["population"]["size"])
        return [nodes.raw("", array_svg(size), format="html")]


def array_svg(size: int, columns: int = 11) -> str:
    """`size` rings in rows, in the book's own order: yes, did not answer, no."""
    rows = -(-size // columns)
    rings = "".join(
        f'<circle cx="{10 * (i % columns) + 5}" cy="{10 * (i // columns) + 5}" r="3.8"/>'
        for i in range(size)
    )
    return (
        f'<svg class="teaching-array" viewBox="0 0 {10 * columns} {10 * rows}" role="img" '
        f'aria-label="{size} empty rings, one for each person who was asked">{rings}</svg>'
    )


def meeting_markdown(meeting: dict[str, Any]) -> list[str]:
    """One meeting as lines of Markdown; a chapter that does not exist stops a strict build."""
    links = [f"{{doc}}`/notebooks/{chapter}`" for chapter in meeting["read"]]
    lines = ["**Read before:** " + " · ".join(links), ""]
    lines += ["| Minutes | In the room |", "| --: | :-- |"]
    lines += [f"| {step['minutes']} | {step['do']} |" for step in meeting["room"]]
    exercises = ", ".join(f"`{name}`" for name in meeting["exercises"])
    return [
        *lines,
        "",
        f"**Exercises used:** {exercises}",
        "",
        f"**Hand in after:** {meeting['after']}",
    ]


def title_of(root: Path, chapter: str) -> str:
    """The heading of a chapter; its name when the chapter is not part of this build."""
    for path in (root / "notebooks" / f"{chapter}{ending}" for ending in (".md", ".ipynb")):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":  # a staged book holds executed notebooks
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        return title[1].strip() if title else chapter
    return chapter


def reviewed_values(root: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """{chapter: {key: record}} of the reviewed values of the default edition."""
    found = {}
    for path in sorted((root / "results").glob("*/*.json")):
        chapter = path.relative_to(root / "results").with_suffix("").as_posix()
        found[chapter] = json.loads(path.read_text(encoding="utf-8")).get("values", {})
    return found


def card_text(card: dict[str, str], values: dict[str, dict[str, Any]]) -> str:
    """A card with its numbers. They carry no mark: to hear the kind in the words is the game."""

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise UserError(
                f"{PLAN}: a card uses {match[1]!r}, which no chapter reports. Correct it."
            )
        return values[match[1]]["text"]

    return re.sub(r"\{num:([^}]+)\}", fill, card["text"])


def key_html(exercise: Exercise, records: dict[str, dict[str, Any]]) -> str:
    """One exercise of the key: what is right, each mistake with its value, what to ask."""
    rows = [_row("right", shown(exercise, exercise.answer, records), exercise.solution, records)]
    for mistake in exercise.mistakes:
        rows.append(
            _row(
                mistake.id.replace("-", " "),
                shown(exercise, mistake.when, records),
                mistake.hint,
                records,
            )
        )
    for model in exercise.models:
        rows.append(_row("one possible answer", "", model, records))
    return (
        f"<table><caption>{escape(exercise.id)}, {MINUTES[exercise.type]} minutes. {rich(exercise.ask, records)}"
        f"</caption><thead><tr><th scope='col'>Answer or mistake</th><th scope='col'>Shows as</th>"
        f"<th scope='col'>Say or ask</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def shown(exercise: Exercise, when: Any, records: dict[str, dict[str, Any]]) -> str:
    """The values that an answer or a mistake leads to, with the marks of their kinds."""
    if exercise.type == "choice":
        options = {o["id"]: o["text"] for o in exercise.options}
        return escape(options.get(when.get("choice", ""), ""))
    values = " to ".join(rich(f"{{num:{key}}}", records) for key in when.values())
    if len(when) < len(exercise.parts):  # a mistake in one end only
        return f"{', '.join(PART_WORDS[part] for part in when)} {values}"
    return values


def rich(text: str, records: dict[str, dict[str, Any]]) -> str:
    from sustainment.learn.sphinx import rich as with_marks

    return with_marks(text, records)


def _row(name: str, value: str, words: str, records: dict[str, dict[str, Any]]) -> str:
    return f"<tr><th scope='row'>{escape(name)}</th><td>{value}</td><td>{rich(words, records)}</td></tr>"


def setup(app: Sphinx) -> None:
    app.add_directive("instructor-key", InstructorKey)
    app.add_directive("meeting", Meeting)
    app.add_directive("cards", Cards)
    app.add_directive("array-sheet", ArraySheet)
