"""The whole book as if its data were a real study's: every edition that editions.yml marks for it.

Planned and audited together, made into pages with warnings as errors, read, searched for canaries, and
attacked. What it takes to derive such a study is in tests/observed.py, the attacks in tests/attack.py.
"""

import csv
import io
import json
import os
import re
import shutil
import struct
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import attack
import observed

from sustainment.book.build import build, make_plan
from sustainment.book.parameters import load_editions
from sustainment.book.values import write_json, write_text
from sustainment.book.verify import accept, make_receipt, receipt_text, run_for_review
from sustainment.disclosure.audit import audit, audit_study
from sustainment.disclosure.commands import run_protect
from sustainment.disclosure.model import counting_tables
from sustainment.disclosure.plan import make_plan as plan_protection
from sustainment.disclosure.register import read_run
from sustainment.disclosure.rules import UNKNOWN, read_rules
from sustainment.study import load_settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("observed whole")]
EDITIONS = [name for name, e in load_editions(observed.ROOT).editions.items() if e.observed]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The book of all marked editions: collected, planned, reviewed, executed, audited, made into pages."""
    os.environ["SUSTAINMENT_EXCERPT_KEY"] = observed.EXCERPT_KEY
    try:
        root = observed.make_observed_book(tmp_path_factory.mktemp("observed"), EDITIONS)
        run_protect(root, jobs=2, quiet=True)
        plan, comparison = run_for_review(root, jobs=2)
        accept(plan)
        for edition in EDITIONS:
            if edition != "default":  # what an edition does not change is fresh already
                run = root / "_build" / "run"
                shutil.copytree(run / "default", run / edition)
            build(root, edition, quiet=True, jobs=2)
        receipt = make_receipt(plan, comparison, 0.0)
        write_json(root / "_build" / "receipt.json", receipt)
        write_text(root / "_build" / "receipt.md", receipt_text(receipt))
        yield root
    finally:
        del os.environ["SUSTAINMENT_EXCERPT_KEY"]


@pytest.fixture(scope="module")
def rules(book):
    return read_rules(load_settings(book))


@pytest.fixture(scope="module")
def truth(book):
    return [read_run(book / "_build" / "collect" / e, e) for e in EDITIONS]


@pytest.fixture(scope="module")
def shown(book):
    return [read_run(book / "_build" / "run" / e, e) for e in EDITIONS]


@pytest.fixture(scope="module")
def pages(book):
    """{(edition, page): its article, without scripts, styles and code}."""
    found = {}
    for edition in EDITIONS:
        build = book / "_build"
        html = build / "html" if edition == "default" else build / "editions" / edition / "html"
        for path in sorted(html.rglob("*.html")):
            page = BeautifulSoup(path.read_bytes(), "html.parser")
            article = page.find("article")
            if article and "_static" not in path.parts:
                for tag in article.find_all(["script", "style", "pre"]):
                    tag.decompose()
                found[edition, path.relative_to(html).as_posix()] = article
    return found


def test_more_than_the_default_edition_is_run_as_observed():
    assert EDITIONS[0] == "default" and len(EDITIONS) >= 3


# It reads ------------------------------------------------------------------------------------------


def test_every_page_of_the_contents_is_there_in_every_edition(book, pages):
    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    listed = {entry["file"] + ".html" for part in toc["parts"] for entry in part["chapters"]}
    for edition in EDITIONS:
        assert listed <= {page for e, page in pages if e == edition}


def test_every_page_reads_as_sentences(pages):
    for where, article in pages.items():
        text = " ".join(article.get_text(" ").split())
        assert "Traceback" not in text and "{num}" not in text and "[…]" not in text, where
        assert not re.search(r"\b(nan|NaN|<NA>|inf)\b", text), where
        assert not re.search(r"\[no value ", text), where
        for tag in article.find_all(class_="kind"):
            assert tag.get_text(strip=True).strip("[]") != "", where
        for paragraph in article.find_all("p"):
            words = " ".join(paragraph.get_text(" ").split())
            assert not re.search(r"(?<!\w)\(\s*\)|[ ,] [,.;]{2}|—\s*—", words), (
                where,
                words,
            )
            marks = re.findall(r"\[(?:number|share|words) withheld\]", words)
            bare = re.sub(r"\[[^\]]*\]", "", words)
            assert not marks or len(re.findall(r"[^\W\d]{2,}", bare)) >= 4, (where, words)


def test_what_is_withheld_has_a_sentence_in_its_place(shown, pages):
    gone = Counter()
    for register in shown:
        for table in register.tables:
            if table.columns == ("Withheld",):
                (cell,) = table.cells[0]
                assert re.fullmatch(r"This table is withheld: [a-z].+\.", cell)
                gone["tables"] += 1
    text = " ".join(article.get_text(" ") for article in pages.values())
    assert gone["tables"] and "This figure is withheld: it would show" in text


def test_nothing_is_withheld_for_want_of_a_population(truth, shown, rules):
    for register in shown:
        for table in register.tables:
            assert "not said whom or what it counts" not in " ".join(map(" ".join, table.cells)), (
                table.id
            )
    unsaid = {
        (value.chapter, value.key)
        for register in truth
        for value in register.values
        if value.kind == "observed"
        and isinstance(value.value, int | float)
        and not isinstance(value.value, bool)
        and rules.strand(value.population) == UNKNOWN
        and value.key not in (*rules.release, *rules.size_keys.values())
    }
    assert unsaid == set()


# It is planned and audited -------------------------------------------------------------------------


def test_the_audit_of_all_editions_together_passes_and_the_plan_covers_them(book, rules):
    assert audit_study(book) == []
    fresh = [read_run(book / "_build" / "collect" / e, e) for e in EDITIONS]
    chapters = sorted({v.chapter for r in fresh for v in r.values})
    planned = plan_protection(book, fresh, rules, chapters)
    stored = yaml.safe_load((book / "data" / "suppression.yml").read_text(encoding="utf-8"))
    assert planned["editions"] == stored["editions"] == sorted(EDITIONS)


def test_the_audit_sees_what_the_pages_show_when_protection_is_off(truth, rules):
    assert len(audit(truth, truth, rules)) > 20


# It does not leak ----------------------------------------------------------------------------------


def test_no_canary_is_in_anything_that_leaves_the_folder(book, tmp_path):
    wanted = observed.canaries(book)
    target = observed.published(book, tmp_path / "published", EDITIONS)
    files = [p for p in target.rglob("*") if p.is_file()]
    for what in ("searchindex.js", "receipt.json", "suppression.yml", "study.yml", "still-using.ipynb",
                 "still-using.values.json", "still-using.md", "still-using.html"):  # fmt: skip
        assert any(p.name == what for p in files), what
    assert len(wanted) > 1000 and observed.leaks(target, wanted) == []


@pytest.mark.parametrize("place", ["site/default/searchindex.js", "receipt.md", "archive/data/study.yml",
                                   "run/lower-bar/survey/export.ipynb", "results/survey/export.json"])  # fmt: skip
def test_a_canary_in_any_of_these_places_is_found(book, tmp_path, place):
    wanted = observed.canaries(book)
    path = tmp_path / "published" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(b"before ZQP-1344 after")
    assert observed.leaks(
        tmp_path / "published", {k: v for k, v in wanted.items() if k == "ZQP-1344"}
    )


def test_no_picture_carries_words(book):
    pictures = list((book / "_build").rglob("_images/*.png"))
    assert pictures
    for path in pictures:
        assert chunks(path.read_bytes()) <= {"IHDR", "PLTE", "tRNS", "pHYs", "IDAT", "IEND"}, (
            path.name
        )


def chunks(content: bytes) -> set[str]:
    found, at = set(), 8
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        found.add(name.decode("ascii"))
        at += 12 + length
    return found


# It withstands an attack ---------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [False, True], ids=["linear", "integer"])
def test_a_reader_with_a_solver_recovers_no_withheld_cell(truth, shown, rules, whole):
    sizes = {66, next(v.value for v in shown[0].values if v.key == "items.respondents")}
    about = {t.id for r in truth for t in counting_tables(r, rules)}
    assert attack.recovered(truth, shown, about, sizes, rules.width, whole) == []
    careful = [attack.blanked(r, rules.minimum) for r in truth]
    broken = attack.recovered(truth, careful, about, sizes, rules.width, whole)
    assert len(broken) > 5  # the same attack on pages where only the small numbers are blanked


def test_a_reader_who_knows_the_questionnaire_recovers_no_answer_to_a_statement(book, truth, shown):
    rows = csv.reader(io.StringIO((book / "data/raw/survey_dictionary.csv").read_text("utf-8")))
    wording = {row[0]: row[4] for row in rows}
    for real, register in zip(truth, shown, strict=True):
        assert attack.scale_recovered(real, register, wording, 5) == []
    # with the small answers alone left blank, the same attack succeeds
    whole = next(table for table in truth[0].tables if table.id == "fig-items")
    blank = [[row[0], *("" if 0 < int(n) < 5 else n for n in row[1:])] for row in whole.cells]
    others = [table for table in shown[0].tables if table.id != "fig-items"]
    careless = replace(shown[0], tables=[replace(whole, cells=blank), *others])
    assert attack.scale_recovered(truth[0], careless, wording, 5)


def test_a_reader_of_two_editions_finds_no_small_group_between_them(truth, shown, rules):
    harmless = set(rules.harmless)
    assert attack.small_differences(shown, rules.minimum, harmless) == []
    # how many kept silent does differ by one, and the same attack sees it
    assert attack.small_differences(truth, rules.minimum, set()) != []


def test_no_edition_tells_what_another_one_withholds(truth, shown):
    assert attack.told_elsewhere(truth, shown) == []
    # were each edition hidden by its own plan, one would tell: the default one printed whole
    assert attack.told_elsewhere(truth, [truth[0], *shown[1:]]) != []


def test_no_title_and_no_alt_text_says_a_number_that_its_chapter_withholds(truth, shown, rules):
    for real, register in zip(truth, shown, strict=True):
        printed = {(v.chapter, str(v.value)) for v in register.values}
        for place, text in register.texts:
            chapter = place.partition(":")[0]
            for number in re.findall(r"(?<![\w.,])\d+(?![\w.]*\d)(?!\s*%)", text):
                hidden = [
                    v.key
                    for v in real.values
                    if v.chapter == chapter
                    and v.count == int(number)
                    and (chapter, number) not in printed
                ]
                assert not hidden or int(number) in rules.sizes.values(), (place, number, hidden)


def test_the_search_index_holds_no_number_that_its_page_withholds(book, pages, truth):
    text = (book / "_build" / "html" / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    names = index["docnames"]
    html = book / "_build" / "html"
    visible = {}
    for page in {page for edition, page in pages if edition == "default"}:
        text = BeautifulSoup((html / page).read_bytes(), "html.parser").get_text(" ")
        visible[page] = set(re.findall(r"\d+", text))
    counted = {page: set() for page in visible}
    for value in truth[0].values:
        counted[f"notebooks/{value.chapter}.html"] |= {value.count} - {None}
    for table in truth[0].tables:
        cells = ((i, k) for i in range(len(table.cells)) for k in table.counts)
        counted[f"notebooks/{table.chapter}.html"] |= {table.count(i, k) for i, k in cells} - {None}
    looked = 0
    for group in ("terms", "titleterms"):
        for term, docs in index[group].items():
            if not term.isdigit():
                continue
            for doc in [docs] if isinstance(docs, int) else docs:
                page = names[doc] + ".html"
                if page in visible:
                    looked += 1
                    assert term in visible[page] or int(term) not in counted[page], (term, page)
    assert looked > 100


def test_no_parameter_and_no_edition_switches_it_off(book):
    for edition in EDITIONS:
        assert make_plan(book, edition).book.settings["provenance"] == "observed"
    assert not {"provenance", "protection", "observed"} & set(load_editions(book).parameters)
