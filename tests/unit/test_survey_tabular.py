"""A text table is read without changing a cell, and a broken one is named at its place."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.survey import tabular
from sustainment.survey.tabular import Unreadable, raw_rows, read_table

PLAIN = 'id,text,n\n1,"å, ä",2\n2,"two\nlines",None\n3,,NA\n'


def read(tmp_path, content: bytes, name: str = "file.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_table(path)


def rules(table) -> set[tuple[str, str]]:
    return {(note.rule, note.severity) for note in table.notes}


def test_every_cell_stays_text_and_the_index_is_the_line_in_the_file(tmp_path):
    table = read(tmp_path, PLAIN.encode())
    assert table.cells.to_dict("list") == {
        "id": ["1", "2", "3"],
        "text": ["å, ä", "two\nlines", ""],
        "n": ["2", "None", "NA"],
    }
    assert list(table.cells.index) == [2, 3, 5]
    assert table.notes == []


@pytest.mark.parametrize(
    ("codec", "mark", "rule"),
    [
        ("utf-8", b"\xef\xbb\xbf", ("encoding", "note")),
        ("utf-16-le", b"\xff\xfe", ("encoding", "warning")),
        ("utf-16-be", b"\xfe\xff", ("encoding", "warning")),
        ("utf-16-le", b"", ("encoding", "warning")),
        ("cp1252", b"", ("encoding", "warning")),
    ],
)
def test_another_encoding_gives_the_same_cells_and_is_told(tmp_path, codec, mark, rule):
    table = read(tmp_path, mark + PLAIN.encode(codec))
    assert table.cells.equals(read(tmp_path, PLAIN.encode()).cells)
    assert rules(table) == {rule}


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_found_and_told(tmp_path, separator):
    content = f'id{separator}weight, kg{separator}"a ""word"""\n1{separator}1,5{separator}x\n'
    table = read(tmp_path, content.encode())
    assert table.header == ["id", "weight, kg", 'a "word"']
    assert table.cells.iloc[0].tolist() == ["1", "1,5", "x"]
    assert rules(table) == {("separator", "note")}


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_read(tmp_path, end):
    table = read(tmp_path, f"a,b{end}1,2{end}3,4{end}".encode())
    assert table.cells.to_dict("list") == {"a": ["1", "3"], "b": ["2", "4"]}
    assert list(table.cells.index) == [2, 3]


def test_tabs_without_quoting_keep_their_quotation_marks(tmp_path):
    table = read(tmp_path, b'a\tb\n"Flaky" tests\t1\nplain\t2\n', "file.tsv")
    assert table.cells["a"].tolist() == ['"Flaky" tests', "plain"]
    assert ("quotation-marks", "note") in rules(table)


def test_rows_and_nameless_columns_without_content_are_left_out_and_told(tmp_path):
    table = read(tmp_path, b"a,b,\n1,2,\n,,\n3,4,\n")
    assert table.cells.to_dict("list") == {"a": ["1", "3"], "b": ["2", "4"]}
    assert list(table.cells.index) == [2, 4]
    assert rules(table) == {("row-empty", "note"), ("column-nameless", "note")}


@pytest.mark.parametrize(
    ("content", "rule", "row", "value"),
    [
        (b"", "file-empty", None, ""),
        (b"\n \n", "file-empty", None, ""),
        (b"a,b\n1,2\n3\n", "row-width", 3, ""),
        (b"a,b\n1,2,3\n", "row-width", 2, ""),
        (b"a,b,a\n1,2,3\n", "columns-repeated", 1, "a"),
        (b"a,,\n1,2,3\n", "column-nameless", 1, ""),
        (b'a,b\n1,2\n"open,3\n', "quotation-marks", 3, ""),
        (b'a,b\n1,"x"y\n', "quotation-marks", 2, ""),
        (b"a,b\n1,\x002\n", "not-text", 2, ""),
        ("a;b\n1;å ä ö\n".encode() + b"2;\xe5\n", "encoding", 3, "0xe5"),
        (b"a,b\n1,caf\x81\n", "encoding", 2, "0x81"),
        (b"a,b;c\n1,2;3\n", "separator", 1, ""),
    ],
)
def test_a_file_that_is_no_table_is_named_at_its_place(tmp_path, content, rule, row, value):
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content)
    finding = caught.value.finding
    assert (finding.rule, finding.row, finding.value) == (rule, row, value)
    assert finding.file == "file.csv"
    assert finding.remedy


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Unreadable, match=r"nowhere\.csv: The file is missing"):
        read_table(tmp_path / "nowhere.csv")


def test_formulas_and_markup_stay_text(tmp_path):
    cells = read(tmp_path, b"a,b\n\"=cmd|' /C calc'!A0\",<script>alert(1)</script>\n").cells
    assert cells.iloc[0].tolist() == ["=cmd|' /C calc'!A0", "<script>alert(1)</script>"]


def test_raw_rows_keep_every_record_with_its_line(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(PLAIN, encoding="utf-8")
    assert [line for line, _ in raw_rows(path)] == [1, 2, 3, 5]


CELL = st.text(st.sampled_from('ab,;"\n å1'), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, st.just("x")), min_size=1, max_size=12))
def test_both_parsers_agree_with_the_csv_module(tmp_path_factory, rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([("a", "b", "end"), *rows])
    path = tmp_path_factory.mktemp("t") / "file.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    careful = read_table(path).cells
    large = tabular._LARGE
    try:
        tabular._LARGE = 0
        fast = read_table(path).cells
    finally:
        tabular._LARGE = large
    assert [tuple(row) for row in careful.to_numpy()] == rows
    assert fast.equals(careful)
    assert list(fast.index) == list(careful.index)
