"""The parts of the site's Sphinx side, one by one."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ConfigError

from sustainment.book.site import banner
from sustainment.book.site.cells import name_chapters
from sustainment.book.site.chapters import as_notebook
from sustainment.book.site.evidence import Shown, evidence, shown_on
from sustainment.book.site.kinds import MARKS, MEANINGS, kinds_of_page
from sustainment.book.site.language import KIND_WORDS
from sustainment.book.site.ledger import cell_of, cell_sources
from sustainment.book.site.links import page_links
from sustainment.book.site.maths import mathml
from sustainment.book.site.numbers import marked
from sustainment.book.site.place import marks
from sustainment.book.site.renderer import improve_tables
from sustainment.book.site.weight import deferred, is_needed

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"
PLAIN_TABLE = (
    "<table border='1'><caption><span class='kind kind-invented'>invented</span> Answers</caption>"
    "<thead><tr><th></th><th class='col_heading level0 col1' id='T_x_level0_col1'>persons</th></tr></thead>"
    "<tbody><tr><td class='data row0 col0'>yes</td><td class='data row0 col1 num'>33</td></tr></tbody></table>"
)


def theme_file(package: str, pattern: str) -> Path:
    folder = Path(find_spec(package).submodule_search_locations[0])
    return next(folder.rglob(pattern))


WORDS = "a sentence of some length, so that it needs a line or two of its own"
SENTENCES = f"""<table><thead><tr><th>who</th><th>said</th><th>why</th></tr></thead>
<tbody><tr><td>one</td><td>{WORDS}</td><td>{WORDS}</td></tr></tbody></table>"""


def test_a_table_of_sentences_tells_each_cell_its_column_and_keeps_its_roles():
    table = BeautifulSoup(improve_tables(SENTENCES, "1-0"), "html.parser").table
    assert "stacks" in table["class"] and table["role"] == "table"
    assert [cell["data-label"] for cell in table.select("tbody td")] == ["said", "why"]
    assert [cell["role"] for cell in table.select("tbody tr > *")] == ["rowheader", "cell", "cell"]


def test_a_table_of_numbers_stays_a_table():
    table = BeautifulSoup(
        improve_tables(SENTENCES.replace(WORDS, "12"), "1-0"), "html.parser"
    ).table
    assert "stacks" not in table.get("class", ()) and not table.select("[data-label], [role=cell]")


def test_a_page_with_a_kernel_becomes_a_notebook_and_keeps_its_line_numbers():
    page = "---\nkernelspec: {name: python3}\n---\n\n# Title\n"
    read = as_notebook(page)
    assert "file_format: mystnb" in read
    assert read.split("\n").index("# Title") == page.split("\n").index("# Title")


@pytest.mark.parametrize("page", ["# Title\n", "---\nmyst: {}\n---\n\n# Title\n"])
def test_a_prose_page_stays_prose(page):
    assert as_notebook(page) == page


def test_a_table_gets_headers_a_name_and_a_region():
    soup = BeautifulSoup(improve_tables(PLAIN_TABLE, "1-2"), "html.parser")
    region = soup.find(class_="table-scroll")
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Answers")
    assert soup.thead.find_all(["th", "td"])[0].name == "td"  # an empty header says nothing
    assert soup.find("th", scope="col").get_text() == "persons"
    assert soup.find("th", scope="row").get_text() == "yes"
    assert soup.find("td", class_="num").attrs == {"class": ["num"]}
    assert soup.find("th", scope="col")["class"] == ["num"]  # at the right, like its numbers
    mixed = PLAIN_TABLE.replace("num'>33", "'>33")
    assert not BeautifulSoup(improve_tables(mixed, "1-2"), "html.parser").select("th.num")


def test_a_table_without_a_caption_still_has_a_name():
    soup = BeautifulSoup(improve_tables("<table><tr><td>1</td></tr></table>", "4-0"), "html.parser")
    assert soup.find(class_="table-scroll")["aria-label"] == "Table 4-0-1"


def test_a_formula_becomes_mathml():
    assert mathml(r"\frac{x}{n}", block=False).startswith("<math")


@pytest.mark.parametrize("wrong", [r"\undefinedmacro", r"a_{b"])
def test_an_unreadable_formula_is_a_warning_and_shown_as_written(wrong, caplog):
    assert wrong in mathml(wrong, block=True)
    assert "cannot be read" in caplog.text


def test_a_number_is_spoken_with_its_kind_and_never_parts_from_its_unit():
    node = marked("60 %", "derived")
    assert node.astext() == "[derived] 60\N{NO-BREAK SPACE}%"
    assert node["classes"] == ["kind", "kind-derived"]


def test_on_a_swedish_page_the_kind_is_named_in_swedish():
    assert marked("66", "published", "sv").astext() == "[publicerat] 66"
    assert set(KIND_WORDS["sv"]) == set(MARKS)


def test_every_kind_has_a_mark_a_meaning_and_a_style():
    css = (ASSETS / "site.css").read_text(encoding="utf-8")
    assert set(MARKS) == set(MEANINGS)
    for kind, mark in MARKS.items():
        assert f".kind-{kind}, .sign-{kind} {{" in css
        assert f'--m: "{mark}"' in css


def test_observed_data_take_the_place_of_invented_ones():
    assert kinds_of_page("synthetic")[-1] == "invented"
    assert "invented" not in kinds_of_page("observed")
    assert "sign-observed is-here" in marks(["published", "invented"], "observed")


def banner_of(folder: Path, provenance: str, note: str = "", execution: str = "off") -> str:
    (folder / "data").mkdir()
    (folder / "data" / "study.yml").write_text(f"provenance: {provenance}\n", encoding="utf-8")
    config = SimpleNamespace(
        sustainment_provenance="",
        html_theme_options={"announcement": note},
        nb_execution_mode=execution,
    )
    banner.configure(SimpleNamespace(confdir=folder), config)
    return config.html_theme_options["announcement"]


def test_the_banner_says_what_the_data_are_and_which_edition_this_is(tmp_path):
    said = banner_of(tmp_path, "synthetic", "Edition “strict”.")
    assert "<strong>invented</strong>" in said
    assert said.endswith("Edition “strict”.")


def test_observed_data_have_no_banner(tmp_path):
    assert banner_of(tmp_path, "observed") == ""


@pytest.mark.parametrize("execution", ["auto", "force", "cache", "inline", "lazy"])
def test_a_build_that_executes_observed_data_itself_stops(tmp_path, execution):
    with pytest.raises(ConfigError, match="by `sustainment build` alone"):
        banner_of(tmp_path, "observed", execution=execution)


def test_kinds_that_are_not_on_the_page_say_so():
    shown = BeautifulSoup(marks(["published"], "synthetic"), "html.parser").find_all("li")
    assert [item.get_text() for item in shown] == [
        "published", "not derived", "not elsewhere", "not invented",
    ]  # fmt: skip


def test_links_name_tracked_files():
    links = page_links("https://github.com/somebody/book", "main", "", "notebooks/survey/silent")
    urls = [link["url"] for link in links]
    assert (
        "https://mybinder.org/v2/gh/somebody/book/main?urlpath=lab/tree/notebooks/survey/silent.md"
        in urls
    )
    assert not any(".ipynb" in url for url in urls)


def test_colab_is_offered_only_where_notebooks_lie_in_a_repository():
    links = page_links("https://github.com/somebody/book", "main", "clean", "notebooks/a/b")
    colab = next(link["url"] for link in links if "Colab" in link["text"])
    assert colab.endswith("/github/somebody/book/blob/clean/notebooks/a/b.ipynb")


@pytest.mark.parametrize("nowhere", ["", "https://elsewhere.invalid/x/y"])
def test_no_repository_no_links(nowhere):
    assert page_links(nowhere, "main", "", "notebooks/a/b") == []


class Script(SimpleNamespace):
    """As Sphinx's own: a file name, a priority and attributes."""

    def __init__(self, filename, priority=500, **attributes):
        super().__init__(filename=filename, priority=priority, attributes=attributes)


def test_a_page_loads_only_what_its_body_needs():
    assert not is_needed(Script("copybutton.js?v=1"), "<p>no code</p>")
    assert is_needed(Script("copybutton.js?v=1"), "<div class='highlight'>")
    assert not is_needed(Script("sphinx-thebe.js"), "anything")
    assert is_needed("site.css", "")


def test_deferring_a_script_makes_a_new_one():
    """Sphinx shares the list between pages: a change in place broke search once."""
    script = Script("doctools.js")
    assert deferred(script).attributes == {"defer": "defer"}
    assert script.attributes == {}


def test_our_macros_are_the_theme_s():
    """Were a macro renamed, the theme would load its icon script of 1.5 MB again, or nothing."""
    name = re.compile(r"{%-? macro (\w+)\(")
    theirs = theme_file("pydata_sphinx_theme", "webpack-macros.html").read_text(encoding="utf-8")
    ours = (ROOT / "_templates" / "static" / "webpack-macros.html").read_text(encoding="utf-8")
    assert set(name.findall(ours)) == set(name.findall(theirs))


def test_every_icon_that_the_styles_draw_is_in_the_subset():
    """Icons drawn by name in our templates, and by code point in the theme's rules."""
    made = (ASSETS / "README.md").read_text(encoding="utf-8")
    listed = re.search(r"fa-solid-900\.ttf .*--unicodes=([0-9a-f,]+)", made)
    have = {int(code, 16) for code in listed[1].split(",")}
    css = theme_file("sphinx_book_theme", "sphinx-book-theme.css").read_text(encoding="utf-8")
    wanted = {int(code, 16) for code in re.findall(r'"\\(f[0-9a-f]{3})"', css)}
    named = {"magnifying-glass": 0xF002, "bars": 0xF0C9, "list": 0xF03A, "sun": 0xF185}
    named |= {"moon": 0xF186, "circle-half-stroke": 0xF042, "solid": 0}
    templates = "".join(path.read_text() for path in (ROOT / "_templates").rglob("*.html"))
    used = set(re.findall(r"\bfa-([a-z-]+)", templates))
    assert used <= set(named)
    assert wanted | {named[name] for name in used} - {0} <= have


@pytest.mark.parametrize(
    ("font", "most"),
    [("fonts/book-math.woff2", 100_000), ("vendor/fontawesome/webfonts/fa-solid-900.woff2", 5_000)],
)
def test_fonts_are_light_subsets(font, most):
    content = (ASSETS / font).read_bytes()
    assert content[:4] == b"wOF2"
    assert len(content) < most


# What a value rests on -------------------------------------------------------------------------

SHOWN = [
    Shown("c", 2, "table", "tbl-a", ((33, "population"), (17, "population"))),
    Shown("c", 4, "figure", "fig-b"),
    Shown("c", 5, "excerpt", "xab2cd3ef"),
    Shown("c", 6, "table", "tbl-c", ((33, "interviews"),)),
]


def rests(excerpts=None, **record) -> list[str]:
    places = {"xab2cd3ef": SHOWN[2]}
    return [s.id for s in evidence({"key": "k", **record}, SHOWN, excerpts or {}, places)]


def test_a_number_of_persons_rests_on_the_cells_that_register_it():
    assert rests(value=33, count=33, population="respondents: a", cell=5) == ["tbl-a"]
    assert rests(value=0.66, count=33, population="population", cell=5) == ["tbl-a"]
    assert rests(value=33, population="interviews", cell=0) == ["tbl-c", "xab2cd3ef"]


def test_any_other_value_rests_on_what_its_cell_shows_or_the_next():
    assert rests(value=0.5, population="respondents", cell=3) == ["fig-b"]
    assert rests(value=True, population="codes", cell=9) == ["tbl-c"]
    assert rests(value="a word", cell=None) == ["tbl-c"]


def test_a_value_of_the_joint_display_rests_on_the_excerpts_beside_it():
    rows = {"k": ["xab2cd3ef", "xnotshown"]}
    assert rests(rows, value=17, count=17, population="respondents", cell=0) == [
        "tbl-a",
        "xab2cd3ef",
    ]


def test_what_a_hidden_cell_reports_leads_to_the_shown_one_before_it(tmp_path):
    def code(source, *tags, **item):
        output = {"metadata": {"sustainment": item}}
        return {"cell_type": "code", "source": [source], "metadata": {"tags": list(tags)}, "outputs": [output] * bool(item)}  # fmt: skip

    cells = [
        {"cell_type": "markdown", "source": ["# a"], "metadata": {}},
        code('report("a.one", n)', type="table", id="tbl-one"),
        code('report("a.two", n)', "remove-cell", type="table", id="tbl-two"),
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    sources = cell_sources(tmp_path / "a.ipynb")
    assert [cell_of(key, sources) for key in ("a.one", "a.two", "a.none")] == [1, 1, None]
    assert [item.id for item in shown_on(tmp_path, "a")] == ["tbl-one"]


def test_a_cell_that_names_a_chapter_becomes_a_link_and_other_cells_stay():
    titles = {"survey/silent": "Who kept silent?"}

    def link(name):
        return f"<a>{titles[name]}</a>" if name in titles else name

    markup = '<td class="x">survey/silent</td><td>and/or</td><th>see survey/silent</th><p>survey/silent</p>'
    assert name_chapters(markup, link) == markup.replace(
        ">survey/silent</td>", "><a>Who kept silent?</a></td>"
    )
