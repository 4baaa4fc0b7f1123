"""Branching logic: what is read is answered as REDCap answers it, the rest is refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sustainment.survey.routing import UnknownRouting, evaluate, fields_of, parse_routing

RECORDS = [
    {"a": "1", "b": "", "b10(3)": "1", "n": "10"},
    {"a": "0", "b": "x", "b10(3)": "0", "n": "9"},
    {"a": "", "b": "y", "b10(3)": "", "n": ""},
]


def holds(text: str, records: list[dict[str, str]] = RECORDS) -> list[bool]:
    def column(field: str, code: str) -> tuple[np.ndarray, list[str]]:
        name = f"{field}({code})" if code else field
        return np.arange(len(records)), [record[name] for record in records]

    return evaluate(parse_routing(text), column).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a] = '1'", [True, False, False]),
        ('[a]="1"', [True, False, False]),
        ("[a] = 1", [True, False, False]),
        ("[a] = '1.0'", [True, False, False]),
        ("[a] <> '1'", [False, True, True]),
        ("[a] != '1'", [False, True, True]),
        ("[a] = ''", [False, False, True]),
        ("[a] <> ''", [True, True, False]),
        ("[n] > 9", [True, False, False]),
        ("[n] >= '9'", [True, True, False]),
        ("[n] < 10", [False, True, False]),
        ("[b10(3)] = '1'", [True, False, False]),
        ("[a] = '1' or [b] = 'x'", [True, True, False]),
        ("[a] = '1' AND [b] = ''", [True, False, False]),
        ("[a] = '1' or [b] = 'x' and [n] = '10'", [True, False, False]),
        ("([a] = '1' or [b] = 'x') and [n] = '9'", [False, True, False]),
        ("not ([a] = '1')", [False, True, True]),
        ("[a]='0'\n or\n[b]='y'", [False, True, True]),
    ],
)
def test_conditions_hold_for_the_right_records(text, expected):
    assert holds(text) == expected


def test_ten_is_more_than_nine_because_numbers_are_compared_as_numbers():
    assert holds("[n] > '9'") == [True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "datediff([a], 'today', 'd') > 3",
        "[event_1_arm_1][a] = '1'",
        "[a] + [b] = 3",
        "[a] = [b]",
        "([a] = '1'",
        "[a] = '1')",
        "[a] = '1' or",
        "[a]",
        "",
        "[a] = '1' [b] = '2'",
        "[a] == '1'",
    ],
)
def test_what_is_outside_the_small_language_is_refused(text):
    with pytest.raises(UnknownRouting, match="condition"):
        parse_routing(text)


def test_fields_are_found_with_their_tick_boxes():
    tree = parse_routing("[a] = '1' or ([b10(3)] = '1' and not [n] > 2)")
    assert fields_of(tree) == [("a", ""), ("b10", "3"), ("n", "")]


@given(st.lists(st.tuples(*[st.sampled_from(["", "0", "1"])] * 2), min_size=1), st.booleans())
def test_not_and_or_agree_with_python(rows, either):
    records = [{"a": a, "b": b} for a, b in rows]
    word, join = ("or", any) if either else ("and", all)
    got = holds(f"not ([a] = '1' {word} [b] <> '0')", records)
    assert got == [not join([r["a"] == "1", r["b"] != "0"]) for r in records]
