"""Real studies through the same door, held against counts taken from the files by other means.

The expectations are computed with csv, zipfile and xml alone, or stated with the reason they are known.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey
from sustainment.survey.vendors.consent import propose_drops
from sustainment.survey.vendors.identifiers import respondent_column

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows_of(path: Path, separator: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.reader(file, delimiter=separator) if row]


def workbook_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a workbook's first sheet as {column letter: text}, by its XML alone."""
    with zipfile.ZipFile(path) as archive:
        shared = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        words = ["".join(t.text or "" for t in item.iter(f"{CELL}t")) for item in shared]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{CELL}row"):
        cells = {}
        for cell in row:
            value = cell.find(f"{CELL}v")
            if value is not None:
                text = words[int(value.text)] if cell.get("t") == "s" else value.text
                cells[re.match("[A-Z]+", cell.get("r"))[0]] = text
        rows.append(cells)
    return rows


def tidy_settings(raw, **more) -> dict:
    decisions = [proposal.decision() for proposal in propose_drops(raw)]
    repairs = [
        {"rule": r, "then": "repair"}
        for r in ("stray-spaces", "double-encoded", "decomposed-letters", "full-width-digit")
    ]
    lost = [{"rule": "unknown-code", "then": "no answer"}, {"rule": "letters-lost", "then": "keep"}]
    return {"id": respondent_column(raw) or "line", "decisions": decisions + repairs + lost, **more}


# dq-national-survey ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quality(shared_data):
    folder = shared_data / "dq-national-survey"
    data, book = (
        rows_of(folder / "raw_responses.csv"),
        workbook_rows(folder / "data_dictionary.xlsx"),
    )
    return read_survey(folder / "raw_responses.csv", folder / "data_dictionary.xlsx"), data, book


def test_data_quality_study_has_every_record_column_and_cell(quality):
    raw, data, _ = quality
    assert raw.kind == "plain" and "row an item" in raw.why
    assert raw.table.shape == (len(data) - 1, len(data[0])) == (547, 422)
    assert list(raw.table.columns) == data[0]
    assert raw.table.to_numpy().tolist() == data[1:]
    assert respondent_column(raw) == "record_id"


def test_data_quality_study_has_the_dictionary_of_its_workbook(quality):
    raw, data, book = quality
    described = {row["C"].strip().casefold(): row for row in book[1:] if row.get("C", "").strip()}
    assert len(described) == 422 == len(raw.codebook)
    labelled = [name for name, row in described.items() if row.get("E", "").strip().startswith("{")]
    found = [n for n, item in raw.codebook.items() if item.options or item.type == "calc"]
    assert {name.casefold() for name in found} >= set(labelled)
    for name, item in raw.codebook.items():
        braces = re.findall(
            r"\{\s*([^,{}]+?)\s*,([^{}]*)\}", described[name.casefold()].get("E", "")
        )
        if item.type in {"single", "likert"} and braces:
            assert item.options == {code: " ".join(label.split()) for code, label in braces}, name
    lost = {note.column for note in raw.notes if note.rule == "option-without-code"}
    brace_lists = [
        row["E"] for row in described.values() if re.search(r"\{[^{},]*\}", row.get("E", ""))
    ]
    assert len(lost) == len(brace_lists) > 0
    cased = [note.column for note in raw.notes if note.rule == "letter-case"]
    assert cased == ["record_id"]
    assert sum(1 for name in data[0] if name in {row.get("C", "").strip() for row in book}) == 421


def test_data_quality_study_counts_every_kind_of_missing(quality):
    raw, data, _ = quality
    survey = clean(
        raw,
        tidy_settings(
            raw, missing_codes={"999": "no answer", "888": "not asked", "777": "removed"}
        ),
    )
    assert len(survey.answers) == 547 and survey.dropped.empty
    columns = {name: i for i, name in enumerate(data[0])}
    cells = Counter(
        row[columns[name]]
        for row in data[1:]
        for name in survey.answers
        if raw.codebook[name].type not in {"multi"}
    )
    kinds = Counter(
        kind
        for name in survey.missing
        if raw.codebook[name].type != "multi"
        for kind in survey.missing[name]
    )
    assert kinds["not asked"] == cells["888"] and cells["888"] > 50_000
    assert kinds["removed"] == cells["777"]
    everywhere = Counter(cell for row in data[1:] for cell in row)
    assert everywhere["888"] == 105_058  # as the description of the data says


def test_derived_columns_of_the_data_quality_study_are_not_analysed_beside_their_parents(quality):
    raw, data, _ = quality
    by_name = {n for n in data[0] if re.search(r"_(remove_DK|condensed|combined)$", n)}
    calculated = {name for name, item in raw.codebook.items() if item.type == "calc"}
    assert len(by_name) >= 20 and by_name <= calculated


# flaky-tests-survey ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def practitioners(shared_data):
    path = shared_data / "flaky-tests-survey" / "responses.tsv"
    lines = [line.rstrip("\r\n").split("\t") for line in path.open(encoding="utf-8", newline="")]
    return read_survey(path), lines


def test_practitioner_survey_is_known_as_a_google_form_despite_its_commas(practitioners):
    raw, lines = practitioners
    assert raw.kind == "forms" and "Google" in raw.why
    assert len(raw.table) == len(lines) - 1 == 171
    joined = [name for name in raw.table if "___" not in name]
    assert len(joined) == len(lines[0]) == 37
    assert raw.table[joined].to_numpy().tolist() == lines[1:]
    assert max(len(item.wording) for item in raw.codebook.values()) > 1000


def test_the_one_who_did_not_consent_is_proposed_for_dropping(practitioners):
    raw, lines = practitioners
    refused = [number for number, line in enumerate(lines, start=1) if line[1].startswith("No")]
    proposals = propose_drops(raw)
    assert [p.rule for p in proposals] == ["not-consenting"]
    assert list(proposals[0].lines) == refused and len(refused) == 1
    survey = clean(raw, tidy_settings(raw))
    assert len(survey.answers) == 170
    assert survey.dropped[["row", "reason"]].to_numpy().tolist() == [[refused[0], "not-consenting"]]


def test_languages_in_one_cell_become_ticks_that_add_up(practitioners):
    raw, lines = practitioners
    place = next(i for i, name in enumerate(lines[0]) if name.startswith("Which languages"))
    ticked = Counter(part for line in lines[1:] for part in line[place].split(", ") if part)
    items = [item for item in raw.codebook.values() if item.type == "multi"]
    assert len(items) >= 10
    for item in items:
        label = item.options["1"]
        if label != "Other":
            assert (raw.table[item.id] == "1").sum() == ticked[label], label


def test_practitioner_survey_blanks_scales_and_the_mail_column(practitioners):
    raw, lines = practitioners
    grids = [i for i, name in enumerate(lines[0]) if name.endswith("]")]
    scales = [item for item in raw.codebook.values() if item.type == "likert"]
    assert len(grids) == 26 and len(scales) == 27  # the grids, and how often
    survey = clean(raw, tidy_settings(raw))
    blank = sum(line[i] == "" for line in lines[1:] if not line[1].startswith("No") for i in grids)
    names = [item.id for item in scales if item.section]
    assert (survey.missing[names] == "no answer").to_numpy().sum() == blank
    last = list(raw.table.columns)[-1]
    assert raw.codebook[last].identifier and last not in survey.answers
    assert [line[-1] for line in lines[1:]] == [""] * 171  # blanked, and no error


# vendor-format-fixtures --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "columns", "header"),
    [("sample.csv", 1, 20, 3), ("sample_legacy.csv", 1, 15, 2)],
)
def test_genuine_qualtrics_exports(shared_data, name, rows, columns, header):
    path = shared_data / "vendor-format-fixtures" / "qualtrics" / name
    cells = rows_of(path)
    assert len(cells) - header == rows
    raw = read_survey(path)
    assert raw.kind == "qualtrics" and raw.table.shape == (rows, columns)
    assert raw.table.iloc[0].tolist() == cells[header][:columns]
    assert raw.codebook["IPAddress"].identifier
    survey = clean(raw, tidy_settings(raw))
    assert len(survey.answers) == 1 and "IPAddress" not in survey.answers


SPSS = {  # file: cases, variables, labelled variables, codes declared missing (all from the files' makers)
    "electric.sav": (240, 13, 4, 1), "pbc.sav": (418, 20, 0, 0), "sample100.sav": (100, 11, 0, 0),
    "mval_bug.sav": (600, 10, 10, 9), "multiple_response.sav": (6, 12, 4, 2),
    "sample_missing.sav": (7, 7, 2, 3), "hebrew.sav": (99, 1, 0, 0), "telugu.sav": (1, 2, 0, 0),
    "electric.por": (240, 13, 4, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SPSS)
def test_genuine_spss_files(shared_data, name):
    cases, variables, labelled, with_missing = SPSS[name]
    path = shared_data / "vendor-format-fixtures" / "spss" / name
    raw = read_survey(path)
    assert raw.kind == "spss" and raw.table.shape == (cases, variables)
    if name.endswith(".sav"):
        head = path.read_bytes()[:96]
        assert int.from_bytes(head[80:84], "little") == cases  # the file's own count
    named = [i for i in raw.codebook.values() if i.type in {"single", "likert"} and i.options]
    assert len(named) >= labelled
    assert sum(bool(item.missing) for item in raw.codebook.values()) == with_missing
    survey = clean(raw, tidy_settings(raw))
    assert len(survey.answers) + len(survey.dropped) == cases


def test_user_missing_day_of_death_is_a_code_and_not_a_hole(shared_data):
    raw = read_survey(shared_data / "vendor-format-fixtures" / "spss" / "electric.sav")
    survey = clean(raw, tidy_settings(raw))
    nines = (raw.table["DAYOFWK"] == "9").sum()
    assert nines > 0 and nines == (survey.missing["DAYOFWK"] == "no answer").sum()
    portable = read_survey(shared_data / "vendor-format-fixtures" / "spss" / "electric.por")
    assert (portable.table["DAYOFWK"] == "").sum() == nines  # this older format loses the code
    assert "por-missing" in {note.rule for note in portable.notes}


def test_multiple_response_set_of_spss_becomes_one_tick_question(shared_data):
    raw = read_survey(shared_data / "vendor-format-fixtures" / "spss" / "multiple_response.sav")
    ticks = [item for item in raw.codebook.values() if item.type == "multi"]
    assert [item.id for item in ticks] == ["bool1", "bool2", "bool3"]
    assert {item.set for item in ticks} == {"mymrset"} and ticks[
        0
    ].wording == "My multiple response set"


# sodp-2020-multilingual --------------------------------------------------------------------------

LANGUAGES = {
    "en": ("0807.en", "1612-key.en", 68), "fr": ("0810.fr", "1556-key.fr", 12), "pt": ("0811.pt", "1555-key.pt", 3),
}  # fmt: skip


def language_files(folder: Path, language: str) -> tuple[Path, Path]:
    data, key, _ = LANGUAGES[language]
    return next(folder.glob(f"*{data}.csv")), next(folder.glob(f"*{key}.csv"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_key_file_describes_every_column_of_its_language(shared_data, language):
    path, key = language_files(shared_data / "sodp-2020-multilingual", language)
    cells, entries = rows_of(path), rows_of(key)
    raw = read_survey(path, key)
    assert "key file" in raw.why
    assert len(raw.table) == len(cells) - 1 == LANGUAGES[language][2]
    assert list(raw.codebook) == cells[0]
    assert [note for note in raw.notes if note.rule in {"no-column", "no-codebook-entry"}] == []
    options, current = {}, ""
    for first, second in entries:
        if first.isdigit():
            options[current][first] = " ".join(second.split())
        else:
            current = first
            options[first] = {}
    for name, item in raw.codebook.items():
        if item.type in {"single", "likert"}:
            assert {c: " ".join(v.split()) for c, v in item.options.items()} == options[name]


@pytest.fixture
def merged(shared_data, tmp_path):
    """The three languages by the rules that the authors describe in words beside their data."""
    import shutil

    folder = shared_data / "sodp-2020-multilingual"
    plan = ["languages:"]
    for name, language in (("english", "en"), ("french", "fr"), ("portuguese", "pt")):
        files = [shutil.copy(path, tmp_path) for path in language_files(folder, language)]
        plan += [
            f"  {name}:",
            f"    file: {Path(files[0]).name}",
            f"    dictionary: {Path(files[1]).name}",
        ]
        if language == "en":
            plan += [
                r"    rename: {'(Q5[345]_\d_[abcd])': '\1_1'}",
                "    blank_is_no: [Q53, Q54, Q55]",
            ]
        if language == "pt":
            plan += ["    rename: {Q2: Q3, Q3: Q2}"]
    plan.append("leave_out: [Q19, Q37, Q46, Q59]")
    (tmp_path / "merge.yml").write_text("\n".join(plan), encoding="utf-8")
    return tmp_path / "merge.yml"


def test_three_languages_merge_to_the_authors_own_merged_answers(shared_data, merged):
    raw = read_survey(merged)
    edited = next((shared_data / "sodp-2020-multilingual" / "edit").glob("*allLanguages.csv"))
    with edited.open(encoding="utf-8", newline="") as file:
        authors = list(
            csv.DictReader(file.read().replace("\r\n", "\n").replace("\r", "\n").splitlines())
        )
    ours = raw.table.set_index("URN")
    assert len(authors) == len(ours) == 83
    counted = [note.message for note in raw.notes if note.rule == "merged"]
    assert counted == ["Records by language: 68 english, 12 french, 3 portuguese"]
    compared = [name for name in authors[0] if name != "URN"]
    assert len(compared) == 358 and set(compared) <= set(ours)
    different = [
        (row["URN"], name)
        for row in authors
        for name in compared
        if ours.at[row["URN"], name] != row[name]
    ]
    assert different == []


def test_a_blank_tick_of_the_english_file_means_no_only_where_the_rules_say_so(merged):
    raw = read_survey(merged)
    survey = clean(raw, tidy_settings(raw))
    english = raw.table["language"] == "english"
    boxes = [item.id for item in raw.codebook.values() if item.set == "Q54"]
    ticked = (raw.table.loc[english, boxes] == "1").any(axis=1)
    people = raw.table.loc[english, "URN"][ticked]
    assert len(people) > 20
    assert (survey.missing.loc[people, boxes] == "").to_numpy().all()
    assert survey.answers.loc[people, boxes].isin([True, False]).to_numpy().all()


def test_languages_that_still_differ_stop_the_merge_and_name_the_columns(merged):
    from sustainment.errors import UserError

    text = merged.read_text(encoding="utf-8")
    merged.write_text(text.replace("leave_out: [Q19, ", "leave_out: ["), encoding="utf-8")
    with pytest.raises(UserError, match="Q19_12 only in the other"):
        read_survey(merged)


def test_empty_sessions_of_the_merge_are_those_without_any_filled_cell_or_tick(merged):
    raw = read_survey(merged)
    asked = [
        name
        for name, item in raw.codebook.items()
        if name not in {"URN", "language"} and item.section != "bookkeeping"
    ]
    empty = [
        line
        for line, row in zip(raw.table.index, raw.table[asked].to_numpy(), strict=True)
        if set(row) <= {"", "0"}
    ]
    proposals = {p.rule: list(p.lines) for p in propose_drops(raw)}
    assert proposals == {"empty-session": empty} and len(empty) == 4
    survey = clean(raw, tidy_settings(raw))
    assert len(survey.answers) == 79 and set(survey.dropped["reason"]) == {"empty-session"}
