"""What a new project counts is what a plain look into the raw file counts: csv and nothing of ours."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from test_new_books import material

from sustainment.check import check_study
from sustainment.new import project
from sustainment.new.project import make_project
from sustainment.study import load_settings
from sustainment.survey import open_survey
from sustainment.survey.model import Survey
from sustainment.survey.values import UNREADABLE

CODES = {"quality": {"999": "no answer", "888": "not asked", "777": "removed"}}
HEADERS = {"qualtrics": 3, "qualtrics-legacy": 2}
CLOSED = {"radio", "dropdown", "yesno", "truefalse", "checkbox"}
TEXTS = {
    "quality": ("dq-national-survey/raw_responses.csv", "dq-national-survey/data_dictionary.xlsx"),
    "english": ("sodp-2020-multilingual/*0807.en.csv", "sodp-2020-multilingual/*key.en.csv"),
    "french": ("sodp-2020-multilingual/*0810.fr.csv", "sodp-2020-multilingual/*key.fr.csv"),
    "portuguese": ("sodp-2020-multilingual/*0811.pt.csv", "sodp-2020-multilingual/*key.pt.csv"),
    "flaky": ("flaky-tests-survey/responses.tsv", None),
    "qualtrics": ("vendor-format-fixtures/qualtrics/sample.csv", None),
    "qualtrics-legacy": ("vendor-format-fixtures/qualtrics/sample_legacy.csv", None),
}
REDCAP = [
    "blank-for-gray-status", "checkboxes-1", "decimal-comma", "decimal-comma-and-dot", "longitudinal",
    "nonnumeric-record-id", "potentially-problematic-values", "repeating-instruments", "russian", "simple",
    "survey", "validation-types-1",
]  # fmt: skip


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return project.provide_wheel(tmp_path_factory.mktemp("wheel") / "vendor")


@pytest.fixture
def quick(monkeypatch, wheel):
    def provide(vendor: Path) -> Path:
        vendor.mkdir()
        return Path(shutil.copy(wheel, vendor))

    monkeypatch.setattr(project, "provide_wheel", provide)


def rows_of(path: Path) -> list[list[str]]:
    separator = "\t" if path.suffix == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.reader(file, delimiter=separator) if row]


def files_of(shared_data: Path, name: str) -> tuple[Path, Path | None]:
    if name in TEXTS:
        survey, dictionary = TEXTS[name]
        return next(shared_data.glob(survey)), next(shared_data.glob(dictionary)) if dictionary else None  # fmt: skip
    folder = shared_data / "vendor-format-fixtures" / "redcap" / name
    dictionaries = sorted(folder.glob("dictio*.csv"))
    return folder / "data.csv", dictionaries[0] if dictionaries else None


def kept_rows(rows: list[list[str]], survey: Survey, settings: dict) -> list[list[str]]:
    """The rows of the file that stay, by line breaks counted here."""
    gone, line, kept = set(survey.dropped["row"]), 1, []
    for number, row in enumerate(rows):
        if number and line not in gone:
            kept.append(row)
        line += 1 + sum(cell.count("\n") for cell in row)
    return kept


@pytest.mark.parametrize("name", [*TEXTS, *REDCAP])
def test_every_row_column_and_blank_of_the_raw_file_is_accounted_for(shared_data, tmp_path, quick, name):  # fmt: skip
    path, dictionary = files_of(shared_data, name)
    made = make_project(tmp_path / "p", path, dictionary)
    assert [f.rule for f in check_study(made) if f.severity == "error"] == []
    settings = load_settings(made)
    survey = open_survey(made, settings)
    rows, own = rows_of(path), settings["survey"]
    head = HEADERS.get(name, 1)
    assert len(survey.answers) + len(survey.dropped) == len(rows) - head
    # columns: all of the file stand in the answers, but the id and what names people
    names = list(survey.raw.table.columns)
    from_file = [column for column in names if "___" not in column or name in REDCAP]
    named = len([cell for cell in rows[0] if cell.strip()])
    assert len(from_file) == (
        len(rows[0]) if name == "russian" else named
    )  # its row names, unnamed
    if len(from_file) != len(rows[0]):
        return  # a column without a name: the others move, and test_vendors_real looks at them
    # missing answers: the blanks and codes of the file, but for ticks, where a blank means no
    kept = kept_rows(rows[head - 1 :], survey, settings)
    assert len(kept) == len(survey.answers)
    # "[not completed]" stands in REDCap's time stamps of forms that nobody sent
    codes = CODES.get(name, {"[not completed]": "no answer"})
    labels = {str(label).casefold() for label in own.get("missing_labels") or {}}
    for place, column in enumerate(from_file):
        item = survey.raw.codebook.get(column)
        said = item is not None and any(v.casefold() in labels for v in item.options.values())
        if column not in survey.answers or item.type in {"multi", "calc"} or said:
            continue
        cells = Counter(row[place] for row in kept)
        kinds = survey.missing[column].astype(str).value_counts()
        for code, kind in codes.items():
            if kind != "no answer":
                assert kinds.get(kind, 0) == cells[code], (column, kind)
        # an answer that cannot be read is lost by a decision, and each one stands in the log
        log = survey.log[(survey.log["item"] == column) & survey.log["rule"].isin(UNREADABLE)]
        log = log[log["after"] != log["before"]]
        expected = cells[""] + sum(cells[code] for code in codes) + len(log)
        assert len(kept) - kinds.get("", 0) == expected, column


@pytest.mark.parametrize("name", REDCAP)
def test_labelled_items_are_the_closed_fields_of_the_dictionary(shared_data, tmp_path, quick, name):
    path, dictionary = files_of(shared_data, name)
    if dictionary is None:
        assert name == "russian"
        return
    survey = open_survey(made := make_project(tmp_path / "p", path, dictionary), load_settings(made))  # fmt: skip
    described = rows_of(dictionary)
    kind = {row[0]: row[3] for row in described[1:]}
    header = [name for name in rows_of(path)[0] if name in survey.answers]
    closed = [name for name in header if kind.get(name.split("___")[0]) in CLOSED]
    labelled = [name for name in header if survey.codebook[name].options]
    states = [name for name in labelled if re.fullmatch(r"\w+_complete", name) and name not in kind]
    assert sorted(set(labelled) - set(states)) == sorted(closed)


CODED = {  # coded answers and threads of the practitioners' study: passages, codes, from the sheets' own XML
    "sq2.ods", "sq6.ods", "sq8.ods", "sq11.ods", "stackoverflow_actions.ods", "stackoverflow_causes.ods",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CODED))
def test_each_coding_sheet_of_the_practitioners_makes_a_project(shared_data, tmp_path, quick, name):
    folder = shared_data / "flaky-tests-survey"
    assert {path.name for path in (folder / "thematic").iterdir()} == CODED
    made = make_project(tmp_path / "p", folder / "responses.tsv", None, folder / "thematic" / name)
    errors = {f.rule for f in check_study(made) if f.severity == "error"}
    assert errors <= {
        "column-without-name"
    }  # sq8: a mark under no code, only its authors know which
    assert (made / "notebooks" / "interviews" / "themes.md").is_file()


def test_a_coding_project_with_missing_texts_makes_a_project_that_says_so(shared_data, tmp_path, quick):  # fmt: skip
    coded = shared_data / "vendor-format-fixtures" / "refi-qda" / "TestProject.qdpx"
    survey = shared_data / "vendor-format-fixtures" / "spss" / "sample100.sav"
    made = make_project(tmp_path / "p", survey, None, coded)
    found = check_study(made)
    assert [f.rule for f in found if f.severity == "error"] == []
    assert "source-missing" in {f.rule for f in found}
    assert "basePath" not in (made / "data" / "study.yml").read_text(encoding="utf-8")


def test_the_three_languages_make_one_project_with_every_record(shared_data, tmp_path, quick):
    files = material(shared_data, tmp_path, "languages")
    made = make_project(tmp_path / "p", *files)
    assert [f.rule for f in check_study(made) if f.severity == "error"] == []
    survey = open_survey(made, load_settings(made))
    folder = shared_data / "sodp-2020-multilingual"
    sizes = [len(rows_of(next(folder.glob(f"*{part}.csv")))) - 1 for part in ("0807.en", "0810.fr", "0811.pt")]  # fmt: skip
    assert sum(sizes) == 83 == len(survey.answers) + len(survey.dropped)
    assert survey.dropped["reason"].tolist() == ["empty-session"] * 4


def test_no_study_and_no_fixture_is_left_out(shared_data):
    """The folder of other people's data, against what the tests of new projects name."""
    spss = {path.name for path in (shared_data / "vendor-format-fixtures/spss").glob("*.[sp]*") if path.suffix in {".sav", ".por"}}  # fmt: skip
    from test_new_project import REAL

    named = {Path(survey).name for survey, *_ in REAL.values()}
    assert spss <= named
    redcap = {path.name for path in (shared_data / "vendor-format-fixtures/redcap").iterdir() if path.is_dir()}  # fmt: skip
    assert redcap == {*REDCAP, "potentially-problematic-dictionary"}  # the last has no record
    qualtrics = {path.name for path in (shared_data / "vendor-format-fixtures/qualtrics").glob("*.csv")}  # fmt: skip
    assert qualtrics <= named
    studies = {path.name for path in shared_data.iterdir() if path.is_dir()}
    assert studies == {"dq-national-survey", "flaky-tests-survey", "sodp-2020-multilingual", "vendor-format-fixtures"}  # fmt: skip
