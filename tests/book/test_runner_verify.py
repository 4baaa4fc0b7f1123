"""A rerun is compared with what was reviewed, to the size of each difference."""

import json

import pytest
from book_helpers import change

from sustainment.book.build import make_plan
from sustainment.book.trace import trace
from sustainment.book.verify import (
    accept,
    compare_run,
    load_tolerances,
    receipt_text,
    verify,
    wrong_checksums,
)
from sustainment.book.verify import (
    change as how_changed,
)
from sustainment.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture
def reviewed(built):
    accept(make_plan(built))
    return built


def compare(folder):
    plan = make_plan(folder)
    return compare_run(plan.book, plan.run_folder)


def test_accepted_values_match(reviewed):
    comparison = compare(reviewed)
    assert comparison.sentence == "3 of 3 values match"
    assert comparison.differences == ()
    stored = json.loads((reviewed / "results/survey/share.json").read_text())
    assert set(stored) >= {"chapter", "edition", "parameters", "values", "data_digest"}


def test_accepting_twice_writes_nothing(reviewed):
    assert accept(make_plan(reviewed)) == []


def test_a_chapter_that_is_gone_leaves_results_too(reviewed):
    stale = reviewed / "results/survey/old.json"
    stale.write_text("{}")
    assert accept(make_plan(reviewed)) == [stale]
    assert not stale.exists()


def test_differences_are_told_with_their_size(reviewed):
    path = reviewed / "results/survey/share.json"
    stored = json.loads(path.read_text())
    stored["values"]["share.yes"] |= {"value": 0.5, "text": "50 %"}
    stored["values"]["share.no"] = stored["values"]["share.yes"] | {"key": "share.no"}
    path.write_text(json.dumps(stored))
    (reviewed / "results/survey/count.json").write_text("{ half a file")
    comparison = compare(reviewed)
    said = [difference.sentence() for difference in comparison.differences]
    assert "survey/share: share.no is gone; it was 50 %" in said
    assert any("share.yes changed from 50 % to 71 % (+0.2143;" in line for line in said)
    assert "survey/count: results/survey/count.json is damaged" in said
    assert comparison.sentence == "1 of 4 values match"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"value": 0.1}, {"value": 0.1 + 1e-12}, ""),
        ({"value": 0.1}, {"value": 0.10001}, "changed"),
        ({"value": 3}, {"value": 4}, "changed from x to x"),
        ({"value": 1}, {"value": True}, "changed"),
        ({"value": "few"}, {"value": "some"}, "changed"),
        ({"value": 3}, {"value": 3, "kind": "published"}, "another kind"),
        ({"value": 3, "count": 3}, {"value": 3, "count": 2}, "another count"),
    ],
)
def test_every_kind_of_change_is_seen(before, now, expected):
    base = {"text": "x", "kind": "invented"}
    said = how_changed(base | before, base | now, 1e-6)
    assert (expected in said) if expected else said == ""


def test_a_wider_limit_needs_a_reason(reviewed):
    path = reviewed / "results/tolerances.yml"
    path.write_text("- {pattern: 'share\\..*', relative: 0.5}\n")
    with pytest.raises(UserError, match="lacks a pattern, a limit or a reason"):
        load_tolerances(reviewed)
    path.write_text("- {pattern: 'share\\..*', relative: 0.5, reason: a test}\n")
    stored = reviewed / "results/survey/share.json"
    content = json.loads(stored.read_text())
    content["values"]["share.yes"] |= {"value": 0.6, "text": "60 %"}
    stored.write_text(json.dumps(content))
    assert compare(reviewed).differences == ()


def test_verify_executes_everything_and_leaves_a_receipt(reviewed):
    change(reviewed / "data/raw/answers.yml", "[5, 4", "[5, 1")
    comparison = verify(reviewed, quiet=True)
    assert comparison.sentence == "1 of 3 values match"
    receipt = json.loads((reviewed / "_build/receipt.json").read_text())
    assert receipt["result"] == comparison.sentence
    assert len(receipt["differences"]) == 2
    for name in ("data digest", "lock digest", "code digest", "Python", "system", "time"):
        assert receipt[name]
    page = (reviewed / "_build/receipt.md").read_text()
    assert page == receipt_text(receipt)
    assert len(page.splitlines()) < 60
    assert "1 of 3 values match" in page
    # The book itself was not touched.
    assert "71 %" in (reviewed / "_build/html/notebooks/survey/share.html").read_text()


def test_checksums_of_the_data_are_checked(book):
    sums = book / "data/SHA256SUMS"
    sums.write_text(f"{'0' * 64}  raw/answers.yml\n{'0' * 64}  raw/nothing.csv\n")
    assert wrong_checksums(book) == [
        "data/raw/answers.yml differs from data/SHA256SUMS",
        "data/raw/nothing.csv is missing",
    ]


def test_a_value_is_traced_to_its_statements_inputs_and_rows(built):
    said = "\n".join(trace(built, "share.yes"))
    assert "share.yes = 71 %" in said
    assert "persons: 5 of 7" in said
    assert "yes = sum(answer >= cutoff for answer in answers)" in said
    assert "input answers: data/raw/answers.yml" in said
    assert "answers: 7 entries: 5, 4, 3, 3, 2, 1, 5" in said


def test_a_value_from_other_chapters_names_them(built):
    said = "\n".join(trace(built, "together.yes"))
    assert "values of the chapter survey/share" in said


def test_tracing_writes_nothing_and_refuses_unknown_keys(built):
    before = {p: p.stat().st_mtime_ns for p in built.rglob("*")}
    list(trace(built, "share.yes"))
    assert {p: p.stat().st_mtime_ns for p in built.rglob("*")} == before
    with pytest.raises(UserError, match=r"Did you mean 'share\.yes'\?"):
        list(trace(built, "share.yess"))


def test_tracing_before_a_build_says_what_to_do(book):
    with pytest.raises(UserError, match="run `make book`"):
        list(trace(book, "share.yes"))


def test_rows_of_a_survey_are_traced_to_persons_and_lines_of_the_raw_file():
    from dataclasses import dataclass

    import pandas as pd

    from sustainment.book.trace import describe_object, raw_lines, watch_surveys

    @dataclass(frozen=True)
    class Raw:
        table: pd.DataFrame
        file: str = "survey.csv"

    @dataclass(frozen=True)
    class Answers:
        answers: pd.DataFrame
        raw: Raw

    raw = Raw(pd.DataFrame({"id": ["p1", "p2", "p1"], "b06": ["1", "0", "1"]}, index=[2, 3, 4]))
    answers = pd.DataFrame({"b06": ["1", "0"]}, index=pd.Index(["p1", "p2"], name="id"))
    memory = {"survey": Answers(answers, raw)}
    watched = {}
    watch_surveys(memory, watched)
    yes = memory["survey"].answers["b06"] == "1"
    assert list(watched) == ["b06"]
    lines = raw_lines(memory)
    assert lines == {"p1": "2 and 4", "p2": "3"}
    assert describe_object("yes", yes, lines) == [
        "yes: true for 1 of 2 rows (id): p1 (line 2 and 4)"
    ]
    passages = pd.DataFrame({"segment": ["A:1-5"], "document": ["A"], "text": ["four"]})
    assert describe_object("passages", passages, {}) == ["passages: 1 segments", "  A:1-5  four"]
