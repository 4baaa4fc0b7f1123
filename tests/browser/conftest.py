"""The built site on a local port, and a browser that may ask nothing of any other host.

The site is `_build/html`, or the folder named by SUSTAINMENT_SITE. Without chromium or without a site
these tests are skipped; SUSTAINMENT_REQUIRE_TOOLS=1 turns that into a failure.
"""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from threading import Thread

import pytest
from browser_helpers import Visit, pages_of, site_folder

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def lacking(what: str) -> None:
    if os.environ.get("SUSTAINMENT_REQUIRE_TOOLS") == "1":
        pytest.fail(what)
    pytest.skip(what)


def pytest_generate_tests(metafunc):
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", pages_of(site_folder()) or ["index.html"])


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve(folder: Path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/"


@pytest.fixture(scope="session")
def site() -> Path:
    folder = site_folder()
    if not (folder / "index.html").exists():
        lacking(f"There is no built site in {folder}: run `make book` first.")
    return folder


@pytest.fixture(scope="session")
def address(site):
    server, address = serve(site)
    yield address
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
    if chromium is None:
        lacking("These tests need chromium (Debian and Ubuntu: apt install chromium).")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Open a page of the site: visit("index.html", width=360, mode="dark", script=True)."""
    contexts = []

    def open_page(name, *, width=1280, mode="light", script=True, base=address) -> Visit:
        context = browser.new_context(
            color_scheme=mode,
            reduced_motion="reduce",
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
        )
        contexts.append(context)
        return Visit(context, base, name)

    yield open_page
    for context in contexts:
        context.close()
