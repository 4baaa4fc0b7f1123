"""`sustainment new`: a whole project or none, drafted settings with reasons, raw files untouched."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from sustainment.check import check_study
from sustainment.errors import UserError
from sustainment.new import project
from sustainment.new.project import make_project
from sustainment.study import load_settings
from sustainment.survey import open_survey

ROOT = Path(__file__).resolve().parents[2]
SURVEY = ROOT / "data" / "raw" / "survey.csv"
DICTIONARY = ROOT / "data" / "raw" / "survey_dictionary.csv"
INTERVIEWS = ROOT / "data" / "raw" / "interviews"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The package as a wheel, made once: every project gets the same one."""
    return project.provide_wheel(tmp_path_factory.mktemp("wheel") / "vendor")


@pytest.fixture
def quick(monkeypatch, wheel):
    def provide(vendor: Path) -> Path:
        vendor.mkdir()
        return Path(shutil.copy(wheel, vendor))

    monkeypatch.setattr(project, "provide_wheel", provide)


def errors_of(folder: Path) -> list[str]:
    return [f.rule for f in check_study(folder) if f.severity == "error"]


# What is made ------------------------------------------------------------------------------------


def test_a_project_has_our_top_level_and_passes_its_check(tmp_path, quick):
    made = make_project(tmp_path / "our-study", SURVEY, DICTIONARY, INTERVIEWS)
    expected = {
        "_config.yml", "_toc.yml", "pyproject.toml", "environment.yml", "Makefile", "README.md", "notebooks",
        "data", "tests", "vendor", "requirements.txt", "editions.yml", "index.md", "assets", "_templates",
    }  # fmt: skip
    assert expected <= {path.name for path in made.iterdir()}
    assert errors_of(made) == []
    assert load_settings(made)["title"] == "Our study"
    readme = (made / "README.md").read_text(encoding="utf-8")
    assert "make book" in readme and "make test" in readme and "@" not in readme


def test_raw_files_are_copied_unchanged_and_listed_with_their_sums(tmp_path, quick):
    made = make_project(tmp_path / "p", SURVEY, DICTIONARY, INTERVIEWS)
    assert (made / "data/raw/survey.csv").read_bytes() == SURVEY.read_bytes()
    for path in sorted(INTERVIEWS.rglob("*.txt")):
        assert (
            made / "data/raw/interviews" / path.relative_to(INTERVIEWS)
        ).read_bytes() == path.read_bytes()
    for line in (made / "data/SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((made / "data" / name).read_bytes()).hexdigest() == digest


def test_the_lock_names_the_wheel_with_its_hash_and_the_wheel_is_complete(tmp_path, quick, wheel):
    made = make_project(tmp_path / "p", SURVEY, DICTIONARY)
    digest = hashlib.sha256((made / "vendor" / wheel.name).read_bytes()).hexdigest()
    lock = (made / "requirements.txt").read_text(encoding="utf-8")
    assert lock.endswith(f"./vendor/{wheel.name} \\\n    --hash=sha256:{digest}\n")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "sustainment/new/templates/notebooks/survey/outcome.md" in names
    assert {
        f"sustainment/new/shared/{name}"
        for name in ("_config.yml", "requirements.txt", "assets/site.css")
    } <= names


def test_a_project_can_be_made_from_the_installed_wheel_alone(tmp_path, wheel):
    """What a project's own environment has: the package without this folder beside it."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from sustainment.new import project\n"
        "assert str(project.shared_folder()).startswith(sys.argv[1])\n"
        "project._installed_from = lambda: Path(sys.argv[2])\n"
        "project.make_project(Path(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))\n"
    )
    arguments = [str(site), str(wheel), str(tmp_path / "second"), str(SURVEY), str(DICTIONARY)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, cwd=tmp_path)
    assert (tmp_path / "second" / "vendor" / wheel.name).is_file()


def test_every_guess_of_the_draft_has_its_reason_as_a_comment(tmp_path, quick):
    made = make_project(tmp_path / "p", SURVEY, DICTIONARY, INTERVIEWS)
    lines = (made / "data/study.yml").read_text(encoding="utf-8").splitlines()
    inside = False
    for before, line in pairwise(lines):
        if line.endswith(":") and not line.startswith((" ", "#")):
            inside = line != "inputs:"
        if inside and line.startswith("  ") and line[2] not in " #-":
            assert before.strip().startswith("#"), line


def test_chapters_follow_the_material(tmp_path, quick):
    alone = make_project(tmp_path / "alone", SURVEY, DICTIONARY)
    both = make_project(tmp_path / "both", SURVEY, DICTIONARY, INTERVIEWS)
    assert (
        not (alone / "notebooks/interviews").exists()
        and "Listening" not in (alone / "_toc.yml").read_text()
    )
    assert (
        both / "notebooks/interviews/agreement.md"
    ).is_file()  # two coders read the same interviews
    toc = yaml.safe_load((both / "_toc.yml").read_text())
    listed = [c["file"] for part in toc["parts"] for c in part["chapters"]]
    assert {f"{name}.md" for name in listed} == {
        p.relative_to(both).as_posix() for p in (both / "notebooks").rglob("*.md")
    }


def test_invented_material_stays_marked(tmp_path, quick):
    settings = load_settings(make_project(tmp_path / "p", SURVEY, DICTIONARY))
    assert settings["provenance"] == "synthetic"
    assert settings["survey"]["mark"] == {"column": "is_synthetic", "value": "1"}


# Whole or not at all -----------------------------------------------------------------------------


def test_a_folder_with_something_in_it_is_left_as_it_was(tmp_path, quick):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="left as it is"):
        make_project(tmp_path / "p", SURVEY, DICTIONARY)
    assert [f.name for f in tmp_path.rglob("*")] == ["p", "mine.txt"]


@pytest.mark.parametrize(
    ("survey", "sentence"),
    [
        (b"", "empty"),
        (b"id,q,q\n1,2,3\n", "same name"),
        (b"id,q\n", "no answers"),
        (b"\x00\x01PK", "no text"),
    ],
)
def test_material_that_cannot_be_read_leaves_no_project(tmp_path, quick, survey, sentence):
    path = tmp_path / "s.csv"
    path.write_bytes(survey)
    with pytest.raises(UserError, match=sentence):
        make_project(tmp_path / "p", path)
    assert [f.name for f in tmp_path.iterdir()] == ["s.csv"]


def test_a_failure_half_way_leaves_nothing(tmp_path, quick, monkeypatch):
    def fail(data: Path) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(project, "checksums", fail)
    with pytest.raises(UserError, match=r"no space left.*nothing was left"):
        make_project(tmp_path / "p", SURVEY, DICTIONARY)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "p").mkdir()
    with pytest.raises(UserError):
        make_project(tmp_path / "p", SURVEY, DICTIONARY)
    assert [path.name for path in tmp_path.rglob("*")] == ["p"]


def test_without_a_terminal_new_asks_for_yes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sustainment.cli", "new", str(tmp_path / "p"), "--survey", str(SURVEY)],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "Add --yes" in done.stderr and not (tmp_path / "p").exists()


def test_on_a_terminal_a_person_sees_the_guesses_and_enter_takes_them(tmp_path):
    import os
    import pty

    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sustainment.cli", "new", str(tmp_path / "p"), "--survey", str(SURVEY), "--dictionary", str(DICTIONARY)],
        stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True,
    )  # fmt: skip
    os.close(terminal)
    seen, answered = "", 0
    while process.poll() is None or answered == 0:
        try:
            seen += os.read(main, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            break
        if seen[answered:].rstrip(" ").endswith(("]:", "]")):  # a question with its guess
            title = "Title of the book" in seen[answered:]
            answered = len(seen)
            os.write(main, "Vår studie\n".encode() if title else b"\n")
    os.close(main)
    assert process.wait() == 0, seen
    for question in ("Title of the book [P]", "sent to? [", "Which question is the outcome?", "groups to compare",
                     "with one scale", "amounts", "name people", "missing answers"):  # fmt: skip
        assert question in seen, question
    settings = load_settings(tmp_path / "p")
    assert settings["title"] == "Vår studie" and settings["report"]["scales"]


def test_a_person_who_is_asked_can_correct_the_guesses(tmp_path, quick, monkeypatch):
    from sustainment.new import ask

    given = {
        "Title": "Our own title",
        "How many people": 66,
        "Which answers count": "0",
        "What are these": "clinicians",
    }

    def prompt(question, default=None, type=None):
        return next(
            (answer for start, answer in given.items() if question.startswith(start)), default
        )

    monkeypatch.setattr(ask.typer, "prompt", prompt)
    monkeypatch.setattr(ask.typer, "confirm", lambda question, default: False)
    made = make_project(tmp_path / "p", SURVEY, DICTIONARY, None, ask.ask_person)
    settings = load_settings(made)
    assert settings["title"] == "Our own title"
    assert settings["population"]["size"] == 66 and settings["population"]["known"] is True
    assert settings["survey"]["outcome"]["yes"] == ["0"]
    assert not [d for d in settings["survey"]["decisions"] if d["then"] == "drop"]


# Real studies ------------------------------------------------------------------------------------

REAL = {  # name: (survey, dictionary, interviews, kept, dropped with reason)
    "flaky": ("flaky-tests-survey/responses.tsv", None, "flaky-tests-survey/thematic/sq6.ods", 170, {"not-consenting": 1}),
    "quality": ("dq-national-survey/raw_responses.csv", "dq-national-survey/data_dictionary.xlsx", None, 547, {}),
    "english": ("sodp-2020-multilingual/*0807.en.csv", "sodp-2020-multilingual/*key.en.csv", None, 66, {"empty-session": 2}),
    "french": ("sodp-2020-multilingual/*0810.fr.csv", "sodp-2020-multilingual/*key.fr.csv", None, 11, {"empty-session": 1}),
    "portuguese": ("sodp-2020-multilingual/*0811.pt.csv", "sodp-2020-multilingual/*key.pt.csv", None, 2, {"empty-session": 1}),
    "electric": ("vendor-format-fixtures/spss/electric.sav", None, None, 240, {}),
    "electric-portable": ("vendor-format-fixtures/spss/electric.por", None, None, 240, {}),
    "cirrhosis": ("vendor-format-fixtures/spss/pbc.sav", None, None, 418, {}),
    "sample100": ("vendor-format-fixtures/spss/sample100.sav", None, None, 100, {}),
    "user-missing": ("vendor-format-fixtures/spss/mval_bug.sav", None, None, 600, {}),
    "response-sets": ("vendor-format-fixtures/spss/multiple_response.sav", None, None, 6, {}),
    "missing": ("vendor-format-fixtures/spss/sample_missing.sav", None, None, 6, {"empty-session": 1}),
    "hebrew": ("vendor-format-fixtures/spss/hebrew.sav", None, None, 99, {}),
    "telugu": ("vendor-format-fixtures/spss/telugu.sav", None, None, 1, {}),
    "qualtrics": ("vendor-format-fixtures/qualtrics/sample.csv", None, None, 1, {}),
    "qualtrics-legacy": ("vendor-format-fixtures/qualtrics/sample_legacy.csv", None, None, 1, {}),
}  # fmt: skip
REDCAP = {  # project: (records kept, records dropped or not selected)
    "blank-for-gray-status": (6, 0), "checkboxes-1": (3, 1), "decimal-comma": (4, 0), "decimal-comma-and-dot": (4, 0),
    "longitudinal": (2, 16), "nonnumeric-record-id": (3, 0), "potentially-problematic-values": (2, 0),
    "repeating-instruments": (2, 4), "russian": (3, 0), "simple": (5, 0), "survey": (2, 0), "validation-types-1": (0, 1),
}  # fmt: skip


def one(folder: Path, name: str | None) -> Path | None:
    return None if name is None else next(folder.glob(name))


@pytest.mark.parametrize("name", REAL)
def test_real_studies_make_projects_that_pass_their_check(shared_data, tmp_path, quick, name):
    survey, dictionary, interviews, kept, dropped = REAL[name]
    files = [one(shared_data, given) for given in (survey, dictionary, interviews)]
    made = make_project(tmp_path / name, *files)
    assert errors_of(made) == []
    settings = load_settings(made)
    assert settings["provenance"] == "observed"
    cleaned = open_survey(made, settings)
    assert len(cleaned.answers) == kept
    assert cleaned.dropped["reason"].value_counts().to_dict() == dropped


@pytest.mark.parametrize("name", REDCAP)
def test_redcap_projects_make_projects_that_pass_their_check(shared_data, tmp_path, quick, name):
    folder = shared_data / "vendor-format-fixtures" / "redcap" / name
    dictionary = next(iter(sorted(folder.glob("diction*.csv"))), folder / "dictionay.csv")
    made = make_project(
        tmp_path / name, folder / "data.csv", dictionary if dictionary.exists() else None
    )
    assert errors_of(made) == []
    cleaned = open_survey(made, load_settings(made))
    assert (len(cleaned.answers), len(cleaned.dropped)) == REDCAP[name]


def test_an_export_without_a_single_record_makes_no_project(shared_data, tmp_path, quick):
    folder = (
        shared_data / "vendor-format-fixtures" / "redcap" / "potentially-problematic-dictionary"
    )
    with pytest.raises(UserError, match="empty"):
        make_project(tmp_path / "p", folder / "data.csv", folder / "dictionary.csv")
    assert list(tmp_path.iterdir()) == []


def test_all_coded_questions_of_a_survey_link_to_the_answers_they_stand_in(
    shared_data, tmp_path, quick
):
    folder = shared_data / "flaky-tests-survey"
    made = make_project(tmp_path / "p", folder / "responses.tsv", None, folder / "thematic")
    rule = load_settings(made)["interviews"]["link"]
    assert (
        rule["how"] == "text" and len(rule["items"]) == 4
    )  # the four open questions that were coded
    assert errors_of(made) == [
        "column-without-name"
    ]  # a mark under no code: only its authors know which
