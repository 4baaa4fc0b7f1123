"""The tables, the offsets and the code tree that every reader of interviews shares."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interviews_helpers import interviews, rules

from sustainment.interviews import offsets
from sustainment.interviews.offsets import Counting, Text, choose, to_points
from sustainment.interviews.tree import code_table, definition, within

SWEDISH = "Det är så här 😀 på BUP. Ålder å, ä, ö – och 👩‍👧 sedan.\nNästa rad."


def test_every_segment_is_the_slice_of_its_document():
    read = interviews(
        {"a": SWEDISH}, [("a", 14, 15, "x", "coder 1"), ("a", 4, 13, "x", "coder 1")], [("x", None)]
    )
    assert read.segments["text"].tolist() == ["😀", "är så här"]
    assert read.segments["verified"].all()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("a", 3, 3, "x", "coder 1"), "empty-segment"),
        (("a", 3, 900, "x", "coder 1"), "outside-the-text"),
        (("a", -1, 3, "x", "coder 1"), "outside-the-text"),
        (("a", 5, 3, "x", "coder 1"), "outside-the-text"),
        (("a", 0, 3, "y", "coder 1"), "code-not-in-the-codebook"),
        (("b", 0, 3, "x", "coder 1"), "document-not-in-the-project"),
    ],
)
def test_a_coding_that_cannot_stand_is_named_and_kept_apart(row, rule):
    read = interviews({"a": "some text"}, [row, ("a", 0, 4, "x", "coder 1")], [("x", None)])
    assert rules(read.notes) == {rule}
    assert len(read.segments) == 1
    assert read.other["why"].tolist() == [rule.replace("-", " ")]


def test_the_same_coding_twice_is_counted_once_and_said():
    row = ("a", 0, 4, "x", "coder 1")
    read = interviews({"a": "some text"}, [row, row], [("x", None)])
    assert len(read.segments) == 1
    assert rules(read.notes) == {"same-coding-twice"}


def test_the_report_tells_what_was_found_guessed_and_lost():
    read = interviews({"a": "some text"}, [("a", 0, 99, "x", "coder 1")], [("x", None)])
    report = read.report()
    assert set(report["what"]) == {"found", "lost"}
    assert report.loc[report["which"] == "documents", "says"].item() == "1"


texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("aåäö \n😀👩‍é"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff"),
    ),
    max_size=60,
)
lengths_in = {
    "utf8": lambda s: len(s.encode("utf-8")),
    "utf16": lambda s: len(s.encode("utf-16-le")) // 2,
    "points": len,
}


@given(texts, st.sampled_from(sorted(lengths_in)), st.sampled_from(["one", "two"]), st.data())
def test_any_counting_comes_back_to_the_same_slice(text, unit, line_end, data):
    a = data.draw(st.integers(0, len(text)))
    b = data.draw(st.integers(a, len(text)))

    def there(position: int) -> int:
        before = text[:position]
        return lengths_in[unit](before) + (before.count("\n") if line_end == "two" else 0)

    edges = Text.of(text).edges(Counting(unit, line_end))
    start, end, exact = to_points(edges, [there(a)], [there(b)])
    assert exact.all()
    assert (start[0], end[0]) == (a, b)


@given(texts, st.data())
def test_line_ends_as_stored_count_as_stored(text, data):
    parts = text.split("\n")
    ends = data.draw(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=len(parts) - 1, max_size=len(parts) - 1))  # fmt: skip
    stored = "".join(p + e for p, e in zip(parts, [*ends, ""], strict=True))
    kept = Text.of(stored)
    # a CR before an LF is one end to every program, so such a pair is not a fair case
    if kept.text != text:
        return
    at = data.draw(st.integers(0, len(text)))
    position = sum(len(c) for c in _characters(stored)[:at])
    start, _, exact = to_points(kept.edges(Counting()), [position], [position])
    assert exact.all() and start[0] == at


def _characters(stored: str) -> list[str]:
    out = []
    for character in stored:
        if out and out[-1] == "\r" and character == "\n":
            out[-1] = "\r\n"
        else:
            out.append(character)
    return out


def test_positions_outside_stay_outside_and_inside_a_character_are_not_exact():
    edges = Text.of("å😀b").edges(Counting("utf8"))
    start, end, exact = to_points(edges, [-2, 1, 0, 2], [3, 7, 12, 6])
    assert list(start) == [-2, 0, 0, 1]
    assert list(end) == [2, 3, 8, 2]
    assert list(exact) == [False, False, False, True]


def test_the_counting_is_chosen_by_the_previews_the_program_wrote():
    text = Text.of("Första raden.\r\nAndra raden är längre.\r\nTredje raden slutar här.")
    words = ["Andra raden är längre.", "Tredje raden slutar här."]
    for line_end in ("one", "file"):
        edges = text.edges(Counting(line_end=line_end))
        spans = [(text.text.index(w), text.text.index(w) + len(w)) for w in words]
        start, end = zip(*[(edges[a], edges[b]) for a, b in spans], strict=True)
        way, first, final, agrees = choose(text, start, end, words)
        assert way.line_end == line_end
        assert agrees.all()
        assert list(zip(first, final, strict=True)) == spans


def test_without_previews_whole_words_must_speak_clearly_against_the_default():
    text = Text.of("ab cd ef\r\n" * 6)
    edges = text.edges(Counting(line_end="one"))
    spans = [(18 + 9 * k + 3, 18 + 9 * k + 5) for k in range(4)]
    start, end = [edges[a] for a, _ in spans], [edges[b] for _, b in spans]
    way, first, _, agrees = choose(text, start, end, [""] * 4)
    assert way.line_end == "one" and not agrees.any()
    assert list(first) == [a for a, _ in spans]
    # one sloppy border is no reason to give up the likeliest counting
    way, _, _, _ = choose(text, [start[0]], [end[0]], [""])
    assert way == Counting()


def test_utf16_units_are_recognised_after_an_emoji():
    text = Text.of("😀😀 Hon sade: vi har ingen tid alls.")
    words = "vi har ingen tid alls."
    at = text.text.index(words)
    way, first, final, agrees = choose(text, [at + 2], [at + 2 + len(words)], [words])
    assert way.unit == "utf16" and agrees.all()
    assert text.text[first[0] : final[0]] == words


def test_decode_knows_a_byte_order_mark_utf16_and_windows():
    assert offsets.decode("\ufeffå".encode()) == ("\ufeffå", "utf-8")
    assert offsets.decode("å".encode("utf-16"))[1] == "utf-16"
    assert offsets.decode("å".encode("cp1252")) == ("å", "cp1252")


def test_codes_are_known_by_name_and_by_path_where_names_repeat():
    raw = [
        {"key": 1, "name": "A", "parent": None},
        {"key": 2, "name": "time", "parent": 1},
        {"key": 3, "name": "B", "parent": None},
        {"key": 4, "name": "time", "parent": 3},
        {"key": 5, "name": "lost", "parent": 99},
    ]
    codes, ids, notes = code_table(raw)
    assert codes["code"].tolist() == ["A", "A > time", "B", "B > time", "lost"]
    assert codes["parent"].tolist() == ["", "A", "", "B", ""]
    assert ids[4] == "B > time"
    assert rules(notes) == {"parent-missing"}


def test_a_tree_written_into_names_is_unfolded_and_said():
    raw = [{"key": n, "name": n} for n in ("Coke", "Coke::diet", "Tea::green", "Tea::black")]
    codes, _, notes = code_table(raw)
    assert codes["path"].tolist() == ["Coke", "Coke > diet", "Tea", "Tea > green", "Tea > black"]
    assert codes["codable"].tolist() == [True, True, False, True, True]
    assert rules(notes) == {"tree-in-names"}


@pytest.mark.parametrize("name", ["and/or", "e.g. this", r"a\b"])
def test_a_stroke_inside_one_ordinary_name_is_no_tree(name):
    raw = [{"key": n, "name": n} for n in (name, "plain", "other", "third")]
    codes, _, notes = code_table(raw)
    assert name in set(codes["code"])
    assert notes == []


def test_a_code_that_is_its_own_ancestor_does_not_hang_the_reader():
    raw = [{"key": 1, "name": "a", "parent": 2}, {"key": 2, "name": "b", "parent": 1}]
    codes, _, _ = code_table(raw)
    assert len(codes) == 2


def test_labelled_lines_of_a_definition_are_parted():
    parts = definition("What it is.\nInclude: this\nand that\nExclude: other\nExample: “So.”")
    assert parts == {
        "description": "What it is.",
        "include": "this\nand that",
        "exclude": "other",
        "example": "“So.”",
    }
    assert definition("Only words")["description"] == "Only words"


def test_a_document_without_its_text_keeps_its_segments_unverified():
    from sustainment.interviews.model import verify

    documents = pd.DataFrame({"document": ["a"], "name": ["a"], "text": [pd.NA]})
    codes = pd.DataFrame({"code": ["x"]})
    rows = pd.DataFrame(
        [("a", 5, 9, "x", "", "", "said")],
        columns=["document", "start", "end", "code", "coder", "note", "snippet"],
    )
    segments, moved, _ = verify(documents, codes, rows)
    assert segments["text"].tolist() == ["said"]
    assert not segments["verified"].any()
    assert len(moved) == 0


def test_a_snippet_that_differs_from_the_slice_is_an_error():
    from sustainment.interviews.model import verify

    documents = pd.DataFrame({"document": ["a"], "name": ["a"], "text": ["some text"]})
    rows = pd.DataFrame(
        [("a", 0, 4, "x", "", "", "text")],
        columns=["document", "start", "end", "code", "coder", "note", "snippet"],
    )
    segments, _, notes = verify(documents, pd.DataFrame({"code": ["x"]}), rows)
    assert rules(notes) == {"text-differs"}
    assert segments["text"].tolist() == ["some"] and not segments["verified"].any()
    assert np.all(segments["start"] == 0)


def test_a_code_lies_in_itself_and_in_all_above_it():
    raw = [{"key": k, "name": k, "parent": p} for k, p in [("a", None), ("b", "a"), ("c", "b"), ("d", None)]]  # fmt: skip
    lies = within(code_table(raw)[0])
    assert lies.groupby("code")["within"].agg(sorted).to_dict() == {"a": ["a"], "b": ["a", "b"], "c": ["a", "b", "c"], "d": ["d"]}  # fmt: skip
    circle = pd.DataFrame({"code": ["a", "b"], "parent": ["b", "a"]})  # a damaged file
    assert len(within(circle)) == 4
