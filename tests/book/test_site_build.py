"""A small book, built with the site's extension: what the pages then hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"

INDEX = """\
---
myst: {html_meta: {description: "A small book."}}
---
# Home

All {num}`pop.n` were asked, {num}`survey.n` answered. In Swedish: {sv}`småbarn`.

```{shown-in} survey/demo fig-bounds
```
"""
CHAPTER = """\
---
kernelspec: {name: python3, display_name: Python 3}
sustainment: {part: counting, minutes: 12, kinds: [published, invented], builds_on: []}
myst: {html_meta: {description: "A chapter without numbers."}}
---

# A question?

In the rehearsal, {num}`survey.n` answered. A share $\\frac{x}{n}$.

```{code-cell} ipython3
:tags: [parameters, hide-input]
top: int = 3  # how many
```

```{code-cell} ipython3
:tags: [hide-input]
import pandas as pd
from sustainment.figures import array_figure, show_figure
from sustainment.report import report
from sustainment.study import open_study

study = open_study("survey/demo")
report("pop.n", 66, kind="published")
report("survey.n", 50, kind="data")
twin = pd.DataFrame({"group": ["yes", "no"], "persons": [33, 17]})
show_figure(
    array_figure(33, 16, 17), id="fig-bounds", title="A finding", alt="A finding, in words.",
    twin=twin, kind="data", counts=["persons"],
)
```
"""

SWEDISH = """\
---
lang: sv
myst: {html_meta: {description: "En sida på svenska."}}
---
# Sidan

Alla {num}`pop.n` fick en enkät.
"""
LEDGER = """\
---
myst: {html_meta: {description: "All values."}}
---
# Values

```{ledger}
```
"""
PAGES = ("notebooks/survey/demo", "pages/sv", "pages/ledger")


def make_book(folder: Path, **changes: str) -> Path:
    """A book of two pages with the project's own configuration, templates and assets."""
    files = {"index.md": INDEX, "notebooks/survey/demo.md": CHAPTER, "pages/sv.md": SWEDISH}
    files |= {"pages/ledger.md": LEDGER, **changes}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("assets", "_templates", "references.bib"):
        (folder / name).symlink_to(ROOT / name)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["repository"]["url"] = "https://github.com/somebody/book"
    config["html"]["baseurl"] = "https://book.invalid/here"
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": page} for page in PAGES]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    data = {"provenance": "synthetic", "population": {"size": 66}, "inputs": {}, "title": "x"}
    (folder / "data").mkdir()
    (folder / "data" / "study.yml").write_text(yaml.safe_dump(data), encoding="utf-8")
    return folder


def run(folder: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", "-W", "-n", "--keep-going"]
    return subprocess.run(
        [*command, *options, str(folder)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> Path:
    folder = make_book(tmp_path_factory.mktemp("site") / "book")
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


def soup_of(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def home(html):
    return soup_of(html / "index.html")


@pytest.fixture(scope="module")
def chapter(html):
    return soup_of(html / "notebooks" / "survey" / "demo.html")


def test_a_number_carries_its_mark_on_its_own_page_and_on_another(home, chapter):
    for page in (home, chapter):
        number = page.select_one("article .kind-invented.kind")
        assert number.get_text() == "[invented] 50"
    assert home.select_one("article .kind-published").get_text() == "[published] 66"


def test_the_place_line_stands_above_the_title(chapter):
    place = chapter.select_one(".place")
    assert place.find_next_sibling("h1").get_text().startswith("A question?")
    assert "chapter 1 of 1" in place.get_text()
    assert [sign.get_text() for sign in place.select(".is-here")] == ["published", "invented"]


def test_a_figure_has_its_words_and_an_address(chapter):
    figure = chapter.select_one("figure#fig-bounds")
    assert figure.img["alt"] == "A finding, in words."
    assert "A finding" in figure.select_one(".figure-caption").get_text()
    assert figure.select_one("details.figure-twin table caption")


def test_a_figure_shown_again_is_the_chapter_s(html, home, chapter):
    again, first = home.select_one("article img"), chapter.select_one("article img")
    assert again["alt"] == first["alt"]
    assert Path(again["src"]).name == Path(first["src"]).name
    assert (html / again["src"]).exists()


def test_folded_code_stands_below_what_it_made(chapter):
    cell = chapter.select_one("div.cell:has(figure)")
    assert cell.find_all(recursive=False)[-1].name == "details"
    assert (
        chapter.select_one(".tag_parameters summary").get_text().startswith("What you can change")
    )


def test_words_in_swedish_are_marked(home):
    assert home.select_one("article span[lang=sv]").get_text() == "småbarn"


def test_a_page_in_swedish_is_marked_as_such(html):
    page = soup_of(html / "pages" / "sv.html")
    assert page.select_one("article div[lang=sv] h1")
    assert page.select_one("article .kind").get_text() == "[publicerat] 66"


def test_a_number_leads_to_its_row_and_the_row_to_its_cell(html, chapter):
    first = chapter.select_one("article a.to-ledger")
    page, _, row_id = first["href"].partition("#")
    row = soup_of(html / "notebooks" / "survey" / page).find(id=row_id)
    assert row.th.get_text() == "survey.n"
    cell_id = row.find("a")["href"].partition("#")[2]
    assert '"survey.n"' in chapter.find(id=cell_id).get_text()


def test_a_formula_needs_no_script(chapter):
    assert chapter.select_one("article math mfrac")


def test_every_page_says_that_the_data_are_invented(home, chapter):
    for page in (home, chapter):
        assert "invented" in page.select_one(".bd-header-announcement").get_text()


def test_descriptions_are_the_author_s(chapter):
    assert chapter.select_one("meta[name=description]")["content"] == "A chapter without numbers."
    assert chapter.select_one("meta[property='og:description']")["content"] == (
        "A chapter without numbers."
    )
    assert "50" not in "".join(tag.get("content", "") for tag in chapter.select("meta[property]"))


def test_nothing_is_asked_of_another_host(html):
    for path in html.rglob("*.html"):
        for tag in soup_of(path).select("script[src], link[rel=stylesheet], img[src], iframe"):
            assert not (tag.get("src") or tag.get("href")).startswith(("http:", "https:", "//"))


def test_the_download_is_a_clean_notebook(html, chapter):
    link = chapter.find("a", string="Download as a notebook")
    path = html / "notebooks" / "survey" / link["href"]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert "git clone https://github.com/somebody/book" in "".join(notebook["cells"][0]["source"])
    assert all(not cell.get("outputs") for cell in notebook["cells"])
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


def test_launch_links_name_the_chapter(chapter):
    links = {link.get_text(): link["href"] for link in chapter.select(".tool-menu a")}
    host = "https://github.com/somebody/book"
    assert links["Run on Binder"] == (
        "https://mybinder.org/v2/gh/somebody/book/main?urlpath=lab/tree/notebooks/survey/demo.md"
    )
    assert links["Open in Colab"] == (
        "https://colab.research.google.com/github/somebody/book/blob/notebooks/notebooks/survey/demo.ipynb"
    )
    assert links["Source of this page"] == f"{host}/blob/main/notebooks/survey/demo.md"
    assert links["Report a problem"] == f"{host}/issues/new"


def test_prose_is_not_run_and_says_where_it_comes_from(home):
    texts = [link.get_text() for link in home.select(".tool-menu a")]
    assert texts == ["Source of this page", "Report a problem"]


def test_without_an_address_no_page_offers_to_leave(tmp_path):
    """The same book before its repository has an address: one line of the configuration differs."""
    folder = make_book(tmp_path / "book")
    config = (folder / "_config.yml").read_text(encoding="utf-8")
    assert config.count("https://github.com/somebody/book") == 1
    (folder / "_config.yml").write_text(config.replace("https://github.com/somebody/book", "''"))
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for path in sorted((folder / "_build" / "html").rglob("*.html")):
        for link in soup_of(path).select(".tool-menu a"):
            assert not link["href"].startswith("http"), (path.name, link)


def test_the_sitemap_lists_the_pages(html):
    assert (
        "https://book.invalid/here/notebooks/survey/demo.html" in (html / "sitemap.xml").read_text()
    )


def test_no_source_is_copied(html):
    assert not (html / "_sources").exists()


def test_the_whole_book_fits_on_one_page(html, tmp_path):
    folder = html.parents[1]
    done = run(folder, "--builder", "singlehtml", "--path-output", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    page = soup_of(tmp_path / "_build" / "singlehtml" / "index.html")
    assert page.select_one(".place")
    assert page.select_one("figure#fig-bounds img")


@pytest.mark.parametrize(
    ("addition", "complaint"),
    [
        ("{num}`survey.nobody`", "No chapter reports the value 'survey.nobody'"),
        ("$\\undefinedmacro$", "cannot be read"),
        ("```{shown-in} survey/demo fig-missing\n```", "shows no figure 'fig-missing'"),
    ],
)
def test_a_mistake_stops_the_build(tmp_path, addition, complaint):
    folder = make_book(tmp_path / "book", **{"index.md": f"{INDEX}\n{addition}\n"})
    done = run(folder)
    assert done.returncode != 0
    assert complaint in done.stdout + done.stderr
