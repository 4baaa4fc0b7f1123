"""The PDF: printed, tagged, with an outline."""

import pytest

from sustainment.book.pdf import find_browser, print_page
from sustainment.errors import UserError

pytestmark = pytest.mark.browser


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
