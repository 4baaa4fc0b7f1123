"""The PDF: printed, tagged, with an outline."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from sustainment.book.chapters import toc_files
from sustainment.book.pdf import find_browser, make_pdf, print_page
from sustainment.errors import UserError

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]


def test_a_page_is_printed_tagged_and_with_an_outline(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<html lang='en'><title>Book</title><h1>One</h1><p>Text</p><h2>Two</h2></html>")
    content = print_page(page, tmp_path / "book.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    for sign in (b"/MarkInfo", b"/StructTreeRoot", b"/Outlines", b"/Lang"):
        assert sign in content


def test_without_chromium_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="apt install chromium"):
        find_browser()


@pytest.mark.slow
def test_the_whole_book_becomes_one_pdf(site):
    """By the command itself: every chapter in the outline, links that lead somewhere, answers last."""
    pdf = make_pdf(ROOT)
    content = pdf.read_bytes()
    for sign in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang"):
        assert sign in content
    sheets = len(re.findall(rb"/Type\s*/Page[^s]", content))
    assert sheets > 100
    listed = list(toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text())))
    assert content.count(b"/Title (") + content.count(b"/Title <") > len(listed)
    whole = ROOT / "_build" / "site" / "default-pdf" / "_build" / "singlehtml" / "paper.html"
    page = BeautifulSoup(whole.read_text(encoding="utf-8"), "html.parser")
    ids = [element["id"] for element in page.select("[id]")]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    known = set(ids)
    local = [link["href"] for link in page.select("a[href^='#']")]
    assert len(local) > 500
    assert [address for address in local if address[1:] not in known] == []
    assert page.select("article details:not([open]):not(.fold)") == []
    assert page.select("#hints-and-solutions ~ section") == []
