"""What the two widgets say before a script runs: Python's own numbers, or what does not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sustainment.learn.widgets import (
    INTERVAL_WORDS,
    LARGEST_GROUP,
    interval_html,
    interval_lines,
    world_lines,
    worlds_html,
)

ROOT = Path(__file__).parents[2]
START = {"yes": 33, "answered": 50, "group": 66, "confidence": 0.95}
WORLD = {
    "group": 66,
    "about_low": 0.6,
    "about_high": 0.73,
    "phrase": "about two of three",
    "did": "continued",
}


def lines(yes: int, answered: int, group: int) -> list[str]:
    return interval_lines(yes, answered, group, 0.95, INTERVAL_WORDS["own"])


def test_the_three_intervals_stand_in_three_sentences_with_their_assumptions():
    said = lines(33, 50, 66)
    assert "between 33 and 49 of the 66" in said[1]
    assert said[2].startswith("If silence is chance: between 39 and 48")
    # Wilson's interval for 33 of 50; R: prop.test(33, 50, correct = FALSE) gives 0.5215 to 0.7756
    assert "52 % to 78 %" in said[3]


def test_a_tie_is_rounded_half_up():
    assert "which is 13 % to" in lines(1, 2, 8)[1]  # 1 of 8 is 12.5 %


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((3, 2, 66), "3 cannot have said yes when 2 answered"),
        ((3, 70, 66), "70 answers from 66 persons do not fit"),
        ((0, 0, 0), "at least one person"),
        ((1, 1, LARGEST_GROUP + 1), f"up to {LARGEST_GROUP}"),
        ((-1, 1, 2), "whole numbers"),
    ],
)
def test_numbers_that_do_not_fit_get_one_sentence(given, words):
    said = lines(*given)
    assert len(said) == 1
    assert words in said[0]


def test_nobody_answering_and_nobody_silent_are_said():
    assert lines(0, 0, 66)[3] == INTERVAL_WORDS["nobody"]
    assert "33 of the 50 exactly" in lines(33, 50, 50)[1]


@pytest.mark.parametrize(
    ("answered", "yes", "fits", "sure"),
    [
        (50, 33, "it fits", "cannot be told"),
        (60, 40, "it fits", "More than half of the 66 for certain"),
        (60, 20, "does not fit", "Half of the 66 or fewer for certain"),
        (66, 33, "does not fit", "Half of the 66 or fewer for certain"),
    ],
)
def test_a_world_says_what_is_certain_in_it(answered, yes, fits, sure):
    said = world_lines(answered, yes, WORLD)
    assert fits in said[2]
    assert sure in said[3]


def test_the_page_reads_without_a_script_and_says_which_numbers_are_invented():
    html = interval_html(START, {}, "invented")
    assert "In the rehearsal, 33 of the 50" in html
    assert "In the rehearsal" not in interval_html(START, {}, "observed")
    assert html.count("<label ") == html.count("<input ") == 3
    assert 'role="status"' in html


def test_the_map_draws_each_world_that_fits_once():
    html = worlds_html(WORLD | {"answered": 50, "yes": 33}, WORLD, "derived")
    drawn = re.findall(r"M(\d+) (\d+)h0", html)
    fitting = [(n, x) for n in range(1, 67) for x in range(n + 1) if 0.6 <= x / n <= 0.73]
    assert sorted((int(n), 66 - int(y)) for n, y in drawn) == sorted(fitting)
    assert html.count("<label ") == html.count('type="range"') == 2
