"""A build of observed data: what it hides, that its sentences stand, and that nothing leaks.

The study is derived from the book's own (tests/observed.py): marks taken off, canaries put in.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import observed

from sustainment.book.build import build, make_plan
from sustainment.disclosure.audit import audit_study
from sustainment.disclosure.commands import run_protect
from sustainment.disclosure.plan import load_plan
from sustainment.disclosure.register import read_run
from sustainment.errors import UserError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("observed")]

CHAPTERS = (
    "survey/export",
    "survey/few-families",
    "survey/helps-hinders",
    "interviews/theme-children",
    "interviews/voices",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The protected, audited and built study; its excerpts' key is only in the environment."""
    os.environ["SUSTAINMENT_EXCERPT_KEY"] = observed.EXCERPT_KEY
    try:
        root = observed.make_observed(tmp_path_factory.mktemp("observed"), CHAPTERS)
        run_protect(root, jobs=2, quiet=True)
        observed.build_pages_of(root)
        yield root
    finally:
        del os.environ["SUSTAINMENT_EXCERPT_KEY"]


@pytest.fixture(scope="module")
def shown(built):
    return read_run(built / "_build" / "run" / "default", "default")


@pytest.fixture
def copy(built, tmp_path):
    return Path(shutil.copytree(built, tmp_path / "book", symlinks=True))


def test_no_canary_is_in_the_site_the_notebooks_the_values_or_the_plan(built, tmp_path):
    wanted = observed.canaries(built)
    assert len(wanted) > 1000
    assert observed.leaks(built / "_build" / "html", wanted) == []
    published = tmp_path / "published"
    published.mkdir()
    run = built / "_build" / "run" / "default"
    for path in [
        *run.rglob("*.ipynb"),
        *run.rglob("*.values.json"),
        built / "data/suppression.yml",
    ]:
        shutil.copy(path, published / f"{path.parent.name}-{path.name}")
    assert observed.leaks(published, wanted) == []


def test_the_search_for_canaries_finds_one_where_there_is_one(built, tmp_path):
    wanted = observed.canaries(built)
    (tmp_path / "a.html").write_text("<p>ZQP-1344 said so</p>", encoding="utf-8")
    (tmp_path / "b.png").write_bytes(b"\x89PNG zqcanary0003 ")
    kinds = {hit.partition(": ")[2] for hit in observed.leaks(tmp_path, wanted)}
    assert kinds == {"an id of survey.csv", "a free text of survey.csv"} or len(kinds) == 2


def test_the_collected_numbers_do_hold_canaries_and_are_not_published(built):
    wanted = observed.canaries(built)
    assert observed.leaks(built / "_build" / "collect", wanted)
    assert "collect" not in {path.name for path in (built / "_build" / "html").rglob("*")}


def test_small_numbers_are_withheld_and_the_sentences_around_them_still_read(built, shown):
    texts = {v.key: v.text for v in shown.values}
    assert texts["few.experienced"] == "[number withheld]"
    assert texts["few.share"] == "[share withheld]"
    page = (built / "_build/html/notebooks/survey/few-families.html").read_text(encoding="utf-8")
    prose = re.sub(r"<[^>]+>", " ", page)
    prose = " ".join(prose.split())
    assert "[number withheld]" in prose
    assert not re.search(r"\b(None|nan|NaN)\b|\{num\}", prose)


def test_ordered_categories_are_merged_before_anything_is_left_blank(shown):
    families = next(t for t in shown.tables if t.id == "fig-families")
    assert any(" to " in row[0] for row in families.cells)
    assert not families.drawn  # its picture would show the categories apart


def test_interviews_are_counted_in_words(shown):
    texts = {v.key: v.text for v in shown.values}
    # 12, the number that everybody knows, or a word: never a number between
    assert texts["kids.scripts"] in ("few", "some", "most", "12")
    assert texts["kids.passages"].startswith(("about ", "few"))


def test_rows_and_free_texts_are_withheld_and_a_sentence_says_so(shown):
    for id in ("tbl-open", "tbl-log", "tbl-dropped"):
        table = next(t for t in shown.tables if t.id == id)
        assert table.cells[0][0].startswith("This table is withheld: ")


def test_the_audit_passes_and_finds_a_number_put_back(copy):
    assert audit_study(copy, {"default": copy / "_build/run/default"}) == []
    path = copy / "_build/run/default/survey/few-families.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    truth = json.loads(
        (copy / "_build/collect/default/survey/few-families.ipynb").read_text(encoding="utf-8")
    )
    for cell, other in zip(notebook["cells"], truth["cells"], strict=True):
        for output, real in zip(cell.get("outputs", []), other.get("outputs", []), strict=False):
            item = output.get("metadata", {}).get("sustainment", {})
            if item.get("key") == "few.experienced":
                output["metadata"] = real["metadata"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = audit_study(copy, {"default": copy / "_build/run/default"})
    assert any(
        "few.experienced" in finding.message or "few." in finding.message for finding in found
    )


def test_a_reader_with_a_pencil_and_a_solver_recovers_no_statement(shown):
    # An attack of its own, from what is printed alone: all answered each statement or not, so each
    # line adds up to the number of respondents.
    everybody = next(v.value for v in shown.values if v.key == "items.respondents")
    items = next(t for t in shown.tables if t.id == "fig-items")
    hidden = 0
    for i, row in enumerate(items.cells):
        left = everybody - sum(items.count(i, k) or 0 for k in range(1, len(row)))
        holes = sum(cell == "withheld" for cell in row[1:])
        hidden += holes
        assert holes != 1 and (holes == 0 or left >= 5)
    assert hidden > 0


def test_no_hidden_number_stands_in_the_search_index_or_an_alt_text(built, shown):
    index = (built / "_build/html/searchindex.js").read_text(encoding="utf-8")
    assert "zqcanary" not in index and "ZQP" not in index
    page = (built / "_build/html/notebooks/survey/few-families.html").read_text(encoding="utf-8")
    for alt in re.findall(r'alt="([^"]*)"', page):
        assert not re.search(r"\b[1-4] of \d|\bof 4[6-9]\b", alt)


def test_output_past_the_helpers_stops_the_build(copy):
    chapter = copy / "notebooks/survey/few-families.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(
        text + "\n```{code-cell} ipython3\nprint(completed)\n```\n", encoding="utf-8"
    )
    run_protect(copy, jobs=2, quiet=True)
    with pytest.raises(
        UserError, match=r"audit stopped.*\n.*few-families.md, code cell \d+ prints"
    ):
        observed.build_pages_of(copy)


def test_an_excerpt_without_an_entry_is_not_shown(copy):
    settings = copy / "data/study.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("second_reader: a clinician of another region", "second_reader: ''"), encoding="utf-8")  # fmt: skip
    with pytest.raises(UserError, match="second_reader"):
        run_protect(copy, jobs=2, quiet=True)


# It cannot be switched off --------------------------------------------------------------------------


def run_alone(root, chapter, **environment):
    """A chapter executed as `jupyter-book build .` would: no runner, no values folder."""
    import jupytext
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = jupytext.read(root / "notebooks" / f"{chapter}.md")
    before = {
        name: os.environ.pop(name, None) for name in ("SUSTAINMENT_VALUES", "SUSTAINMENT_STUDY")
    }
    os.environ.update(environment)
    try:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            resources={"metadata": {"path": str(root / "notebooks" / chapter.rpartition("/")[0])}},
        )
        client.execute()
    except CellExecutionError as error:
        return error.evalue
    finally:
        for name in environment:
            os.environ.pop(name, None)
        os.environ.update({k: v for k, v in before.items() if v is not None})
    return nbformat.writes(notebook)


def test_the_plain_lane_uses_the_plan_too(built):
    executed = run_alone(built, "survey/few-families")
    assert "[number withheld]" in executed and "few.experienced" in executed


def test_the_plain_lane_stops_with_a_sentence_where_the_plan_is_missing(copy):
    (copy / "data/suppression.yml").unlink()
    said = run_alone(copy, "survey/few-families")
    assert "no plan that protects" in said and "sustainment protect" in said


def test_collecting_mode_outside_its_command_is_refused(built):
    said = run_alone(built, "survey/few-families", SUSTAINMENT_COLLECT="1")
    assert "outside `sustainment protect`" in said


def test_no_parameter_switches_protection_off(built):
    with pytest.raises(UserError, match="provenance"):
        make_plan(built, params=["provenance=synthetic"])


def test_a_run_that_no_edition_names_is_refused(copy):
    with pytest.raises(UserError, match="does not cover the run 'custom'"):
        build(copy, params=["enough=9"], quiet=True, jobs=2)


@pytest.mark.parametrize("changed", ["data", "code", "editions"])
def test_a_plan_made_for_something_else_is_refused(copy, changed):
    if changed == "data":
        path = copy / "data/raw/population.csv"
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    elif changed == "code":
        path = copy / "notebooks/survey/few-families.md"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("k = min(busiest, n_known)", "k = busiest"), encoding="utf-8")
    else:
        path = copy / "editions.yml"
        path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    with pytest.raises(UserError, match="sustainment protect"):
        load_plan(copy, "survey/few-families")


def test_raw_data_and_builds_are_ignored_by_git():
    ignored = (observed.ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"_build/", "data/observed/", "*.ipynb"} <= set(ignored)
