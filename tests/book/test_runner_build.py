"""A build executes what changed and nothing else, and gives the same bytes everywhere."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from book_helpers import EXAMPLE, change, tree

from sustainment.book import build as build_module
from sustainment.book import pages
from sustainment.book.build import build, make_plan
from sustainment.book.freshness import states, structure_digest
from sustainment.errors import UserError

pytestmark = pytest.mark.slow

SHARE = "notebooks/survey/share.md"
TOGETHER = "notebooks/integration/together.md"


def why(folder):
    plan = make_plan(folder)
    return {n: s.why for n, s in states(plan.book, plan.values, plan.run_folder).items()}


def executed_by(folder, **options):
    """Names of the chapters that a build executes."""
    status = folder / "_build" / "status.json"
    before = {p: p.stat().st_mtime_ns for p in (folder / "_build/run").rglob("*.fresh.json")}
    build(folder, quiet=True, **options)
    assert status.exists()
    after = {p: p.stat().st_mtime_ns for p in (folder / "_build/run").rglob("*.fresh.json")}
    changed = [p for p in after if before.get(p) != after[p]]
    return sorted(p.name.removesuffix(".fresh.json") for p in changed)


def test_all_pages_of_the_contents_are_built_with_their_numbers(built):
    html = built / "_build/html"
    assert "71 %" in (html / "notebooks/survey/share.html").read_text()
    assert (html / "pages/about.html").exists()
    for page in html.rglob("*.html"):
        assert "Traceback" not in page.read_text()
    values = json.loads((built / "_build/run/default/integration/together.values.json").read_text())
    assert values["values"]["together.yes"]["value"] == 5
    assert set(values) >= {"chapter", "edition", "parameters", "values", "data_digest"}


def test_a_second_build_does_not_start_sphinx(built, monkeypatch, capsys):
    def never(*_args, **_options):
        raise AssertionError("pages were built")

    monkeypatch.setattr(build_module, "make_pages", never)
    build(built)
    assert "Nothing has changed" in capsys.readouterr().out


def test_status_names_what_changed_and_changes_nothing(built):
    assert set(why(built).values()) == {""}
    before = tree(built / "_build")
    change(built / "data/raw/answers.yml", "[5, 4", "[5, 1")
    found = why(built)
    assert found["survey/share"] == "data/raw/answers.yml changed"
    assert found["integration/together"] == "waits for survey/count, survey/share"
    assert tree(built / "_build") == before


def test_status_starts_without_heavy_packages(built):
    heavy = "pandas, pandera, papermill, jupytext, nbformat, scipy, matplotlib, sphinx"
    code = (
        "import sys; from sustainment.cli import app\n"
        f"app(['status', {str(built)!r}], standalone_mode=False)\n"
        f"found = [m for m in {heavy.split(', ')} if m in sys.modules]\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_prose_edit_executes_nothing_and_shows_on_the_page(built):
    change(built / TOGETHER, "persons said yes", "of them agreed")
    assert executed_by(built) == []
    assert (
        "of them agreed" in (built / "_build/html/notebooks/integration/together.html").read_text()
    )


def test_code_of_one_chapter_executes_it_and_its_dependents_only_if_values_change(built):
    change(built / SHARE, "yes = sum(", "# counted\nyes = sum(")
    assert executed_by(built) == ["share"]
    change(built / SHARE, "answer >= cutoff", "answer > cutoff")
    assert executed_by(built) == ["share", "together"]


def test_one_raw_answer_changes_just_what_depends_on_it_and_back_again(built):
    before = tree(built / "_build/html")
    change(built / "data/raw/answers.yml", "[5, 4", "[5, 1")
    build(built, quiet=True)
    after = tree(built / "_build/html")
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed - {"searchindex.js"} == {
        "notebooks/survey/share.html",
        "notebooks/integration/together.html",
    }
    change(built / "data/raw/answers.yml", "[5, 1", "[5, 4")
    build(built, quiet=True)
    assert tree(built / "_build/html") == before


def test_a_new_parameter_value_in_editions_is_noticed(built):
    change(built / "editions.yml", "default: 3", "default: 4")
    change(built / SHARE, "cutoff: int = 3", "cutoff: int = 4")
    assert "cutoff changed from 3 to 4" in why(built)["survey/share"]


def test_an_edition_changes_numbers_and_says_so(built):
    build(built, edition="strict", quiet=True)
    page = (built / "_build/editions/strict/html/notebooks/survey/share.html").read_text()
    assert "29 %" in page
    assert "Edition “Only the highest answers”: cutoff = 5." in page
    assert "injected" not in page
    staged = json.loads((built / "_build/stage/strict/notebooks/survey/share.ipynb").read_text())
    shown = [c for c in staged["cells"] if "parameters" in c["metadata"].get("tags", [])]
    assert "".join(shown[0]["source"]).splitlines() == [
        "cutoff: int = 5  # an answer from here on counts as yes",
        'rounding: str = "whole"  # digits shown, # included',
    ]
    assert "71 %" in (built / "_build/html/notebooks/survey/share.html").read_text()


def test_a_comment_in_code_is_no_heading(built):
    """A new heading may change every page's contents, so all are read again; a comment changes none."""
    before = structure_digest(make_plan(built))
    change(built / SHARE, "yes = sum(", "# those who said yes\nyes = sum(")
    assert structure_digest(make_plan(built)) == before
    change(built / SHARE, "# those who said yes\nyes = sum(", "yes = sum(")
    with (built / SHARE).open("a", encoding="utf-8") as file:
        file.write("\n# Another heading\n")
    assert structure_digest(make_plan(built)) != before


def test_a_press_that_nobody_uses_ends_and_one_without_a_runner_too(book):
    with pages.Press(book, book / "_build/run/default") as press:
        pass
    assert press.process.returncode is not None
    press = pages.Press(book, book / "_build/run/default")
    press.process.stdin.close()  # what it sees when the runner is killed
    assert press.process.wait(60) == 0
    press.process.stdout.close()


def test_executing_all_again_with_nothing_new_keeps_the_pages(built):
    before = tree(built / "_build/html")
    build(built, force=True, quiet=True)
    assert tree(built / "_build/html") == before


def test_pages_are_the_same_however_many_processes_write_them(book, monkeypatch):
    trees = []
    for writers in (1, 3):
        monkeypatch.setattr(pages, "WRITING_PROCESSES", writers)
        shutil.rmtree(book / "_build/site", ignore_errors=True)
        build(book, force=not trees, quiet=True)
        (book / "_build/record/default.json").unlink()
        trees.append(tree(book / "_build/html"))
    assert trees[0] == trees[1]


def test_a_parameter_given_by_hand_does_not_touch_the_book(built):
    before = tree(built / "_build/html")
    page = build(built, params=["cutoff=5", "rounding=one"], quiet=True)
    assert page.parent == built / "_build/editions/custom/html"
    assert "28.6 %" in (page.parent / "notebooks/survey/share.html").read_text()
    assert tree(built / "_build/html") == before


def test_only_one_chapter_is_built_with_what_it_needs(book):
    first = build(book, only=["survey/count"], quiet=True)
    assert [p.name for p in (book / "_build/run/default").rglob("*.ipynb")] == ["count.ipynb"]
    assert (first.parent / "notebooks/survey/count.html").exists()
    assert not (book / "_build/html").exists()


def test_two_folders_give_the_same_trees(built, tmp_path):
    other = shutil.copytree(EXAMPLE, tmp_path / "far" / "away" / "elsewhere")
    build(other, quiet=True, jobs=1)
    for part in ("run", "stage", "html"):
        one, two = tree(built / "_build" / part), tree(other / "_build" / part)
        assert one.keys() == two.keys()
        assert [name for name in one if one[name] != two[name]] == []


def test_both_lanes_give_the_same_pages(built, tmp_path):
    plain = shutil.copytree(EXAMPLE, tmp_path / "plain")
    shutil.copytree(built / "_build/run/default", tmp_path / "values")
    reviewed = plain / "results"
    for path in (tmp_path / "values").rglob("*.values.json"):
        target = reviewed / path.relative_to(tmp_path / "values").parent
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / path.name.replace(".values", ""))
    command = "from jupyter_book.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "build", "-W", "-n", "--keep-going", str(plain)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ours, theirs = tree(built / "_build/html"), tree(plain / "_build/html")
    pages = [name for name in theirs if name.endswith(".html")]
    assert [name for name in pages if ours.get(name) != theirs[name]] == []


def test_a_failing_cell_names_chapter_cell_and_line_and_leaves_no_result(built):
    change(built / SHARE, "yes = sum(", "raise ValueError('seven is not nine')\nyes = sum(")
    html = tree(built / "_build/html")
    with pytest.raises(UserError) as error:
        build(built, quiet=True)
    said = str(error.value)
    line = (built / SHARE).read_text().splitlines().index("from sustainment.report import report")
    assert f"{SHARE}, code cell 2 (line {line + 1}) stopped with ValueError" in said
    assert "seven is not nine" in said.splitlines()[-1]
    assert tree(built / "_build/html") == html
    assert why(built)["survey/share"] == "never executed"
    assert not list((built / "_build/run").rglob(".*"))


def test_a_chapter_that_opens_an_undeclared_input_is_told_so_without_a_traceback(book):
    change(book / SHARE, "inputs: [answers]", "inputs: []")
    with pytest.raises(UserError) as error:
        build(book, only=["survey/share"], quiet=True)
    assert "opens the input 'answers' without declaring it" in str(error.value)
    assert "Traceback" not in str(error.value)


def test_a_chapter_that_exits_is_not_taken_for_finished(book):
    change(book / SHARE, "yes = sum(", "import sys\nsys.exit()\nyes = sum(")
    with pytest.raises(UserError, match="survey/share"):
        build(book, only=["survey/share"], quiet=True)


def test_two_values_with_one_name_stop_the_build(book):
    change(book / SHARE, '"share.yes"', '"count.answered"')
    change(book / SHARE, "{glue:text}`share.yes`", "{glue:text}`count.answered`")
    with pytest.raises(UserError, match=r"'count\.answered' is reported in two chapters"):
        build(book, only=["survey/share", "survey/count"], quiet=True)


def test_a_warning_of_sphinx_stops_the_build_every_time(built):
    change(built / "pages/about.md", "survey/share`", "survey/nothing`")
    for _ in range(2):
        with pytest.raises(UserError, match=r"pages/about\.md.*unknown document"):
            build(built, quiet=True)


@pytest.mark.parametrize("kind", ["ipynb", "values.json", "fresh.json"])
def test_a_damaged_result_is_named_and_computed_again(built, kind, capsys):
    path = built / f"_build/run/default/survey/share.{kind}"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in why(built)["survey/share"]
    build(built)
    assert "survey/share: its" in capsys.readouterr().out
    assert path.read_bytes() == whole


def test_a_touched_page_is_built_again(built):
    page = built / "_build/html/pages/about.html"
    whole = page.read_bytes()
    page.write_bytes(b"")
    build(built, quiet=True)
    assert page.read_bytes() == whole


def test_no_build_asks_the_network(book):
    """Every connection that is not to this machine fails, in all processes of the build."""
    guard = book / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(
        "import socket\n"
        "connect = socket.socket.connect\n"
        "def local_only(self, address):\n"
        "    if self.family != socket.AF_UNIX and address[0] not in ('127.0.0.1', '::1'):\n"
        "        raise SystemExit(f'asked the network for {address}')\n"
        "    return connect(self, address)\n"
        "socket.socket.connect = local_only\n"
        "def no_names(host, *rest, **more):\n"
        "    if host not in ('127.0.0.1', 'localhost', '::1', None, ''):\n"
        "        raise SystemExit(f'asked the network for {host}')\n"
        "    return lookup(host, *rest, **more)\n"
        "lookup, socket.getaddrinfo = socket.getaddrinfo, no_names\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(guard)}
    probe = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    done = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True)
    assert b"asked the network" in done.stderr  # the guard itself works
    subprocess.run(
        [sys.executable, "-m", "sustainment.cli", "build", str(book)], check=True, env=environment
    )


def test_time_is_told_apart_from_pages(built):
    times = json.loads((built / "_build/status.json").read_text())["default"]
    assert set(times) == {"survey/count", "survey/share", "integration/together"}
    assert time.strftime("%Y-%m-%d") not in (built / "_build/html/index.html").read_text()
    assert socket.gethostname() not in (built / "_build/html/index.html").read_text()


def test_pages_of_a_real_study_are_made_only_after_the_audit(built, monkeypatch):
    from sustainment.disclosure import audit

    before = tree(built / "_build/html")
    change(built / "data/study.yml", "provenance: synthetic", "provenance: observed")
    monkeypatch.setattr(build_module, "execute_stale", lambda *_args: None)
    with pytest.raises(UserError, match="Pages of single chapters are not made"):
        build(built, only=["survey/share"], quiet=True)

    def found_something(*_args):
        raise UserError("The audit stopped the build; nothing was published.")

    monkeypatch.setattr(audit, "require_audit", found_something)
    with pytest.raises(UserError, match="The audit stopped the build"):
        build(built, quiet=True)
    assert tree(built / "_build/html") == before


def test_pages_of_a_real_study_are_made_after_one_audit_and_none_after_a_failed_one(
    book, monkeypatch
):
    from sustainment.disclosure import audit as audit_module

    change(book / "data/study.yml", "provenance: synthetic", "provenance: observed")
    done = []
    monkeypatch.setattr(build_module, "execute_stale", lambda *_args: done.append("executed"))
    monkeypatch.setattr(build_module, "make_pages", lambda *_args: done.append("pages"))
    monkeypatch.setattr(audit_module, "require_audit", lambda *_args: done.append("audit"))
    build_module.build(book, quiet=True)
    assert done == ["executed", "audit", "pages"]

    def failed(*_args):
        raise UserError("The audit stopped the build")

    done.clear()
    monkeypatch.setattr(audit_module, "require_audit", failed)
    with pytest.raises(UserError, match="audit stopped"):
        build_module.build(book, quiet=True)
    assert done == ["executed"]
