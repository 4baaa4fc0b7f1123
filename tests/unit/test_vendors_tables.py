"""Plain tables, workbooks, codebooks and SPSS files made here; files that must be refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from vendor_helpers import write_csv, write_xlsx

from sustainment.errors import UserError
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey


def test_swedish_excel_semicolons_decimal_comma_and_windows_letters(tmp_path):
    rows = [["nr", "ålder", "timmar", "svar"], ["1", "34", "2,5", "ja"], ["2", "51", "10,25", "nej"], ["3", "47", "3", "ja"], ["4", "29", "0,5", "ja"]]  # fmt: skip
    raw = read_survey(write_csv(tmp_path / "s.csv", rows, "cp1252", ";"))
    assert raw.kind == "plain" and "encoding" in {note.rule for note in raw.notes}
    assert raw.codebook["timmar"].format == "decimal comma"
    survey = clean(raw, {"id": "nr"})
    assert list(survey.answers["timmar"]) == [2.5, 10.25, 3.0, 0.5]
    assert list(survey.answers["ålder"]) == [34, 51, 47, 29]


@pytest.mark.parametrize("shape", ["rows", "options", "key", "sheet"])
def test_every_shape_of_codebook_gives_the_same_labels(tmp_path, shape):
    data = [
        ["id", "q1", "q2_1", "q2_2"],
        ["1", "1", "1", "0"],
        ["2", "2", "0", "1"],
        ["3", "9", "0", "0"],
    ]
    path = write_csv(tmp_path / "d.csv", data)
    if shape == "rows":
        book = [["variable", "wording", "options", "missing"], ["id", "Id", "", ""], ["q1", "Use it?", "1=Yes; 2=No, not yet", "9=refused"], ["q2_1", "Which? a", "0=No; 1=Yes", ""], ["q2_2", "Which? b", "0=No; 1=Yes", ""]]  # fmt: skip
    elif shape == "options":
        book = [["variable", "question", "code", "label", "missing"], ["id", "Id", "", "", ""], ["q1", "Use it?", "1", "Yes", ""], ["", "", "2", "No, not yet", ""], ["", "", "9", "refused", "x"], ["q2_1", "a", "1", "Yes", ""], ["q2_2", "b", "1", "Yes", ""]]  # fmt: skip
    elif shape == "key":
        book = [["id", "Id"], ["q1", "Use it?"], ["1", "Yes"], ["2", "No, not yet"], ["9", "refused"], ["q2", "Which?"], ["1", "a"], ["2", "b"]]  # fmt: skip
    else:
        book = [["variable", "wording", "options", "missing"], ["id", "Id", "", ""], ["q1", "Use it?", "{1, Yes} {2, No, not yet}", "9=refused"], ["q2_1", "a", "", ""], ["q2_2", "b", "", ""]]  # fmt: skip
        path = write_xlsx(tmp_path / "d.xlsx", {"Data": data, "Codebook": book})
    dictionary = None if shape == "sheet" else write_csv(tmp_path / "book.csv", book)
    item = read_survey(path, dictionary).codebook["q1"]
    assert item.wording == "Use it?"
    assert item.options["1"] == "Yes" and item.options["2"] == "No, not yet"
    assert shape == "key" or item.missing == {"9": "refused"}


def test_spss_file_written_here_with_ranges_of_missing_and_labels(tmp_path):
    import pyreadstat

    frame = pd.DataFrame({"id": [1.0, 2, 3], "sat": [1.0, 97, 98], "txt": ["a  ", "b", ""]})
    path = tmp_path / "s.zsav"
    pyreadstat.write_sav(
        frame, str(path), column_labels=["Id", "Satisfied?", "Text"], compress=True,
        variable_value_labels={"sat": {1: "Yes", 2: "No", 97: "Prefer not to say", 98: "Not applicable"}},
        missing_ranges={"sat": [{"lo": 97, "hi": 99}]},
    )  # fmt: skip
    raw = read_survey(path)
    assert raw.kind == "spss" and raw.codebook["sat"].options == {"1": "Yes", "2": "No"}
    assert raw.codebook["sat"].missing == {"97": "refused", "98": "not applicable"}
    survey = clean(raw, {"id": "id"})
    assert list(survey.missing["sat"]) == ["", "refused", "not applicable"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: write_csv(p / "a.csv", [["id", "q", "q"], ["1", "2", "3"]]), "same name"),
        (lambda p: write_xlsx(p / "a.xlsx", {"S": [["id", "q"], [1, 2], [2, 3]]}, "B2:B3"), "merged"),
        (lambda p: write_xlsx(p / "a.xlsx", {"S": [["id"], [1]], "T": [["id"], [1]]}), "2 filled sheets"),
        (lambda p: write_csv(p / "a.csv", [["id", "q"], ["1,23E+11", "1"], ["1,24E+11", "2"]]), "scientific notation"),
        (lambda p: write_csv(p / "a.csv", []), "empty"),
        (lambda p: _bytes(p / "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "older kind of workbook, or damaged"),
        (lambda p: _bytes(p / "a.csv", "id;å\n1;é\n2;å\n3;ö\n".encode() + b"4;\xe5\n"), "not valid UTF-8"),
        (lambda p: _bytes(p / "a.docx", b"PK"), "no kind"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_one_sentence(tmp_path, make, sentence):
    with pytest.raises(UserError, match=sentence) as error:
        read_survey(make(tmp_path))
    assert "a." in str(error.value)


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_codebook_of_another_table_is_refused(tmp_path):
    path = write_csv(tmp_path / "d.csv", [["a", "b", "c"], ["1", "2", "3"]])
    book = write_csv(tmp_path / "k.csv", [["variable", "wording"], ["x", "X"], ["y", "Y"]])
    with pytest.raises(UserError, match="codebook of another export"):
        read_survey(path, book)


def test_reading_stops_when_two_kinds_fit(tmp_path):
    header = [
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "ResponseId",
        "RecordedDate",
        "Progress",
    ]
    path = write_csv(tmp_path / "two.csv", [header, ["1"] * 7])
    with pytest.raises(
        UserError,
        match=r"several kinds: limesurvey, because .*; qualtrics, because .*`--kind` when a project",
    ):
        read_survey(path)
    assert read_survey(path, kind="limesurvey").kind == "limesurvey"


def test_a_column_for_comments_stays_text_however_often_people_repeat_themselves(tmp_path):
    rows = [
        ["nr", "kommentar"],
        *([str(i), "bra" if i % 2 else "för lite tid"] for i in range(1, 9)),
    ]
    assert read_survey(write_csv(tmp_path / "s.csv", rows)).codebook["kommentar"].type == "text"
