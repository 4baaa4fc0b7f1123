"""The check names what is wrong at its place; each rule is shown to be what catches it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pytest
from survey_helpers import (
    DICTIONARY,
    POPULATION,
    SETTINGS,
    SURVEY,
    with_cell,
    write_study,
)

from sustainment.check import RULES, Material, as_json, check_study
from sustainment.check import rules as check_rules
from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews.model import Interviews, table

BOOK = Path(__file__).resolve().parents[2]
TEXT = "INVENTED\nInterviewer: How was it?\nClinician: Lonely, but good."


def interviews(**changes: pd.DataFrame) -> Interviews:
    """A coding project of two texts; `changes` replace whole tables."""
    tables = {
        "documents": table(
            "documents",
            [{"document": d, "name": d, "text": TEXT} for d in ("script-A", "script-B")],
        ),
        "codes": table("codes", [{"code": "alone", "name": "alone", "parent": "", "codable": True, "path": "alone"}]),
        "segments": table(
            "segments",
            [
                {"segment": f"{d}:45-52", "document": d, "start": 45, "end": 52, "text": TEXT[45:52],
                 "code": "alone", "coder": c, "verified": True}
                for d in ("script-A", "script-B") for c in ("coder 1", "coder 2")
            ],
        ),
        "coders": table("coders", [{"coder": f"coder {i}", "name": f"coder-{i}"} for i in (1, 2)]),
        "cases": pd.DataFrame(
            {"case": ["A", "B"], "name": ["A", "B"], "document": ["script-A", "script-B"],
             "person": ["P-1", "P-2"], "cohort": ["1", "1"], "continued": ["yes", "no"]}
        ),
        "memos": table("memos"),
    }  # fmt: skip
    return Interviews(**{**tables, **changes}, kind="refi-qda", why="given", file="project.qde")


def changed(name: str, row: int, column: str, value: object) -> Interviews:
    """The project with one cell of one table changed."""
    frame = getattr(interviews(), name).copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return interviews(**{name: frame})


def study_with(**blocks: dict) -> dict:
    """The small study's settings with other blocks merged in."""
    settings = copy.deepcopy(SETTINGS)
    settings["interviews"] = {
        "person": "person",
        "same": {"cohort": "cohort"},
        "answers": {"continued": "b06"},
    }
    for name, block in blocks.items():
        settings[name] = {**settings.get(name, {}), **block} if isinstance(block, dict) else block
    return settings


OBSERVED = study_with(provenance="observed")
UNMARKED = {
    "survey": SURVEY.replace("is_synthetic,", "").replace(",1,2000", ",2000"),
    "population": POPULATION.replace(",is_synthetic", "").replace(",1\n", "\n"),
    "dictionary": "".join(line for line in DICTIONARY.splitlines(True) if not line.startswith("is_syn")),
}  # fmt: skip


@dataclass
class Broken:
    """A study with one defect, and where the rule must see it."""

    row: int | None = None
    column: str = ""
    value: str = ""
    files: dict = field(default_factory=dict)
    settings: dict = field(default_factory=study_with)
    project: Interviews | None = None
    file: str = "survey.csv"


def cell(line: int, column: str, value: str, **more) -> Broken:
    return Broken(line, column, value, {"survey": with_cell(SURVEY, line, column, value)}, **more)


def decided(broken: Broken, **decision: str) -> Broken:
    broken.settings = study_with(survey={"decisions": [decision]})
    return broken


UNFINISHED = with_cell(SURVEY, 2, "form_complete", "0")
PARTIAL = with_cell(UNFINISHED, 2, "score", "")
EMPTY = SURVEY.replace("1,P-1,1,2000-02-01,1,3,1,2,0,0,0,4,Colleagues,2", "1,P-1,1,,,,,,0,0,0,,,0")
BROKEN: dict[str, Broken] = {
    "column-missing": Broken(1, "b05", files={"survey": SURVEY.replace("b05", "b05x", 1)}),
    "column-extra": Broken(1, "b05x", files={"survey": SURVEY.replace("b05", "b05x", 1)}),
    "settings-column": Broken(
        1, "nothing", settings=study_with(survey={"outcome": {"item": "nothing"}})
    ),
    "missing-label": Broken(
        1, "score2", "9, Not aplicable",
        {
            "dictionary": DICTIONARY + DICTIONARY.splitlines(True)[10].replace("score", "score2").replace(
                "Not applicable", "Not aplicable"
            ),
            "survey": SURVEY.replace("o01,", "o01,score2,", 1).replace(",2\n", ",,2\n"),
        },
    ),
    "routing-unread": Broken(
        1, "b08", "sum([b06]) > 1", {"dictionary": DICTIONARY.replace("[b06] = '1'", "sum([b06]) > 1")}
    ),
    "test-record": decided(
        Broken(2, "person", "P-1"), rule="test-record", column="record_id", matches="^1$", then="drop"
    ),
    "not-consenting": decided(
        Broken(5, "person", "P-3"), rule="not-consenting", item="b05", value="12", then="drop"
    ),
    "empty-session": decided(
        Broken(2, "person", "P-1", {"survey": EMPTY}), rule="empty-session", then="drop"
    ),
    "not-in-frame": cell(2, "person", "P-77"),
    "partial-without-outcome": decided(
        Broken(
            2, "person", "P-1",
            {"survey": with_cell(with_cell(PARTIAL, 2, "b06", ""), 2, "b08", "")},
        ),
        rule="partial-without-outcome", then="drop",
    ),
    "duplicate-submission": Broken(
        3, "person", "P-1", {"survey": with_cell(SURVEY, 3, "person", "P-1")}
    ),
    "id-missing": cell(2, "person", ""),
    "record-repeated": cell(3, "record_id", "1"),
    "record-count": Broken(
        files={"survey": SURVEY.rsplit("5,P-5", 1)[0]}, settings=study_with(survey={"records": 5})
    ),
    "complete-mismatch": Broken(2, "form_complete", files={"survey": UNFINISHED}),
    "partial-with-outcome": Broken(2, "form_complete", files={"survey": PARTIAL}),
    "unknown-code": cell(2, "a01", "7"),
    "text-in-number": cell(2, "b05", "a few"),
    "impossible-value": cell(2, "b05", "240"),
    "impossible-date": cell(2, "filled_on", "2000-02-31"),
    "stray-spaces": cell(2, "a01", "1 "),
    "full-width-digit": cell(2, "b05", "４"),
    "decimal-comma": Broken(
        2, "b05", "7,5",
        {"survey": with_cell(SURVEY, 2, "b05", "7,5"), "dictionary": DICTIONARY.replace("integer", "number")},
    ),
    "double-encoded": cell(2, "o01", "fÃ¶rskola"),
    "decomposed-letters": cell(2, "o01", "fo\u0308rskola"),
    "letters-lost": cell(2, "o01", "f\ufffdrskola"),
    "answered-though-not-asked": cell(3, "b08", "1"),
    "asked-but-blank": Broken(2, "score", files={"survey": with_cell(SURVEY, 2, "score", "")}),
    "frame-without-ids": Broken(
        1, "person", files={"population": POPULATION.replace("person", "who", 1)}, file="population.csv"
    ),
    "frame-id-missing": Broken(
        4, "person", files={"population": POPULATION.replace("P-3", "")}, file="population.csv"
    ),
    "frame-id-repeated": Broken(
        7, "person", "P-5", {"population": POPULATION.replace("P-6", "P-5")}, file="population.csv"
    ),
    "frame-spaces": Broken(
        7, "person", "P-6 ", {"population": POPULATION.replace("P-6", "P-6 ")}, file="population.csv"
    ),
    "frame-value": Broken(
        7, "cohort", "9", {"population": with_cell(POPULATION, 7, "cohort", "9")},
        study_with(survey={"frame": {"values": {"cohort": [1, 2]}}}), file="population.csv",
    ),
    "frame-size": Broken(
        files={"population": POPULATION + "P-7,2,1\n"}, file="population.csv"
    ),
    "frame-cell-small": Broken(
        None, "cohort", "3", {"population": with_cell(POPULATION, 7, "cohort", "3") + "P-7,2,1\n"},
        study_with(population={"size": 7}), file="population.csv",
    ),
    "frame-disagrees": Broken(
        2, "a01", "3", {"survey": with_cell(SURVEY, 2, "a01", "3")},
        study_with(survey={"frame": {"same": {"a01": "cohort"}}}),
    ),
    "segment-text": Broken(
        None, "segments", "script-A:45-52", project=changed("segments", 0, "text", "other"),
        file="project.qde",
    ),
    "segment-code": Broken(
        None, "segments", "script-A:45-52", project=changed("segments", 0, "code", "gone"),
        file="project.qde",
    ),
    "coder-nameless": Broken(
        None, "coders", "coder 1", project=changed("coders", 0, "name", ""), file="project.qde"
    ),
    "case-not-in-frame": Broken(
        None, "cases", "A: P-99", project=changed("cases", 0, "person", "P-99"), file="project.qde"
    ),
    "case-repeated": Broken(
        None, "cases", "B: P-1", project=changed("cases", 1, "person", "P-1"), file="project.qde"
    ),
    "case-disagrees": Broken(
        None, "cases", "A", project=changed("cases", 0, "cohort", "3"), file="project.qde"
    ),
    "case-without-answer": Broken(
        None, "cases", "A", project=changed("cases", 0, "person", "P-6"), file="project.qde"
    ),
    "case-answer-disagrees": Broken(
        None, "cases", "A", project=changed("cases", 0, "continued", "no"), file="project.qde"
    ),
    "mark-undeclared": Broken(
        None, "survey: mark", settings=study_with(survey={"mark": {}}), file="study.yml"
    ),
    "mark-missing": cell(2, "is_synthetic", "0"),
    "mark-present": Broken(2, "is_synthetic", "1", settings=OBSERVED),
    "text-mark-missing": Broken(
        1, "script-A", project=changed("documents", 0, "text", TEXT.replace("INVENTED", "Invented")),
        file="project.qde",
    ),
    "text-mark-present": Broken(
        1, "script-A", files=UNMARKED, settings=OBSERVED, project=interviews(), file="project.qde"
    ),
}  # fmt: skip
# These pass on what the readers say; the readers' own tests show what they catch.
PASSED_ON = {"unreadable", "reader-notes", "interviews-project"}
ELSEWHERE = {"checksum"}  # test_check_property


@pytest.fixture
def checked(tmp_path, monkeypatch) -> Callable[[Broken], list[Finding]]:
    """Check a broken study."""

    def check(broken: Broken) -> list[Finding]:
        write_study(tmp_path, settings=broken.settings, **broken.files)
        # the coding project is handed in as its reader would give it
        monkeypatch.setattr(Material, "interviews", broken.project, raising=True)
        return check_study(tmp_path)

    return check


def here(findings: list[Finding], rule: str, broken: Broken) -> list[Finding]:
    place = (broken.file, broken.row, broken.column, broken.value)
    return [f for f in findings if f.rule == rule and (f.file, f.row, f.column, f.value) == place]


def test_every_rule_has_a_broken_example():
    assert {rule.id for rule in RULES} == set(BROKEN) | PASSED_ON | ELSEWHERE
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_every_rule_says_what_it_means():
    for rule in RULES:
        assert len(rule.message.split()) > 2, rule.id
        assert rule.remedy or rule.severity != "error" or rule.id in PASSED_ON, rule.id


def test_a_sound_study_has_no_findings(checked):
    assert checked(Broken()) == []
    assert [f for f in checked(Broken(project=interviews())) if f.severity == "error"] == []
    assert checked(Broken(files=UNMARKED, settings=OBSERVED)) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_names_the_broken_input_at_its_place(rule, checked):
    broken = BROKEN[rule]
    [finding] = here(checked(broken), rule, broken)
    declared = next(r for r in RULES if r.id == rule)
    assert finding.severity == declared.severity
    assert finding.message.startswith(declared.message)
    assert broken.file in finding.sentence()


@pytest.mark.parametrize("rule", BROKEN)
def test_without_the_rule_nobody_else_names_it(rule, checked, monkeypatch):
    import sustainment.check

    left = [r for r in RULES if r.id != rule]
    monkeypatch.setattr(sustainment.check, "RULES", left)
    assert [f for f in checked(BROKEN[rule]) if f.rule == rule] == []


@pytest.mark.parametrize(
    ("rule", "broken", "decision"),
    [
        ("unknown-code", cell(2, "a01", "7"), {"item": "a01", "value": "7", "then": "removed"}),
        ("stray-spaces", cell(2, "a01", "1 "), {"then": "repair"}),
        ("not-in-frame", cell(2, "person", "P-77"), {"then": "drop"}),
        ("column-extra", BROKEN["column-extra"], {"item": "b05x", "then": "keep"}),
        ("answered-though-not-asked", cell(3, "b08", "1"), {"then": "not asked"}),
    ],
)
def test_a_decision_turns_the_error_into_a_note_that_names_it(checked, rule, broken, decision):
    settings = study_with(survey={"decisions": [{"rule": rule, "why": "as agreed", **decision}]})
    [finding] = here(checked(replace(broken, settings=settings)), rule, broken)
    assert finding.severity in ("warning", "note")
    assert finding.remedy == f"Handled: {decision['then']} (as agreed)."


def test_a_decision_about_another_value_leaves_the_error(checked):
    settings = study_with(
        survey={"decisions": [{"rule": "unknown-code", "value": "8", "then": "removed"}]}
    )
    broken = replace(cell(2, "a01", "7"), settings=settings)
    assert here(checked(broken), "unknown-code", broken)[0].severity == "error"


def test_all_problems_come_at_once_worst_first(checked):
    survey = with_cell(with_cell(SURVEY, 2, "a01", "7"), 5, "b05", "many")
    survey = with_cell(survey, 6, "score", "")
    findings = checked(
        Broken(files={"survey": survey, "population": POPULATION.replace("P-6", "P-5")})
    )
    assert [f.severity for f in findings] == ["error"] * 3 + ["note"]
    assert {f.rule for f in findings} == {
        "unknown-code",
        "text-in-number",
        "frame-id-repeated",
        "asked-but-blank",
    }


@pytest.mark.parametrize(
    ("files", "rule", "file", "row"),
    [
        ({"survey": b""}, "file-empty", "survey.csv", None),
        ({"survey": SURVEY.replace(",4,Coll", ",4,4,Coll")}, "row-width", "survey.csv", 2),
        ({"survey": SURVEY.replace("b05", "b06", 1)}, "columns-repeated", "survey.csv", 1),
        ({"dictionary": b"a,b\n1,2\n"}, "dictionary-columns", "dictionary.csv", 1),
        ({"population": b"person\nP-1\nP-2,2\n"}, "row-width", "population.csv", 3),
        ({"survey": SURVEY.encode() + b"\xff"}, "row-width", "survey.csv", 8),
    ],
)
def test_a_file_that_cannot_be_read_is_one_finding_and_the_others_are_still_checked(
    checked, files, rule, file, row
):
    findings = checked(Broken(files=files, project=changed("segments", 0, "code", "gone")))
    assert [(f.severity, f.file, f.row) for f in findings if f.rule == rule] == [
        ("error", file, row)
    ]
    assert any(f.rule == "segment-code" for f in findings)


@pytest.mark.parametrize(
    ("content", "rule", "severity"),
    [
        (b"\xef\xbb\xbf" + SURVEY.encode(), "encoding", "note"),
        (SURVEY.encode("utf-16"), "encoding", "warning"),
        (SURVEY.replace("Colleagues", "Mötena").encode("cp1252"), "encoding", "warning"),
    ],
)
def test_what_the_reader_guessed_is_passed_on(checked, content, rule, severity):
    findings = checked(Broken(files={"survey": content}))
    assert [(f.rule, f.severity) for f in findings] == [(rule, severity)]


def test_a_missing_file_is_named(tmp_path):
    write_study(tmp_path)
    (tmp_path / "data" / "raw" / "survey.csv").unlink()
    [finding] = [f for f in check_study(tmp_path) if f.rule == "file-missing"]
    assert finding.file == "survey.csv"


def test_settings_that_cannot_be_read_stop_the_check(tmp_path):
    write_study(tmp_path, settings={**SETTINGS, "provenance": "real"})
    with pytest.raises(UserError, match="provenance"):
        check_study(tmp_path)


def test_a_mistake_in_the_settings_is_a_finding_and_not_a_traceback(checked):
    settings = study_with(survey={"decisions": [{"rule": "unknown-cod", "then": "removed"}]})
    [finding] = checked(Broken(settings=settings))
    assert finding.severity == "error"
    assert "Did you mean 'unknown-code'" in finding.message


def test_of_many_bad_rows_the_first_are_named_and_the_rest_counted(checked):
    rows = "".join(f"{i},P-1,1,2000-02-01,7,3,1,2,0,0,0,4,x,2\n" for i in range(10, 60))
    settings = study_with(
        survey={"decisions": [{"rule": "duplicate-submission", "then": "keep last"}]}
    )
    findings = checked(Broken(files={"survey": SURVEY + rows}, settings=settings))
    repeated = [f for f in findings if f.rule == "duplicate-submission"]
    assert len(repeated) == check_rules.ROWS_NAMED + 1
    assert any("in 30 more rows" in f.message for f in repeated)


def test_the_books_own_material_has_only_defects_that_were_decided():
    findings = check_study(BOOK)
    assert [f.sentence() for f in findings if f.severity == "error"] == []
    planted = pd.read_csv(BOOK / "data/worlds/book/defects.csv", dtype=str, keep_default_na=False)
    expected = {(r.rule, int(r.row)) for r in planted.itertuples() if r.rule != "harmless"}
    assert {(f.rule, f.row) for f in findings if f.file == "survey.csv"} == expected


def test_the_book_under_another_provenance_stops(tmp_path):
    import shutil

    shutil.copytree(BOOK / "data", tmp_path / "data")
    path = tmp_path / "data" / "study.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("provenance: synthetic", "provenance: observed"), encoding="utf-8")
    errors = [f for f in check_study(tmp_path) if f.severity == "error"]
    assert {f.rule for f in errors} == {"mark-present", "text-mark-present"}
    assert {f.file for f in errors if f.rule == "mark-present"} == {"survey.csv", "population.csv"}


def test_of_a_long_answer_the_part_with_the_defect_is_shown(checked):
    answer = "a" * 300 + "fÃ¶rskola" + "b" * 300
    [finding] = checked(cell(2, "o01", answer))
    assert "fÃ¶rskola" in finding.value
    assert len(finding.value) == 82


def test_a_label_for_missing_that_no_option_has_is_told(checked):
    settings = study_with(survey={"missing_labels": {"N/A": "not applicable"}})
    [finding] = checked(Broken(settings=settings))
    assert (finding.rule, finding.column) == ("missing-label", "survey: missing_labels")


def test_findings_are_json_for_another_program(checked):
    findings = checked(cell(2, "a01", "7"))
    [first] = json.loads(as_json(findings))
    assert first["rule"] == "unknown-code"
    assert (first["row"], first["column"], first["value"]) == (2, "a01", "7")


def test_the_check_reads_and_never_writes(tmp_path):
    write_study(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    check_study(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "project",
    ["blank-for-gray-status", "checkboxes-1", "decimal-comma", "decimal-comma-and-dot", "longitudinal",
     "nonnumeric-record-id", "potentially-problematic-dictionary", "potentially-problematic-values",
     "repeating-instruments", "russian", "simple", "survey", "validation-types-1"],
)  # fmt: skip
def test_other_peoples_projects_are_checked_to_the_end(shared_data, tmp_path, project):
    folder = shared_data / "vendor-format-fixtures" / "redcap" / project
    dictionary = next(folder.glob("diction*.csv"), None)
    (tmp_path / "data").mkdir()
    entry = {"file": f"{folder}/data.csv", "dictionary": str(dictionary) if dictionary else None}
    settings = {"provenance": "observed", "inputs": {"survey": entry}}
    (tmp_path / "data" / "study.yml").write_text(json.dumps(settings), encoding="utf-8")
    findings = check_study(tmp_path)
    assert all(f.message and f.file for f in findings)
    expected = {
        # what their authors planted, read off the files
        "potentially-problematic-dictionary": {("file-empty", None, "")},
        "potentially-problematic-values": {
            ("impossible-date", 2, "date_before_validation"),
            ("impossible-date", 3, "date_before_validation"),
            ("text-in-number", 2, "integer_before_validation"),
            ("text-in-number", 3, "integer_before_validation"),
        },
        # two mice of 7 and 6 "cm" and 1 "kg"; sex is coded 0 and 1 and exported as FALSE and TRUE
        "simple": {
            ("impossible-value", line, item) for line in (2, 4) for item in ("height", "weight")
        }
        | {("labels-for-codes", None, "sex")},
    }
    if project in expected:
        assert {(f.rule, f.row, f.column) for f in findings} >= expected[project]
    if project == "simple":
        assert not [f for f in findings if f.column == "sex" and f.severity == "error"]
