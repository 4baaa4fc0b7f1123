"""Taguette and QualCoder: databases made here from their schemas, with å, ä, ö and emoji."""

import csv
import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interviews_helpers import rules

from sustainment.errors import UserError
from sustainment.interviews.agreement import shared_documents
from sustainment.interviews.combine import combine
from sustainment.interviews.read import read_interviews, recognise
from sustainment.interviews.taguette import plain_text

# Taguette 1.5.2 --------------------------------------------------------------------------------

TAGUETTE = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
CREATE TABLE users (login VARCHAR(30) PRIMARY KEY, created DATETIME NOT NULL, hashed_password
  VARCHAR(192), disabled BOOLEAN NOT NULL DEFAULT 0, password_set_date DATETIME,
  language VARCHAR(10), email VARCHAR(256), email_sent DATETIME);
CREATE TABLE projects (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL,
  description TEXT NOT NULL, created DATETIME NOT NULL);
CREATE TABLE project_members (project_id INTEGER, user_login VARCHAR(30),
  privileges VARCHAR(11) NOT NULL, PRIMARY KEY (project_id, user_login));
CREATE TABLE documents (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL,
  description TEXT NOT NULL, filename VARCHAR(200) NOT NULL, created DATETIME NOT NULL,
  project_id INTEGER NOT NULL, text_direction VARCHAR(13) NOT NULL, contents TEXT NOT NULL);
CREATE TABLE highlights (id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL,
  start_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL, snippet TEXT NOT NULL);
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL,
  path VARCHAR(200) NOT NULL, description TEXT NOT NULL, UNIQUE (project_id, path));
CREATE TABLE highlight_tags (highlight_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,
  PRIMARY KEY (highlight_id, tag_id));
CREATE TABLE commands (id INTEGER PRIMARY KEY AUTOINCREMENT, date DATETIME NOT NULL,
  user_login VARCHAR(30) NOT NULL, project_id INTEGER NOT NULL, document_id INTEGER,
  payload TEXT NOT NULL);
"""
HTML = "<h1>Åsa 😀</h1><p>Det är <b>så</b> &amp; ö.</p>\n<p>Tid saknas — alltid.</p>"
# what Taguette counts: the text with tags skipped, here with no line end after the heading
SKIPPED = "Åsa 😀Det är så & ö.\nTid saknas — alltid."


def bytes_of(words: str) -> tuple[int, int]:
    start = len(SKIPPED[: SKIPPED.index(words)].encode())
    return start, start + len(words.encode())


def taguette(path, highlights=(("så & ö", [1]), ("saknas — alltid", [1, 2])), log=(), **more):
    """`highlights`: words and tags; `log`: login of each highlight, none for a bare table."""
    with sqlite3.connect(path) as db:
        db.executescript("PRAGMA synchronous = OFF;" + TAGUETTE)
        for number in range(1, 1 + more.get("projects", 1)):
            db.execute("INSERT INTO projects VALUES (?, ?, 'About it', '')", (number, f"P{number}"))
        contents = more.get("html", HTML)
        row = (1, "åsa.txt", "", "åsa.txt", "", 1, "LEFT_TO_RIGHT", contents)
        db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for number, name in enumerate(more.get("tags", ["theme/time", "theme/money"]), 1):
            db.execute("INSERT INTO tags VALUES (?, 1, ?, 'Words')", (number, name))
        for number, (words, tags) in enumerate(highlights, 1):
            start, end = bytes_of(words) if isinstance(words, str) else words
            snippet = f"<p>{words.replace('&', '&amp;')}</p>" if isinstance(words, str) else "?"
            db.execute("INSERT INTO highlights VALUES (?, 1, ?, ?, ?)", (number, start, end, snippet))  # fmt: skip
            db.executemany("INSERT INTO highlight_tags VALUES (?, ?)", [(number, t) for t in tags])
        for number, login in enumerate(log, 1):
            payload = json.dumps({"type": "highlight_add", "highlight_id": number})
            db.execute("INSERT INTO commands VALUES (NULL, '', ?, 1, 1, ?)", (login, payload))
    db.close()
    return path


def test_taguettes_bytes_become_code_points(tmp_path):
    read = read_interviews(taguette(tmp_path / "p.sqlite3"))
    assert read.kind == "taguette"
    assert read.documents["text"].item() == "Åsa 😀\nDet är så & ö.\n\nTid saknas — alltid.\n"
    pairs = list(zip(read.segments["text"], read.segments["code"], strict=True))
    assert pairs == [("så & ö", "time"), ("saknas — alltid", "time"), ("saknas — alltid", "money")]
    assert read.segments["verified"].all()
    assert read.codes["path"].tolist() == ["theme", "theme > time", "theme > money"]


def test_taguette_says_that_the_coder_is_lost(tmp_path):
    for log in ((), ("admin", "admin")):
        path = taguette(tmp_path / f"p{len(log)}.sqlite3", log=log)
        read = read_interviews(path)
        assert "coder-lost" in rules(read.notes)
        assert set(read.segments["coder"]) == {""}


def test_a_server_database_still_knows_its_coders(tmp_path):
    read = read_interviews(taguette(tmp_path / "p.sqlite3", log=("bo", "anna")))
    assert "coder-lost" not in rules(read.notes)
    assert read.segments["coder"].tolist() == ["coder 1", "coder 2", "coder 2"]
    assert read.coders["name"].tolist() == ["bo", "anna"]


def test_a_damaged_log_and_wrong_types_are_named_at_their_place(tmp_path):
    path = taguette(tmp_path / "p.sqlite3", log=("bo", "anna"))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE commands SET payload = '{' WHERE id = 2")
    db.close()
    assert {"log-damaged", "coder-lost"} <= rules(read_interviews(path).notes)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE highlights SET start_offset = 'x' WHERE id = 2")
    db.close()
    with pytest.raises(UserError, match="table highlights, row 2, column start_offset: 'x' is not"):
        read_interviews(path)


def test_an_untagged_highlight_is_kept_apart(tmp_path):
    read = read_interviews(taguette(tmp_path / "p.sqlite3", [("så & ö", []), ("Tid", [1])]))
    assert len(read.segments) == 1
    assert read.other[["kind", "text"]].values.tolist() == [["uncoded selection", "så & ö"]]


@pytest.mark.parametrize(
    ("offsets", "rule"),
    [((3, 9), "text-differs"), ((0, 900), "outside-the-text"), ((1, 5), "inside-character")],
)
def test_offsets_that_do_not_fit_are_named(tmp_path, offsets, rule):
    path = taguette(tmp_path / "p.sqlite3", [(offsets, [1])])
    assert rule in rules(read_interviews(path).notes)


def test_several_projects_in_one_database_are_not_chosen_between(tmp_path):
    path = taguette(tmp_path / "p.sqlite3", projects=2)
    with pytest.raises(UserError, match=r"'P1' \(1\), 'P2' \(2\)"):
        read_interviews(path)
    assert len(read_interviews(path, mapping={"project": "P1"}).segments) == 3
    assert len(read_interviews(path, mapping={"project": 2}).segments) == 0


def test_older_and_newer_taguette_files_are_read_by_what_they_hold(tmp_path):
    path = taguette(tmp_path / "p.sqlite3", tags=["a", "b"])
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE users DROP COLUMN disabled")
        db.execute("ALTER TABLE tags ADD COLUMN parent_id INTEGER")
        db.execute("UPDATE tags SET parent_id = 1 WHERE id = 2")
        db.execute("DROP TABLE commands")
    db.close()
    assert read_interviews(path).codes["path"].tolist() == ["a", "a > b"]


REAL = (
    "\ufeff<html><head></head><body><!-- made by a converter --><h1>Å &mdash; intervju</h1>\r\n"
    "<p>Så <em>trött</em><br/>&#128512; är hon.</p>\r\n\r\n<table><tr><td>Tid</td><td>saknas</td></tr>"
    "</table>\r\n<ul><li>ett</li><li>två&nbsp;ö</li></ul><p></p></body></html>"
)
REAL_SKIPPED = "\ufeffÅ — intervju\nSå trött😀 är hon.\n\nTidsaknas\netttvå\u00a0ö"


def test_taguettes_converted_documents_count_as_its_page_does(tmp_path):
    wanted = ["intervju", "trött", "😀 är", "saknas", "två\u00a0ö", "är hon"]
    places = []
    for words in wanted:
        start = len(REAL_SKIPPED[: REAL_SKIPPED.index(words)].encode())
        places.append(((start, start + len(words.encode())), [1, 2]))
    path = taguette(tmp_path / "p.sqlite3", places, html=REAL)
    with sqlite3.connect(path) as db:
        for number, words in enumerate(wanted, 1):
            db.execute("UPDATE highlights SET snippet = ? WHERE id = ?", (words, number))
        db.execute(
            "INSERT INTO documents VALUES (2, 'tom.txt', '', 'tom.txt', '', 1, 'LEFT_TO_RIGHT', '')"
        )
        db.execute("DELETE FROM tags WHERE id = 2")  # a deleted tag that left its links behind
    db.close()
    read = read_interviews(path)
    kept = read.segments.drop_duplicates("segment")
    assert set(kept["text"]) == set(wanted) and kept["verified"].all()
    assert len(read.other) == len(wanted) and set(read.other["code"]) == {"tag 2"}
    assert read.documents.set_index("document").loc["tom.txt", "text"] == ""
    assert "code-not-in-the-codebook" in rules(read.notes)


@given(st.lists(st.text(alphabet="aå😀 &<", min_size=1, max_size=5), max_size=6), st.data())
def test_any_html_counts_as_its_text_does(parts, data):
    escaped = [p.replace("&", "&amp;").replace("<", "&lt;") for p in parts]
    text, edges = plain_text("".join(f"<p>{e}</p>" for e in escaped))
    skipped = "".join(parts)
    assert text.replace("\n", "") == skipped
    at = data.draw(st.integers(0, len(skipped)))
    position = len(skipped[:at].encode())
    assert position in edges
    assert edges[-1] == len(skipped.encode())


def test_two_taguette_projects_of_two_coders_are_joined(tmp_path):
    anna = read_interviews(taguette(tmp_path / "a.sqlite3"))
    bo = read_interviews(taguette(tmp_path / "b.sqlite3", [("så & ö", [2])]))
    both = combine({"Anna": anna, "Bo": bo})
    assert both.coders["name"].tolist() == ["Anna", "Bo"]
    assert both.segments["coder"].value_counts().to_dict() == {"coder 1": 3, "coder 2": 1}
    assert shared_documents(both)[1] == ["åsa.txt"]
    assert "coder-lost" not in rules(both.notes)
    other = read_interviews(taguette(tmp_path / "c.sqlite3", [], html="<p>Another</p>"))
    with pytest.raises(UserError, match="differs between the projects of Anna and Cy"):
        combine({"Anna": anna, "Cy": other})


def test_taguettes_highlights_table_says_what_it_lost(tmp_path):
    path = tmp_path / "highlights.csv"
    rows = [["id", "document", "tag", "content"], [1, "å.txt", "time", "Tid saknas"]]
    rows += [[1, "å.txt", "money", "Tid saknas"], [2, "ö.txt", "time", "Aldrig 😀 ledig"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    read = read_interviews(path)
    assert len(read.segments) == 3 and read.segments["segment"].nunique() == 2
    assert set(read.documents["document"]) == {"å.txt", "ö.txt"}
    assert {"coder-lost", "no-transcripts"} <= rules(read.notes)


# QualCoder, database version 17 and 8 ----------------------------------------------------------

QUALCODER = """
CREATE TABLE project (databaseversion text, date text, memo text, about text, bookmarkfile integer,
  bookmarkpos integer, codername text, recently_used_codes text);
CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text, memo text,
  owner text, date text, av_text_id integer, risid integer, unique(name));
CREATE TABLE code_cat (catid integer primary key, name text, owner text, date text, memo text,
  supercatid integer, unique(name));
CREATE TABLE code_name (cid integer primary key, name text, memo text, catid integer, owner text,
  date text, color text, supercid integer, unique(name));
CREATE TABLE code_text (ctid integer primary key, cid integer, fid integer, seltext text,
  pos0 integer, pos1 integer, owner text, date text, memo text, avid integer, important integer,
  unique(cid, fid, pos0, pos1, owner));
CREATE TABLE code_image (imid integer primary key, id integer, x1 integer, y1 integer,
  width integer, height integer, cid integer, memo text, date text, owner text, important integer);
CREATE TABLE code_av (avid integer primary key, id integer, pos0 integer, pos1 integer,
  cid integer, memo text, date text, owner text, important integer);
CREATE TABLE annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer,
  memo text, owner text, date text, unique(fid, pos0, pos1, owner));
CREATE TABLE cases (caseid integer primary key, name text, memo text, owner text, date text,
  constraint ucm unique(name));
CREATE TABLE case_text (id integer primary key, caseid integer, fid integer, pos0 integer,
  pos1 integer, owner text, date text, memo text);
CREATE TABLE attribute_type (name text primary key, date text, owner text, memo text,
  caseOrFile text, valuetype text);
CREATE TABLE attribute (attrid integer primary key, name text, attr_type text, value text,
  id integer, date text, owner text, unique(name, attr_type, id));
CREATE TABLE journal (jid integer primary key, name text, jentry text, date text, owner text,
  unique(name));
"""
FULLTEXT = "Åsa 😀 säger:\nvi har för lite tid.\nOch pengar?"


def qualcoder(folder, text=FULLTEXT, version="v17", coded=None):
    """Coded as (words or (pos0, pos1, seltext), code id, owner)."""
    folder.mkdir()
    coded = coded or [("för lite tid", 2, "anna"), ("lite tid", 2, "bo"), ("pengar", 1, "bo")]
    with sqlite3.connect(folder / "data.qda") as db:
        db.executescript("PRAGMA synchronous = OFF;" + QUALCODER)
        db.execute("INSERT INTO project VALUES (?, '', 'Why', '', 0, 0, 'anna', '')", (version,))
        db.execute("INSERT INTO source VALUES (1, 'åsa.txt', ?, NULL, 'quiet', 'anna', '', NULL, NULL)", (text,))  # fmt: skip
        db.execute("INSERT INTO source VALUES (2, 'photo.png', NULL, 'images/photo.png', '', 'anna', '', NULL, NULL)")  # fmt: skip
        db.execute("INSERT INTO code_cat VALUES (1, 'Theme', 'anna', '', 'A folder', NULL)")
        db.execute("INSERT INTO code_cat VALUES (2, 'Sub', 'anna', '', '', 1)")
        db.execute("INSERT INTO code_name VALUES (1, 'money', '', 2, 'anna', '', '#F00', NULL)")
        db.execute("INSERT INTO code_name VALUES (2, 'time', 'Definition', NULL, 'bo', '', '#0F0', 1)")  # fmt: skip
        for number, (words, cid, owner) in enumerate(coded, 1):
            pos0, pos1, seltext = words if isinstance(words, tuple) else (text.index(words), text.index(words) + len(words), words)  # fmt: skip
            row = (number, cid, seltext, pos0, pos1, owner)
            db.execute("INSERT INTO code_text VALUES (?, ?, 1, ?, ?, ?, ?, '', 'note', NULL, 1)", row)  # fmt: skip
        db.execute("INSERT INTO code_image VALUES (1, 2, 5, 6, 7, 8, 1, 'a face', '', 'cy', 0)")
        db.execute("INSERT INTO annotation VALUES (1, 1, 0, 3, 'who is this', 'bo', '')")
        db.execute("INSERT INTO cases VALUES (1, 'K1', 'case memo', 'anna', '')")
        db.execute(f"INSERT INTO case_text VALUES (1, 1, 1, 0, {len(text)}, 'anna', '', '')")
        db.execute("INSERT INTO attribute_type VALUES ('years', '', '', '', 'case', 'numeric')")
        db.execute("INSERT INTO attribute_type VALUES ('place', '', '', '', 'file', 'character')")
        db.execute("INSERT INTO attribute VALUES (1, 'years', 'case', '7', 1, '', '')")
        db.execute("INSERT INTO attribute VALUES (2, 'place', 'file', 'Öster', 1, '', '')")
        db.execute("INSERT INTO journal VALUES (1, 'Day 1', 'Tired', '', 'anna')")
    db.close()
    return folder


def test_qualcoders_tables_become_ours(tmp_path):
    read = read_interviews(qualcoder(tmp_path / "p.qda"))
    assert read.kind == "qualcoder" and "v17" in read.why
    assert read.segments["text"].tolist() == ["för lite tid", "lite tid", "pengar"]
    assert read.segments["coder"].tolist() == ["coder 1", "coder 2", "coder 2"]
    assert read.segments["verified"].all()
    names = dict(zip(read.coders["coder"], read.coders["name"], strict=True))
    assert names == {"coder 1": "anna", "coder 2": "bo", "coder 3": "cy"}
    paths = ["Theme", "Theme > Sub", "Theme > Sub > money", "Theme > Sub > money > time"]
    assert read.codes["path"].tolist() == paths
    assert read.codes["codable"].tolist() == [False, False, True, True]
    assert read.cases[["case", "document", "years", "place"]].values.tolist() == [
        ["K1", "åsa.txt", 7.0, "Öster"]
    ]
    assert read.other[["kind", "document", "coder"]].values.tolist() == [
        ["picture", "photo.png", "coder 3"]
    ]
    assert set(read.memos["about"]) == {
        "project",
        "document: åsa.txt",
        "case: K1",
        "segment: åsa.txt:0-3",
    }


def test_version_8_without_later_columns_and_tables_reads_the_same(tmp_path):
    folder = qualcoder(tmp_path / "p.qda", version="v8", coded=[("pengar", 1, "bo")])
    with sqlite3.connect(folder / "data.qda") as db:
        db.execute("ALTER TABLE code_name DROP COLUMN supercid")
        db.execute("ALTER TABLE project DROP COLUMN recently_used_codes")
        db.execute("DROP TABLE code_image")
    db.close()
    read = read_interviews(folder / "data.qda")
    assert read.segments[["text", "code"]].values.tolist() == [["pengar", "money"]]
    assert read.codes["path"].tolist()[-1] == "time"


def test_a_stored_text_with_crlf_or_a_mark_is_sliced_as_qualcoder_does(tmp_path):
    for number, text in enumerate([FULLTEXT.replace("\n", "\r\n"), "\ufeff" + FULLTEXT]):
        read = read_interviews(qualcoder(tmp_path / f"p{number}.qda", text=text))
        assert read.documents["text"].item() == FULLTEXT
        assert read.segments["text"].tolist() == ["för lite tid", "lite tid", "pengar"]
        assert read.segments["verified"].all()


EMOJI = "😀 Åsa säger 👩‍👧:\nvi har för lite tid.\nOch pengar 🏠, \nalltid pengar."


def by_editor(words: str, text: str = EMOJI, line_end: str = "\n") -> tuple[int, int, str]:
    """A coding as QualCoder's editor stores it: UTF-16 units, a line end as one, signs for ends."""
    shown = text.replace("\r\n", "\n").replace("\r", "\n")
    start = len(shown[: shown.index(words)].encode("utf-16-le")) // 2
    length = len(words.encode("utf-16-le")) // 2
    return start, start + length, words.replace("\n", "\u2029")


def by_search(words: str, text: str = EMOJI) -> tuple[int, int, str]:
    """A coding in characters, as QualCoder stores one that was moved by keys or found in SQL."""
    start = text.index(words)
    return start, start + len(words), words


def test_qualcoders_editor_counts_an_emoji_as_two_and_its_search_as_one(tmp_path):
    coded = [
        (by_editor("för lite tid"), 2, "anna"),
        (by_search("lite tid"), 2, "bo"),
        (by_editor("tid.\nOch pengar 🏠, \nalltid"), 1, "bo"),  # over two paragraphs' ends
        (by_editor("👩‍👧"), 1, "anna"),
    ]
    read = read_interviews(qualcoder(tmp_path / "p.qda", text=EMOJI, coded=coded))
    assert read.segments["verified"].all()
    assert read.segments["text"].tolist() == [
        "👩‍👧",
        "för lite tid",
        "lite tid",
        "tid.\nOch pengar 🏠, \nalltid",
    ]
    told = next(n for n in read.notes if n.rule == "emoji-counted-twice")
    assert told.severity == "note" and "'åsa.txt'" in told.message
    assert "text-differs" not in rules(read.notes)


def test_without_stored_words_qualcoders_other_codings_decide_and_nothing_else(tmp_path):
    start, end, _ = by_editor("alltid")
    coded = [((start, end, None), 1, "bo")]
    alone = read_interviews(qualcoder(tmp_path / "a.qda", text=EMOJI, coded=coded))
    assert "emoji-counted-twice" not in rules(alone.notes)
    coded = [*coded, (by_editor("lite tid"), 2, "bo"), (by_editor("pengar 🏠"), 2, "bo")]
    beside = read_interviews(qualcoder(tmp_path / "b.qda", text=EMOJI, coded=coded))
    assert beside.segments["text"].tolist() == ["lite tid", "pengar 🏠", "alltid"]


def test_words_that_stand_nowhere_near_are_still_named_where_emoji_shift_the_count(tmp_path):
    start, end, _ = by_editor("lite tid")
    coded = [((start, end, "mycket tid"), 2, "bo")]
    read = read_interviews(qualcoder(tmp_path / "p.qda", text=EMOJI, coded=coded))
    assert "text-differs" in rules(read.notes)
    assert not read.segments["verified"].any()


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_qualcoders_editor_counts_a_stored_line_end_of_two_as_one(tmp_path, line_end):
    text = EMOJI.replace("\n", line_end)
    coded = [(by_editor(words), 2, "anna") for words in ("lite tid", "pengar 🏠", "alltid")]
    read = read_interviews(qualcoder(tmp_path / "p.qda", text=text, coded=coded))
    assert read.segments["text"].tolist() == ["lite tid", "pengar 🏠", "alltid"]
    assert read.segments["verified"].all()


def test_an_annotation_stands_where_the_codings_of_its_text_say(tmp_path):
    folder = qualcoder(tmp_path / "p.qda", text=EMOJI, coded=[(by_editor("lite tid"), 2, "anna")])
    start, end, _ = by_editor("pengar 🏠")
    with sqlite3.connect(folder / "data.qda") as db:
        db.execute("UPDATE annotation SET pos0 = ?, pos1 = ?", (start, end))
    db.close()
    memo = read_interviews(folder).memos.set_index("text").loc["who is this", "about"]
    place = memo.rpartition(":")[2].split("-")
    assert EMOJI[int(place[0]) : int(place[1])] == "pengar 🏠"


def test_what_real_qualcoder_projects_hold_beside_codings_is_kept_apart(tmp_path):
    folder = qualcoder(
        tmp_path / "p.qda", coded=[((None, None, "x"), 1, "bo"), ("pengar", 1, "bo")]
    )
    with sqlite3.connect(folder / "data.qda") as db:
        # an import from another program gives pictures and recordings an empty text
        db.execute("UPDATE source SET fulltext = '' WHERE id = 2")
        db.execute("INSERT INTO source VALUES (3, 'talk.mp3', '', 'audio:/home/a/talk.mp3', '', 'anna', '', 4, NULL)")  # fmt: skip
        db.execute("INSERT INTO source VALUES (4, 'talk.txt', '', NULL, '', 'anna', '', NULL, NULL)")  # fmt: skip
        db.execute("INSERT INTO source VALUES (5, 'p.pdf', 'Sida ett.', '/docs/p.pdf', '', 'anna', '', NULL, NULL)")  # fmt: skip
        db.execute("INSERT INTO code_av VALUES (1, 3, 100, 900, 1, 'a laugh', '', 'bo', NULL)")
        db.execute("INSERT INTO code_cat VALUES (9, 'Lost', 'anna', '', '', 77)")  # its parent went
        db.execute("INSERT INTO code_text VALUES (9, 1, 5, 'Sida', 0, 4, 'bo', '', NULL, NULL, NULL)")  # fmt: skip
        db.execute(
            "INSERT INTO code_text VALUES (8, 1, 66, 'gone', 0, 4, 'bo', '', '', NULL, NULL)"
        )
        db.execute("CREATE TABLE coder_names (name text, visibility integer)")
        db.execute("CREATE VIEW code_text_visible AS SELECT * FROM code_text")
    db.close()
    read = read_interviews(folder)
    assert read.documents["document"].tolist() == ["åsa.txt", "talk.txt", "p.pdf"]
    assert set(read.segments["text"]) == {"pengar", "Sida"}
    assert set(read.other["kind"]) == {"picture", "recording", "text"}
    assert {"outside-the-text", "document-not-in-the-project"} <= rules(read.notes)
    assert "Lost" in set(read.codes["path"])


@pytest.mark.parametrize("make", [taguette, qualcoder])
def test_changes_that_are_not_yet_written_into_a_database_are_not_passed_over(tmp_path, make):
    made = make(tmp_path / "p.qda")
    file = made / "data.qda" if made.is_dir() else made
    file.with_name(file.name + "-wal").write_bytes(b"changes")
    with pytest.raises(UserError, match="Close the program"):
        read_interviews(made)
    file.with_name(file.name + "-wal").write_bytes(b"")
    assert len(read_interviews(made).segments)


@pytest.mark.parametrize(
    ("coded", "rule"),
    [
        (((3, 9, "not this"), 1, "bo"), "text-differs"),
        (((3, 900, None), 1, "bo"), "outside-the-text"),
        (("pengar", 99, "bo"), "code-not-in-the-codebook"),
        (("pengar", 1, ""), "coder-without-name"),
    ],
)
def test_what_does_not_fit_in_qualcoder_is_named(tmp_path, coded, rule):
    read = read_interviews(qualcoder(tmp_path / "p.qda", coded=[coded]))
    assert rule in rules(read.notes)


def test_qualcoders_coding_report_is_known_by_its_columns(tmp_path):
    path = tmp_path / "report.csv"
    header = ["File", "Coder", "Coded", "Id", "Codename", "Coded_Memo", "Category"]
    row = ["åsa.txt", "anna", "för lite tid", "ctid:12", "time", "why", "Theme"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, row])
    read = read_interviews(path)
    assert read.segments[["document", "text", "code", "note"]].values.tolist() == [
        ["åsa.txt", "för lite tid", "time", "why"]
    ]
    assert read.coders["name"].tolist() == ["anna"]


# one door --------------------------------------------------------------------------------------


def test_the_file_is_never_written_to(tmp_path):
    path = taguette(tmp_path / "p.sqlite3")
    before = path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())
    read_interviews(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before


def test_where_two_kinds_fit_the_reader_stops_and_asks(tmp_path):
    folder = qualcoder(tmp_path / "p.qda")
    (folder / "project.qde").write_text("<Project/>")
    with pytest.raises(UserError, match="may be more than one kind"):
        read_interviews(folder)
    assert set(recognise(folder)) == {"refi-qda", "qualcoder"}
    assert read_interviews(folder, kind="qualcoder").kind == "qualcoder"


@pytest.mark.parametrize(
    ("name", "content", "kind", "words"),
    [
        ("a.docx", b"words", None, "none of the kinds"),
        ("a.sqlite3", b"SQLite format 3\x00 and then rubbish" * 9, None, "not a database"),
        ("a.csv", b"id,document,tag,content\n1,a,b,c\n", "refi-qda", "looks like coding kept"),
        ("a.csv", b"id,document,tag,content\n1,a,b,c\n", "nvivo", "Unknown kind"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path, name, content, kind, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_interviews(tmp_path / name, kind=kind)


def test_a_missing_file_and_another_database_say_so(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_interviews(tmp_path / "nothing.qdpx")
    with sqlite3.connect(tmp_path / "o.sqlite3") as db:
        db.execute("CREATE TABLE t (x)")
    db.close()
    with pytest.raises(UserError, match="an SQLite file of another program"):
        read_interviews(tmp_path / "o.sqlite3")


@pytest.mark.parametrize("name", ["a.mx24", "a.nvp", "a.atlproj23", "a.f4p"])
def test_a_programs_own_file_is_told_how_to_leave_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"SQLite format 3\x00")
    with pytest.raises(UserError, match=r"export it there as a REFI-QDA project \(.qdpx\)"):
        read_interviews(tmp_path / name)
