"""Integration as data: everything incomplete is refused and named, and claims turn with the data."""

from __future__ import annotations

import copy
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sustainment.errors import UserError
from sustainment.integration.claims import (
    claims_table,
    is_met,
    keys_of,
    load_claims,
    outcome,
    read_claims,
)
from sustainment.integration.display import (
    argued,
    counts_in_words,
    fit_table,
    side_by_side,
    visual_display,
)
from sustainment.integration.model import check_keys, read_integration

ROOT = Path(__file__).parents[2]
CONSTRUCT = {
    "id": "door",
    "name": "Who holds the door?",
    "level": "system",
    "theme": "Access",
    "survey": ["meet.door"],
    "excerpts": ["x1"],
    "talk_says": "words",
    "fit": {"A": {"fit": "expansion", "reason": "adds"}, "B": {"fit": "silence", "reason": "none"}},
    "agreed": "expansion",
    "why": "it adds",
    "follows": "a person may be the path",
}
INFERENCE = {
    "id": "one",
    "statement": "It hangs on persons.",
    "evidence": ["door"],
    "confidence": "low",
    "reason": "one row",
    "rival": "chance",
    "fails_if": "nobody was needed",
    "scope": "here",
}
THREAD = {
    "id": "t",
    "starts_in": "survey",
    "finding": "f",
    "question": "q",
    "looked_in": "interviews",
    "outcome": "o",
    "construct": "door",
}


def written(
    folder: Path, constructs=(CONSTRUCT,), inferences=(INFERENCE,), threads=(THREAD,)
) -> Path:
    for name, entries in (
        ("constructs", constructs),
        ("meta_inferences", inferences),
        ("threads", threads),
    ):
        (folder / f"{name}.yml").write_text(
            "# a comment first\n"
            + yaml.safe_dump(list(entries), allow_unicode=True, sort_keys=False)
        )
    return folder


def changed(entry: dict, **fields) -> dict:
    out = copy.deepcopy(entry)
    for name, value in fields.items():
        if value is None:
            out.pop(name)
        else:
            out[name] = value
    return out


def test_a_complete_integration_is_read(tmp_path):
    found = read_integration(written(tmp_path))
    assert found.construct("door").line == 2
    assert found.construct("door").strands == {"survey", "interviews"}


BROKEN = {
    "lacks 'why'": {"constructs": [changed(CONSTRUCT, why=None)]},
    "unknown field 'colour'": {"constructs": [changed(CONSTRUCT, colour="red")]},
    "used twice": {"constructs": [CONSTRUCT, CONSTRUCT]},
    "needs the fit of two raters": {
        "constructs": [changed(CONSTRUCT, fit={"A": {"fit": "silence", "reason": "r"}})]
    },
    "gives the fit 'agreement'": {
        "constructs": [
            changed(
                CONSTRUCT,
                fit={
                    "A": {"fit": "agreement", "reason": "r"},
                    "B": {"fit": "silence", "reason": "r"},
                },
            )
        ]
    },
    "gives no reason": {
        "constructs": [
            changed(
                CONSTRUCT,
                fit={"A": {"fit": "silence", "reason": ""}, "B": {"fit": "silence", "reason": "r"}},
            )
        ]
    },
    "no evidence from the survey": {"constructs": [changed(CONSTRUCT, survey=[])]},
    "no evidence from the interviews": {"constructs": [changed(CONSTRUCT, excerpts=[])]},
    "nothing rests on the construct 'other'": {
        "constructs": [CONSTRUCT, changed(CONSTRUCT, id="other")]
    },
    "which does not exist": {"inferences": [changed(INFERENCE, evidence=["door", "window"])]},
    "lacks 'evidence'": {"inferences": [changed(INFERENCE, evidence=[])]},
    "has the confidence 'sure'": {"inferences": [changed(INFERENCE, confidence="sure")]},
    "runs in a circle": {
        "inferences": [
            changed(INFERENCE, evidence=["door", "two"]),
            changed(INFERENCE, id="two", evidence=["one"]),
        ]
    },
    "ends in the construct 'window'": {"threads": [changed(THREAD, construct="window")]},
}


@pytest.mark.parametrize("words", BROKEN)
def test_what_is_incomplete_is_refused_and_named(tmp_path, words):
    with pytest.raises(UserError, match=words):
        read_integration(written(tmp_path, **BROKEN[words]))


def test_broken_yaml_is_named_with_its_line(tmp_path):
    written(tmp_path)
    (tmp_path / "constructs.yml").write_text("- id: a\n  name: [b\n")
    with pytest.raises(UserError, match=r"constructs.yml, line \d"):
        read_integration(tmp_path)


TWO = [CONSTRUCT, changed(CONSTRUCT, id="second", name="Another?")]
BOTH = changed(INFERENCE, evidence=["door", "second"])
PLACED = {  # what is wrong → file, line (the comment is line 1), and what to do
    "unknown key": (
        {"constructs": [CONSTRUCT, changed(TWO[1], agred="x")], "inferences": [BOTH]},
        r"constructs\.yml, line 21: unknown field 'agred'\. Did you mean 'agreed'\?",
    ),
    "duplicate id": (
        {"constructs": [CONSTRUCT, changed(CONSTRUCT, name="Another?")]},
        r"constructs\.yml, line 21: the id 'door' is used twice, first in line 2\. Give one",
    ),
    "circular evidence": (
        {
            "inferences": [
                INFERENCE,
                changed(INFERENCE, id="two", evidence=["three"]),
                changed(INFERENCE, id="three", evidence=["two"]),
            ]
        },
        r"meta_inferences\.yml, line 11: the evidence runs in a circle: two → three → two\. Take",
    ),
    "unknown evidence": (
        {"inferences": [changed(INFERENCE, evidence=["dor"])]},
        r"meta_inferences\.yml, line 2: 'one' rests on 'dor'.*Did you mean 'door'\?",
    ),
    "missing field": (
        {"constructs": [CONSTRUCT, changed(TWO[1], why=None)], "inferences": [BOTH]},
        r"constructs\.yml, line 21: 'second' lacks 'why'\. Add it",
    ),
    "evidence nobody uses": (
        {"constructs": TWO},
        r"constructs\.yml, line 21: nothing rests on the construct 'second'\. Use it",
    ),
    "a thread that ends nowhere": (
        {"threads": [THREAD, changed(THREAD, id="u", construct="window")]},
        r"threads\.yml, line 9: the thread 'u' ends in the construct 'window'.*Name one",
    ),
}


@pytest.mark.parametrize("mistake", PLACED)
def test_a_mistake_is_named_with_file_line_and_what_to_do(tmp_path, mistake):
    files, words = PLACED[mistake]
    with pytest.raises(UserError, match=words):
        read_integration(written(tmp_path, **files))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- id: a\n  why: x\n  why: y\n", r"line 3: the field 'why' stands twice.*Take one out"),
        ("id: a\n", r"line 1: there must be a list of entries"),
        ("- id: a\n- words\n", r"there must be a list of entries"),
        ("- id: a\n  name: b: c\n", r"line 2: not valid YAML .*quotation marks"),
        ("- id: a\n\tname: b\n", r"line 2: not valid YAML"),
        ("", "there must be a list"),
    ],
)
def test_text_that_is_no_list_of_entries_is_named_with_its_line(tmp_path, text, words):
    written(tmp_path)
    (tmp_path / "threads.yml").write_text(text)
    with pytest.raises(UserError, match=f"threads.yml.*{words}"):
        read_integration(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"constructs.yml is missing"):
        read_integration(tmp_path)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (([], ["Access"], ["x1"]), "value 'meet.door'"),
        ((["meet.door"], ["Access"], []), "excerpt 'x1'"),
        ((["meet.door"], [], ["x1"]), "theme 'Access'"),
    ],
)
def test_a_key_that_nothing_stands_behind_is_named(tmp_path, known, words):
    with pytest.raises(UserError, match=words):
        check_keys(read_integration(written(tmp_path)), *known)


def test_silence_may_lack_a_strand_and_says_so(tmp_path):
    quiet = changed(CONSTRUCT, survey=[], agreed="silence")
    construct = read_integration(written(tmp_path, constructs=[quiet])).construct("door")
    assert "no question" in counts_in_words(construct, pd.DataFrame())


def test_the_display_carries_counts_with_their_denominator(tmp_path):
    found = read_integration(written(tmp_path))
    evidence = pd.DataFrame([{"count": 3, "of": 10, "words": "say no"}], index=["meet.door"])
    assert side_by_side(found, evidence)["the counts"].tolist() == ["3 of 10 say no"]
    assert fit_table(found)["raters differ"].tolist() == [True]


def test_each_rater_s_reason_stands_beside_the_word_and_what_was_kept(tmp_path):
    row = argued(read_integration(written(tmp_path))).iloc[0]
    assert row["A"] == "expansion · adds" and row["B"] == "silence · none"
    assert row["kept"] == "expansion · it adds"


def test_the_visual_display_reads_on_a_phone():
    """No small print, no text over another or past the edge, for words as long as they come."""
    from sustainment.figures import plt

    found = read_integration(ROOT / "data" / "integration")
    keys = [key for construct in found.constructs for key in construct.survey]
    words = "say that the way to a first family is long and that nobody at work knows who holds it"
    evidence = pd.DataFrame([{"count": 17, "of": 46, "words": words}] * len(keys), index=keys)
    evidence = evidence[~evidence.index.duplicated()]
    fig = visual_display(found, evidence)
    try:
        fig.canvas.draw()
        for ax in fig.axes:
            assert all(text.get_fontsize() >= 10 for text in ax.texts)
            boxes = sorted((t.get_window_extent() for t in ax.texts), key=lambda b: -b.y1)
            assert all(box.x1 <= fig.bbox.x1 for box in boxes)
            for above, below in pairwise(boxes):
                assert below.y1 <= above.y0 + 1
            lowest = ax.get_window_extent().y0
            assert boxes[-1].y0 >= lowest - 1
        assert len(fig.axes) == len(found.constructs)
    finally:
        plt.close(fig)


def test_a_bar_of_nobody_is_drawn_as_nothing(tmp_path):
    from sustainment.figures import plt

    evidence = pd.DataFrame([{"count": 0, "of": 0, "words": "say no"}], index=["meet.door"])
    fig = visual_display(read_integration(written(tmp_path)), evidence)
    assert [patch.get_width() for patch in fig.axes[0].patches] == [1, 0]
    plt.close(fig)


def test_the_shipped_integration_is_complete():
    found = read_integration(ROOT / "data" / "integration")
    agreed = {c.agreed for c in found.constructs}
    assert agreed == {"confirmation", "expansion", "discordance", "silence"}
    assert any(not c.planted for c in found.constructs)


CLAIM = {
    "id": "continued",
    "paraphrase": "about two of three",
    "source": "key",
    "estimand": "share",
    "chapter": "c",
    "rule": {"key": "use.share", "at_least": 0.6, "at_most": 0.73},
    "generator": "fixed",
    "fails_if": "fewer",
}


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.66, "consistent"), (0.4, "not consistent"), (0.9, "not consistent")]
)
def test_under_observed_data_the_verdict_turns_with_the_data(share, verdict):
    assert outcome(CLAIM, {"use.share": share}, "observed").words == verdict


def test_under_invented_data_no_verdict_is_given():
    words = outcome(CLAIM, {"use.share": 0.66}, "synthetic").words
    assert words == "met by construction"
    assert (
        "consistent"
        not in claims_table([CLAIM], {"use.share": 0.1}, "synthetic")["outcome"].iloc[0]
    )


def test_a_claim_that_the_survey_cannot_judge_is_never_judged():
    claim = changed(CLAIM, rule={"cannot": "wrong instrument"})
    for provenance in ("synthetic", "observed"):
        assert "cannot be judged" in outcome(claim, {}, provenance).words


def test_a_withheld_value_cannot_be_judged_in_public():
    assert outcome(CLAIM, {"use.share": "withheld"}, "observed").words == "cannot be judged"


def test_a_rule_on_an_unknown_value_or_without_a_comparison_is_named():
    with pytest.raises(UserError, match=r"'use.share', which is not reported"):
        is_met(CLAIM["rule"], {})
    with pytest.raises(UserError, match="compares with nothing"):
        is_met({"key": "a"}, {"a": 1})


@pytest.mark.parametrize("field", ["fails_if", "estimand", "rule"])
def test_a_claim_lacking_a_field_is_named(field):
    with pytest.raises(UserError, match=field):
        read_claims([changed(CLAIM, **{field: None})])


def test_a_claim_id_used_twice_is_named():
    with pytest.raises(UserError, match="used twice"):
        read_claims([CLAIM, CLAIM])


def test_a_claims_file_is_read_line_by_line(tmp_path):
    path = tmp_path / "published.yml"
    path.write_text(yaml.safe_dump({"facts": {}, "claims": [CLAIM]}, sort_keys=False))
    assert load_claims(path) == [CLAIM]
    path.write_text("facts: {}\n")
    with pytest.raises(UserError, match=r"published.yml: there must be a list of entries under"):
        load_claims(path)
    path.write_text("claims: {a: b}\n")
    with pytest.raises(UserError, match=r"published.yml, line 1: there must be a list"):
        load_claims(path)
    path.write_text(yaml.safe_dump({"claims": [CLAIM | {"rul": 1}]}))
    with pytest.raises(UserError, match=r"line 2: .*unknown field 'rul'. Did you mean 'rule'\?"):
        load_claims(path)


def test_a_rule_names_all_the_values_it_compares():
    assert keys_of({"key": "a", "equals": 1, "and": {"key": "b", "at_least": 2}}) == ["a", "b"]
    assert keys_of({"cannot": "wrong instrument"}) == []


def test_a_claim_of_two_parts_is_judged_on_both():
    rule = {"key": "a", "equals": 12, "and": {"key": "b", "at_least": 2}}
    assert is_met(rule, {"a": 12, "b": 2}) is True
    assert is_met(rule, {"a": 12, "b": 1}) is False
    assert is_met(rule, {"a": 12, "b": "few"}) is None


def test_the_shipped_claims_cover_the_abstract():
    claims = read_claims(yaml.safe_load((ROOT / "data/published.yml").read_text())["claims"])
    assert {c["id"] for c in claims} >= {
        "asked",
        "interviewed",
        "continued",
        "experience",
        "themes",
        "levels",
        "need",
    }
    need = next(c for c in claims if c["id"] == "need")
    assert is_met(need["rule"], {}) is None


def test_a_value_that_cannot_be_said_leaves_the_claim_unjudged():
    for provenance, words in (
        ("synthetic", "cannot be judged, from these answers"),
        ("observed", "cannot be judged"),
    ):
        assert outcome(CLAIM, {"use.share": None}, provenance).words == words


def test_the_fit_of_a_row_whose_question_nobody_answered_cannot_be_judged(tmp_path):
    found = read_integration(written(tmp_path))
    (key,) = found.construct("door").survey
    answered = pd.DataFrame({"count": [3], "of": [4], "words": ["say so"]}, index=[key])
    nobody = answered.assign(count=0, of=0)
    assert fit_table(found, answered)["agreed"].tolist() == [found.construct("door").agreed]
    assert fit_table(found, nobody)["agreed"].tolist() == ["cannot be judged"]
    row = side_by_side(found, nobody).iloc[0]
    assert row["the counts"] == "nobody answered whether they say so"
    assert row["fit"].startswith("cannot be judged")
    visual_display(found, nobody)
