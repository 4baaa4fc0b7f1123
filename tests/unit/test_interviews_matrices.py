"""Arranged segments, matrices, co-occurrence and two coders, against counts made by brute force."""

import itertools
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interviews_helpers import interviews, rules

from sustainment.errors import UserError
from sustainment.interviews import agreement, matrices
from sustainment.interviews.arrange import arrange, themes_of, usable, values_of
from sustainment.interviews.check import check_interviews
from sustainment.interviews.cooccurrence import cooccurrence

TREE = [
    ("Work", None, False),
    ("Access", "Work", False),
    ("referrals", "Access"),
    ("asking", "Access"),
    ("Person", None, False),
    ("staying", "Person"),
    ("Empty", None, False),
    ("Level", None, False),
    ("system", "Level"),
    ("individual", "Level"),
]
DIMENSIONS = {"level": "Level"}
TEXTS = {"a": "x" * 100, "b": "y" * 50, "c": "z" * 10}
ROWS = [
    ("a", 0, 20, "referrals", "coder 1"),
    ("a", 0, 20, "system", "coder 1"),
    ("a", 10, 40, "asking", "coder 1"),
    ("a", 10, 40, "individual", "coder 1"),
    ("a", 0, 22, "referrals", "coder 2"),
    ("a", 0, 22, "individual", "coder 2"),
    ("a", 0, 22, "system", "coder 2"),
    ("a", 60, 80, "staying", "coder 2"),
    ("b", 5, 15, "referrals", "coder 1"),
    ("b", 12, 30, "referrals", "coder 1"),
    ("b", 5, 15, "staying", "coder 1"),
]


@pytest.fixture
def read():
    return interviews(TEXTS, ROWS, TREE)


@pytest.fixture
def segments(read):
    return arrange(read, DIMENSIONS)


# arrange ---------------------------------------------------------------------------------------


def test_segments_come_under_their_themes_with_their_level(segments):
    shown = segments[["document", "start", "theme", "subtheme", "code", "coder", "level"]]
    assert shown.values.tolist() == [
        ["a", 0, "Work", "Access", "referrals", "coder 1", "system"],
        ["a", 0, "Work", "Access", "referrals", "coder 2", "system; individual"],
        ["a", 10, "Work", "Access", "asking", "coder 1", "individual"],
        ["a", 60, "Person", "", "staying", "coder 2", ""],
        ["b", 5, "Work", "Access", "referrals", "coder 1", ""],
        ["b", 5, "Person", "", "staying", "coder 1", ""],
        ["b", 12, "Work", "Access", "referrals", "coder 1", ""],
    ]


def test_a_level_belongs_to_its_own_coders_passage_only():
    rows = [("a", 0, 9, "referrals", "coder 1"), ("a", 0, 9, "system", "coder 2")]
    assert arrange(interviews(TEXTS, rows, TREE), DIMENSIONS)["level"].tolist() == [""]


def test_a_dimension_that_is_not_in_the_codebook_stops(read):
    with pytest.raises(UserError, match=r"'Levels' in study\.yml is no top-level code"):
        arrange(read, {"level": "Levels"})
    assert "dimension-unknown" in rules(check_interviews(read, {"level": "Levels"}))


def test_dimensions_and_what_fits_no_theme_are_no_themes(read):
    tree = themes_of(read, DIMENSIONS, outside="Person")
    assert set(tree["theme"]) == {"Work", "Empty"}
    assert values_of(read, "Level") == ["system", "individual"]


def test_unusable_levels_are_parted_not_dropped(segments):
    kept, left_out = usable(segments, "level", ["system", "individual"])
    assert (len(kept), len(left_out)) == (2, 5)


# matrices --------------------------------------------------------------------------------------


def test_frequency_presence_and_reach_count_passages_and_interviews(read, segments):
    counts = matrices.frequency(read, segments)
    assert counts.columns.tolist() == ["referrals", "asking", "staying"]
    assert counts.values.tolist() == [[2, 1, 1], [2, 0, 1], [0, 0, 0]]
    assert matrices.presence(read, segments, "theme").values.tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, False],
    ]
    reach = matrices.reach(read, segments).set_index("code")
    assert reach.loc["asking", ["interviews", "of", "passages"]].tolist() == [1, 3, 1]


def test_a_passage_coded_by_two_coders_counts_once():
    rows = [("a", 0, 9, "staying", "coder 1"), ("a", 0, 9, "staying", "coder 2")]
    read = interviews(TEXTS, rows, TREE)
    assert matrices.frequency(read, arrange(read, DIMENSIONS))["staying"].tolist() == [1, 0, 0]


def test_coverage_counts_every_character_once(read, segments):
    covered = matrices.coverage(read, segments)
    assert covered["referrals"].tolist() == [0.22, 0.5, 0.0]
    assert covered["asking"].tolist() == [0.3, 0.0, 0.0]


def test_an_interview_without_its_text_has_no_coverage(read, segments):
    read.documents.loc[1, "text"] = pd.NA
    assert matrices.coverage(read, segments)["referrals"].isna().tolist() == [False, True, False]


spans = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 9),
        st.integers(1, 9),
        st.sampled_from(["referrals", "asking"]),
    ),
    min_size=1,
    max_size=12,
)


@given(spans)
@settings(deadline=None)
def test_coverage_equals_counting_characters_one_by_one(drawn):
    rows = [(d, a, min(a + n, 10), c, "coder 1") for d, a, n, c in drawn]
    read = interviews(TEXTS, rows, TREE)
    covered = matrices.coverage(read, arrange(read, DIMENSIONS))
    for document, code in itertools.product("abc", ["referrals", "asking"]):
        characters = {k for d, a, b, c, _ in rows if (d, c) == (document, code) for k in range(a, b)}  # fmt: skip
        assert covered.loc[document, code] == pytest.approx(len(characters) / len(TEXTS[document]))


def test_a_project_without_codes_or_texts_gives_empty_tables_and_no_crash():
    nothing = interviews({}, [], [])
    segments = arrange(nothing, {})
    assert matrices.frequency(nothing, segments).shape == (0, 0)
    assert matrices.coverage(nothing, segments).shape == (0, 0)
    assert len(cooccurrence(segments)) == 0
    assert rules(check_interviews(nothing, {})) == {"one-coder"}


def test_the_codeline_holds_shares_and_no_text(read, segments):
    line = matrices.codeline(read, segments, "theme")
    assert line.values.tolist() == [
        ["a", "Person", 0.6, 0.8],
        ["a", "Work", 0.0, 0.4],
        ["b", "Person", 0.1, 0.3],
        ["b", "Work", 0.1, 0.6],
    ]


def test_themes_run_over_phases_with_zeros_where_nothing_is_said(read, segments):
    segments = segments.assign(phase=matrices.by_position(read, segments))
    table = matrices.over_phases(segments, phases=["beginning", "middle", "end"])
    counts = table.set_index(["theme", "phase"])
    assert counts.loc[("Work", "beginning"), ["interviews", "passages"]].tolist() == [2, 5]
    assert counts.loc[("Work", "end"), "passages"] == 0
    assert counts.loc[("Person", "middle"), "interviews"] == 1
    assert len(table) == 6


def test_a_codebook_with_an_empty_field_stops_the_build(read, segments):
    read.codes["description"] = "words"
    book = matrices.codebook_table(read, segments, required=["description"])
    assert book["code"].tolist() == ["referrals", "asking", "staying"]
    assert book["interviews"].tolist() == [2, 1, 2]
    read.codes.loc[read.codes["code"] == "asking", "description"] = " "
    with pytest.raises(UserError, match="no description for asking"):
        matrices.codebook_table(read, segments, required=["description"])


# co-occurrence ---------------------------------------------------------------------------------


def overlaps_by_hand(rows) -> dict:
    counts: dict = {}
    for one, two in itertools.combinations(rows, 2):
        same = one[0] == two[0] and one[4] == two[4]
        if same and one[1] < two[2] and two[1] < one[2]:
            key = frozenset([one[3], two[3]])
            counts[key] = counts.get(key, 0) + 1
    return counts


coded = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.integers(1, 15),
        st.sampled_from(["referrals", "asking", "staying"]),
        st.sampled_from(["coder 1", "coder 2"]),
    ),
    min_size=1,
    max_size=14,
)


@given(coded)
@settings(deadline=None)
def test_overlaps_and_jaccard_equal_counting_by_hand(drawn):
    rows = list(dict.fromkeys((d, a, a + n, c, k) for d, a, n, c, k in drawn))
    table = cooccurrence(arrange(interviews(TEXTS, rows, TREE), DIMENSIONS), permutations=3)
    by_hand = overlaps_by_hand(rows)
    marked = {c: {(d, k, x) for d, a, b, code, k in rows if code == c for x in range(a, b)} for c in ("referrals", "asking", "staying")}  # fmt: skip
    where = {c: {r[0] for r in rows if r[3] == c} for c in marked}
    for row in table.itertuples():
        assert row.overlaps == by_hand.get(frozenset([row.code_a, row.code_b]), 0)
        one, two = marked[row.code_a], marked[row.code_b]
        assert row.jaccard_characters == pytest.approx(len(one & two) / len(one | two))
        one, two = where[row.code_a], where[row.code_b]
        assert (row.interviews_both, row.interviews_either) == (len(one & two), len(one | two))


def test_the_expected_overlaps_are_the_mean_of_all_permutations():
    rows = [("a", 0, 10, "referrals"), ("a", 5, 15, "asking"), ("a", 8, 20, "asking")]
    rows = [(*row, "coder 1") for row in [*rows, ("a", 50, 60, "staying")]]
    table = cooccurrence(arrange(interviews(TEXTS, rows, TREE), DIMENSIONS), permutations=0)
    codes = [row[3] for row in rows]
    every = [
        overlaps_by_hand([(*row[:3], code, row[4]) for row, code in zip(rows, dealt, strict=True)])
        for dealt in itertools.permutations(codes)
    ]
    for row in table.itertuples():
        pair = frozenset([row.code_a, row.code_b])
        assert row.expected == pytest.approx(np.mean([e.get(pair, 0) for e in every]))
    assert table["low"].isna().all()


def test_permutations_keep_each_interviews_codes_and_repeat_with_their_seed():
    # in `a` every passage overlaps, in `b` none: dealing across interviews would change `a`
    rows = [("a", 0, 10, c, "coder 1") for c in ("referrals", "asking")]
    rows += [("b", 10 * k, 10 * k + 5, "staying", "coder 1") for k in range(4)]
    segments = arrange(interviews(TEXTS, rows, TREE), DIMENSIONS)
    table = cooccurrence(segments, permutations=50)
    only = table.iloc[0]
    assert (only["overlaps"], only["expected"], only["low"], only["high"]) == (1, 1, 1, 1)
    assert cooccurrence(segments, permutations=50).equals(table)


def test_two_coders_codes_on_one_passage_are_no_co_occurrence():
    rows = [("a", 0, 9, "staying", "coder 1"), ("a", 0, 9, "asking", "coder 2")]
    table = cooccurrence(arrange(interviews(TEXTS, rows, TREE), DIMENSIONS))
    assert table["overlaps"].tolist() == [0]
    assert table["interviews_both"].tolist() == [1]


# two coders ------------------------------------------------------------------------------------


def test_passages_of_two_coders_are_matched_by_overlap(read, segments):
    units = agreement.units(read, segments)
    assert units.attrs["coders"] == ("coder 1", "coder 2")
    said = units[["start_a", "start_b", "a", "b"]].astype("object").values.tolist()
    assert said[0] == [0, 0, {"referrals"}, {"referrals"}]
    assert units["overlap"].tolist() == [pytest.approx(20 / 22), 0, 0]
    assert units["document"].unique().tolist() == ["a"]
    assert units["a"].tolist()[1:] == [{"asking"}, set()]
    assert units["b"].tolist()[1:] == [set(), {"staying"}]
    assert units["start_b"].isna().tolist() == [False, True, False]


def test_a_passage_is_matched_once_and_best_first():
    rows = [("a", 0, 20, "asking", "coder 1")]
    rows += [("a", 0, 12, "asking", "coder 2"), ("a", 2, 20, "staying", "coder 2")]
    read = interviews(TEXTS, rows, TREE)
    units = agreement.units(read, arrange(read, DIMENSIONS))
    matched = units[units["overlap"] > 0]
    assert matched[["start_b", "end_b"]].values.tolist() == [[2, 20]]
    assert len(units) == 2
    strict = agreement.units(read, arrange(read, DIMENSIONS), min_overlap=0.95)
    assert (strict["overlap"] == 0).all() and len(strict) == 3


def test_units_become_tables_for_coefficients_and_a_list_to_talk_about(read, segments):
    units = agreement.units(read, segments)
    assert agreement.yes_no(units, "referrals").values.tolist() == [
        [True, True],
        [False, False],
        [False, False],
    ]
    single = agreement.nominal(units)
    assert single.values.tolist() == [["referrals", "referrals"]]
    assert single.attrs["left_out"] == 2
    assert agreement.disagreements(units)["what"].tolist() == ["only coder 1", "only coder 2"]
    levels = agreement.units(read, segments, by="level")
    assert levels["b"].iloc[0] == {"system", "individual"}


def test_sentences_count_also_where_nobody_marked_anything():
    text = "Ett. Två är längre! Tre?\nFyra utan punkt"
    rows = [("a", 0, 4, "asking", "coder 1"), ("a", 0, 4, "asking", "coder 2")]
    rows += [("a", 5, 24, "staying", "coder 2")]
    read = interviews({"a": text}, rows, TREE)
    units = agreement.sentence_units(read, arrange(read, DIMENSIONS))
    sentences = [text[a:b] for a, b in zip(units["start"], units["end"], strict=True)]
    assert sentences == ["Ett.", "Två är längre!", "Tre?", "Fyra utan punkt"]
    assert units["a"].tolist() == [{"asking"}, set(), set(), set()]
    assert units["b"].tolist() == [{"asking"}, {"staying"}, {"staying"}, set()]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", 0, 9, "asking", "coder 1")], "only 1 coder"),
        ([("a", 0, 9, "asking", "coder 1"), ("b", 0, 9, "asking", "coder 2")], "no common"),
    ],
)
def test_one_coder_or_no_common_interview_is_said(rows, words):
    read = interviews(TEXTS, rows, TREE)
    with pytest.raises(UserError, match=words):
        agreement.units(read, arrange(read, DIMENSIONS))


def test_an_unknown_coder_is_named(read, segments):
    with pytest.raises(UserError, match="not coder 1, coder 9"):
        agreement.units(read, segments, coders=["coder 1", "coder 9"])


# the check -------------------------------------------------------------------------------------

GOOD_TREE = [row for row in TREE if row[0] != "Empty"]
GOOD = [
    (d, 0, 9, c, f"coder {k}")
    for d in "abc"
    for k in (1, 2)
    for c in ("referrals", "staying", "system")
]


def test_a_sound_project_gives_no_finding():
    assert check_interviews(interviews(TEXTS, GOOD, GOOD_TREE), DIMENSIONS) == []


@pytest.mark.parametrize(
    ("rows", "tree", "rule"),
    [
        ([r for r in GOOD if r[4] == "coder 1"], GOOD_TREE, "one-coder"),
        ([r for r in GOOD if (r[0] == "a") == (r[4] == "coder 1")], GOOD_TREE, "no-overlap"),
        ([r for r in GOOD if r[0] != "b" or r[4] == "coder 1"], GOOD_TREE, "partly-double-coded"),
        ([r for r in GOOD if r[0] != "c"], GOOD_TREE, "interview-without-segments"),
        (GOOD, TREE, "theme-without-codes"),
        ([r for r in GOOD if r[3] != "staying"], GOOD_TREE, "theme-unused"),
        (
            [*GOOD, ("a", 5, 10, "staying", "coder 1"), ("a", 5, 10, "system", "coder 1")],
            GOOD_TREE,
            "overlapping-segments",
        ),
        ([*GOOD, ("a", 0, 9, "Level", "coder 1")], GOOD_TREE, "unknown-level"),
        ([*GOOD, ("a", 0, 9, "individual", "coder 1")], GOOD_TREE, "unknown-level"),
        ([r for r in GOOD if r[3] != "system"], GOOD_TREE, "no-level"),
        ([*GOOD, ("a", 3, 9, "system", "coder 1")], GOOD_TREE, "dimension-without-code"),
        ([*GOOD, ("a", 0, 9, "Access", "coder 1")], GOOD_TREE, "folder-coded"),
        ([*GOOD, ("a", 3, 3, "asking", "coder 1")], GOOD_TREE, "empty-segment"),
    ],
)
def test_what_is_thin_or_wrong_is_named(rows, tree, rule):
    assert rule in rules(check_interviews(interviews(TEXTS, rows, tree), DIMENSIONS))


def test_a_level_the_study_does_not_know_is_an_error():
    read = interviews(TEXTS, GOOD, GOOD_TREE)
    found = check_interviews(read, DIMENSIONS, values={"level": ["individual"]})
    assert {(f.rule, f.severity) for f in found} == {("unknown-level", "error")}


# size ------------------------------------------------------------------------------------------


def all_matrices_of_a_large_project() -> tuple[float, int]:
    """Seconds of computing and the most memory held (kB), in a process of its own."""
    random = np.random.default_rng(7)
    n, many = 50_000, 60
    tree = [("T", None, False), *[(f"c{k}", "T") for k in range(many)], *TREE[-3:]]
    start = random.integers(0, 40_000, n)
    place = pd.DataFrame(
        {
            "document": [f"d{k}" for k in random.integers(0, 1000, n)],
            "start": start,
            "end": start + random.integers(50, 900, n),
            "coder": random.choice(["coder 1", "coder 2"], n),
        }
    )
    rows = pd.concat(
        [
            place.assign(code=[f"c{k}" for k in random.integers(0, many, n)]),
            place.assign(code=random.choice(["system", "individual"], n)),
        ]
    )
    texts = {
        f"d{k}": "Hon sade att det aldrig blev någon tid över till det som räknas. 😀 " * 650
        for k in range(1000)
    }
    columns = ["document", "start", "end", "code", "coder"]
    read = interviews(texts, list(rows[columns].itertuples(index=False, name=None)), tree)
    assert len(read.segments) > 99_900
    segments = arrange(read, DIMENSIONS)
    for by in ("code", "theme", "level"):
        matrices.presence(read, segments, by)
        matrices.coverage(read, segments, by)
        matrices.reach(read, segments, by)
    matrices.codeline(read, segments)
    matrices.over_phases(segments.assign(phase=matrices.by_position(read, segments)))
    cooccurrence(segments)
    agreement.disagreements(agreement.units(read, segments))
    agreement.sentence_units(read, segments)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.slow
def test_100_000_segments_of_1000_interviews_take_less_than_2_gb():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        kilobytes = pool.submit(all_matrices_of_a_large_project).result()
    assert kilobytes < 2_000_000


def phases(**rows):
    return pd.DataFrame.from_dict(rows, orient="index", columns=["hinders", "both", "helps"])


def test_a_phase_with_hardly_a_passage_is_not_called_the_darkest():
    over = phases(Training=[1, 0, 0], First=[23, 8, 10], Later=[6, 7, 3])
    assert (
        matrices.most_and_darkest(over)
        == "spoken of most, and leans furthest to hindering, in the phase “first”"
    )
    assert matrices.most_and_darkest(over, least=1).endswith(
        "“first”, and leans furthest to hindering in “training”"
    )
    assert matrices.most_and_darkest(over, least=40) == "spoken of most in the phase “first”"
