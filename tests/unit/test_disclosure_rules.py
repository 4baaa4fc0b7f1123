"""The rules: what is too small, who is counted, what is printed instead, and that a slip is told."""

import pytest
from disclosure_helpers import RULES, SETTINGS

from sustainment.disclosure.excerpts import QUESTIONS, approved
from sustainment.disclosure.rules import is_extreme, number_in, read_rules, whole_percent
from sustainment.errors import UserError
from sustainment.study import load_settings


@pytest.mark.parametrize(
    ("count", "of", "small"),
    [
        (0, 66, True),
        (1, 66, True),
        (4, 66, True),
        (5, 66, False),
        (33, 66, False),
        (61, 66, False),
        (62, 66, True),
        (65, 66, True),
        (66, 66, True),
        (4, None, True),
        (62, None, False),
    ],
)
def test_counts_and_complements_below_five_and_nobody_and_everybody_are_too_small(count, of, small):
    assert RULES.small(count, of) is small


def test_what_says_nothing_about_anybody_may_be_small():
    assert not RULES.small(2, 66, ["no answer"])


@pytest.mark.parametrize(
    ("count", "word"), [(0, "none"), (1, "few"), (3, "few"), (4, "some"), (7, "most"), (12, "all")]
)
def test_numbers_of_interviews_become_words_by_rule(count, word):
    assert RULES.word_for(count, 12) == word


def test_eleven_of_twelve_are_not_all_and_one_is_not_none():
    assert RULES.word_for(11, 12) == "most" and RULES.word_for(1, 12) == "few"


def test_shares_lose_their_decimals_and_their_text_is_read_back():
    assert whole_percent("38.5 %") == "39 %" and whole_percent("−2.5 %") == "−3 %"
    assert number_in("39 %") == 0.39 and number_in("1,234") == 1234 and number_in("a few") is None


def test_a_name_says_whether_it_is_an_extreme():
    assert is_extreme("voices.longest") and is_extreme("min_age") and not is_extreme("few.minutes")


def test_a_population_nobody_named_has_no_strand():
    assert RULES.strand("respondents: low or no use") == "survey"
    assert RULES.strand("households") == ""


def test_a_misspelt_rule_is_told_and_not_passed_over():
    wrong = {**SETTINGS, "protection": {"survey": {"smallest_count": 10}}}
    with pytest.raises(UserError, match="smallest_count"):
        read_rules(wrong)


def test_the_books_own_rules_can_be_read(request):
    rules = read_rules(load_settings(request.config.rootpath))
    assert (rules.minimum, rules.denominator, rules.width) == (5, 10, 5)


@pytest.mark.parametrize("missing", QUESTIONS)
def test_an_excerpt_needs_every_answer_of_its_entry(missing):
    entry = {question: "said" for question in QUESTIONS if question != missing}
    with pytest.raises(UserError, match=missing):
        approved({"excerpts": {"approved": {"xabcdefgh": entry}}})


def test_a_bare_list_of_excerpts_is_no_register():
    with pytest.raises(UserError, match="entry"):
        approved({"excerpts": {"approved": ["xabcdefgh"]}})
