"""What coded material lacks, as sentences for a page: plain, counted, and silent about persons."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from interviews_helpers import interviews

from sustainment.interviews.gaps import complete, gaps, to_html

TREE = [
    ("Work", None, False),
    ("asking", "Work"),
    ("waiting", "Work"),
    ("Level", None, False),
    ("system", "Level"),
    ("galaxy", "Level"),
]
TEXTS = {"anna.txt": "x" * 50, "bo.txt": "y" * 50}
BOTH = [
    ("anna.txt", 0, 9, "asking", "coder 1"),
    ("anna.txt", 0, 9, "system", "coder 1"),
    ("anna.txt", 0, 9, "asking", "coder 2"),
    ("anna.txt", 0, 9, "system", "coder 2"),
    ("bo.txt", 0, 9, "waiting", "coder 1"),
    ("bo.txt", 0, 9, "system", "coder 1"),
    ("bo.txt", 3, 8, "waiting", "coder 2"),
    ("bo.txt", 3, 8, "system", "coder 2"),
]


def study(rows=BOTH, texts=TEXTS, tree=TREE, provenance="synthetic"):
    settings = {"dimensions": {"level": "Level"}}
    return replace(interviews(texts, rows, tree), provenance=provenance, settings=settings)


def only(*rows):
    return [row for row in BOTH if row[4] in rows]


LACKING = {
    "passages": [
        (study(texts=TEXTS | {"cy.txt": "z"}), "Nothing is coded in 1 interview (cy.txt)."),
        (study([*BOTH, ("bo.txt", 4, 4, "asking", "coder 1")]), "1 coding holds no character"),
        (study([*BOTH, ("bo.txt", 4, 99, "asking", "coder 1")]), "1 coding lies outside the text"),
        (study([*BOTH, ("bo.txt", 5, 12, "waiting", "coder 1")]), "1 pair of passages overlap"),
    ],
    "coders": [
        (study(only("coder 1")), "One coder made all codings."),
        (study([r for r in BOTH if (r[0] == "bo.txt") == (r[4] == "coder 2")]), "No two coders worked"),
        (study(BOTH[:6]), "Coder 1 and coder 2 share 1 of 2 interviews."),
    ],
    "themes": [
        (study(tree=[*TREE, ("Empty", None, False)]), "1 theme has no code (Empty)."),
        (study(tree=[*TREE, ("More", None, False), ("new", "More")]), "1 theme has no passage (More)"),
    ],
    "level": [
        (study([r if r[3] != "system" else (*r[:3], "galaxy", r[4]) for r in BOTH]), "4 codings have an unknown level"),
        (study([*BOTH, ("bo.txt", 3, 8, "galaxy", "coder 2")]), "1 coding has an unknown level, or more than one"),
        (study(BOTH[:-1]), "1 coding has no level: figures by level leave it out."),
    ],
}  # fmt: skip


def test_material_that_lacks_nothing_says_nothing():
    assert gaps(study()) == []
    assert to_html([], "invented") == ""


@pytest.mark.parametrize(
    ("part", "lacking", "words"), [(p, *pair) for p, pairs in LACKING.items() for pair in pairs]
)
def test_what_is_lacking_is_said_in_its_part_and_in_no_other(part, lacking, words):
    values = {"level": ["system"]}
    said = gaps(lacking, part, values=values)
    assert len(said) == 1 and said[0].startswith(words), said
    for other in set(LACKING) - {part}:
        assert not any(words in sentence for sentence in gaps(lacking, other, values=values))


@pytest.mark.parametrize(
    ("part", "lacking"), [(p, pair[0]) for p, pairs in LACKING.items() for pair in pairs]
)
def test_of_observed_interviews_neither_number_nor_name_is_told(part, lacking):
    said = gaps(replace(lacking, provenance="observed"), part, values={"level": ["system"]})
    assert len(said) == 1
    assert not any(name in said[0] for name in (".txt", "Empty", "More", "coder 1"))
    assert not any(sign.isdigit() for sign in said[0])


def test_a_coder_who_worked_in_some_interviews_is_said_to():
    some = study(BOTH[:6])
    assert gaps(some, "passages", coder="coder 2") == [
        "Coder 2 worked in 1 of 2 coded interviews: what is shown is about those."
    ]
    assert gaps(some, "passages", coder="coder 1") == []
    assert gaps(some, "coders", coder="coder 2")[0].startswith("Coder 1 and coder 2 share")


def test_what_nobody_coded_is_left_out_of_documents_and_cases():
    silent = study(texts=TEXTS | {"cy.txt": "z"})
    cases = pd.DataFrame({"case": ["K", "L"], "name": ["K", "L"], "document": ["bo.txt", "cy.txt"]})
    silent = replace(silent, cases=cases)
    kept = complete(silent)
    assert kept.documents["document"].tolist() == ["anna.txt", "bo.txt"]
    assert kept.cases["case"].tolist() == ["K"]
    assert len(kept.segments) == len(silent.segments)
    assert complete(kept) is kept
    nobody = study([])
    assert complete(nobody) is nobody  # then there is nothing to tell apart
    assert complete(study(BOTH[:6]), "coder 2").documents["document"].tolist() == ["anna.txt"]


def test_the_sentences_are_text_whatever_a_document_is_called():
    hostile = study(texts=TEXTS | {"<script>alert(1)</script>": "z"})
    markup = to_html(gaps(hostile), "invented")
    assert "<script>" not in markup and "&lt;script&gt;" in markup
    assert "kind-invented" in markup
