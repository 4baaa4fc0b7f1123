"""Coding kept in spreadsheets: the real matrices, made ones of each layout, and bad ones."""

import csv
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest
from interviews_helpers import rules

from sustainment.errors import UserError
from sustainment.interviews import agreement
from sustainment.interviews.agreement import shared_documents
from sustainment.interviews.arrange import arrange
from sustainment.interviews.grid import read_grid
from sustainment.interviews.guess import guess_mapping
from sustainment.interviews.read import read_interviews

ODS = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def cells_of(path) -> list[list[str]]:
    """The sheet as its XML has it, read without the library that the package uses."""
    with zipfile.ZipFile(path) as zipped:
        root = ElementTree.fromstring(zipped.read("content.xml"))
    rows = []
    for row in next(root.iter(ODS + "table")).iter(ODS + "table-row"):
        cells = []
        for cell in row:
            words = "".join(cell.itertext()).strip()
            cells += [words] * (int(cell.get(ODS + "number-columns-repeated", 1)) if words else 1)
        if any(cells):
            rows.append(cells)
    return rows


@pytest.mark.parametrize("name", ["sq2", "sq6", "sq8", "sq11"])
def test_the_real_matrices_give_the_counts_of_their_xml(shared_data, name):
    path = shared_data / "flaky-tests-survey" / "thematic" / f"{name}.ods"
    rows = cells_of(path)
    quotations = [row for row in rows[1:] if row[0]]
    totals = rows[-1]
    assert not totals[0] and len(rows) == len(quotations) + 2
    read = read_interviews(path)
    named = sum(bool(cell) for cell in rows[0])
    marks = sum(int(cell) for cell in totals if cell)
    assert len(read.codes) == named
    assert len(read.segments) == marks
    marked = [any(row[1:]) for row in quotations]
    assert read.segments["segment"].nunique() == sum(marked)
    assert (read.other["kind"] == "uncoded selection").sum() == len(marked) - sum(marked)
    assert {"total-row", "no-document-column", "no-transcripts"} <= rules(read.notes)
    assert read.segments["verified"].all()


def test_the_mark_in_the_column_without_a_name_is_reported_not_read(shared_data):
    read = read_interviews(shared_data / "flaky-tests-survey" / "thematic" / "sq8.ods")
    found = [n for n in read.notes if n.rule == "column-without-name"]
    rows = cells_of(shared_data / "flaky-tests-survey" / "thematic" / "sq8.ods")
    filled = sum(bool(cell) for row in rows[1:-1] for cell in row[1:])
    assert len(read.segments) + len(found) == filled
    assert (read.other["why"] == "column without name").sum() == len(found)


# made sheets -----------------------------------------------------------------------------------


def write(path, rows, delimiter=",", encoding="utf-8"):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        return path
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


QUOTES = [
    ["Interview", "Quotation", "Code 1", "Code 2", "Coder", "Memo"],
    ["I-1", "Vi har för lite tid, alltid.", "work->time", "work->money", "Anna", "sad"],
    ["I-1", "Ingen frågar oss.", "work->voice", "", "Anna", ""],
    ["I-2", "Pengar finns inte 😀.", "work->money", "", "Anna", ""],
    ["I-2", "Det är bra som det är.", "", "", "Anna", ""],
]
SECOND = [
    ["Interview", "Quotation", "Code 1", "Code 2", "Coder", "Memo"],
    ["I-1", "Vi har för lite  tid, alltid.", "work->time", "", "Bo", ""],
]


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [
        ("a.csv", ",", "utf-8"),
        ("a.csv", ";", "cp1252"),
        ("a.csv", ";", "utf-8-sig"),
        ("a.tsv", "\t", "utf-16"),
        ("a.xlsx", "", ""),
    ],
)
def test_a_row_a_quotation_with_code_columns(tmp_path, name, delimiter, encoding):
    rows = [[c.replace("😀", ":)") for c in r] for r in QUOTES] if encoding == "cp1252" else QUOTES
    read = read_interviews(write(tmp_path / name, rows, delimiter, encoding))
    assert read.segments[["document", "code"]].values.tolist() == [
        ["I-1", "time"],
        ["I-1", "money"],
        ["I-1", "voice"],
        ["I-2", "money"],
    ]
    assert read.codes["path"].tolist()[:2] == ["work", "work > time"]
    assert read.segments["text"].iloc[3].startswith("Pengar finns inte")
    assert read.segments["note"].iloc[0] == "sad"
    assert read.other[["document", "why"]].values.tolist() == [["I-2", "read but not coded"]]
    assert {"mapping-guessed", "tree-in-names"} <= rules(read.notes)
    assert ("encoding" in rules(read.notes)) == (encoding in ("cp1252", "utf-16"))
    assert "encoding-damaged" not in rules(read.notes)


def test_the_guess_can_be_read_back_as_a_mapping(tmp_path):
    path = write(tmp_path / "a.csv", QUOTES)
    guess = guess_mapping(path)
    assert "hold codes by their names" in guess.pop("why")
    assert guess == {
        "layout": "quotations",
        "file": "a.csv",
        "document": "Interview",
        "quotation": "Quotation",
        "codes": ["Code 1", "Code 2"],
        "coder": "Coder",
        "note": "Memo",
    }
    assert read_interviews(path, mapping=guess).segments.equals(read_interviews(path).segments)


def test_a_primary_and_a_secondary_coders_file_partly_double_coded(tmp_path):
    write(tmp_path / "first.csv", [row[:4] for row in QUOTES])
    write(tmp_path / "second.xlsx", [row[:4] for row in SECOND])
    mapping = {
        "layout": "quotations",
        "document": "Interview",
        "quotation": "Quotation",
        "codes": ["Code 1", "Code 2"],
        "files": [{"file": "first.csv", "coder": "Anna"}, {"file": "second.xlsx", "coder": "Bo"}],
    }
    read = read_interviews(tmp_path, mapping=mapping)
    assert read.coders["name"].tolist() == ["Anna", "Bo"]
    assert shared_documents(read) == (("coder 1", "coder 2"), ["I-1"])
    # the same words are one passage, whatever white space a coder's copy has
    first = read.segments[read.segments["code"] == "time"]
    assert first["segment"].nunique() == 1 and len(first) == 2


def test_several_codes_in_one_cell_are_parted_where_the_mapping_says_so(tmp_path):
    rows = [["Quote", "Codes"], ["Some words here", "time; money"], ["Other words here", "time"]]
    read = read_interviews(write(tmp_path / "a.csv", rows))
    assert read.segments["code"].tolist() == ["time", "money", "time"]
    whole = {"layout": "quotations", "quotation": "Quote", "codes": "Codes"}
    read = read_interviews(tmp_path / "a.csv", mapping=whole)
    assert set(read.segments["code"]) == {"time; money", "time"}


def test_a_matrix_with_marks_and_dedoose_headers(tmp_path):
    rows = [
        ["Media Title", "Excerpt Copy", "Code: A\\time Applied", "Code: A\\money Applied"],
        ["d1", "So little of it, always.", "True", "False"],
        ["d2", "And of that even less, too.", "True", "True"],
    ]
    read = read_interviews(write(tmp_path / "a.xlsx", rows))
    assert read.segments[["document", "code"]].values.tolist() == [
        ["d1", "time"],
        ["d2", "time"],
        ["d2", "money"],
    ]


EXPORTS = {
    "MAXQDA": (
        [
            "Color",
            "Comment",
            "Document group",
            "Document name",
            "Code",
            "Beginning",
            "End",
            "Weight score",
            "Segment",
            "Created by",
        ],
        [
            "#f00",
            "hm",
            "G",
            "I-1",
            "Work > time",
            "2",
            "2",
            "0",
            "There is never any time at all.",
            "Anna",
        ],
        {"note": "hm", "coders": ["Anna"]},
    ),
    "ATLAS.ti": (
        ["ID", "Document", "Quotation Name", "Quotation Content", "Comment", "Codes", "Created by"],
        [
            "1:1",
            "I-1",
            "There is…",
            "There is never any time at all.",
            "",
            "Work::time\nmoney",
            "Anna",
        ],
        {"codes": ["money", "time"], "coders": ["Anna"]},
    ),
    "Dedoose": (
        [
            "Excerpt Copy",
            "Media Title",
            "Excerpt Range",
            "Excerpt Creator",
            "Code: time Applied",
            "Code: time Range",
            "Code: time Weight",
            "Code: money Applied",
            "Code: money Weight",
        ],
        [
            "There is never any time at all.",
            "I-1",
            "12-40",
            "Anna",
            "True",
            "0-5",
            "1",
            "False",
            "",
        ],
        {"coders": ["Anna"]},
    ),
}


@pytest.mark.parametrize("program", EXPORTS)
def test_tables_that_programs_export_are_told_by_their_headers(tmp_path, program):
    header, row, expected = EXPORTS[program]
    read = read_interviews(write(tmp_path / "a.xlsx", [header, row]))
    assert read.segments["text"].unique().tolist() == ["There is never any time at all."]
    assert sorted(read.segments["code"]) == expected.get("codes", ["time"])
    assert read.documents["document"].tolist() == ["I-1"]
    assert read.coders["name"].tolist() == expected["coders"]
    assert read.segments["note"].iloc[0] == expected.get("note", "")


def test_a_matrix_of_codes_in_rows_is_turned(tmp_path):
    rows = [["", "First words said", "Other words said"], ["time", "x", ""], ["money", "x", "x"]]
    mapping = {"layout": "matrix", "quotation": 1, "codes": ["time", "money"], "transpose": True}
    read = read_interviews(write(tmp_path / "a.csv", rows), mapping=mapping)
    assert read.segments["code"].tolist() == ["time", "money", "money"]


def test_the_same_words_twice_in_a_matrix_are_two_quotations(tmp_path):
    rows = [["q", "time", "none"], ["N/A", "", "1"], ["N/A", "", "1"], ["Some more words", "1", ""]]
    read = read_interviews(write(tmp_path / "a.csv", rows))
    assert len(read.segments) == 3
    assert read.segments["text"].tolist() == ["N/A", "N/A", "Some more words"]


def test_transcripts_give_quotations_their_true_places(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    text = "😀 Hej.\r\nVi har för lite\r\ntid, alltid. Ja. Ingen frågar oss. Ingen frågar oss."
    (folder / "I-1.txt").write_bytes(text.encode())
    mapping = {
        "layout": "quotations",
        "document": "Interview",
        "quotation": "Quotation",
        "codes": ["Code 1"],
        "transcripts": "texts",
    }
    read = read_interviews(write(tmp_path / "a.csv", QUOTES), mapping=mapping)
    assert read.segments["text"].tolist() == ["Vi har för lite\ntid, alltid.", "Ingen frågar oss."]
    assert read.segments["start"].tolist()[0] == 7
    assert {"quotation-twice", "quotation-not-found"} <= rules(read.notes)
    lost = read.other[read.other["why"] == "not found in its transcript"]
    assert len(lost) == 2
    assert [n.row for n in read.notes if n.rule == "quotation-not-found"] == [4, 5]


def test_a_codebook_beside_the_sheet_names_codes_it_lacks(tmp_path):
    write(tmp_path / "book.csv", [["tag", "description"], ["time", "Hours. \nInclude: overtime"]])
    rows = [["Quote", "Code"], ["Some words here", "time"], ["Other words here", "tiem"]]
    mapping = {"layout": "quotations", "quotation": "Quote", "codes": ["Code"], "codebook": "book.csv"}  # fmt: skip
    read = read_interviews(write(tmp_path / "a.csv", rows), mapping=mapping)
    assert "code-not-in-the-codebook" in rules(read.notes)
    assert read.codes.set_index("code").loc["time", "include"] == "overtime"


def test_codes_spelt_in_two_ways_are_pointed_at(tmp_path):
    rows = [["Quote", "Code"], ["Some words here", "Time"], ["Other words here", "time "], ["So", "time  "]]  # fmt: skip
    read = read_interviews(write(tmp_path / "a.csv", rows))
    assert [n.value for n in read.notes if n.rule == "code-spelling"] == ["time"]


# many files, many sheets -----------------------------------------------------------------------

WHY = [
    ["ResponseId", "Why did you stop working with it?", "Code 1", "Code 2"],
    ["R_1", "No time", "time", "time->never"],
    ["R_2", "", "", ""],
    ["R_3", "No", "refused", ""],
]
HOW = [
    ["ResponseId", "How could it be made easier for you?", "Code 1", "Code 2"],
    ["R_1", "More hours in the week for it", "time->more", ""],
    ["R_3", "No", "nothing", ""],
]


def two_coders(rows):
    """The second coder's copy, in which only the first row is coded, and differently."""
    return [rows[0], [*rows[1][:2], "other", ""], *[[*row[:2], "", ""] for row in rows[2:]]]


def test_a_folder_of_primary_and_secondary_files_is_one_project(tmp_path):
    for name, rows in (("why", WHY), ("how", HOW)):
        write(tmp_path / f"Q {name} (primary).csv", rows)
        write(tmp_path / f"Q {name} (secondary).csv", two_coders(rows))
    write(tmp_path / "codebook.csv", [["Code 1", "count"], ["time", "3"]])
    read = read_interviews(tmp_path)
    assert sorted(read.coders["name"]) == ["primary", "secondary"]
    assert set(read.documents["document"]) == {"R_1", "R_3"}
    assert read.segments["coder"].value_counts().to_dict() == {"coder 1": 5, "coder 2": 2}
    # the same word in answer to two questions is two passages
    assert (read.segments["text"] == "No").sum() == 2
    assert read.segments.loc[read.segments["text"] == "No", "segment"].nunique() == 2
    assert {"silent-rows", "mapping-guessed"} <= rules(read.notes)
    assert "no-document-column" not in rules(read.notes)
    units = agreement.units(read, arrange(read, {}))
    assert len(units) == 2 and units.attrs["one_sided"] == 2
    assert len(agreement.units(read, arrange(read, {}), one_sided=True)) == 4


def test_sheets_that_repeat_others_or_hold_the_codebook_are_left_out(tmp_path):
    book = openpyxl.Workbook()
    sheets = {
        "All answers": [["ResponseId", "Why"], ["R_1", "No time"]],
        "Why (primary)": WHY,
        "Unlikely why (primary)": WHY[:2],
        "Why (secondary)": two_coders(WHY),
        "Why-codebook (primary)": [["All Codes", "Primary Codes"], ["time", "time"]],
    }
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.active)
    book.save(tmp_path / "a.xlsx")
    guess = guess_mapping(tmp_path / "a.xlsx")
    assert [(f["sheet"], f["coder"]) for f in guess["files"]] == [
        ("Why (primary)", "primary"),
        ("Why (secondary)", "secondary"),
    ]
    read = read_interviews(tmp_path / "a.xlsx")
    assert len(read.segments) == 4
    assert "same-coding-twice" not in rules(read.notes)


def test_quotations_with_ids_are_their_own_even_in_the_same_words(tmp_path):
    rows = [["id", "document", "tag", "content"]]
    rows += [[1, "a", "x", "Yes."], [1, "a", "y", "Yes."], [2, "a", "x", "Yes."]]
    read = read_interviews(write(tmp_path / "a.csv", rows))
    assert len(read.segments) == 3
    assert read.segments["segment"].nunique() == 2


def test_a_folder_without_coding_says_so(tmp_path):
    write(tmp_path / "a.csv", [["x", "y"], ["1", "2"]])
    write(tmp_path / "b.csv", [["x", "y"], ["1", "2"]])
    with pytest.raises(UserError, match="no column can be told to hold codes"):
        read_interviews(tmp_path)


# bad input -------------------------------------------------------------------------------------

MATRIX = [["doc", "quotation", "time", "money"], ["a", "Some words", "1", ""], ["b", "Others", "", "1"]]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value", "rule", "row"),
    [
        ((1, 3), "?", "unknown-mark", 2),
        ((2, 1), "", "row-without-quotation", 3),
        ((2, 0), "", "no-document", 3),
        ((0, 3), "", "column-without-name", 3),
    ],
)
def test_bad_cells_are_named_at_their_place(tmp_path, place, value, rule, row):
    rows = [list(r) for r in MATRIX]
    rows[place[0]][place[1]] = value
    codes = ["time"] if rule == "column-without-name" else ["time", "money"]
    mapping = {"layout": "matrix", "document": "doc", "quotation": "quotation", "codes": codes}
    good = read_interviews(write(tmp_path / "g.csv", MATRIX), mapping={**mapping, "codes": ["time", "money"]})  # fmt: skip
    assert rule not in rules(good.notes)
    read = read_interviews(write(tmp_path / "a.csv", rows), mapping=mapping)
    assert [n.row for n in read.notes if n.rule == rule] == [row]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"quotation": "Quotation", "codes": ["time"]}, "has no column 'Quotation'"),
        ({"codes": ["time"]}, "names no quotation column"),
        ({"quotation": "quotation"}, "names no code columns"),
        ({"quotation": "quotation", "codes": ["time"], "transcripts": "gone"}, "no such folder"),
        ({"quotation": "quotation", "codes": ["time"], "sheet": "S9"}, "no sheet 'S9'"),
    ],
)
def test_a_mapping_that_does_not_fit_stops_with_a_sentence(tmp_path, mapping, words):
    path = write(tmp_path / "a.xlsx", MATRIX)
    with pytest.raises(UserError, match=words):
        read_interviews(path, mapping={"layout": "matrix", **mapping})


def test_two_columns_of_one_name_are_not_chosen_between(tmp_path):
    rows = [["quotation", "time", "time"], ["Some words", "1", ""]]
    mapping = {"layout": "matrix", "quotation": "quotation", "codes": ["time"]}
    with pytest.raises(UserError, match="2 columns called 'time'"):
        read_interviews(write(tmp_path / "a.csv", rows), mapping=mapping)


def test_sheets_that_hold_no_coding_say_so(tmp_path):
    with pytest.raises(UserError, match="no column can be told to hold codes"):
        read_interviews(write(tmp_path / "a.csv", [["name", "words"], ["a", "some words here"]]))
    with pytest.raises(UserError, match="empty"):
        read_interviews(write(tmp_path / "b.csv", []))
    (tmp_path / "c.xlsx").write_bytes(b"no workbook")
    with pytest.raises(UserError, match="cannot be read as a workbook"):
        read_interviews(tmp_path / "c.xlsx")
    (tmp_path / "d.csv").write_text('a,b\n"x,1\n')
    with pytest.raises(UserError, match="not a table"):
        read_interviews(tmp_path / "d.csv")


def test_a_merged_cell_names_the_interview_of_all_its_rows(tmp_path):
    book = openpyxl.Workbook()
    for row in [MATRIX[0], ["a", "Some words", 1, None], [None, "Others", None, 1], [None, "Third", 1, 1]]:  # fmt: skip
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    read = read_interviews(tmp_path / "a.xlsx")
    assert read.segments["document"].tolist() == ["a", "a", "", ""]
    assert [n.row for n in read.notes if n.rule == "no-document"] == [4]


def test_characters_that_cannot_be_read_are_reported(tmp_path):
    rows = [["Quote", "Code"], ["Some w\x81rds here", "time"]]
    path = write(tmp_path / "a.csv", rows, encoding="latin-1")
    assert "encoding-damaged" in rules(read_interviews(path).notes)


def test_cells_come_as_a_person_sees_them(tmp_path):
    import datetime as dt

    path = write(tmp_path / "a.xlsx", [["a", "b", "c", "d"], [1.0, 1.5, dt.date(2020, 5, 4), True]])
    assert read_grid(path).rows[1] == ["1", "1.5", "2020-05-04", "TRUE"]
