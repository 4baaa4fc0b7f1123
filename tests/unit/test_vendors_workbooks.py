"""Workbooks as they really come: encrypted, locked sheets, merged cells, an old kind under a new name."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from sustainment.errors import UserError
from sustainment.interviews.grid import read_grid
from sustainment.ods import merged_ranges
from sustainment.survey.read import read_survey

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
    for short in ("office", "table", "text")
)
ENCRYPTED = (
    '<manifest:encryption-data manifest:checksum-type="SHA256/1K" manifest:checksum="x">'
    '<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc" '
    'manifest:initialisation-vector="eA=="/></manifest:encryption-data>'
)
DOWN = '<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>a</text:p></table:table-cell>'
ACROSS = '<table:table-cell table:number-columns-spanned="2" office:value-type="string"><text:p>a</text:p></table:table-cell>'
COVERED = "<table:covered-table-cell/>"


def compound_file(streams: dict[str, bytes]) -> bytes:
    """An OLE compound file (version 3) with at most two streams: what Office puts ciphertext into."""
    sectors, table, places = [], [], []
    for name, content in streams.items():
        content = content.ljust(4096, b"\0")
        first, count = len(sectors), len(content) // 512
        sectors += [content[k * 512 : (k + 1) * 512] for k in range(count)]
        table += [first + k + 1 for k in range(count - 1)] + [END]
        places.append((name, 2, first, len(content)))
    places = [("Root Entry", 5, END, 0), *places]
    entries = []
    for number, (name, kind, start, size) in enumerate(places):
        letters = name.encode("utf-16-le") + b"\0\0"
        right = number + 1 if 0 < number < len(places) - 1 else FREE
        tree = struct.pack("<HBBIII", len(letters), kind, 1, FREE, right, 1 if number == 0 else FREE)  # fmt: skip
        entries.append(letters.ljust(64, b"\0") + tree + bytes(36) + struct.pack("<IQ", start, size))  # fmt: skip
    directory = len(sectors)
    sectors.append(b"".join(entries).ljust(512, b"\0"))
    table += [END, FAT]
    sectors.append(b"".join(struct.pack("<I", entry) for entry in table).ljust(512, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, 1, directory, 0, 4096, END, 0, END, 0)
    return (head + struct.pack("<I", directory + 1)).ljust(512, b"\xff") + b"".join(sectors)


def open_document(path: Path, rows: list[list[str]], encrypted: bool = False) -> Path:
    """A spreadsheet of LibreOffice's kind; a cell that begins with < is taken as XML."""
    lines = ""
    for row in rows:
        cells = (c if c.startswith("<") else f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)  # fmt: skip
        lines += f"<table:table-row>{''.join(cells)}</table:table-row>"
    content = (
        f'<?xml version="1.0"?><office:document-content {NAMES} office:version="1.3"><office:body><office:spreadsheet>'
        f'<table:table table:name="Blad1">{lines}</table:table></office:spreadsheet></office:body></office:document-content>'
    ).encode()
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/><manifest:file-entry '
        f'manifest:full-path="content.xml" manifest:media-type="text/xml">{ENCRYPTED * encrypted}</manifest:file-entry></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", bytes(b ^ 90 for b in content) if encrypted else content)
    return path


def test_an_encrypted_excel_workbook_is_told_from_a_damaged_one(tmp_path):
    secret = {"EncryptionInfo": b"\4\0\4\0" + bytes(300), "EncryptedPackage": b"\x9c" * 5000}
    path = tmp_path / "answers.xlsx"
    path.write_bytes(compound_file(secret))
    with pytest.raises(UserError, match=r"answers\.xlsx is protected by a password"):
        read_survey(path)
    with pytest.raises(UserError, match=r"answers\.xlsx is protected with a password"):
        read_grid(path)
    path.write_bytes(compound_file({"Workbook": b"\x09\x08" * 2500}))
    with pytest.raises(UserError, match=r"older kind of workbook.*Rename it to \.xls"):
        read_survey(path)


def test_an_encrypted_open_document_says_that_it_has_a_password(tmp_path):
    path = open_document(tmp_path / "svar.ods", [["id", "q"], ["1", "a"]], encrypted=True)
    with pytest.raises(UserError, match=r"svar\.ods is protected by a password"):
        read_survey(path)
    with pytest.raises(UserError, match=r"svar\.ods is protected with a password"):
        read_grid(path)


def test_a_locked_sheet_is_read_because_only_changes_are_forbidden(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "use"], [1, "yes"], [2, "no"]):
        book.active.append(row)
    book.active.protection.sheet = True
    book.active.protection.password = "secret"
    book.security.lockStructure = True
    book.save(tmp_path / "locked.xlsx")
    assert read_survey(tmp_path / "locked.xlsx").table["use"].tolist() == ["yes", "no"]


def test_merged_cells_of_an_open_document_are_seen(tmp_path):
    head, plain = ["id", "q"], open_document(tmp_path / "plain.ods", [["id", "q"], ["1", "a"]])
    assert read_survey(plain).table.shape == (1, 2)
    path = open_document(tmp_path / "svar.ods", [head, ["1", DOWN], ["2", COVERED]])
    assert merged_ranges(path, "Blad1") == (((1, 1), (2, 1)),)
    with pytest.raises(UserError, match=r"svar\.ods, row 2, column 2: cells among the answers are merged"):  # fmt: skip
        read_survey(path)
    wide = open_document(tmp_path / "wide.ods", [["id", ACROSS, COVERED], ["1", "a", "b"]])
    assert merged_ranges(wide, "Blad1") == (((0, 1), (0, 2)),)


def test_an_interview_named_in_merged_cells_of_an_open_document_holds_for_all_its_rows(tmp_path):
    from sustainment.interviews.read import read_interviews

    rows = [["Interview", "Quote", "Code"], [DOWN, "It takes time", "time"], [COVERED, "We talk", "team"]]  # fmt: skip
    read = read_interviews(open_document(tmp_path / "coding.ods", rows))
    assert set(read.segments["document"]) == {"a"} and len(read.segments) == 2
