"""Coding sheets in the shapes that teams and programs leave them: lists in cells, trees in columns,
codebooks beside, folders in folders, marks without words. Each file is made here, after a real one."""

from __future__ import annotations

import csv

import openpyxl
import pytest
from interviews_helpers import rules

from sustainment.errors import UserError
from sustainment.interviews.arrange import arrange
from sustainment.interviews.cells import lists_codes, parted
from sustainment.interviews.guess import guess_mapping
from sustainment.interviews.matrices import coverage, presence
from sustainment.interviews.read import read_interviews
from sustainment.interviews.transcripts import named_alike
from sustainment.new.coding import open_coding


def csv_file(path, rows, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **how).writerows(rows)
    return path


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


# several codes in one cell -----------------------------------------------------------------------

ATLAS = [
    ["Number", "Text Content", "Document", "Codes", "Number of Codes", "Creator"],
    ["1:1", "Vi har alltid för lite tid.", "Interview P1", "Time, Local, small units", 2, "Author 1"],
    ["1:2", "Det är små enheter här.", "Interview P1", "Local, small units", 1, "Author 2"],
    ["2:1", "Ingen frågar oss 😀.", "Interview P2", "Voice, Time, Local, small units", 3, "Author 2"],
    ["2:2", "Jaha.", "Interview P2", "", 0, "Author 1"],
]  # fmt: skip


def test_codes_joined_by_commas_are_parted_and_a_comma_in_a_name_is_not(tmp_path):
    read = read_interviews(csv_file(tmp_path / "decisions.csv", ATLAS))
    assert len(read.segments) == sum(row[4] for row in ATLAS[1:])
    assert set(read.codes["code"]) == {"Time", "Local, small units", "Voice"}
    assert read.coders["name"].tolist() == ["Author 1", "Author 2"]
    assert not {"number-of-codes"} & rules(read.notes)


def test_where_the_sheets_own_count_of_codes_differs_the_row_is_named(tmp_path):
    rows = [[*row] for row in ATLAS]
    rows[2][3:5] = ["Voice", 1]  # nothing shows any more that "Local, small units" is one code
    read = read_interviews(csv_file(tmp_path / "decisions.csv", rows))
    assert [note.row for note in read.notes if note.rule == "number-of-codes"] == [2, 4]
    # a codebook beside the table does
    csv_file(tmp_path / "codebook.csv", [["Code", "Comment"], ["Time", "hours"], ["Local, small units", ""], ["Voice", ""]])  # fmt: skip
    read = read_interviews(tmp_path)
    assert "number-of-codes" not in rules(read.notes)
    assert read.codes.set_index("code")["description"]["Time"] == "hours"


@pytest.mark.parametrize(
    ("cells", "plural", "is_list"),
    [
        (["time, money", "time", "money, voice"], True, True),
        (["time, money", "time", "money, voice"], False, False),
        (["time, money", "time", "money", "voice, time", "voice"], False, True),
        (["there is no time, ever", "nobody asks, and why", "time"], True, False),
        (["time", "money"], True, False),
    ],
)
def test_commas_part_codes_only_where_the_cells_show_it(cells, plural, is_list):
    assert lists_codes(cells, None, plural) is is_list


def test_a_known_code_keeps_its_separator():
    assert parted("a, b, c", [","], {"b, c"}) == ["a", "b, c"]
    assert parted("a, b, c", [","], {"a, b, c", "a, b"}) == ["a, b, c"]
    assert parted("a; b | c", [";", "|"]) == ["a", "b", "c"]
    assert parted("a, b", []) == ["a, b"]


# trees in columns --------------------------------------------------------------------------------

TREE = [
    ["Participant", "Theme", "Sub-theme", "Code", "Quote"],
    ["P1", "Work", "Hours", "no time", "There is never enough of it"],
    ["P2", "", "", "evenings", "I do it when they sleep, mostly"],
    ["P2", "Trust", "", "voice", "Nobody asks us what we think"],
]


def test_theme_sub_theme_and_code_in_columns_are_one_tree(tmp_path):
    read = read_interviews(csv_file(tmp_path / "a.csv", TREE))
    assert read.codes["path"].tolist() == [
        "Work",
        "Work > Hours",
        "Work > Hours > no time",
        "Work > Hours > evenings",
        "Trust",
        "Trust > voice",
    ]
    assert len(read.segments) == 3
    assert [note.row for note in read.notes if note.rule == "theme-above"] == [3]
    themes = arrange(read, {})[["document", "theme", "subtheme", "code"]].values.tolist()
    assert ["P2", "Work", "Hours", "evenings"] in themes and ["P2", "Trust", "", "voice"] in themes


def test_two_columns_that_cross_each_other_are_two_codes_and_no_tree(tmp_path):
    rows = [["Interview", "Quote", "Theme", "Code"]]
    rows += [["I", f"These are words {n}", f"T{n % 2}", f"c{n % 3}"] for n in range(12)]
    read = read_interviews(csv_file(tmp_path / "a.csv", rows))
    assert len(read.segments) == 24 and (read.codes["parent"] == "").all()


# codes without words -----------------------------------------------------------------------------

MARKS = [["Participant", "Profession", "time", "money"], ["P1", "nurse", "x", ""], ["P2", "social worker", "x", "x"], ["P3", "nurse", "", ""]]  # fmt: skip


def test_marks_without_words_count_interviews_and_measure_nothing(tmp_path):
    read = read_interviews(csv_file(tmp_path / "a.csv", MARKS))
    assert read.documents["document"].tolist() == ["P1", "P2", "P3"]
    assert len(read.segments) == 3 and not read.segments["verified"].any()
    assert (read.segments["text"] == "").all() and read.documents["text"].isna().all()
    assert "no-words" in rules(read.notes)
    arranged = arrange(read, {})
    assert presence(read, arranged, by="code").sum().to_dict() == {"time": 2, "money": 1}
    assert coverage(read, arranged, by="code").isna().all(axis=None)


def test_marks_beside_a_label_of_each_row(tmp_path):
    rows = [["", "time", "money"], ["unit 1", "1", "0"], ["unit 2", "1", "1"]]
    read = read_interviews(csv_file(tmp_path / "a.csv", rows))
    assert read.segments["document"].value_counts().to_dict() == {"unit 2": 2, "unit 1": 1}


def test_a_table_of_counts_is_no_coding(tmp_path):
    rows = [["", "time", "money", "voice"], ["P1", "8", "0", "3"], ["P2", "6", "9", "7"]]
    with pytest.raises(UserError, match="how often codes were given"):
        read_interviews(csv_file(tmp_path / "a.csv", rows))


# what lies beside the coding ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        ["tag", "description", "number of highlights", "number of documents"],
        ["Code", "Definition", "Example"],
    ],
)
def test_a_codebook_alone_is_no_coding(tmp_path, header):
    path = csv_file(tmp_path / "codes.csv", [header, ["time", "hours there are", "3", "2"]])
    with pytest.raises(UserError, match="is a codebook"):
        read_interviews(path)


def test_a_codebook_that_lacks_a_code_is_not_taken_and_is_named(tmp_path):
    csv_file(tmp_path / "a.csv", [["Interview", "Quote", "Code"], ["I", "Some words here", "time"], ["I", "And others, too", "money"]])  # fmt: skip
    csv_file(tmp_path / "codebook.csv", [["Code", "Definition"], ["time", "hours"]])
    guess = guess_mapping(tmp_path)
    assert "codebook" not in guess
    assert "not read as coding: codebook.csv" in guess["why"]


def test_coding_one_folder_below_is_found(tmp_path):
    csv_file(tmp_path / "duration.csv", [["id", "minutes"], ["1", "53"]])
    csv_file(tmp_path / "coding" / "decisions.csv", ATLAS)
    read = read_interviews(tmp_path)
    assert len(read.segments) == 6
    mapping = {k: v for k, v in guess_mapping(tmp_path).items() if k != "why"}
    assert mapping["files"] == [{"file": "coding/decisions.csv"}]
    assert read_interviews(tmp_path, mapping=mapping).segments.equals(read.segments)


def test_a_sheet_without_a_column_that_another_has_is_read(tmp_path):
    one = [["Interview", "Text", "Code", "Coder"], ["I", "Some words here", "time", "A"]]
    two = [["Interview", "Text", "Code"], ["I", "Some other words", "money"]]
    for sheets in ({"one": one, "two": two}, {"one": two, "two": one}):
        read = read_interviews(workbook(tmp_path / "a.xlsx", **sheets))
        assert sorted(read.segments["code"]) == ["money", "time"]
        assert read.segments.set_index("code")["coder"].to_dict() == {
            "time": "coder 1",
            "money": "",
        }


def test_marks_that_sum_up_another_sheet_are_left_out(tmp_path):
    coded = [["Entrevista", "Texto", "Código"], ["I", "Unas palabras aquí", "tiempo"]]
    marks = [["Row Labels", "tiempo", "dinero"], ["I_1", 1, 0], ["I_2", 0, 1]]
    guess = guess_mapping(workbook(tmp_path / "a.xlsx", segmentos=coded, P_matrix=marks))
    assert [file["sheet"] for file in guess["files"]] == ["segmentos"]
    assert guess["document"] == "Entrevista" and "P_matrix" in guess["why"]


def test_many_repeated_codings_are_one_finding_with_their_number(tmp_path):
    rows = [["Interview", "Quote", "Code"], *[["I", "The same words", "time"]] * 40]
    read = read_interviews(csv_file(tmp_path / "a.csv", rows))
    found = [note for note in read.notes if note.rule == "same-coding-twice"]
    assert len(read.segments) == 1 and len(found) == 1
    assert "38 more" in found[0].message


def test_a_header_without_rows_says_so(tmp_path):
    for path in (
        csv_file(tmp_path / "a.csv", [["Interview", "Quote", "Code"]]),
        workbook(tmp_path / "a.xlsx", one=[["Interview", "Quote", "Code"]]),
    ):
        with pytest.raises(UserError, match="holds no row with a quotation or a code"):
            read_interviews(path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["P1", "P2"], {"P1": "P1", "P2": "P2"}),
        (["1", "2"], {"1": "P1", "2": "P2"}),
        (
            ["Interview 01 – clean", "Interview 02"],
            {"Interview 01 – clean": "P1", "Interview 02": "P2"},
        ),
        (["1", "1b", "2"], {"2": "P2"}),  # which of two is P1 cannot be told
        (["P1", "2"], {"P1": "P1"}),  # where names are used, numbers are not
        (["2021-05-01", "notes"], {}),
    ],
)
def test_transcripts_are_told_by_name_else_by_number(names, expected):
    assert named_alike({"P1", "P2"}, names) == expected


def test_quotations_find_their_place_in_transcripts_that_are_only_numbered(tmp_path):
    csv_file(tmp_path / "coding" / "decisions.csv", ATLAS)
    (tmp_path / "transcripts").mkdir()
    texts = {
        1: "😀 Vi har alltid för lite tid. Det är små enheter här.",
        2: "Jaha. Ingen frågar oss 😀.",
    }
    for number, text in texts.items():
        (tmp_path / "transcripts" / f"{number}.md").write_text(text, encoding="utf-8")
    read, mapping = open_coding(tmp_path)
    assert mapping["transcripts"] == "transcripts" and "transcripts-by-number" in rules(read.notes)
    assert read.documents.set_index("document")["text"].to_dict() == {
        "Interview P1": texts[1],
        "Interview P2": texts[2],
    }
    assert read.segments["start"].tolist()[:2] == [2, 2] and read.segments["verified"].all()
    # a number that means somebody else is found out by the words, and then no quotation is lost
    (tmp_path / "transcripts" / "2.md").write_text("Någon annan.", encoding="utf-8")
    again, mapping = open_coding(tmp_path)
    assert len(again.segments) == len(read.segments) and "transcripts" not in mapping
    assert "the transcripts in transcripts are not used, because 2 of 4 quotations" in again.why


def test_a_quotation_with_other_signs_than_its_transcript_is_found_and_said(tmp_path):
    rows = [["Interview", "Quote", "Code"], ["I", "It's - well... never enough Time!", "time"]]
    rows += [["I", "It's - oh", "voice"], ["I", "It was never enough time", "money"]]
    csv_file(tmp_path / "a.csv", rows)
    text = "😀 So: it’s – well … never\nenough time. It’s – oh"
    (tmp_path / "I.txt").write_text(text, encoding="utf-8")
    read = read_interviews(tmp_path, mapping=guess_mapping(tmp_path) | {"transcripts": "."})
    # another word is another quotation, and a few letters may stand anywhere
    assert read.segments["text"].tolist() == ["it’s – well … never\nenough time"]
    assert [note.row for note in read.notes if note.rule == "quotation-loosely"] == [2]
    assert [note.row for note in read.notes if note.rule == "quotation-not-found"] == [3, 4]
