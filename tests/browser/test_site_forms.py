"""The book in other forms: without fonts and pictures, on paper, as a summary of two pages."""

import re

import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.browser

SUMMARIES = {"pages/summary.html": "en", "pages/sammanfattning.html": "sv"}
CHAPTER = "notebooks/survey/still-using.html"
PAPER_WIDTH = 673  # pixels: A4 within the margins of the print style


def invented_in(markup: str) -> list[str]:
    """Every invented number or excerpt in a page's text, and digits that no kind vouches for."""
    article = BeautifulSoup(markup, "html.parser").find("article")
    found = [e.get_text(" ", strip=True) for e in article.select(".kind-invented, .excerpt")]
    for element in article.select(".kind, .headerlink, a.reference, .math, script"):
        element.decompose()
    return found + re.findall(r"\S*\d\S*", article.get_text(" "))


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_holds_no_invented_number_and_no_excerpt(site, name):
    assert invented_in((site / name).read_text(encoding="utf-8")) == []


def test_an_invented_number_in_a_summary_would_be_found(site):
    page = (site / "pages/summary.html").read_text(encoding="utf-8")
    for slip in (
        '<span class="kind kind-invented">50</span>',
        '<figure class="excerpt"><blockquote>A voice.</blockquote></figure>',
        "<p>33 of them went on.</p>",
    ):
        assert invented_in(page.replace("</h1>", "</h1>" + slip, 1)) != []


@pytest.mark.parametrize(("name", "language"), SUMMARIES.items())
def test_a_summary_is_in_its_language_and_fills_two_sheets_at_most(visit, name, language):
    page = visit(name).page
    spoken = "document.querySelector('article h1').closest('[lang]').lang"
    assert page.evaluate(spoken) == language
    assert sheets(page) <= 2


def test_sheets_are_counted(visit, site):
    page = visit("pages/summary.html").page
    page.evaluate("document.querySelector('article').innerHTML += '<p>line</p>'.repeat(200)")
    assert sheets(page) > 2


def sheets(page) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True)))


def test_without_fonts_and_pictures_the_essential_is_there(browser, address):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.route(
        "**/*",
        lambda route: (
            route.abort() if route.request.resource_type in ("font", "image") else route.continue_()
        ),
    )
    page = context.new_page()
    page.goto(address + CHAPTER, wait_until="load")
    assert page.locator("article h1").is_visible()
    figure = page.locator("figure.book-figure").first
    assert figure.locator("img").evaluate("image => image.naturalWidth") == 0
    assert len(figure.locator("img").get_attribute("alt")) > 30
    figure.locator("details.figure-twin > summary").click()
    assert figure.locator("details.figure-twin table").is_visible()
    unsaid = page.eval_on_selector_all(
        "article .kind",
        """all => all.filter(e => !e.textContent.includes([...e.classList].find(c => c.startsWith('kind-')).slice(5)))
             .map(e => e.outerHTML)""",
    )
    assert unsaid == []  # the word is there where the mark is a shape in a font
    assert (
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        <= 0
    )
    unnamed = page.eval_on_selector_all(
        "button, summary, a[href]",
        """all => all.filter(e => e.checkVisibility() && !e.textContent.trim()
             && !e.getAttribute('aria-label')).map(e => e.outerHTML)""",
    )
    assert unnamed == []
    context.close()


def test_on_paper_nothing_is_wider_than_the_sheet_and_no_answer_is_given_away(visit, page_name):
    page = visit(page_name, width=PAPER_WIDTH).page
    page.emulate_media(media="print")
    wide = page.eval_on_selector_all(
        "article table, article img, article pre, article math, article figure",
        """(all, most) => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().right > most + 1)
             .map(e => `${e.tagName} ${e.id} ${Math.round(e.getBoundingClientRect().right)}`)""",
        PAPER_WIDTH,
    )
    assert wide == []
    assert page.locator(".practice details").filter(visible=True).count() == 0
    assert page.locator(".bd-sidebar-primary, .bd-header-article").filter(visible=True).count() == 0


def test_motion_stops_for_who_asked_for_less(visit):
    page = visit(CHAPTER).page  # every visit asks for less
    moving = page.eval_on_selector_all(
        "*",
        """all => all.filter(e => { const s = getComputedStyle(e);
             return parseFloat(s.transitionDuration) > 0 || s.animationName !== 'none'
               || s.scrollBehavior === 'smooth'; }).length""",
    )
    assert moving == 0
