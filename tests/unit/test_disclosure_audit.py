"""The audit finds what can be worked out: by subtraction, complement, nesting, editions and words."""

from dataclasses import replace

import pytest
from disclosure_helpers import RULES, register, table, value

from sustainment.disclosure.audit import audit, said_numbers
from sustainment.disclosure.model import build_model
from sustainment.disclosure.plan import make_plan
from sustainment.disclosure.register import Register, merge_table, read_tables

COLUMNS = ("answer", "persons")


def rules_of(findings):
    return {finding.rule for finding in findings}


def hide(shown, *spots):
    """The table with cells withheld."""
    cells = [list(row) for row in shown.cells]
    for i, k in spots:
        cells[i][k] = "withheld"
    return replace(shown, cells=tuple(map(tuple, cells)))


def withhold(shown):
    return replace(shown, value="[number withheld]", text="[number withheld]", count=None, of=None)


def test_nothing_is_found_where_all_numbers_are_large():
    shown = register(value("a.yes", 30, of=66), table("tbl-a", COLUMNS, [("yes", 30), ("no", 15)]))
    assert audit([shown], [shown], RULES) == []


def test_a_small_number_that_is_printed_is_found_and_its_value_not_told():
    shown = register(value("a.stopped", 3, of=66))
    (finding,) = audit([shown], [shown], RULES)
    assert finding.rule == "printed-small"
    assert "a.stopped" in finding.message and "3" not in finding.message


def test_a_complement_that_is_too_small_is_found():
    shown = register(value("a.went_on", 63, of=66))
    assert rules_of(audit([shown], [shown], RULES)) >= {"can-be-worked-out"}


def test_a_cell_that_a_total_gives_away_is_found():
    full = table(
        "tbl-a", COLUMNS, [("yes", 30), ("perhaps", 33), ("no", 3)], population="population"
    )
    shown = hide(full, (2, 1))
    found = audit([register(full)], [register(shown)], RULES)
    assert rules_of(found) == {"can-be-worked-out"}
    assert "tbl-a, row 3" in found[0].message
    safe = hide(full, (2, 1), (0, 1))
    assert audit([register(full)], [register(safe)], RULES) == []


def test_a_total_in_prose_gives_a_cell_away():
    full = table("tbl-a", COLUMNS, [("yes", 30), ("no", 3)])
    answered = value("a.answered", 33, of=66)
    shown = hide(full, (1, 1))
    assert audit([register(full)], [register(shown)], RULES) == []
    found = audit([register(full, answered)], [register(shown, answered)], RULES)
    assert rules_of(found) == {"can-be-worked-out"}


def test_a_number_in_prose_gives_the_same_number_in_a_table_away():
    full = table(
        "tbl-a", COLUMNS, [("yes", 30), ("perhaps", 33), ("no", 3)], population="population"
    )
    said = value("a.yes", 30, of=66)
    safe = hide(full, (2, 1), (0, 1))
    found = audit([register(full, said)], [register(safe, said)], RULES)
    assert "can-be-worked-out" in rules_of(found)


def test_two_numbers_of_one_group_give_the_small_one_between_them_away():
    shown = [value("a.began", 50, of=66), value("a.ended", 48, of=66)]
    broke_off = value("a.broke_off", 2, of=66)
    found = audit([register(*shown, broke_off)], [register(*shown, withhold(broke_off))], RULES)
    assert rules_of(found) == {"can-be-worked-out"}


def test_two_editions_that_differ_by_a_few_persons_are_found():
    one = register(value("a.enough", 30, of=66))
    two = register(value("a.enough", 28, of=66, edition="strict"), edition="strict")
    assert audit([one], [one], RULES) == []
    assert rules_of(audit([one, two], [one, two], RULES)) == {"can-be-worked-out"}
    far = register(value("a.enough", 20, of=66, edition="strict"), edition="strict")
    assert audit([one, far], [one, far], RULES) == []


def test_a_group_and_all_but_a_few_of_it_are_found():
    whole = table("tbl-a", COLUMNS, [("yes", 30), ("no", 15)])
    part = table(
        "tbl-b", COLUMNS, [("yes", 28), ("no", 9)], population="respondents: psychologists"
    )
    shown = register(whole, part)
    assert rules_of(audit([shown], [shown], RULES)) == {"can-be-worked-out"}


@pytest.mark.parametrize("place", ["the alt text of fig-a", "the title of fig-a"])
def test_a_number_in_an_alt_text_gives_a_hidden_cell_away(place):
    full = table(
        "tbl-a", COLUMNS, [("yes", 30), ("perhaps", 33), ("no", 3)], population="population"
    )
    shown = register(hide(full, (2, 1), (0, 1)))
    shown.texts.append((f"survey/one: {place}", "Of them 30 said yes."))
    assert "can-be-worked-out" in rules_of(audit([register(full)], [shown], RULES))


def test_a_number_of_the_question_itself_gives_nothing_away():
    full = table(
        "tbl-a", COLUMNS, [("yes", 30), ("perhaps", 33), ("no", 3)], population="population"
    )
    shown = register(hide(full, (2, 1), (0, 1)))
    shown.texts.append(("survey/one: the caption of tbl-a", "30 - Used in the last year?"))
    asked = "30 - used in the last year? yes perhaps no"
    assert audit([register(full)], [shown], RULES, asked) == []
    assert audit([register(full)], [shown], RULES) != []
    assert said_numbers("Of “from 30 to 45 years” 30 said yes.", "from 30 to 45 years") == {30}


SCALE = ("statement", "Disagree", "Agree", "Agree strongly", "not applicable", "no answer")


@pytest.mark.parametrize("where", ["a table", "prose"])
def test_a_row_about_the_same_question_elsewhere_gives_a_hidden_cell_away(where):
    full = table("tbl-scale", SCALE, [("It fits.", 8, 19, 19, 1, 3)])
    size = value("a.answered", 50, "respondents", of=66)
    there = {"chapter": "integration/two", "population": "respondents: answered it"}
    shown = hide(full, (0, 2), (0, 3), (0, 4))
    other = (
        table(
            "tbl-answered",
            ("question", "answered by"),
            [("It fits", 46)],
            chapter="integration/two",
        )
        if where == "a table"
        else value("b.agree", 38, of=46, label="It fits.", **there)
    )
    rules = replace(RULES, sizes={"population": 66, "respondents": 50})
    together, apart = hide(full, (0, 2), (0, 3), (0, 4)), register(size, full)
    assert audit([apart], [register(size, together)], rules) == []
    found = audit([register(size, full, other)], [register(size, shown, other)], rules)
    assert rules_of(found) == {"can-be-worked-out"}
    assert any("not applicable" in finding.message for finding in found)


def test_rows_about_one_question_are_tied_by_answers_and_not_by_zeros_beside_them():
    full = table("tbl-scale", SCALE, [("It fits.", 0, 19, 19, 9, 3)])
    agree = value("b.agree", 38, "respondents", of=46, label="It fits", chapter="integration/two")
    system = build_model([register(full, agree)], RULES).system
    tied = [{system.values[u] for u in row} for row in system.sums if len(row) == 3]
    assert {19, 38} in tied and not any({0, 19, 38} <= numbers for numbers in tied)


def test_of_a_merged_category_only_what_is_small_may_not_be_known():
    full = table("tbl-a", SCALE[:4], [("It fits.", 20, 10, 14)])
    merged = merge_table(full, [], [[0], [1, 2], [3]])
    known = value(
        "b.disagree", 20, "respondents", of=44, label="It fits", chapter="integration/two"
    )
    assert audit([register(full, known)], [register(merged, known)], RULES) == []
    small = table("tbl-a", SCALE[:4], [("It fits.", 20, 3, 14)])
    merged = merge_table(small, [], [[0], [1, 2], [3]])
    found = audit([register(small, known)], [register(merged, known)], RULES)
    assert rules_of(found) == {"can-be-worked-out"}


def test_the_order_of_rows_narrows_a_hidden_number_between_its_neighbours():
    sorted_rows = table("tbl-a", COLUMNS, [("a", 30), ("b", 20), ("c", 18), ("d", 17), ("e", 3)])
    shown = register(hide(sorted_rows, (2, 1), (4, 1)))
    assert rules_of(audit([register(sorted_rows)], [shown], RULES)) == {"can-be-worked-out"}
    other = table("tbl-a", COLUMNS, [("b", 20), ("a", 30), ("c", 18), ("d", 17), ("e", 3)])
    shown = register(hide(other, (2, 1), (4, 1)))
    assert audit([register(other)], [shown], RULES) == []


def test_a_word_for_a_hidden_number_narrows_it():
    count = value("a.yes", 24, of=42)
    word = replace(count, key="a.word", value="more than half", text="more than half")
    unsaid = replace(word, value="[words withheld]", text="[words withheld]", count=None)
    truth = register(count, word)
    assert audit([truth], [register(withhold(count), unsaid)], RULES) == []
    found = audit([truth], [register(withhold(count), replace(word, count=None, of=None))], RULES)
    assert rules_of(found) == {"can-be-worked-out"}


def test_a_share_without_its_count_tells_the_count():
    share = replace(value("a.share", 0.25, "respondents: nurses", of=12), text="25 %")
    assert "printed-small" in rules_of(audit([register(share)], [register(share)], RULES))


def test_merged_categories_are_read_as_sums():
    full = table("tbl-a", COLUMNS, [("none", 2), ("1–2", 9), ("3 or more", 20)])
    shown = merge_table(full, [[0, 1], [2]], [])
    assert shown.cells[0] == ("none to 1–2", "11")
    assert audit([register(full)], [register(shown)], RULES) == []
    wide = merge_table(table("tbl-a", COLUMNS, [("none", 2), ("1–2", 2), ("3 or more", 20)]), [[0, 1], [2]], [])  # fmt: skip
    full = table("tbl-a", COLUMNS, [("none", 2), ("1–2", 2), ("3 or more", 20)])
    assert rules_of(audit([register(full)], [register(wide)], RULES)) == {"can-be-worked-out"}


def test_a_number_that_was_never_collected_is_found():
    full = table("tbl-a", COLUMNS, [("yes", 30), ("no", 15)])
    other = table("tbl-a", COLUMNS, [("yes", 31), ("no", 15)])
    assert rules_of(audit([register(full)], [register(other)], RULES)) == {"unknown-number"}
    assert rules_of(audit([register()], [register(value("a.new", 30, of=66))], RULES)) == {
        "unknown-number"
    }


def test_a_number_with_a_minus_before_it_counts_persons_too():
    shown = register(
        table("tbl-a", COLUMNS, [("in the file", 56), ("left out", "−3"), ("kept", 53)])
    )
    assert "printed-small" in rules_of(audit([shown], [shown], RULES))


def test_whatever_came_past_the_helpers_is_found():
    shown = Register("default", bare=["notebooks/survey/one.md, code cell 3"])
    (finding,) = audit([register()], [shown], RULES)
    assert finding.rule == "bare-output" and "code cell 3" in finding.message


def test_the_plan_leaves_nothing_for_the_audit(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "study.yml").write_text("title: x", encoding="utf-8")
    full = table(
        "tbl-a",
        ("statement", "disagree", "neither", "agree"),
        [("one", 12, 3, 30), ("two", 2, 20, 23), ("three", 9, 11, 25)],
    )
    said = [value("a.yes", 63, of=66), value("a.answered", 45, "respondents", of=66)]
    plan = make_plan(tmp_path, [register(full, *said)], RULES, ["survey/one"])
    entry = plan["chapters"]["survey/one"]
    spots = [
        (i, k)
        for i, row in enumerate(full.cells)
        for k, column in enumerate(full.columns)
        if [row[0], column] in entry["tables"]["tbl-a"]["hidden"]
    ]
    kept = [withhold(v) if v.key in entry["hidden"] else v for v in said]
    shown = register(hide(full, *spots), *kept)
    assert 0 < len(spots) < 9
    assert audit([register(full, *said)], [shown], RULES) == []
    # and one cell of the plan less is found
    leaky = register(hide(full, *spots[1:]), *kept)
    assert audit([register(full, *said)], [leaky], RULES)


def test_tables_are_read_from_what_is_really_printed():
    markup = (
        "<table id='tbl-a'><caption>c</caption><thead><tr><th>a &amp; b</th><th>n</th></tr></thead>"
        "<tbody><tr><td>x</td><td class='data num'>1,234</td></tr></tbody></table>"
    )
    (found,) = read_tables(markup, {"id": "tbl-a"}, "survey/one", "default")
    assert found.columns == ("a & b", "n") and found.count(0, 1) == 1234 and found.counts == [1]


def test_numbers_of_passages_and_of_a_released_key_are_no_unknowns():
    model = build_model([register(value("a.passages", 3, "segments"))], RULES)
    assert not model.places
    released = replace(RULES, release={"a.small": "looked at"})
    assert not build_model([register(value("a.small", 3, of=66))], released).places
