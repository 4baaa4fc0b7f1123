"""From a sentence to its evidence: excerpts equal their transcripts, numbers lead to their cells."""

from __future__ import annotations

import dataclasses
import html
import re

import pytest
import yaml
from browser_helpers import ROOT

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


def test_five_numbers_of_the_conclusions_lead_to_their_cells_in_two_steps(visit, site):
    start = "notebooks/integration/conclusions.html"
    page = visit(start).page
    links = page.locator("a.to-ledger")
    targets = [links.nth(i).get_attribute("href") for i in range(links.count())]
    assert len(set(targets)) >= 5
    for target in list(dict.fromkeys(targets))[:5]:
        page.goto(page.url.split("/notebooks/")[0] + "/" + start)
        page.locator(f'a.to-ledger[href="{target}"]').first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/ledger.html#*")
        row = page.locator("#" + target.split("#")[1])
        assert row.is_visible()
        row.locator("td a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**#cell-*")
        cell = page.url.split("#")[1]
        assert cell.startswith("cell-")
        assert page.locator("#" + cell).count() == 1
