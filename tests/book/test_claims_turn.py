"""A small study of observed data, executed and built: its verdicts turn when its answers do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from book_helpers import change
from bs4 import BeautifulSoup

from sustainment.book.build import build
from sustainment.disclosure.commands import run_protect
from sustainment.errors import UserError

ROOT = Path(__file__).parents[2]
JUDGED = Path(__file__).parent / "judged"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("judged")]


def judged(folder: Path, went_on: int, expert: int = 3, answered: int = 60) -> Path:
    """The study with so many answers of each sort, and the site's own look."""
    book = Path(shutil.copytree(JUDGED, folder))
    for name in ("assets", "_templates", "references.bib", "_config.yml"):
        target = ROOT / name
        (shutil.copytree if target.is_dir() else shutil.copy)(target, book / name)
    rows = ["record_id,person,went_on,expert"]
    rows += [
        f"{n},ZZ-{n:03},{int(n <= went_on)},{int(n % 60 < expert)}" for n in range(1, answered + 1)
    ]
    (book / "data/raw/survey.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return book


def executed(book: Path) -> Path:
    run_protect(book, jobs=1, quiet=True)
    build(book, quiet=True, jobs=1)
    return book


def verdicts(book: Path) -> dict[str, str]:
    """The reported verdict of each claim."""
    path = book / "_build/run/default/integration/conclusions.values.json"
    values = json.loads(path.read_text(encoding="utf-8"))["values"]
    return {k.removeprefix("claim."): v["text"] for k, v in values.items()}


def page(book: Path, name: str) -> BeautifulSoup:
    text = (book / f"_build/html/notebooks/{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def badge(book: Path, chapter: str, claim: str):
    return page(book, chapter).find("p", attrs={"data-claim": claim})


@pytest.fixture(scope="module")
def speaking_for(tmp_path_factory):
    return executed(judged(tmp_path_factory.mktemp("judged") / "for", went_on=40))


@pytest.fixture(scope="module")
def speaking_against(tmp_path_factory):
    return executed(judged(tmp_path_factory.mktemp("judged") / "against", went_on=20))


def test_data_against_a_claim_turn_its_verdict(speaking_for, speaking_against):
    assert verdicts(speaking_for)["continued"] == "consistent"
    assert verdicts(speaking_against)["continued"] == "not consistent"


def test_the_badge_turns_with_it_in_words_and_in_look(speaking_for, speaking_against):
    for book, words, look in (
        (speaking_for, "consistent", "claim-agrees"),
        (speaking_against, "not consistent", "claim-parts"),
    ):
        shown = badge(book, "survey/going-on", "continued")
        assert shown.find(class_="claim-words").get_text(strip=True) == f"[observed]{words}"
        assert look in shown["class"]
        page_name, _, row = shown.find("a")["href"].partition("#")
        assert page_name.endswith("integration/conclusions.html")
        cells = page(book, "integration/conclusions").find("tr", id=row).find_all(["th", "td"])
        assert words in [cell.get_text() for cell in cells]


def test_a_verdict_uses_only_what_may_be_printed(speaking_for):
    # three of sixty are too few to print, so the claim about them is not judged in public
    assert verdicts(speaking_for)["experience"] == "cannot be judged"
    shown = badge(speaking_for, "survey/going-on", "experience")
    assert "cannot be judged" in shown.get_text() and "claim-open" in shown["class"]
    values = speaking_for / "_build/run/default/survey/going-on.values.json"
    found = json.loads(values.read_text(encoding="utf-8"))["values"]
    assert found["on.expert_share"]["text"] == "[share withheld]"
    assert found["on.share"]["text"] == "67 %"  # rounded before it is judged


def test_what_no_survey_of_these_persons_can_say_is_never_judged(speaking_for, speaking_against):
    for book in (speaking_for, speaking_against):
        assert verdicts(book)["need"] == "cannot be judged"
        assert badge(book, "integration/conclusions", "need").find(class_="kind-derived")


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("notebooks/survey/going-on.md", "```{claim} experience\n```", "", "its badge is missing"),
        ("notebooks/integration/conclusions.md", "{claim} need", "{claim} needs", "no claim 'needs'"),
        ("data/published.yml", "chapter: integration/conclusions", "chapter: survey/going-on", "Take its badge out here"),
        ("data/published.yml", "  - id: need", "  - id: continued", "line 19: the claim id 'continued' is used twice, first in line 3"),
        ("data/published.yml", "    source: someone2024\n    estimand: none", "    sauce: someone2024\n    estimand: none", "line 19: the claim 'need' lacks 'source'"),
        ("data/published.yml", "fails_if: it cannot fail here", "fails_if: it\n    colour: red", "unknown field 'colour'"),
        ("data/published.yml", "paraphrase: few had completed many", "paraphrase: [few", "published.yml, line"),
        ("data/published.yml", "key: on.share,", "key: on.part,", "'on.part', which is not reported"),
    ],
)  # fmt: skip
def test_a_broken_claim_stops_the_build_and_is_named(
    speaking_for, tmp_path, capfd, file, old, new, complaint
):
    book = Path(shutil.copytree(speaking_for, tmp_path / "book", symlinks=True))
    change(book / file, old, new)
    with pytest.raises(UserError) as stopped:
        build(book, quiet=True, jobs=1)
    assert complaint in " ".join(f"{stopped.value} {''.join(capfd.readouterr())}".split())


CONSTRUCTS, INFERENCES = "data/integration/constructs.yml", "data/integration/meta_inferences.yml"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (CONSTRUCTS, "  why: it adds", "  why: [it adds", "constructs.yml, line 14: not valid YAML"),
        (CONSTRUCTS, "  follows:", "  folows:", "constructs.yml, line 2: unknown field 'folows'. Did you mean 'follows'?"),
        (CONSTRUCTS, "survey: [on.share]", "survey: []", "line 2: the construct 'door' has no evidence from the survey. Add it"),
        (CONSTRUCTS, "excerpts: [xab2cd3ef]", "excerpts: []", "has no evidence from the interviews"),
        (CONSTRUCTS, "on.share", "on.shares", "uses the value 'on.shares', which no chapter it can see reports"),
        (CONSTRUCTS, "xab2cd3ef", "xab2cd3eg", "uses the excerpt 'xab2cd3eg', which is no passage"),
        (CONSTRUCTS, "theme: Going on", "theme: Staying", "names the theme 'Staying', which is not in the codebook"),
        (CONSTRUCTS, "fit: silence", "fit: agreement", "second gives the fit 'agreement'; use confirmation"),
        (CONSTRUCTS, ", reason: the talk adds why", "", "first gives no reason"),
        (INFERENCES, "evidence: [door]", "evidence: [reason]", "line 1: the evidence runs in a circle: reason → reason"),
        (INFERENCES, "evidence: [door]", "evidence: [window]", "rests on 'window', which does not exist"),
        (INFERENCES, "confidence: low", "confidence: sure", "has the confidence 'sure'; use high, moderate, low"),
        (INFERENCES, "  rival: those who went on were asked\n", "", "lacks 'rival'"),
        (INFERENCES, "  fails_if: those who stopped give the same reason\n", "", "lacks 'fails_if'"),
        ("data/integration/threads.yml", "construct: door", "construct: gate", "threads.yml, line 1: the thread 'thread' ends in the construct 'gate'"),
    ],
)  # fmt: skip
def test_a_broken_rule_of_the_integration_stops_the_build_and_is_named(
    speaking_for, file, old, new, complaint
):
    whole = (speaking_for / file).read_text(encoding="utf-8")
    change(speaking_for / file, old, new)
    try:
        with pytest.raises(UserError) as stopped:
            build(speaking_for, quiet=True, jobs=1)
    finally:
        (speaking_for / file).write_text(whole, encoding="utf-8")
    assert complaint in " ".join(str(stopped.value).split())


def test_evidence_that_nobody_uses_and_an_id_twice_stop_the_build(speaking_for):
    path = speaking_for / CONSTRUCTS
    whole = path.read_text(encoding="utf-8")
    entry = whole[whole.index("- id: door") :]
    for id, complaint in (
        ("window", "line 15: nothing rests on the construct 'window'. Use it"),
        ("door", "line 15: the id 'door' is used twice, first in line 2. Give one"),
    ):
        path.write_text(whole + entry.replace("id: door", f"id: {id}"), encoding="utf-8")
        try:
            with pytest.raises(UserError, match=complaint):
                build(speaking_for, quiet=True, jobs=1)
        finally:
            path.write_text(whole, encoding="utf-8")


def test_the_book_s_own_table_of_claims_holds_public_words_alone():
    """Else it would be withheld under observed data, and the verdicts with it."""
    from sustainment.disclosure.words import Vocabulary
    from sustainment.integration.claims import claims_table, keys_of, load_claims
    from sustainment.study import Study, load_settings

    settings = {**load_settings(ROOT), "provenance": "observed"}
    study = Study(ROOT, "integration/conclusions", settings, inputs=("claims",), needs=())
    claims = load_claims(ROOT / "data/published.yml")
    vocabulary = Vocabulary(study)
    for value in (0.66, 12, "withheld"):
        values = {key: value for claim in claims for key in keys_of(claim["rule"])}
        table = claims_table(claims, values, "observed")
        texts = [*table.columns, *table.to_numpy().ravel()]
        assert [text for text in texts if not vocabulary.knows(str(text))] == []


def test_the_book_s_own_claims_each_name_the_chapter_of_their_badge():
    claims = yaml.safe_load((ROOT / "data/published.yml").read_text(encoding="utf-8"))["claims"]
    shown = {
        path.relative_to(ROOT / "notebooks").with_suffix("").as_posix(): path.read_text("utf-8")
        for path in (ROOT / "notebooks").rglob("*.md")
    }
    for claim in claims:
        holds = [name for name, text in shown.items() if f"```{{claim}} {claim['id']}\n" in text]
        assert holds == [claim["chapter"]], claim["id"]
