"""A chapter outside the site: no role, no form, and exercises that can be checked in a cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sustainment.book.site.download import readable
from sustainment.book.site.links import clean_notebook
from sustainment.learn.exercises import load_exercises

ROOT = Path(__file__).parents[2]
EXERCISES = load_exercises(ROOT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("of {num}`use.population` persons", "of `use.population` persons"),
        ("these {term}`bounds`, two {term}`cohorts <cohort>`", "these bounds, two cohorts"),
        ("said {cite:p}`brown2001interval`.", "said [brown2001interval]."),
        ("a\n\n```{interval-widget}\n:yes: use.yes\n```\n\nb", "a\n\n*(Here the page has a part to try.)*\n\nb"),
        ("```{claim} need\n```", "*(Here the page says what these data may say to the article's claim `need`.)*"),
        ("```python\nprint(1)\n```", "```python\nprint(1)\n```"),
        ("```{practice} no.such\n```", "```{practice} no.such\n```"),
    ],
)  # fmt: skip
def test_what_only_the_site_understands_becomes_words(text, expected):
    assert readable(text, EXERCISES) == expected


def test_an_exercise_becomes_its_question_and_the_calls_that_check_it():
    text = readable(
        "```{practice} still-using.bounds\n```\n\n```{guess} still-using.g1\n```", EXERCISES
    )
    assert EXERCISES["still-using.bounds"].ask in text
    assert 'check("still-using.bounds", low="…", high="…")' in text
    assert EXERCISES["still-using.g1"].ask in text
    assert "{" not in text


@pytest.mark.parametrize("chapter", ["start/two-of-three", "survey/still-using"])
def test_a_downloaded_chapter_says_how_to_get_the_rest_and_holds_no_role(chapter):
    source = ROOT / "notebooks" / f"{chapter}.md"
    text = clean_notebook(source, f"notebooks/{chapter}", "https://host.invalid/a/book", EXERCISES)
    cells = json.loads(text)["cells"]
    assert "git clone https://host.invalid/a/book\ncd book" in "".join(cells[0]["source"])
    assert "%pip install --quiet ./book\n%cd book/notebooks/" in "".join(cells[0]["source"])
    nowhere = clean_notebook(source, f"notebooks/{chapter}", "", EXERCISES)
    assert "git clone" not in nowhere
    assert "Colab" not in nowhere
    words = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    for sign in ("{num}", "{term}", "{practice}", "{guess}", "{cite"):
        assert sign not in words
    assert not any(cell.get("outputs") for cell in cells)
