"""From a sentence to its evidence: excerpts equal their transcripts, numbers lead to their cells."""

from __future__ import annotations

import dataclasses
import html
import re

import pytest
import yaml
from browser_helpers import ROOT
from bs4 import BeautifulSoup

from sustainment.interviews.excerpts import find
from sustainment.interviews.read import read_interviews

pytestmark = pytest.mark.browser
EXCERPT = re.compile(r'class="excerpt-words" data-excerpt="(\w+)">(.*?)</span>', re.S)


@pytest.fixture(scope="module")
def interviews():
    settings = yaml.safe_load((ROOT / "data" / "study.yml").read_text(encoding="utf-8"))
    found = read_interviews(ROOT / "data" / settings["inputs"]["interviews"]["file"])
    own = {"provenance": settings["provenance"], "settings": settings["interviews"]}
    return dataclasses.replace(found, **own)


def test_every_excerpt_on_the_site_is_its_slice_of_the_transcript(site, interviews):
    texts = dict(zip(interviews.documents["document"], interviews.documents["text"], strict=True))
    shown = {}
    for page in sorted(site.glob("notebooks/*/*.html")):
        shown.update(EXCERPT.findall(page.read_text(encoding="utf-8")))
    assert len(shown) >= 10
    for public_id, words in shown.items():
        place = find(interviews, public_id)
        piece = texts[place["document"]][place["start"] : place["end"]]
        assert html.unescape(words) == piece, public_id


def test_no_excerpt_names_its_script(site):
    for page in sorted(site.glob("notebooks/interviews/theme-*.html")):
        for figure in re.findall(
            r'<figure class="excerpt".*?</figure>', page.read_text(encoding="utf-8"), re.S
        ):
            assert not re.search(r"script-[A-L]", figure)


CONCLUSIONS = "notebooks/integration/conclusions.html"


def sentences_with_numbers(page) -> list[tuple[str, str]]:
    """(sentence, link of its number) of the conclusions, one for each sentence."""
    found = page.evaluate(
        """() => [...document.querySelectorAll('article p')].flatMap(p =>
            [...p.querySelectorAll('a.to-ledger')].map(a => [p.textContent, a.getAttribute('href')]))"""
    )
    chosen: dict[str, str] = {}
    for sentence, target in found:
        chosen.setdefault(sentence, target)
    return list(chosen.items())


def follow(page, link) -> None:
    """One click, by keyboard; the page it leads to must hold the place it names."""
    link.focus()
    target = link.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#{target.partition('#')[2]}")
    assert page.locator(f'[id="{target.partition("#")[2]}"]').count() == 1, target


def test_five_sentences_of_the_conclusions_lead_to_value_cell_and_what_they_rest_on(visit):
    page = visit(CONCLUSIONS).page
    home = page.url.split("/notebooks/")[0]
    sentences = sentences_with_numbers(page)
    assert len(sentences) >= 5
    kinds = set()
    for _, target in sentences:
        column = {"computed in": r"#cell-\d+$", "rests on": r"#(tbl|fig)-|#x[a-z2-7]{8}$"}
        for name, place in column.items():
            page.goto(f"{home}/{CONCLUSIONS}")
            follow(page, page.locator(f'a.to-ledger[href="{target}"]').first)
            assert "/ledger.html#v-" in page.url
            row = page.locator("#" + target.partition("#")[2])
            assert row.is_visible()
            heads = page.locator("#tbl-ledger thead th").all_inner_texts()
            link = row.locator("th, td").nth(heads.index(name)).locator("a").last
            follow(page, link)
            assert re.search(place, page.url), page.url
            kinds.add(page.url.partition("#")[2][:3])
            if name == "computed in":
                assert page.locator("#" + page.url.partition("#")[2]).locator("pre").count() >= 1
    # numbers of persons end at registered cells, rows of the joint display at an excerpt
    assert {"cel", "tbl"} <= kinds and any(kind.startswith("x") for kind in kinds)


def test_every_value_leads_to_a_cell_that_the_page_shows(site):
    ledger = BeautifulSoup((site / "pages/ledger.html").read_text(encoding="utf-8"), "html.parser")
    pages = {}
    rows = ledger.select("#tbl-ledger tbody tr")
    assert len(rows) > 300
    for row in rows:
        page, _, cell = row.find_all(["th", "td"])[4].a["href"].partition("#")
        if page not in pages:
            text = (site / "pages" / page).resolve().read_text(encoding="utf-8")
            pages[page] = set(re.findall(r'id="(cell-\d+)"', text))
        assert cell in pages[page], (row["id"], page, cell)


def test_each_claim_s_badge_leads_to_its_row(visit, site):
    claims = yaml.safe_load((ROOT / "data" / "published.yml").read_text(encoding="utf-8"))["claims"]
    for claim in claims:
        page = visit(f"notebooks/{claim['chapter']}.html").page
        badge = page.locator(f'p.claim[data-claim="{claim["id"]}"]')
        assert claim["paraphrase"] in badge.inner_text()
        words = badge.locator(".claim-words").inner_text().replace("[invented]", "")
        follow(page, badge.locator("a.claim-row"))
        row = page.locator(f'[id="claim-{claim["id"]}"]')
        assert row.is_visible() and words.replace("[derived]", "").strip() in row.inner_text()
