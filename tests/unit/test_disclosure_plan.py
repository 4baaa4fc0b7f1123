"""The plan: neighbours merged before holes, places and never values, and refused when it is not its own."""

from dataclasses import replace

import pytest
import yaml
from disclosure_helpers import RULES, register, table, value

from sustainment.disclosure.plan import load_plan, make_plan, merged, partitions, write_plan
from sustainment.errors import UserError

COLUMNS = ("families", "persons")
FAMILIES = table("fig-a", COLUMNS, [("none", 3), ("1–2", 15), ("3–4", 16), ("5–9", 9), ("10 or more", 3)])  # fmt: skip
ORDERED = replace(RULES, ordered={"fig-a": "rows"})


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "study.yml").write_text("title: x", encoding="utf-8")
    (tmp_path / "editions.yml").write_text("editions: {}", encoding="utf-8")
    (tmp_path / "notebooks" / "survey").mkdir(parents=True)
    chapter = "# T\n\n```{code-cell} ipython3\nx = 1\n```\n\nprose\n"
    (tmp_path / "notebooks" / "survey" / "one.md").write_text(chapter, encoding="utf-8")
    return tmp_path


def test_neighbours_that_are_too_few_are_merged_with_as_few_mergers_as_possible():
    rows, columns = merged([FAMILIES], ORDERED)
    assert rows == [[0, 1], [2], [3, 4]] and columns == []


def test_nothing_is_merged_where_nothing_is_small():
    large = table("fig-a", COLUMNS, [("none", 13), ("1–2", 15), ("3 or more", 16)])
    assert merged([large], ORDERED) is None


def test_ordered_answers_of_several_statements_are_merged_alike():
    likert = table(
        "fig-b",
        ("statement", "no", "rather no", "rather yes", "yes", "no answer"),
        [("one", 2, 11, 20, 12, 1), ("two", 3, 9, 15, 18, 2)],
    )
    rules = replace(RULES, ordered={"fig-b": ["no", "rather no", "rather yes", "yes"]})
    rows, columns = merged([likert], rules)
    assert rows == [] and columns == [[0], [1, 2], [3], [4], [5]]


def test_all_ways_to_cut_a_line_are_tried_once():
    found = [tuple(map(tuple, blocks)) for blocks in partitions([0, 1, 2, 3])]
    assert len(found) == len(set(found)) == 8
    assert all([i for block in blocks for i in block] == [0, 1, 2, 3] for blocks in found)


def test_the_plan_names_places_and_no_values(root):
    shown = register(
        FAMILIES, value("a.silent", 17, of=66), value("a.enough", 3, of=66), value("a.mean", 3.9, count=None)
    )  # fmt: skip
    plan = make_plan(root, [shown], ORDERED, ["survey/one"])
    entry = plan["chapters"]["survey/one"]
    assert entry["hidden"] == ["a.enough"] and entry["derived"] == "withheld"
    assert entry["tables"]["fig-a"]["merge_rows"] == [[0, 1], [2], [3, 4]]
    text = write_plan(root, plan).read_text(encoding="utf-8")
    body = yaml.safe_load(text)
    assert "17" not in str(body["chapters"]["survey/one"]["hidden"])
    assert "reason" not in text and "small" not in str(body)


def test_a_plan_is_read_back_and_prose_may_change_under_it(root):
    write_plan(root, make_plan(root, [register(value("a.x", 3, of=66))], RULES, ["survey/one"]))
    assert load_plan(root, "survey/one").hidden_values("survey/one") == {"a.x"}
    path = root / "notebooks" / "survey" / "one.md"
    path.write_text(path.read_text(encoding="utf-8").replace("prose", "words"), encoding="utf-8")
    assert load_plan(root, "survey/one")


@pytest.mark.parametrize("damage", ["missing", "damaged", "code", "editions", "chapter", "run"])
def test_a_plan_that_is_not_of_this_state_is_refused_with_what_to_do(root, damage, monkeypatch):
    path = write_plan(root, make_plan(root, [register()], RULES, ["survey/one"]))
    asked = "survey/one"
    if damage == "missing":
        path.unlink()
    elif damage == "damaged":
        path.write_text("chapters: 3", encoding="utf-8")
    elif damage == "code":
        chapter = root / "notebooks" / "survey" / "one.md"
        chapter.write_text("```{code-cell} ipython3\nx = 2\n```\n", encoding="utf-8")
    elif damage == "editions":
        (root / "editions.yml").write_text("editions: {a: {}}", encoding="utf-8")
    elif damage == "chapter":
        asked = "survey/two"
    else:
        monkeypatch.setenv("SUSTAINMENT_VALUES", str(root / "_build" / "run" / "custom"))
    with pytest.raises(UserError, match="sustainment protect"):
        load_plan(root, asked)


def test_what_public_numbers_give_away_is_named_before_anything_is_planned(root):
    rules = replace(RULES, sizes={"population": 66, "respondents": 63})
    with pytest.raises(UserError, match=r"a\.silent can be worked out whatever"):
        make_plan(root, [register(value("a.silent", 3, of=66))], rules, ["survey/one"])


def two_editions(default, strict):
    """The same value in two editions."""
    one = register(value("a.x", default, of=66), value("a.y", 30, of=66))
    two = register(
        value("a.x", strict, of=66, edition="strict"), value("a.y", 30, of=66, edition="strict"),
        edition="strict",
    )  # fmt: skip
    return [one, two]


def test_what_one_edition_must_hide_another_one_may_print(root, monkeypatch):
    plan = make_plan(root, two_editions(20, 3), RULES, ["survey/one"])
    assert "a.x" not in plan["chapters"]["survey/one"].get("hidden", ())
    write_plan(root, plan)
    assert "a.x" not in load_plan(root, "survey/one").hidden_values("survey/one")
    monkeypatch.setenv("SUSTAINMENT_VALUES", str(root / "_build" / "run" / "strict"))
    own = load_plan(root, "survey/one")
    assert own.hidden_values("survey/one") == {"a.x"} and own.derived_withheld("survey/one")


def test_what_all_editions_hide_stands_once(root):
    plan = make_plan(root, two_editions(3, 3), RULES, ["survey/one"])
    entry = plan["chapters"]["survey/one"]
    assert entry["hidden"] == ["a.x"] and "editions" not in entry


def test_of_two_editions_that_differ_by_a_few_the_default_one_stays_whole(root):
    plan = make_plan(root, two_editions(26, 28), RULES, ["survey/one"])
    assert set(plan["chapters"]["survey/one"]["editions"]) == {"strict"}


def test_how_many_did_not_answer_may_differ_by_a_few(root):
    both = [
        register(value("a.silent", n, of=66, edition=e, label="no answer"), edition=e)
        for e, n in (("default", 16), ("strict", 17))
    ]
    plan = make_plan(root, both, RULES, ["survey/one"])
    assert set(plan["chapters"]["survey/one"]) == {"code"}
