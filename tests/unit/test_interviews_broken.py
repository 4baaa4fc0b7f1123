"""Files broken at random: named in a sentence, or every segment still the slice of its text."""

import sqlite3

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interviews_helpers import coding, guid, project_xml, selection, source
from test_interviews_databases import qualcoder, taguette
from test_interviews_sheets import QUOTES

from sustainment.errors import UserError
from sustainment.interviews.arrange import arrange
from sustainment.interviews.check import check_interviews
from sustainment.interviews.matrices import coverage, frequency
from sustainment.interviews.read import read_interviews

TEXT = "Ålder och år 😀.\r\nDet finns ingen tid alls."
START = TEXT.index("ingen")
XML = project_xml(
    source(
        500,
        "a.txt",
        selection(START, START + 9, coding(11) + coding(12, 2), "ingen tid"),
        text=TEXT,
    ),
    more=f'<Cases><Case guid="{guid(650)}" name="K"><SourceRef targetGUID="{guid(500)}"/></Case>'
    f'</Cases><Notes><Note guid="{guid(700)}" name="N"/></Notes>',
).encode()

damage = st.tuples(
    st.floats(0, 1),  # where
    st.integers(0, 30),  # how much is cut
    st.one_of(
        st.binary(max_size=4),
        st.sampled_from([b"", b'"', b"<", b"\x00", b"9", b"-1", b"\xff\xfe", "å😀".encode()]),
    ),
)
fast = settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def broken(raw: bytes, where: float, cut: int, put: bytes) -> bytes:
    at = int(where * len(raw))
    return raw[:at] + put + raw[at + cut :]


def holds(path, kind: str | None = None, mapping: dict | None = None) -> None:
    """Reads, or says why not; whatever was read is consistent and can be counted."""
    try:
        read = read_interviews(path, kind=kind, mapping=mapping)
    except UserError:
        return  # a sentence; anything else is a fault of the reader
    texts = read.documents.set_index("document")["text"]
    for row in read.segments.itertuples():
        if not pd.isna(texts[row.document]):
            assert texts[row.document][row.start : row.end] == row.text
    assert read.report()["says"].str.len().gt(0).all()
    check_interviews(read, {})
    segments = arrange(read, {})
    assert frequency(read, segments).to_numpy().sum() <= len(segments)
    assert (coverage(read, segments).fillna(0) <= 1).all(axis=None)


@given(damage)
@fast
def test_a_broken_refi_project(tmp_path, hurt):
    path = tmp_path / "p.qde"
    path.write_bytes(broken(XML, *hurt))
    holds(path, "refi-qda")


@given(damage)
@fast
def test_a_broken_taguette_file(tmp_path, hurt):
    whole = tmp_path / "whole.sqlite3"
    if not whole.exists():
        taguette(whole, log=("anna", "bo"))
    path = tmp_path / "p.sqlite3"
    path.write_bytes(broken(whole.read_bytes(), *hurt))
    holds(path)


@given(damage)
@fast
def test_a_broken_qualcoder_file(tmp_path, hurt):
    if not (tmp_path / "p.qda").exists():
        qualcoder(tmp_path / "p.qda")
    path = tmp_path / "broken.qda"
    path.write_bytes(broken((tmp_path / "p.qda" / "data.qda").read_bytes(), *hurt))
    holds(path)


@given(damage)
@fast
def test_a_broken_sheet(tmp_path, hurt):
    path = tmp_path / "p.csv"
    raw = "\n".join(",".join(f'"{cell}"' for cell in row) for row in QUOTES).encode()
    path.write_bytes(broken(raw, *hurt))
    holds(path)


@given(st.sampled_from(["highlights", "documents", "tags", "highlight_tags"]), st.data())
@fast
def test_wrong_values_in_a_taguette_table(tmp_path, name, data):
    path = tmp_path / "p.sqlite3"
    path.unlink(missing_ok=True)
    taguette(path)
    wrong = data.draw(st.sampled_from([-1, 0, 3, 10**7, 2.5, "x", b"\xff", ""]))
    with sqlite3.connect(path) as db:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        column = data.draw(st.sampled_from([c for c in columns if c != "id"]))
        db.execute(f"UPDATE OR IGNORE {name} SET {column} = ? WHERE rowid = 1", (wrong,))
    db.close()
    holds(path)
