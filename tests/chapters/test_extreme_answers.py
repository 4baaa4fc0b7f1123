"""Answers at the edge: a sentence stands in place of a wrong number, and the build completes."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from html import unescape
from typing import Any

import pytest
from chapters_extreme import DRAFTS, ROOT, VARIANTS, make_draft, make_variant, vary_draft

from sustainment.book.build import Plan, job_for, make_pages, make_plan
from sustainment.book.execute import local_pool, run_chapter
from sustainment.book.kernels import fork_environment
from sustainment.book.pages import Press
from sustainment.book.progress import Teller
from sustainment.book.values import what_answers_do_not_say
from sustainment.report import UNSAID

pytestmark = pytest.mark.slow

# "infinite" is a word; these are what arithmetic on nobody leaves behind.
NO_NUMBER = re.compile(
    r"(?<![\w-])(?:nan|-?inf|NaT|<NA>)(?![\w-])|\b0 of (?:the )?0\b|nan ?%|[∞]|\b0 / 0\b"
)
CONTROL = "as_shipped"
# These count the answers to a few questions and nothing else: two variants show what they do.
SAME_COUNT = re.compile(r"interviews/|appendix/|start/")
TWICE = ("nobody_answered", "items_all_missing")

# What must be said where. A figure, a table or a value that is not named here may be said or shown.
SAID = {
    "nobody_answered": {
        "survey/export": ["No row of the file is a respondent", "Nobody answered this question"],
        "survey/silent": ["Nobody answered, so there is no share", "no two groups to compare"],
        "survey/still-using": ["Nobody answered the main question", "No specification gave"],
        "survey/few-families": ["Nobody said how many families", "there is no total to share"],
        "survey/helps-hinders": ["answered alike, or not at all", "No reason was ticked"],
        "integration/joint-display": ["One of the two groups is empty"],
        "practice/protecting": ["so there is no table to protect"],
        "lab/multiverse": ["No specification gave an estimate"],
    },
    "main_question_unanswered": {
        "survey/silent": ["Nobody answered, so there is no share"],
        "survey/still-using": ["Nobody answered the main question"],
        "practice/protecting": ["so there is no table to protect"],
    },
    "everyone_continued": {
        "survey/silent": ["Whatever the silent did, the share is not below 60 %"],
        "survey/still-using": ["Whatever the silent did, the share is not below 60 %"],
        "survey/helps-hinders": ["No reason was ticked", "at least two answers"],
    },
    "nobody_continued": {
        "survey/helps-hinders": ["at least two answers"],
    },
    "an_option_nobody_chose": {},
    "items_all_missing": {
        "survey/export": ["Nobody answered this question"],
        "survey/few-families": ["Nobody said how many families", "there is no total to share"],
        "survey/helps-hinders": ["answered alike, or not at all", "No reason was ticked"],
        "integration/joint-display": ["One of the two groups is empty"],
    },
    "one_group": {"integration/joint-display": ["One of the two groups is empty"]},
    "draft_nobody_answered": {
        "survey/answers": ["Nobody answered any question"],
        "survey/outcome": ["Nobody answered this question"],
        "survey/groups": ["nothing to compare"],
    },
    "draft_outcome_unanswered": {
        "survey/outcome": ["Nobody answered this question"],
        "survey/groups": ["nothing to compare"],
    },
    "draft_everyone_said_yes": {"survey/groups": ["nothing to compare"]},
    "draft_items_all_missing": {"survey/groups": ["nothing to compare"]},
    CONTROL: {},
}


class Run:
    """One executed variant: its plan, what failed, and what its chapters hold."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.failures: list[str] = []

    def outputs(self, chapter: str) -> list[dict[str, Any]]:
        path = self.plan.run_folder / f"{chapter}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [output for cell in cells for output in cell.get("outputs") or ()]

    def records(self, chapter: str) -> list[dict[str, Any]]:
        about = [o.get("metadata", {}).get("sustainment", {}) for o in self.outputs(chapter)]
        return [record for record in about if record.get("type") == "value"]

    def sentences(self, chapter: str) -> list[str]:
        about = [o.get("metadata", {}).get("sustainment", {}) for o in self.outputs(chapter)]
        return [record["sentence"] for record in about if record.get("type") == "instead"]

    def words(self, chapter: str) -> str:
        """Everything that the chapter shows: outputs as text and HTML, titles, alt texts, twins."""
        shown = []
        for output in self.outputs(chapter):
            data = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
            shown.append(json.dumps([data, output.get("metadata"), output.get("text")]))
        return re.sub(r"<[^>]*>", " ", "\n".join(shown).replace("<NA>", "nan"))


def chapters_of(plan: Plan, variant: str) -> list[str]:
    """Every chapter that opens the survey or the frame, or the values of one that does."""
    book = plan.book
    reads = [
        name
        for name in book.order
        if {"survey", "population"} & set(book.chapters[name].inputs) or book.chapters[name].needs
    ]
    few = [name for name in reads if variant in TWICE or not SAME_COUNT.match(name)]
    return book.with_needs(few)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Run]:
    """All variants in one pool, chapters that need others after those."""
    found, waiting = {}, {}
    for name in (*VARIANTS, CONTROL):
        plan = make_plan(make_variant(name, tmp_path_factory.mktemp("extreme") / name))
        found[name] = Run(plan)
    draft = make_draft(tmp_path_factory.mktemp("draft") / "as_drafted")
    for name in DRAFTS:
        found[name] = Run(make_plan(vary_draft(name, draft, draft.parent / name)))
    for name, run in found.items():
        waiting |= {(name, chapter): run.plan for chapter in chapters_of(run.plan, name)}
    kernels = fork_environment(found[CONTROL].plan.book)
    done: set[tuple[str, str]] = set()
    with local_pool(2) as pool:
        while waiting:
            running: dict[tuple[str, str], Future] = {}
            for (name, chapter), plan in waiting.items():
                if all((name, need) in done for need in plan.book.chapters[chapter].needs):
                    job = job_for(
                        plan, chapter, plan.values[chapter], plan.run_folder / chapter, kernels
                    )
                    running[name, chapter] = pool.submit(run_chapter, job)
            for (name, chapter), future in running.items():
                failure = future.result().failure
                if failure:
                    found[name].failures.append(f"{failure.sentence}\n{failure.traceback}")
                done.add((name, chapter))
                del waiting[name, chapter]
    return found


everywhere = pytest.mark.parametrize("variant", [*VARIANTS, *DRAFTS])


@everywhere
def test_the_build_completes(runs, variant):
    assert not runs[variant].failures


@everywhere
def test_the_sentence_stands_in_the_chapter(runs, variant):
    for chapter, wanted in SAID[variant].items():
        said = " ".join(runs[variant].sentences(chapter))
        assert [w for w in wanted if w not in said] == [], f"{chapter} says: {said}"


@everywhere
def test_no_number_is_printed_that_is_none(runs, variant):
    run = runs[variant]
    for chapter in chapters_of(run.plan, variant):
        found = [
            run.words(chapter)[max(m.start() - 60, 0) : m.end() + 20]
            for m in NO_NUMBER.finditer(run.words(chapter))
        ]
        assert not found, f"{chapter}: {found}"
        prose = printed(run, chapter)
        found = [prose[max(m.start() - 60, 0) : m.end() + 20] for m in NO_NUMBER.finditer(prose)]
        assert not found, f"{chapter}: {found}"


@everywhere
def test_every_number_of_the_prose_is_reported_or_said_to_be_unknown(runs, variant):
    run = runs[variant]
    for chapter in chapters_of(run.plan, variant):
        text = run.plan.book.chapters[chapter].path.read_text(encoding="utf-8")
        reported = {record["key"] for record in run.records(chapter)}
        assert set(re.findall(r"\{num\}`([^`]+)`", text)) - reported == set(), chapter
        for record in run.records(chapter):
            assert (record["value"] is None) == (record["text"] == UNSAID), record


@everywhere
def test_nothing_is_said_beside_the_page(runs, variant):
    """A warning of NumPy in a cell is no sentence for a reader."""
    run = runs[variant]
    for chapter in chapters_of(run.plan, variant):
        streams = [o.get("text") for o in run.outputs(chapter) if o["output_type"] == "stream"]
        assert streams == [], chapter


def test_with_the_book_s_own_answers_no_such_sentence_stands_anywhere(runs):
    run = runs[CONTROL]
    assert not run.failures
    for chapter in chapters_of(run.plan, CONTROL):
        assert run.sentences(chapter) == [], chapter
        assert all(record["value"] is not None for record in run.records(chapter)), chapter


def test_claims_and_fits_that_rest_on_no_answer_cannot_be_judged(runs):
    run = runs["nobody_answered"]
    assert "cannot be judged, from these answers" in run.words("integration/conclusions")
    assert "cannot be judged" in run.words("integration/joint-display")
    assert "cannot be judged, from these answers" not in runs[CONTROL].words(
        "integration/conclusions"
    )


def test_the_build_tells_which_chapters_could_not_say_everything(runs):
    run = runs["items_all_missing"]
    told = list(what_answers_do_not_say(run.plan.run_folder, run.plan.book.order))
    assert {line.split(":")[0] for line in told} >= set(SAID["items_all_missing"])
    quiet = runs[CONTROL].plan
    assert list(what_answers_do_not_say(quiet.run_folder, quiet.book.order)) == []


def test_the_reviewed_values_hold_no_value_that_cannot_be_said():
    for path in sorted((ROOT / "results").glob("*/*.json")):
        values = json.loads(path.read_text(encoding="utf-8"))["values"]
        assert [k for k, record in values.items() if record["value"] is None] == [], path.name
    editions = json.loads((ROOT / "results" / "editions.json").read_text(encoding="utf-8"))
    assert [k for values in editions.values() for k, v in values.items() if v is None] == []


def test_the_pages_hold_the_sentences_and_no_number_that_is_none(runs):
    run = runs["nobody_answered"]
    with Press(run.plan.book.folder, run.plan.run_folder) as press:
        make_pages(run.plan, chapters_of(run.plan, "nobody_answered"), press, Teller(quiet=True))
    html = run.plan.book.build_folder / "only" / "html" / "notebooks"
    for chapter, wanted in SAID["nobody_answered"].items():
        page = (html / f"{chapter}.html").read_text(encoding="utf-8")
        article = page[page.index("<article") : page.index("</article>")]
        shown = re.sub(r"<(script|style|pre)\b.*?</\1>", " ", article, flags=re.S)
        shown = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", shown)))
        assert [w for w in wanted if w not in shown] == [], chapter
        assert "[no value" not in shown, chapter
        assert not NO_NUMBER.search(shown), chapter
    asked = (html / "survey" / "few-families.html").read_text(encoding="utf-8")
    assert asked.count("This question cannot be asked with these data") >= 2


def printed(run: Run, chapter: str) -> str:
    """The chapter's prose with its numbers in their places."""
    texts = {record["key"]: record["text"] for record in run.records(chapter)}
    text = run.plan.book.chapters[chapter].path.read_text(encoding="utf-8")
    prose = re.sub(r"(?ms)^```\{code-cell\}.*?^```$", "", text)
    return re.sub(r"\{num\}`([^`]+)`", lambda m: texts.get(m[1], "nan"), prose)
