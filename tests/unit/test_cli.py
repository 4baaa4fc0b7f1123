"""The command line: a sentence instead of a traceback, and the small commands end to end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sustainment.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def study(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("study.yml", "published.yml", "synthetic.yml", "questionnaire.yml"):
        shutil.copy(ROOT / "data" / name, tmp_path / "data")
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "data" / "raw")
    return tmp_path


def test_the_cleaned_survey_leaves_as_a_data_package(study):
    done = run("package", str(study))
    assert done.returncode == 0, done.stderr
    folder = study / "_build" / "datapackage"
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert {r["name"] for r in descriptor["resources"]} >= {"answers"}
    assert len((folder / "answers.csv").read_text(encoding="utf-8").splitlines()) > 50


def test_the_codebook_leaves_as_a_file_that_coding_programs_read(study, tmp_path):
    from sustainment.interviews.refi import read_codebook

    for options in ((), ("--out", str(tmp_path / "here" / "book.qdc"))):
        done = run("codebook", str(study), *options)
        assert done.returncode == 0, done.stderr
    codes, notes = read_codebook(study / "_build" / "codebook.qdc")
    assert len(codes) > 25 and notes == []
    assert codes["description"].str.startswith("[invented, not from the study]").all()
    there = (tmp_path / "here" / "book.qdc").read_bytes()
    assert there == (study / "_build" / "codebook.qdc").read_bytes()


def test_an_error_is_a_sentence_and_debug_shows_the_traceback(tmp_path):
    plain, debug = run("check", str(tmp_path)), run("check", str(tmp_path), "--debug")
    assert plain.returncode == 2
    assert "No study found" in plain.stderr
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr


def test_a_missing_raw_file_is_named_with_what_to_do(study):
    (study / "data" / "raw" / "survey.csv").unlink()
    done = run("package", str(study))
    assert done.returncode == 2
    assert "survey.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_check_prints_json_for_another_program(study):
    done = run("check", str(study), "--json")
    findings = json.loads(done.stdout)
    assert findings
    assert {"severity", "rule", "message", "file", "row", "column", "remedy"} <= set(findings[0])
