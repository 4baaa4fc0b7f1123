"""Columns that name people are found, columns that only look so are not; big files stay quick."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sustainment.survey.read import read_survey
from sustainment.survey.vendors.consent import propose_drops
from sustainment.survey.vendors.identifiers import identifying


@pytest.mark.parametrize(
    ("name", "wording", "values"),
    [
        ("IPAddress", "", ["192.0.2.1"]),
        ("q9", "Something", ["192.0.2.1", "198.51.100.7"]),
        ("contact", "", ["somebody@example.org", "other@example.org"]),
        ("RecipientEmail", "", []),
        ("first_name", "", ["Ada"]),
        ("q3", "What is your name?", ["Ada"]),
        ("efternamn", "", ["Ek"]),
        ("q4", "Your telephone number", ["070-000 00 00"]),
        ("LocationLatitude", "", ["59.3"]),
        ("token", "", ["a8f3"]),
        ("meta", "", ["Mozilla/5.0 (X11; Linux)"]),
        ("pnr", "", ["19121212-1212"]),
    ],
)
def test_columns_that_say_who_somebody_is(name, wording, values):
    assert identifying(name, wording, values)


@pytest.mark.parametrize(
    ("name", "wording", "values", "closed"),
    [
        ("Q1_Version", "Browser version", ["11.0.9.1", "10.1.2.3"], False),
        ("q1", "Do you use e-mail at work?", ["Yes", "No"], True),
        ("q2", "How many years have you worked here?", ["3", "12"], False),
        ("training", "Which training did you have?", ["CBT"], False),
        ("place", "What is hard about it?", ["The long way, and 1.2.3 things"], False),
    ],
)
def test_columns_that_only_look_so(name, wording, values, closed):
    reason = identifying(name, wording, values, closed=closed)
    assert reason == "" or "IP address" not in reason
    assert reason == "" or name == "Q1_Version"


def survey_file(tmp_path, rows):
    path = tmp_path / "s.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_an_address_inside_an_answer_is_reported_without_repeating_it(tmp_path):
    texts = [
        "write to me: someone@example.org please",
        "nothing to add here",
        "it is all fine with me",
        "more time",
    ]
    path = survey_file(tmp_path, [["id", "comment"], *([str(i), t] for i, t in enumerate(texts))])
    notes = [note for note in read_survey(path).notes if note.rule == "mail-in-text"]
    assert [note.column for note in notes] == ["comment"]
    assert "someone@" not in notes[0].sentence()


def test_refusals_and_blanks_of_a_consent_question_are_proposed_apart(tmp_path):
    rows = [
        ["id", "consent", "q1"],
        ["1", "Yes", "a"],
        ["2", "No", ""],
        ["3", "", "b"],
        ["4", "Yes", "c"],
    ]
    found = propose_drops(read_survey(survey_file(tmp_path, rows)))
    assert [(p.rule, p.value, p.lines) for p in found] == [
        ("not-consenting", "No", (3,)),
        ("not-consenting", "", (4,)),
    ]


def test_a_question_about_agreement_is_not_taken_for_consent(tmp_path):
    rows = [["id", "q1"], ["1", "I agree"], ["2", "No, I do not agree"], ["3", "I agree"]]
    assert propose_drops(read_survey(survey_file(tmp_path, rows))) == []


@pytest.mark.slow
def test_twenty_thousand_respondents_and_four_hundred_items_in_twenty_seconds(tmp_path):
    draw = random.Random(5)
    names = ["id", *(f"q{i}" for i in range(1, 401))]
    lines = [
        ",".join([str(n), *(str(draw.randint(1, 5)) for _ in range(400))]) for n in range(20_000)
    ]
    path = tmp_path / "big.csv"
    path.write_text("\n".join([",".join(names), *lines]), encoding="utf-8")
    program = (
        "import resource, sys\n"
        "from sustainment.survey.read import read_survey\n"
        "from sustainment.survey.clean import clean\n"
        "from sustainment.survey.vendors.consent import propose_drops\n"
        "raw = read_survey(sys.argv[1])\n"
        "propose_drops(raw)\n"
        "survey = clean(raw, {'id': 'id'})\n"
        "assert survey.answers.shape == (20000, 400)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 1536


@pytest.mark.slow
def test_twenty_thousand_respondents_are_drafted_and_checked_within_their_memory():
    """How long it takes is measured by `make bench`, whose program this is."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "sustainment.book.scale", "own study", "20000", str(root)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    measured = json.loads(done.stdout)
    assert measured["rows"] == 20_000
    assert measured["peak_mb"] < 1536, measured
