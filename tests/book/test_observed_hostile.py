"""Hostile input: what comes from elsewhere is shown as text, never run, and names no file outside."""

import re
import shutil
import zipfile
from html import escape

import pandas as pd
import pytest
import yaml
from book_helpers import EXAMPLE, change

from sustainment.book.build import build
from sustainment.book.chapters import load_book
from sustainment.book.stage import copy_rest, remove_others
from sustainment.errors import UserError
from sustainment.interviews.excerpts import to_html as excerpt_html
from sustainment.interviews.refi import read_refi
from sustainment.study import input_paths, load_settings, load_yaml, open_study
from sustainment.tables import to_csv, to_html

# Each is what somebody may write into a free text, or a team into a label or a code's name.
CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</td></tr></table><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "```{include} /etc/passwd\n```",
    "{include}`/etc/passwd`",
    "```{raw} html\n<script>alert(1)</script>\n```",
    "::: {admonition} hello\n:::",
    "[click](javascript:alert(1))",
    "![x](https://example.org/pixel.png)",
    "$\\href{javascript:alert(1)}{x}$",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "a\u202eb\x00c",
)
FORMULAS = (
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
)
LIVE = re.compile(
    r"<script>alert|<img src=x|<svg/onload|href=\"javascript:|onerror=alert\(1\)>", re.I
)


@pytest.mark.parametrize("text", CORPUS)
def test_a_hostile_text_in_a_cell_a_heading_or_a_caption_is_only_text(text):
    markup = to_html(pd.DataFrame({text: [text]}), "tbl-a", text, "invented")
    assert not LIVE.search(markup)
    assert markup.count("<table") == markup.count("</table>") == 1


@pytest.mark.parametrize("text", CORPUS)
def test_a_hostile_excerpt_is_only_text(text):
    markup = excerpt_html("xab2cd3ef", text, "observed", text, text)
    assert not LIVE.search(markup) and escape(text).replace("\n", "<br/>") in markup


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_and_no_heading_of_a_download_is_a_formula(text):
    data = to_csv(pd.DataFrame({text: [text], "n": [1]}), "invented")
    first = data.splitlines()[0]
    assert f"'{text.strip()[:1]}" in data.replace("\t", "") or "'" in data
    for cell in re.findall(r'(?:^|,)"?([^",\n]*)', first):
        assert cell.strip()[:1] not in tuple("=+-@＝")


@pytest.mark.parametrize(
    "text", ["no time;=1+1", "no time; =1+1", "a\n=1+1", "a\t@SUM(A1)", "a;;-1"]
)
def test_no_cell_is_a_formula_where_a_spreadsheet_cuts_at_semicolons(text):
    line = to_csv(pd.DataFrame({"answer": [text]}), "observed").split("\n", 1)[1]
    for cell in re.split(r"[;\t\r\n]", line):
        assert cell.strip()[:1] not in tuple("=+-@＝"), line
    harmless = "half - or more; not 3, e-mail @ noon"
    assert harmless in to_csv(pd.DataFrame({"answer": [harmless]}), "observed")


def test_the_check_for_live_markup_finds_it_where_nothing_escapes():
    assert all(LIVE.search(f"<td>{text}</td>") for text in CORPUS[:3])


@pytest.mark.slow
def test_pages_made_from_a_hostile_file_hold_nothing_live(tmp_path):
    root = shutil.copytree(EXAMPLE, tmp_path / "book")
    texts = [text.replace("\x00", "") for text in CORPUS]
    answers = yaml.safe_load((root / "data/raw/answers.yml").read_text(encoding="utf-8"))
    answers["texts"] = texts
    (root / "data/raw/answers.yml").write_text(yaml.safe_dump(answers), encoding="utf-8")
    chapter = root / "notebooks/survey/count.md"
    cell = """
```{code-cell} ipython3
import pandas as pd
from sustainment.tables import show_table
texts = study.open_input("answers")["texts"]
show_table(pd.DataFrame({"answer": texts}), id="tbl-texts", kind="data", caption=texts[0], download=True)
for i, text in enumerate(texts):
    report(f"count.text_{i}", text, kind="data")
```

"""
    glued = "\n".join(f"Somebody wrote {{glue:text}}`count.text_{i}`.\n" for i in range(len(texts)))
    chapter.write_text(chapter.read_text(encoding="utf-8") + cell + glued, encoding="utf-8")
    page = build(root, quiet=True, jobs=2).parent / "notebooks/survey/count.html"
    html = page.read_text(encoding="utf-8")
    article = html[html.index("<article") : html.rindex("</article>")]
    assert not LIVE.search(article)
    assert "root:x:0" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in article
    for path in page.parents[2].rglob("*"):
        assert not (path.suffix in (".html", ".js") and "root:x:0" in path.read_text("utf-8"))


# Files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['touch /tmp/owned']",
        "!!python/name:os.system",
        "a: !<tag:yaml.org,2002:python/object/new:os.system> [x]",
    ],
)
def test_yaml_makes_no_objects(tmp_path, text):
    path = tmp_path / "study.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="not valid YAML"):
        load_yaml(path)


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "raw/../../secret.txt", "raw/link"]
)
def test_an_input_outside_the_studys_data_is_refused(tmp_path, name):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    (tmp_path / "data" / "raw" / "link").symlink_to(tmp_path / "secret.txt")
    settings = {"inputs": {"survey": {"reader": "yaml", "file": name}}}
    with pytest.raises(UserError, match="outside data/"):
        input_paths(tmp_path, settings, "survey")


def test_no_chapter_outside_the_book_is_opened(tmp_path):
    root = shutil.copytree(EXAMPLE, tmp_path / "book")
    (tmp_path / "evil.md").write_text(
        "---\nsustainment: {inputs: [answers]}\n---\n", encoding="utf-8"
    )
    assert load_settings(root)["provenance"] == "synthetic"
    with pytest.raises(UserError, match="outside"):
        open_study("../../evil", root)


@pytest.mark.parametrize("how", ["by its path", "by a link"])
def test_no_page_outside_the_book_is_published(tmp_path, how):
    root = shutil.copytree(EXAMPLE, tmp_path / "book")
    (tmp_path / "secret.md").write_text("# Somebody else's\n", encoding="utf-8")
    assert load_book(root)
    if how == "by its path":
        change(root / "_toc.yml", "pages/about", "../secret")
    else:
        (root / "pages/about.md").unlink()
        (root / "pages/about.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(UserError, match="outside the book"):
        load_book(root)


def test_xml_with_entities_is_refused(tmp_path):
    path = tmp_path / "project.qde"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<Project name="&x;"/>',
        encoding="utf-8",
    )
    with pytest.raises(UserError, match="entities"):
        read_refi(path)


@pytest.mark.parametrize("member", ["../evil.txt", "/etc/evil.txt", "a/../../evil"])
def test_archives_that_point_outside_are_refused(tmp_path, member):
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", "<Project/>")
        archive.writestr(member, "x")
    with pytest.raises(UserError, match="points outside"):
        read_refi(path)


def test_an_archive_packed_beyond_belief_is_refused(tmp_path):
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", "<Project/>")
        archive.writestr("sources/zeros.txt", b"0" * 20_000_000)
    with pytest.raises(UserError, match="packed beyond belief"):
        read_refi(path)


@pytest.mark.parametrize(
    "place", ["_config.yml title", "_config.yml author", "data/study.yml title"]
)
def test_a_title_that_holds_html_stops_the_build(tmp_path, place):
    root = shutil.copytree(EXAMPLE, tmp_path / "book")
    name, _, key = place.partition(" ")
    settings = yaml.safe_load((root / name).read_text(encoding="utf-8"))
    for harmless in ("Work & children: < 5 of 66", "a < b"):
        (root / name).write_text(yaml.safe_dump(settings | {key: harmless}), encoding="utf-8")
        assert load_book(root)
    for text in CORPUS[:3]:
        (root / name).write_text(yaml.safe_dump(settings | {key: text}), encoding="utf-8")
        with pytest.raises(UserError, match="holds HTML"):
            load_book(root)


def test_pages_of_a_real_study_are_made_in_a_folder_without_its_raw_data(tmp_path):
    root = shutil.copytree(EXAMPLE, tmp_path / "book")
    staged = tmp_path / "staged"
    staged.mkdir()
    copy_rest(load_book(root), staged)
    assert (staged / "data/raw/answers.yml").exists()  # invented: a page may offer it
    change(root / "data/study.yml", "provenance: synthetic", "provenance: observed")
    kept = copy_rest(load_book(root), staged)
    assert not (staged / "data/raw").exists() and (staged / "data/study.yml").exists()
    remove_others(staged, kept)
    assert (staged / "data/study.yml").exists() and (root / "data/raw/answers.yml").exists()


BILLION = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


def test_a_billion_laughs_are_refused_before_the_first(tmp_path):
    path = tmp_path / "project.qde"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY l0 "ha">{BILLION}]><Project name="&l9;"/>',
        encoding="utf-8",
    )
    with pytest.raises(UserError, match="entities"):
        read_refi(path)
