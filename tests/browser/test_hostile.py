"""Nothing that an enemy wrote into data, labels, codes, titles or file names runs in a browser."""

import sys
from pathlib import Path

import pytest
from conftest import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import hostile

from sustainment.book.build import build

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    root = hostile.make_hostile(tmp_path_factory.mktemp("hostile") / "book")
    return build(root, quiet=True, jobs=2).parent


def opened(browser, address: str) -> tuple[list[str], list[str], object]:
    """Dialogs that a page opened, requests to other hosts, and what a script left behind."""
    context = browser.new_context()
    page = context.new_page()
    dialogs, asked = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    for link in page.locator("article a[href^='javascript:']").all():
        link.click(force=True)
    page.mouse.move(200, 300)
    page.wait_for_timeout(200)
    owned = page.evaluate("window.owned ?? null")
    base = address.split("/", 3)[2]
    outside = [url for url in asked if base not in url and not url.startswith(("data:", "blob:"))]
    context.close()
    return dialogs, outside, owned


def test_no_script_runs_no_host_is_asked_and_every_text_can_be_read(browser, site):
    server, address = serve(site)
    try:
        for page in ("index.html", "notebooks/survey/count.html", "search.html?q=script"):
            dialogs, outside, owned = opened(browser, address + page)
            assert dialogs == [] and owned is None, page
            assert outside == [], page
        context = browser.new_context()
        page = context.new_page()
        page.goto(address + "notebooks/survey/count.html")
        text = " ".join(page.locator("article").text_content().split())
        for written in hostile.TEXTS:
            assert " ".join(written.split()) in text, written
        assert (
            page.locator("article iframe, article img[src='x'], article svg[onload]").count() == 0
        )
        assert "root:x:0" not in page.content()
        context.close()
    finally:
        server.shutdown()


def test_the_same_visit_sees_a_script_that_does_run(browser, tmp_path):
    (tmp_path / "index.html").write_text(f"<article><script>{hostile.RUN}</script></article>")
    server, address = serve(tmp_path)
    try:
        dialogs, _, owned = opened(browser, address + "index.html")
        assert dialogs == ["1"] and owned == 1
    finally:
        server.shutdown()
