"""What search engines, link previews and headings say about a page: nothing invented."""

import re
from html import unescape

import pytest
from browser_helpers import pages_of

pytestmark = pytest.mark.browser

DESCRIPTION = re.compile(r'<meta content="([^"]*)" name="description"')
PREVIEW = re.compile(r'<meta property="og:(?:title|description)" content="([^"]*)"')
TITLE = re.compile(r"<title>([^<]*)</title>")
# The published counts of the study: no other number may stand there.
ALLOWED = {"66", "12"}


@pytest.fixture(scope="module")
def pages(site):
    names = [name for name in pages_of(site) if name not in ("404.html", "search.html")]
    return {name: (site / name).read_text(encoding="utf-8") for name in names}


def said_of(page: str) -> str:
    found = [*DESCRIPTION.findall(page), *PREVIEW.findall(page), *TITLE.findall(page)]
    return unescape(" ".join(found))


def test_every_page_has_a_description_of_its_own(pages):
    said = {name: DESCRIPTION.findall(page) for name, page in pages.items()}
    assert [name for name, found in said.items() if len(found) != 1] == []
    texts = [found[0] for found in said.values()]
    assert len(set(texts)) == len(texts)


def test_no_invented_number_stands_in_a_description_a_title_or_a_preview(pages):
    numbers = {
        name: set(re.findall(r"\d+", said_of(page))) - ALLOWED for name, page in pages.items()
    }
    assert {name: found for name, found in numbers.items() if found} == {}


def test_no_invented_excerpt_stands_there(pages):
    assert [name for name, page in pages.items() if "[invented" in said_of(page)] == []


def test_the_first_screen_shows_nothing_invented(pages):
    """On the home page the first invented number, if there is any, would stand in the text."""
    text = pages["index.html"].partition("<article")[2].partition("</article>")[0]
    assert 'class="kind kind-published"' in text
    assert 'class="kind kind-invented"' not in text
