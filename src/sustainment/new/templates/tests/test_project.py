"""The project as a whole: its material has no open defect, and its files are those handed in."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sustainment.book.chapters import load_book
from sustainment.check import check_study

ROOT = Path(__file__).resolve().parents[1]


def test_the_material_has_no_defect_without_a_decision():
    errors = [f.sentence() for f in check_study(ROOT) if f.severity == "error"]
    assert errors == []


def test_raw_files_are_the_ones_handed_in():
    for line in (ROOT / "data" / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((ROOT / "data" / name).read_bytes()).hexdigest() == digest, name


def test_every_chapter_of_the_contents_exists_and_declares_what_it_opens():
    assert load_book(ROOT).chapters
