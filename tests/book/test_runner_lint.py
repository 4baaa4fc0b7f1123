"""Each rule of the lint is seen to fail on a broken example, and to leave a sound one alone."""

import pytest
from book_helpers import change

from sustainment.book.lint import lint
from sustainment.book.prose import sentences
from sustainment.errors import UserError

SHARE = "notebooks/survey/share.md"
END = "{glue:text}`share.yes` said yes."


def rules(folder):
    return [f.rule for f in lint(folder) if f.severity == "error"]


def test_the_example_is_sound(book):
    assert rules(book) == []


@pytest.mark.parametrize(
    "prose",
    [
        "Then 41 answered.",
        "Then 41{sup}`2` answered.",
        "So 62 % said yes.",
        "Forty-one answered.",
        "- 41 answered",
        "| answered | 41 |",
        ":::{note}\nHere 41 answered.\n:::",
        "```{admonition} What 41 said\nNothing.\n```",
        "````{tab-set}\n```{tab-item} One\nHere 41 answered.\n```\n````",
        "[41 answered](https://example.org/)",
        "*41* answered.",
    ],
)
def test_a_typed_number_is_found(book, prose):
    change(book / SHARE, END, f"{END}\n\n{prose}")
    assert rules(book) == ["typed number"]


@pytest.mark.parametrize(
    "prose",
    [
        "In 2024 {cite:t}`pernebo2024facilitators` wrote it.",
        "Use `x = 41` or $n = 41$.",
        "```python\nx = 41\n```",
        "```{math}\nn = 41\n```",
        "See <https://example.org/41>, or [there](https://example.org/41).",
        "1. One\n2. Two\n3. Three",
        "{doc}`The page <page-41>` shows it.",
        "% a comment about 41",
        "<!-- 41 -->",
        "(label-41)=",
        ":::{note}\n:class: c41\nNothing.\n:::",
        "There are three of them.",
        "A footnote.[^12]",
        "A third thing took a quarter of an hour.",
    ],
)
def test_what_is_no_typed_number_passes(book, prose):
    change(book / SHARE, END, f"{END}\n\n{prose}")
    assert rules(book) == []


@pytest.mark.parametrize(
    "prose", ["Few said yes.", "About two of three said yes.", "A third of them left, in per cent."]
)
def test_a_quantity_word_needs_a_value_beside_it(book, prose):
    change(book / SHARE, END, f"{END}\n\n{prose}")
    assert set(rules(book)) == {"quantity word"}
    change(book / SHARE, prose, f"{prose[:-1]} ({{num}}`share.yes`).")
    assert rules(book) == []


def test_a_value_in_another_sentence_does_not_help(book):
    change(book / SHARE, END, f"{END} Few of them left.")
    assert rules(book) == ["quantity word"]


def test_an_exception_needs_a_reason_and_a_use(book):
    change(book / SHARE, END, f"{END}\n\nThe 66 were asked.")
    allow = book / "prose-allow.yml"
    allow.write_text("- pattern: the 66\n")
    with pytest.raises(UserError, match="needs `pattern:` and `reason:`"):
        lint(book)
    allow.write_text("- {pattern: The 66, files: notebooks/*, reason: the name of the group}\n")
    assert rules(book) == []
    allow.write_text("- {pattern: The 67, reason: none}\n")
    found = lint(book)
    assert {f.rule for f in found} == {"typed number", "unused exception"}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("yes = sum(", "import sys; sys.path.insert(0, '.')\nyes = sum(", "code"),
        ("yes = sum(", "plt.show()\nyes = sum(", "code"),
        ("yes = sum(", "%matplotlib inline\nyes = sum(", "code"),
        ("yes = sum(", "pd.read_csv('x.csv')\nyes = sum(", "code"),
        ("yes = sum(", "model.fit().summary()\nyes = sum(", "code"),
        ("yes = sum(", "import requests\nyes = sum(", "code"),
        ('"share.yes"', '"count.answered"', "key"),
        (END, "{num}`share.yess` said yes.", "key"),
        ("part: counting", "part: countin", "front matter"),
        ("minutes: 1", "minutes: long", "front matter"),
        ("kinds: [invented]", "kinds: [real]", "front matter"),
        ("minutes: 1", "minutes: 1\n  input: [answers]", "front matter"),
        ("minutes: 1", "minutes: 1\n  builds_on: [survey/cout]", "front matter"),
        ('said yes"}}', 'said yes: 71"}}', "description"),
        ("myst: {html_meta", "myst: {html", "description"),
        ("cutoff: int = 3", "cutoff: int = 4", "parameters"),
        (END, f"{END}\n\n- [ ] done", "task list"),
    ],
)
def test_each_slip_has_its_rule(book, old, new, rule):
    change(book / SHARE, old, new)
    assert rule in rules(book)


def test_a_key_put_together_in_code_counts_as_reported(book):
    change(book / SHARE, '"share.yes"', 'f"share.{str(True)}"')
    assert rules(book) == []


def test_sentences_know_their_lines():
    text = "# Title\n\nOne sentence\nover two lines. Another\none here.\n\n- item\n"
    assert [(s.text, s.line) for s in sentences(text)] == [
        ("# Title", 1),
        ("One sentence over two lines.", 3),
        ("Another one here.", 4),
        ("- item", 7),
    ]


def test_words_that_call_a_real_study_invented_are_found_in_prose_and_in_code(book):
    change(book / SHARE, END, f"{END}\n\nIn the rehearsal nobody left.")
    change(book / SHARE, "yes = sum(", 'caption = "The invented persons"\nyes = sum(')
    assert "called invented" not in rules(book)
    change(book / "data/study.yml", "provenance: synthetic", "provenance: observed")
    found = {(f.value, f.file) for f in lint(book) if f.rule == "called invented"}
    assert found >= {("rehearsal", SHARE), ("invented", SHARE)}


TABLE = """
```{code-cell} ipython3
show_table(frame, id="tbl-a", kind="data", caption="c")
```
"""


def test_a_table_of_data_that_does_not_say_whom_it_counts_is_found(book):
    change(book / SHARE, END, f"{END}\n{TABLE}")
    assert rules(book) == ["population"]
    change(book / SHARE, 'kind="data", caption', 'kind="data", population="households", caption')
    assert rules(book) == ["population"]  # nobody named such a group in study.yml
    change(book / SHARE, "households", "population")
    assert rules(book) == []


def test_a_table_whose_population_the_settings_give_and_one_of_other_numbers_are_sound(book):
    change(book / SHARE, END, f"{END}\n{TABLE}")
    change(book / SHARE, 'kind="data"', 'kind="derived"')
    assert rules(book) == []
    change(book / SHARE, 'kind="derived"', 'kind="data"')
    with open(book / "data/study.yml", "a", encoding="utf-8") as settings:
        settings.write("\nprotection:\n  tables: {tbl-*: respondents}\n")
    assert rules(book) == []
