"""The directives {practice} and {guess}: exercises as forms that read well without a script.

Hints and the solution are native folds. The script (assets/practice.js) only compares what is typed
with numbers that stand in the page already; nothing is stored or sent.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from sustainment.errors import UserError
from sustainment.learn import pack, widgets
from sustainment.learn.exercises import PART_WORDS, Exercise, load_exercises
from sustainment.learn.reading import WORDS
from sustainment.learn.replies import MESSAGES, cannot_be_asked, is_off, targets
from sustainment.learn.session import other_editions
from sustainment.learn.values import page_records, study_root

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


NOT_CHECKED = "The answer is withheld to protect persons, so this page cannot check yours."


class pending_exercise(nodes.General, nodes.Element):
    """Stands where an exercise will be printed, until the page's values are known."""


class ExerciseDirective(Directive):
    """```{practice} chapter.exercise``` or ```{guess} chapter.g1```"""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.metadata[env.docname]["shows_values"] = True
        env.metadata[env.docname]["has_practice"] = True
        node = pending_exercise(exercise=self.arguments[0].strip(), docname=env.docname)
        node.source, node.line = self.state_machine.get_source_and_line(self.lineno)
        return [node]


class ResolveExercises(SphinxPostTransform):
    """Put the forms in their places, with the values that the page reports."""

    default_priority = 5

    def run(self, **options: Any) -> None:
        pending = list(self.document.findall(pending_exercise))
        if not pending:
            return
        root = study_root(self.app.srcdir)
        try:
            exercises = exercises_of(root)
        except UserError as error:
            logger.warning("%s", error, location=pending[0])
            exercises = {}
        for node in pending:
            exercise = exercises.get(node["exercise"])
            if exercise is None:
                logger.warning("There is no exercise %r.", node["exercise"], location=node)
                node.replace_self(nodes.paragraph("", ""))
                continue
            records = page_records(self.env, node["docname"])
            if cannot_be_asked(exercise, {key: r["value"] for key, r in records.items()}):
                node.replace_self(nodes.raw("", not_asked_html(exercise), format="html"))
                continue
            for key in sorted(exercise.value_keys() - set(records)):
                logger.warning(
                    "The exercise %r uses the value %r, which this page does not report.",
                    exercise.id,
                    key,
                    location=node,
                )
            default = {k: records[k]["value"] for k in exercise.value_keys() if k in records}
            markup = exercise_html(exercise, records, other_editions(root, exercise, default))
            node.replace_self(nodes.raw("", markup, format="html"))


def not_asked_html(exercise: Exercise) -> str:
    name = exercise.id.replace(".", "-")
    title = "Your guess" if exercise.type == "guess" else "Do it"
    return (
        f'<section class="practice practice-{exercise.type}" id="{name}" aria-labelledby="{name}-title">'
        f'<p class="practice-title" id="{name}-title"><strong>{title}</strong></p>'
        f"<p>{MESSAGES['not_asked']}</p></section>"
    )


@lru_cache(maxsize=1)
def exercises_of(root: Path) -> dict[str, Exercise]:
    """All exercises, read once a build: every page asks for them."""
    return load_exercises(root)


def exercise_html(
    exercise: Exercise,
    records: dict[str, dict[str, Any]],
    editions: dict[str, dict[str, Any]] | None = None,
) -> str:
    """One exercise as HTML: question, fields, place for the reply, hints and solution in folds."""
    name = exercise.id.replace(".", "-")
    guess = exercise.type == "guess"
    title = "Your guess" if guess else "Do it"
    if not_to_be_checked(exercise, records):
        return (
            f'<section class="practice practice-{exercise.type}" id="{name}" aria-labelledby="{name}-title">'
            f'<p class="practice-title" id="{name}-title"><strong>{title}</strong></p>'
            f'<p class="practice-ask">{rich(exercise.ask, records)}</p><p>{NOT_CHECKED}</p></section>'
        )
    fields = "".join(_field(exercise, name, part) for part in exercise.parts)
    button = "Keep my guess" if guess else "Check"
    form = (
        f'<form class="practice-form" id="{name}-form" novalidate>'
        f'<p class="practice-ask" id="{name}-ask">{rich(exercise.ask, records)}</p>'
        f'<div class="practice-fields">{fields}</div>'
    )
    if exercise.parts:
        form += (
            f'<p class="practice-buttons"><button type="button" class="practice-check">{button}</button> '
            f'<button type="reset" class="practice-reset">Start again</button></p>'
            f'<output class="practice-reply" role="status" aria-live="polite"></output>'
            f"<noscript><p>Checking needs JavaScript; hints and solution open without it.</p></noscript>"
            f'<script type="application/json">{page_data(exercise, records, editions)}</script>'
        )
    form += "</form>"
    folds = "".join(
        f"<details><summary>Hint {i} of {len(exercise.hints)}</summary><p>{rich(h, records)}</p></details>"
        for i, h in enumerate(exercise.hints, start=1)
    )
    for i, model in enumerate(exercise.models, start=1):
        folds += f"<details><summary>One possible answer ({i})</summary><p>{rich(model, records)}</p></details>"
    if exercise.solution:
        folds += f"<details><summary>Solution</summary><p>{rich(exercise.solution, records)}</p></details>"
    if guess and exercise.parts:
        shown = told(records.get(exercise.answer["value"], {}), exercise.unit)
        folds += (
            f"<details><summary>What the page finds</summary><p>{escape(shown)}. "
            f"{rich(exercise.after, records)}</p></details>"
        )
    objective = (
        "" if guess or not exercise.objective else f" <span>{escape(exercise.objective)}</span>"
    )
    return (
        f'<section class="practice practice-{exercise.type}" id="{name}" aria-labelledby="{name}-title">'
        f'<p class="practice-title" id="{name}-title"><strong>{title}</strong>{objective}</p>'
        f"{form}{folds}</section>"
    )


def not_to_be_checked(exercise: Exercise, records: dict[str, dict[str, Any]]) -> bool:
    """Whether the protection left a mark or a word where the answer's number was."""
    if exercise.type not in ("guess", "number", "pair"):
        return False
    return any(isinstance(records.get(k, {}).get("value"), str) for k in exercise.answer.values())


def page_data(
    exercise: Exercise,
    records: dict[str, dict[str, Any]],
    editions: dict[str, dict[str, Any]] | None,
) -> str:
    """What the script compares with, as JSON that cannot end the script element."""
    values = {key: record["value"] for key, record in records.items()}
    numeric = exercise.type != "choice"
    answer = targets(exercise, exercise.answer, values) if numeric else dict(exercise.answer)
    mistakes = []
    for mistake in exercise.mistakes:
        when = targets(exercise, mistake.when, values) if numeric else dict(mistake.when)
        if numeric and (None in when.values() or is_off(exercise, mistake, values)):
            continue
        mistakes.append({"when": when, "hint": mistake.hint})
    elsewhere = []
    for edition, edition_values in (editions or {}).items() if numeric else ():
        there = targets(exercise, exercise.answer, edition_values)
        if there != answer and None not in there.values():
            elsewhere.append({"edition": edition, "answer": there})
    data = {
        "type": exercise.type,
        "parts": list(exercise.parts),
        "partWords": {p: PART_WORDS[p] for p in exercise.parts},
        "unit": exercise.unit,
        "tolerance": exercise.tolerance,
        "answer": answer,
        "shown": told(records.get(exercise.answer.get("value", ""), {})),
        "after": re.sub(
            r"\{num:([^}]+)\}", lambda m: records.get(m[1], {}).get("text", ""), exercise.after
        ),
        "mistakes": mistakes,
        "elsewhere": elsewhere,
        "options": {o["id"]: o["text"] for o in exercise.options},
        "messages": MESSAGES,
        "words": WORDS,
    }
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def told(record: dict[str, Any], unit: str = "") -> str:
    """A value in a reply, which has no mark: the word has to say that it is invented."""
    words = " ".join(part for part in (record.get("text", ""), unit) if part)
    return f"{words} (invented)" if record.get("kind") == "invented" else words


def rich(text: str, records: dict[str, dict[str, Any]]) -> str:
    """Text as HTML: *emphasis*, and {num:key} as a value with the mark of its kind."""

    def number(match: re.Match[str]) -> str:
        record = records.get(match[1])
        if record is None:
            return f"[no value {match[1]}]"
        kind = record["kind"]
        return (
            f'<span class="kind kind-{kind}"><span class="visually-hidden">[{kind}] </span>'
            f"{escape(record['text'])}</span>"
        )

    markup = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", escape(text, quote=False))
    return re.sub(r"\{num:([^}]+)\}", number, markup)


def _field(exercise: Exercise, name: str, part: str) -> str:
    if exercise.type == "choice":
        buttons = "".join(
            f'<label class="practice-option"><input type="radio" name="choice" value="{escape(o["id"])}"> '
            f"{escape(o['text'])}</label>"
            for o in exercise.options
        )
        return f"<fieldset><legend>Choose one</legend>{buttons}</fieldset>"
    word = {"value": "Your guess" if exercise.type == "guess" else "Your answer"}.get(
        part, PART_WORDS[part].capitalize()
    )
    return (
        f'<div class="practice-field"><label for="{name}-{part}">{word}</label> '
        f'<input id="{name}-{part}" name="{part}" type="text" inputmode="decimal" '
        f'autocomplete="off" size="6"> '
        f'<span class="practice-unit">{escape(exercise.unit)}</span></div>'
    )


def add_script(app: Sphinx, pagename: str, *_: Any) -> None:
    """The script goes only to pages that have something to check."""
    if app.env.metadata.get(pagename, {}).get("has_practice"):
        app.add_js_file("practice.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    exercises_of.cache_clear()  # another build in the same process may find other files
    app.add_node(pending_exercise)
    app.add_directive("practice", ExerciseDirective)
    app.add_directive("guess", ExerciseDirective)
    app.add_post_transform(ResolveExercises)
    app.connect("html-page-context", add_script)
    widgets.setup(app)
    pack.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
