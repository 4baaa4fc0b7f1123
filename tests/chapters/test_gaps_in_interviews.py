"""Coded interviews with something lacking: the chapter says so, leaves it out, and the build completes."""

from __future__ import annotations

import json
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from chapters_gaps import VARIANTS, make_variant

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from observed import build_pages_of

from sustainment.book import build
from sustainment.book.progress import Teller
from sustainment.report import UNSAID

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("gaps")]

TWO_CODERS = ("interviews/which-analysis", "interviews/passage-to-code", "lab/reliability")


def each(chapters: tuple[str, ...], *sentences: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(chapters, sentences)


# What must be said where.
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "as_shipped": {},
    "one_coder": each(
        TWO_CODERS, "One coder made all codings.", "so agreement between coders is left out"
    ),
    "no_overlap": {
        **each(("interviews/voices", "interviews/theme-children", "appendix/codebook"),
               "Coder 1 worked in 6 of 12 coded interviews"),
        **each(TWO_CODERS[:2], "No two coders worked in a common interview.", "agreement between coders is left out"),
    },
    "a_silent_interview": each(
        ("interviews/voices", "interviews/passage-to-code", "interviews/theme-children",
         "integration/levels", "appendix/codebook"),
        "Nothing is coded in 1 interview (script-Z).", "figures and counts leave it out",
    ),
    "themes_without_codes": {
        **each(("interviews/passage-to-code", "appendix/codebook"), "2 themes have no code",
               "The clinician and Child-Parent Psychotherapy", "A theme nobody filled"),
        **each(("interviews/theme-clinician",), "coder 1 coded nothing under “The clinician and Child-"),
    },
    "overlapping_and_empty_segments": each(
        ("interviews/voices",), "of passages overlap with the same code by the same coder",
        "codings hold no character: figures and counts leave it out",
    ),
    "unknown_level_and_valence": {
        **each(("integration/levels",),
               "have an unknown level, or more than one: figures by level leave it out",
               "have no level: figures by level leave it out",
               "have an unknown valence, or more than one: figures by valence leave it out"),
        **each(("interviews/theme-children",), "have an unknown valence"),
    },
}  # fmt: skip


# Beside those: chapters whose numbers the tests below compare.
ALSO = {
    "as_shipped": ("interviews/voices", "interviews/passage-to-code", "interviews/theme-children", "integration/levels"),
    "no_overlap": ("interviews/passage-to-code", "interviews/theme-children"),
    "themes_without_codes": ("interviews/theme-children", "interviews/passage-to-code"),
    "unknown_level_and_valence": ("lab/reliability",),
}  # fmt: skip


def chapters_of(name: str) -> list[str]:
    return sorted({*SAID[name], *ALSO.get(name, ())})


class Variant:
    """One variant, executed as a build does it; a chapter that fails stops it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.root = make_variant(name, folder, chapters_of(name))
        self.plan = build.make_plan(self.root)
        build.execute_stale(self.plan, self.plan.book.order, 2, False, Teller(quiet=True))

    def values(self, chapter: str) -> dict[str, dict[str, Any]]:
        path = self.root / f"_build/run/default/{chapter}.values.json"
        return json.loads(path.read_text(encoding="utf-8"))["values"]

    def outputs(self, chapter: str) -> list[dict[str, Any]]:
        path = self.root / f"_build/run/default/{chapter}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [output for cell in cells for output in cell.get("outputs") or ()]

    def items(self, chapter: str) -> dict[str, dict[str, Any]]:
        """Tables and figures of the executed chapter by id, with their HTML."""
        found: dict[str, dict[str, Any]] = {}
        for output in self.outputs(chapter):
            item = (output.get("metadata") or {}).get("sustainment") or {}
            if "id" in item and item.get("type") != "excerpt":
                words = "".join((output.get("data") or {}).get("text/html", ""))
                found.setdefault(item["id"], {**item, "html": ""})["html"] += words
        return found

    def shown(self, chapter: str) -> str:
        """All that the executed chapter shows."""
        data = [output.get("data") or {} for output in self.outputs(chapter)]
        return unescape("\n".join("".join(d.get("text/html", "")) for d in data))


@pytest.fixture(scope="module")
def variants(tmp_path_factory):
    made: dict[str, Variant] = {}

    def of(name: str) -> Variant:
        if name not in made:
            made[name] = Variant(name, tmp_path_factory.mktemp("gaps") / name)
        return made[name]

    return of


@pytest.mark.parametrize("name", VARIANTS)
def test_the_chapters_run_to_their_end_and_say_plainly_what_is_lacking(variants, name):
    variant = variants(name)
    for chapter in chapters_of(name):
        shown = variant.shown(chapter)
        for sentence in SAID[name].get(chapter, ()):
            assert sentence in shown, (chapter, sentence)
        texts = [value["text"] for value in variant.values(chapter).values()]
        assert not {"nan", "inf", "None", "nan %"} & set(texts)
        assert not {"nan", "inf"} & set(shown.split())
        if name == "as_shipped":
            assert "What this material lacks" not in shown and UNSAID not in texts, chapter


def test_the_pages_are_built_and_hold_the_sentences(variants):
    variant, chapter = variants("themes_without_codes"), "interviews/theme-clinician"
    pages = build_pages_of(variant.root)
    page = unescape((pages / f"notebooks/{chapter}.html").read_text(encoding="utf-8"))
    for sentence in SAID["themes_without_codes"][chapter]:
        assert sentence in page
    assert "Traceback" not in page


def test_without_two_coders_no_number_of_agreement_is_printed(variants):
    for name in ("one_coder", "no_overlap"):
        variant = variants(name)
        values = variant.values("interviews/passage-to-code")
        assert values["passage.places"]["text"] == values["passage.differ"]["text"] == UNSAID
        assert "tbl-differ" not in variant.items("interviews/passage-to-code")
        assert variant.values("interviews/which-analysis")["which.differ_share"]["value"] is None
        # what one coder's work shows is still shown
        assert "fig-presence" in variant.items("interviews/passage-to-code")


def test_interviews_that_a_coder_never_opened_are_no_empty_places_in_the_grid(variants):
    values = variants("no_overlap").values("interviews/passage-to-code")
    assert values["passage.scripts"]["value"] == 6
    assert (
        variants("no_overlap").values("interviews/theme-children")["kids.scripts_of"]["value"] == 6
    )


def test_an_interview_without_segments_is_in_no_figure_and_in_no_denominator(variants):
    variant, shipped = variants("a_silent_interview"), variants("as_shipped")
    figure = variant.items("interviews/voices")["fig-positions"]["html"]
    assert "script-A" in figure and "script-Z" not in figure
    for chapter, key in (
        ("interviews/passage-to-code", "passage.scripts"),
        ("interviews/theme-children", "kids.scripts_of"),
        ("interviews/voices", "voices.marked"),
    ):
        assert variant.values(chapter)[key]["value"] == shipped.values(chapter)[key]["value"], key
    assert (
        variant.values("interviews/voices")["voices.scripts"]["value"] == 13
    )  # it was interviewed


def test_a_theme_without_codes_has_a_sentence_in_place_of_its_figure(variants):
    variant = variants("themes_without_codes")
    assert "fig-clin-phases" not in variant.items("interviews/theme-clinician")
    assert variant.values("interviews/theme-clinician")["clin.passages"]["text"] == UNSAID
    assert "fig-kids-phases" in variant.items("interviews/theme-children")
    assert "A theme nobody filled" not in variant.items("interviews/passage-to-code")["fig-presence"]["html"]  # fmt: skip


def test_overlapping_passages_do_not_count_a_character_twice(variants):
    variant, shipped = variants("overlapping_and_empty_segments"), variants("as_shipped")
    key = "voices.marked"
    more = variant.values("interviews/voices")[key]["value"]
    # each of the twelve copies adds the ten characters that it does not share
    total = 120 / sum(
        len(path.read_text(encoding="utf-8"))
        for path in (variant.root / "data/raw/interviews/sources").glob("*.txt")
    )
    added = more - shipped.values("interviews/voices")[key]["value"]
    assert 0 <= added <= total + 1e-9


def test_an_unknown_level_or_valence_is_in_no_bar(variants):
    variant, shipped = variants("unknown_level_and_valence"), variants("as_shipped")
    assert "galaxy" not in variant.items("integration/levels")["fig-levels"]["html"]
    assert "sideways" not in variant.items("integration/levels")["fig-levels"]["html"]
    key = "levels.passages"
    fewer = variant.values("integration/levels")[key]["value"]
    assert 0 < fewer < shipped.values("integration/levels")[key]["value"]
    kids = variant.values("interviews/theme-children")
    assert "sideways" not in variant.items("interviews/theme-children")["fig-kids-phases"]["html"]
    bars = sum(kids[f"kids.{word}"]["value"] for word in ("helps", "hinders", "both"))
    assert bars < kids["kids.passages"]["value"]


def test_the_chapters_of_a_new_project_say_it_too(tmp_path, monkeypatch):
    """One coder, a silent interview and themes without codes, through `sustainment new`."""
    from sustainment.new import project

    def provide(vendor: Path) -> Path:
        vendor.mkdir()
        (vendor / "sustainment-0-py3-none-any.whl").write_bytes(b"stands for the package")
        return vendor / "sustainment-0-py3-none-any.whl"

    monkeypatch.setattr(project, "provide_wheel", provide)
    raw = make_variant("several", tmp_path / "source", ()) / "data" / "raw"
    made = project.make_project(
        tmp_path / "ours", raw / "survey.csv", raw / "survey_dictionary.csv", raw / "interviews"
    )
    assert not (made / "notebooks/interviews/agreement.md").exists()  # there are no two to compare
    plan = build.make_plan(made)
    names = ["interviews/material", "interviews/themes"]
    build.execute_stale(plan, names, 2, False, Teller(quiet=True))
    variant = object.__new__(Variant)
    variant.root = made
    material, themes = (variant.shown(name) for name in names)
    for sentence in (
        "One coder made all codings.",
        "Nothing is coded in 1 interview (script-Z).",
        "2 themes have no code",
    ):
        assert sentence in material, sentence
    assert "script-Z" in themes and "A theme nobody filled" in themes
    assert "A theme nobody filled" not in variant.items("interviews/themes")["fig-themes"]["html"]
    assert variant.values("interviews/themes")["themes.documents"]["value"] == 12
    assert variant.values("interviews/material")["coding.documents"]["value"] == 13
