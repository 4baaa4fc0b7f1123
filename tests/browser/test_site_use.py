"""What readers do on the built site: walk by keyboard, search, sort, copy, read without a script."""

import gzip

import pytest

pytestmark = pytest.mark.browser

TEXT = (".html", ".css", ".js", ".svg", ".json", "/")


@pytest.fixture(scope="module")
def chapters(site):
    found = sorted(site.glob("notebooks/*/*.html"))
    return [path.relative_to(site).as_posix() for path in found]


def page_with(site, sign: str) -> str:
    """The first page whose HTML holds `sign`."""
    for path in sorted(site.rglob("*.html")):
        if sign in path.read_text(encoding="utf-8"):
            return path.relative_to(site).as_posix()
    pytest.fail(f"No page of the site holds {sign}.")


def test_a_first_visit_is_light(browser, address):
    """Under 400 KB with gzip and at most 25 requests, all to this site."""
    context = browser.new_context(viewport={"width": 412, "height": 823})
    page = context.new_page()
    bodies = {}
    page.on("response", lambda response: bodies.setdefault(response.url, response))
    page.goto(address + "index.html", wait_until="networkidle")
    weight = 0
    for url, response in bodies.items():
        body = response.body()
        weight += len(gzip.compress(body)) if url.split("?")[0].endswith(TEXT) else len(body)
    context.close()
    assert weight < 400_000
    assert len(bodies) <= 25
    assert all(url.startswith((address, "data:")) for url in bodies)


def test_the_skip_link_is_first_and_leads_to_the_text(visit):
    page = visit("index.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(visit, chapters):
    """Tab through a chapter: no trap, no repeated stop, a visible outline on each."""
    page = visit(chapters[0]).page
    expected = page.eval_on_selector_all(
        "a[href], button, input, summary, [tabindex='0']",
        """elements => elements.filter(e => e.checkVisibility({visibilityProperty: true})
             && !e.closest('dialog:not([open])') && e.tabIndex >= 0).length""",
    )
    seen = set()
    for _ in range(expected + 5):
        page.keyboard.press("Tab")
        stop = page.evaluate("""() => {
            const e = document.activeElement;
            if (e === document.body) return null;
            window.__stops = window.__stops ?? new Map();
            if (!window.__stops.has(e)) window.__stops.set(e, window.__stops.size);
            return [window.__stops.get(e), getComputedStyle(e).outlineStyle, e.outerHTML.slice(0, 120)];
        }""")
        if stop is None:
            break
        number, outline, html = stop
        assert outline != "none", f"no visible focus on {html}"
        seen.add(number)
    assert len(seen) >= expected * 0.9


def test_menus_open_and_close_by_keyboard(visit, chapters):
    page = visit(chapters[0]).page
    page.locator(".tool-menu > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".tool-menu[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".tool-menu[open]").count() == 0


def test_the_contents_open_on_a_phone_and_close_with_escape(visit, chapters):
    page = visit(chapters[0], width=360).page
    page.locator(".primary-toggle").first.click()
    assert page.locator("#pst-primary-sidebar-modal[open] nav.bd-links").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#pst-primary-sidebar-modal[open]").count() == 0


@pytest.mark.parametrize("term", ["denominator", "hypergeometric", "tipping point"])
def test_search_finds_a_term(visit, term):
    page = visit("search.html").page
    page.locator("form.bd-search input").fill(term)
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a", timeout=5000)
    assert page.locator("#search-results li a").count() >= 1


def test_a_table_sorts_by_a_column_and_says_so(visit, site):
    page = visit("index.html").page
    page.set_content(
        "<div class='bd-article'><div class='table-scroll'><table><thead><tr><th>name</th>"
        "<th>persons</th></tr></thead><tbody><tr><td>a</td><td>10</td></tr><tr><td>b</td><td>9</td></tr>"
        "<tr><td>c</td><td>100</td></tr><tr><td>d</td><td>−1</td></tr></tbody></table></div></div>"
    )
    page.add_script_tag(path=str(site / "_static" / "site.js"))
    page.get_by_role("button", name="persons").press("Enter")
    column = "rows => rows.map(row => row.cells[1].textContent)"
    assert page.eval_on_selector_all("tbody tr", column) == ["−1", "9", "10", "100"]
    assert page.locator("th[aria-sort=ascending]").inner_text() == "persons"
    page.get_by_role("button", name="persons").press("Enter")
    assert page.eval_on_selector_all("tbody tr", column) == ["100", "10", "9", "−1"]


def test_a_long_table_can_be_filtered(visit, site):
    page = visit("index.html").page
    rows = "".join(
        f"<tr><th>row {i}</th><td>{'odd' if i % 2 else 'even'}</td></tr>" for i in range(24)
    )
    page.set_content(
        "<div class='bd-article'><div class='table-scroll'><table><thead><tr><th>name</th><th>kind</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )
    page.add_script_tag(path=str(site / "_static" / "site.js"))
    page.get_by_label("Show rows with").fill("ODD")
    assert page.locator("tbody tr:visible").count() == 12
    assert page.locator(".table-filter output").inner_text() == "12 of 24"
    page.get_by_label("Show rows with").fill("")
    assert page.locator("tbody tr:visible").count() == 24


def test_part_of_an_invented_excerpt_copies_its_mark(visit, site, browser, address):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + "index.html")
    page.evaluate(
        """document.querySelector('article').innerHTML =
           '<div class="excerpt" data-provenance="synthetic" id="x"><p>We have no time for that.</p></div>'"""
    )
    page.evaluate("""() => {
        const text = document.querySelector('#x p').firstChild;
        getSelection().setBaseAndExtent(text, 3, text, 15);
    }""")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert copied == "have no time [invented, not from the study]"


def test_without_a_script_a_chapter_is_whole(visit, site):
    name = page_with(site, '<figure class="book-figure')
    page = visit(name, script=False).page
    assert page.locator("article h1").is_visible()
    assert page.locator("figure.book-figure img").first.is_visible()
    page.locator("details.figure-twin > summary").first.click()
    assert page.locator("details.figure-twin table").first.is_visible()
    assert page.locator(".primary-toggle").first.is_hidden()


def test_without_a_script_the_contents_are_there_on_a_phone(visit, chapters):
    page = visit(chapters[0], width=360, script=False).page
    page.get_by_role("link", name="Contents", exact=True).click()
    assert page.locator("nav.bd-links a").first.is_visible()


def test_a_figure_s_link_can_be_copied(site, browser, address):
    name = page_with(site, '<figure class="book-figure')
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + name)
    figure = page.locator("figure.book-figure").first
    figure.get_by_role("button", name="Copy link").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('#fig-'))")
    copied = page.evaluate("navigator.clipboard.readText()")
    expected = f"{address}{name}#{figure.get_attribute('id')}"
    context.close()
    assert copied == expected
