"""Excerpts by public id, and links between interviews and respondents."""

import dataclasses
import html
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from interviews_helpers import interviews, rules

from sustainment.errors import CannotSay, UserError
from sustainment.interviews import excerpts, link
from sustainment.interviews.read import read_interviews

TEXT = 'Interviewer: How so?\nClinician: First this. "So & <b>so</b>", she said. Then that. End.'
TEXTS = {"script-A": TEXT, "script-B": TEXT.replace("First", "Never")}
WORDS = '"So & <b>so</b>", she said.'
ENTRY = {"edits": "nothing", "identifiers": "none", "consent": "all", "second_reader": "a role"}
ROWS = [
    (d, t.index(WORDS), t.index(WORDS) + len(WORDS), "x", c)
    for d, t in TEXTS.items()
    for c in ("coder 1", "coder 2")
]
ROWS.append(("script-A", TEXT.index("Then"), TEXT.index(" End"), "x", "coder 1"))


def read(provenance="synthetic", **settings):
    made = interviews(TEXTS, ROWS, [("x", None)])
    return dataclasses.replace(made, provenance=provenance, settings=settings)


def id_of(made, document="script-A", words=WORDS, key=None):
    ids = excerpts.public_ids(made, key)
    start = TEXTS[document].index(words)
    return ids.loc[(ids["document"] == document) & (ids["start"] == start), "id"].item()


# public ids ------------------------------------------------------------------------------------


def test_an_id_names_one_passage_whoever_coded_it():
    ids = excerpts.public_ids(read())
    assert len(ids) == 3 and ids["id"].is_unique
    assert excerpts.find(read(), id_of(read()))["text"] == WORDS


def test_ids_reveal_no_interview_and_two_of_one_person_share_nothing():
    ids = excerpts.public_ids(read())
    assert all(re.fullmatch(r"x[a-z2-7]{8}", i) for i in ids["id"])
    assert ids["id"].is_monotonic_increasing  # sorted by chance, not by interview
    many = {f"d{k}": "word " * 50 for k in range(20)}
    rows = [(d, 5 * k, 5 * k + 4, "x", "coder 1") for d in many for k in range(20)]
    made = dataclasses.replace(interviews(many, rows, [("x", None)]), provenance="synthetic")
    table = excerpts.public_ids(made)
    table["order"] = range(len(table))
    # neighbours in the published order are of one interview no more often than by chance
    same = (table["document"] == table["document"].shift()).mean()
    assert same < 3 / 20


def test_another_key_gives_other_ids():
    assert not set(excerpts.public_ids(read(), "k1")["id"]) & set(
        excerpts.public_ids(read(), "k2")["id"]
    )
    assert id_of(read(excerpts={"key": "k1"})) == id_of(read(), key="k1")


def test_real_excerpts_need_a_secret_key(monkeypatch):
    monkeypatch.delenv(excerpts.KEY_VARIABLE, raising=False)
    made = read("observed", excerpts={"key": "in study.yml, for everybody to see"})
    with pytest.raises(UserError, match=excerpts.KEY_VARIABLE):
        excerpts.public_ids(made)
    monkeypatch.setenv(excerpts.KEY_VARIABLE, "secret")
    assert id_of(made) == id_of(read(), key="secret")


@pytest.mark.parametrize(("wanted", "words"), [("x2345672", "no excerpt id"), ("xaaaaaaaa", "No passage")])  # fmt: skip
def test_an_id_that_is_none_is_said(wanted, words):
    with pytest.raises(UserError, match=words):
        excerpts.excerpt(read(), wanted)


# what is shown ---------------------------------------------------------------------------------


def test_the_words_shown_are_the_slice_of_the_transcript():
    shown = excerpts.excerpt(read(), id_of(read()))
    assert shown == WORDS
    markup = excerpts.to_html("xabcdefgh", shown, "synthetic")
    inside = re.search(r'data-excerpt="xabcdefgh">(.*?)</span>', markup).group(1)
    assert html.unescape(inside) == WORDS
    assert "<b>" not in markup
    assert "script" not in markup


def test_invented_words_carry_their_mark_and_observed_ones_do_not():
    markup = excerpts.to_html("xabcdefgh", "words", "synthetic")
    assert "visually-hidden" in markup and excerpts.INVENTED_SUFFIX in markup
    assert excerpts.INVENTED_SUFFIX not in excerpts.to_html("xabcdefgh", "words", "observed")


def test_nothing_is_shown_while_it_is_unknown_whether_it_is_invented():
    with pytest.raises(UserError, match="invented or observed"):
        excerpts.excerpt(read(provenance=""), "xabcdefgh")


def test_edits_are_marked():
    start = WORDS.index("<b>")
    assert excerpts.edited(WORDS, [(start, start + 9)], {"she": "a colleague"}) == (
        '"So & […]", [a colleague] said.'
    )
    with pytest.raises(UserError, match="outside the passage"):
        excerpts.edited(WORDS, [(0, 999)], {})
    with pytest.raises(UserError, match="does not hold it"):
        excerpts.edited(WORDS, [], {"nobody": "x"})


def test_context_stays_within_the_turn():
    passage = excerpts.find(read(), id_of(read()))
    before, after = excerpts.surroundings(read(), passage, 1)
    assert (before, after) == ("Clinician: First this.", "Then that.")
    before, after = excerpts.surroundings(read(), passage, 9)
    assert (before, after) == ("Clinician: First this.", "Then that. End.")
    assert excerpts.surroundings(read(), passage, 0) == ("", "")


def test_under_observed_only_reviewed_excerpts_are_shown(monkeypatch):
    monkeypatch.setenv(excerpts.KEY_VARIABLE, "secret")
    wanted = id_of(read("observed"))
    with pytest.raises(UserError, match="not on the reviewed list"):
        excerpts.excerpt(read("observed"), wanted)
    assert (
        excerpts.excerpt(read("observed", excerpts={"approved": {wanted: ENTRY}}), wanted) == WORDS
    )
    assert excerpts.excerpt(read("observed"), wanted, approved=lambda i: i == wanted) == WORDS


def test_what_an_observed_excerpt_hides_stands_in_its_entry_and_not_in_the_chapters_code(
    monkeypatch,
):
    monkeypatch.setenv(excerpts.KEY_VARIABLE, "secret")
    wanted = id_of(read("observed"))
    name = WORDS.split()[0]
    register = {"approved": {wanted: {**ENTRY, "replace": {name: "somebody"}}}}
    observed = read("observed", excerpts=register)
    assert excerpts.excerpt(observed, wanted) == WORDS.replace(name, "[somebody]")
    with pytest.raises(UserError, match="code of a chapter is printed") as said:
        excerpts.excerpt(observed, wanted, replace={name: "somebody"})
    assert name not in str(said.value)


# links -----------------------------------------------------------------------------------------


def test_links_by_a_case_variable_and_what_does_not_link():
    made = read()
    made.cases["case"] = ["K1", "K2"]
    made.cases["document"] = ["script-A", "script-B"]
    made.cases["person"] = [7.0, 9.0]
    links = link.by_id(made, ["7", "8"], "person")
    assert links.pairs.values.tolist() == [["script-A", "7"]]
    assert (links.unlinked, links.respondents_without) == (["script-B"], ["8"])
    assert rules(links.notes) == {"not-linked"}
    with pytest.raises(UserError, match="no variable 'id'; they have: person"):
        link.by_id(made, ["7"], "id")


def test_links_by_a_pattern_in_names():
    links = link.by_pattern(read(), ["A", "C"], r"script-(?P<id>\w)")
    assert links.pairs.values.tolist() == [["script-A", "A"]]
    assert (links.unlinked, links.respondents_without) == (["script-B"], ["C"])
    twice = link.by_pattern(read(), ["s"], r"(?P<id>s)cript")
    assert "link-twice" in rules(twice.notes)
    with pytest.raises(UserError, match="no group"):
        link.by_pattern(read(), ["A"], r"script-(\w)")


def test_links_by_row_only_where_the_numbers_agree():
    assert link.by_row(read(), ["r1", "r2"]).pairs["respondent"].tolist() == ["r1", "r2"]
    with pytest.raises(UserError, match="2 interviews, the survey 3"):
        link.by_row(read(), ["r1", "r2", "r3"])


ANSWERS = pd.Series(
    {
        "r1": "First of all,  there is no time. And no money for it either!",
        "r2": "n/a",
        "r3": "There is nothing to add here.",
        "r4": None,
        "r5": "N/A",
        "r6": "Well: there is nothing to add here. Bye",
    }
)


def quotes(*words):
    text = "\n\n".join(words)
    rows = [(("sheet"), text.index(w), text.index(w) + len(w), "x", "") for w in words]
    return interviews({"sheet": text}, rows, [("x", None)])


def test_passages_link_to_the_one_answer_that_holds_them():
    made = quotes('"there is no time."', "And no money for it", "nothing to add", "n/a", "not said")
    links = link.by_text(made, ANSWERS)
    texts = made.segments.set_index("segment")["text"]
    linked = {texts[s]: r for s, r in links.pairs.values.tolist()}
    assert linked == {'"there is no time."': "r1", "And no money for it": "r1"}
    assert [texts[s] for s in links.unlinked] == ["nothing to add", "n/a", "not said"]
    assert {"link-ambiguous", "not-linked"} == rules(links.notes)
    assert links.respondents_without == ["r2", "r3", "r5", "r6"]


def test_a_common_word_links_with_the_other_passages_of_its_document():
    answers = pd.Series({"r1": "We have no time for it. Yes", "r2": "Yes", "r3": "Yes, it is done in the evening"})  # fmt: skip
    texts = {"R_1": "no time for it\n\nhave no time\n\nYes\n\nmoney", "R_3": "done in the evening\n\nYes"}  # fmt: skip
    spans = [("R_1", 0, 14), ("R_1", 16, 28), ("R_1", 30, 33), ("R_1", 35, 40), ("R_3", 0, 19), ("R_3", 21, 24)]  # fmt: skip
    made = interviews(texts, [(*span, "x", "") for span in spans], [("x", None)])
    links = link.by_text(made, answers)
    linked = dict(links.pairs.values.tolist())
    # "Yes" is all that r2 said, and stands in r1's answer too; two other passages say whose R_1 is
    assert linked["R_1:0-14"] == linked["R_1:16-28"] == linked["R_1:30-33"] == "r1"
    # R_3 has one such passage only, which may be chance; what stands in no answer is linked to nobody
    assert linked["R_3:0-19"] == "r3" and linked["R_3:21-24"] == "r2"
    assert links.unlinked == ["R_1:35-40"]
    assert {"linked-with-document", "not-linked"} == rules(links.notes)


def test_linked_answers_become_documents_by_respondent():
    made = quotes("there is no time.", "And no money for it", "not said")
    own = link.regrouped(made, link.by_text(made, ANSWERS))
    assert own.documents["document"].tolist() == ["r1"]
    assert own.segments["text"].tolist() == ["there is no time.", "And no money for it"]
    assert own.segments["verified"].all()
    assert own.other["why"].tolist() == ["linked to no respondent"]


def test_the_real_matrices_link_to_the_answers_they_quote(shared_data):
    from sustainment.interviews.read import read_interviews

    folder = shared_data / "flaky-tests-survey"
    answers = pd.read_csv(folder / "responses.tsv", sep="\t", dtype="str")
    coded = read_interviews(folder / "thematic" / "sq11.ods")

    def quoted(column: str) -> int:
        held = answers[column].fillna("")
        return sum(held.str.contains(t, regex=False).any() for t in coded.segments["text"])

    column = max(answers.columns, key=quoted)
    links = link.by_text(coded, answers[column])
    passages = coded.segments.drop_duplicates("segment")
    # one by one, without the index the function builds
    squeezed = {r: " ".join(str(a).split()).casefold() for r, a in answers[column].dropna().items()}
    for row in passages.itertuples():
        words = " ".join(row.text.split()).casefold()
        holders = [r for r, a in squeezed.items() if words in a]
        found = links.pairs.loc[links.pairs["segment"] == row.segment, "respondent"].tolist()
        if len(holders) == 1 and len(words) >= 12:
            assert found == holders
        assert len(found) + (row.segment in links.unlinked) == 1
    assert len(links.pairs) > len(passages) / 2


def test_every_excerpt_that_a_chapter_names_is_a_passage_of_the_books_interviews():
    """A chapter says in place of a missing one that it is not there; in this book none is missing."""
    root = Path(__file__).parents[2]
    key = yaml.safe_load((root / "data/study.yml").read_text())["interviews"]["excerpts"]["key"]
    known = set(excerpts.public_ids(read_interviews(root / "data/raw/interviews"), key)["id"])
    named = {
        (path.name, id)
        for folder, ending in (("notebooks", "*.md"), ("data/integration", "*.yml"))
        for path in (root / folder).rglob(ending)
        for id in re.findall(r"[\"' \[,](x[a-z2-7]{8})\b", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 15
    assert {(where, id) for where, id in named if id not in known} == set()


def test_an_excerpt_that_is_gone_cannot_be_said_and_one_misspelt_is_refused():
    with pytest.raises(CannotSay, match="No passage has the excerpt id"):
        excerpts.find(read(), "xaaaaaaaa", "k")
    with pytest.raises(UserError, match="is no excerpt id"):
        excerpts.find(read(), "aaaaaaaaa", "k")
