"""REFI-QDA: a real project, what vendors do differently, and archives that mean harm."""

import base64
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import xmlschema
from bs4 import BeautifulSoup
from interviews_helpers import (
    CODES,
    coding,
    guid,
    interviews,
    project_xml,
    rules,
    selection,
    source,
    write_qdpx,
)

from sustainment.errors import UserError
from sustainment.interviews import archive
from sustainment.interviews.combine import regroup
from sustainment.interviews.read import read_interviews
from sustainment.interviews.refi import read_codebook, read_refi
from sustainment.interviews.refi_write import codebook_xml, download_link, write_codebook

TEXT = "Ålder och år 😀.\nDet finns ingen tid alls.\nPengar saknas också."
ROOT = Path(__file__).parents[2]
OWN = ROOT / "data" / "raw" / "interviews"


def span(words: str, text: str = TEXT) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def read(tmp_path, xml, texts=None, **names):
    return read_refi(write_qdpx(tmp_path / "p.qdpx", xml, texts or {}, **names))


def coded(words: str, code: int = 11, text: str = TEXT, name: str | None = None, **more) -> str:
    start, end = span(words, text)
    return selection(start, end, coding(code), words if name is None else name, **more)


# the standard body's test project --------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data):
    return read_refi(shared_data / "vendor-format-fixtures" / "refi-qda" / "TestProject.qdpx")


@pytest.fixture(scope="module")
def real_xml(shared_data):
    path = shared_data / "vendor-format-fixtures" / "refi-qda" / "TestProject.qdpx"
    with zipfile.ZipFile(path) as zipped:
        return ElementTree.fromstring(zipped.read("Project.qde"))


def every(root, name: str) -> list:
    return [e for e in root.iter() if e.tag.endswith("}" + name)]


def test_the_real_project_gives_the_counts_of_its_xml(real, real_xml):
    assert len(real.codes) == len(every(real_xml, "Code")) == 14
    assert len(real.coders) == len(every(real_xml, "User")) == 3
    selections = every(real_xml, "PlainTextSelection")
    codings = [s for s in selections for c in s if c.tag.endswith("}Coding")]
    assert len(real.segments) == len(codings) == 9
    assert len(selections) == real.segments["segment"].nunique() + 1 == 8
    assert (real.other["kind"] == "uncoded selection").sum() == 1
    others = every(real_xml, "PDFSelection") + every(real_xml, "PictureSelection")
    others += every(real_xml, "VideoSelection") + every(real_xml, "AudioSelection")
    rows = sum(max(sum(c.tag.endswith("}Coding") for c in s), 1) for s in others)
    assert real.other["kind"].isin(["pdf", "picture", "video", "audio"]).sum() == rows


def test_the_real_project_keeps_positions_as_the_file_has_them(real, real_xml):
    stored = {(int(s.get("startPosition")), int(s.get("endPosition"))) for s in every(real_xml, "PlainTextSelection") if len(list(s)) and any(c.tag.endswith("}Coding") for c in s)}  # fmt: skip
    found = set(zip(real.segments["start"], real.segments["end"], strict=True))
    assert found == stored


def test_missing_texts_of_the_real_project_are_named_and_nothing_is_called_verified(real):
    assert "source-missing" in rules(real.notes)
    assert real.documents["text"].isna().all()
    assert not real.segments["verified"].any()


def test_the_folder_of_the_author_is_never_shown(real, real_xml):
    folder = real_xml.get("basePath")
    assert folder
    shown = [real.report().to_csv(), real.why, real.file, *[n.sentence() for n in real.notes]]
    shown += [getattr(real, t).to_csv() for t in ("documents", "cases", "memos", "other", "codes")]
    parts = [p for p in folder.replace("\\", "/").split("/") if len(p) > 3]
    for text in shown:
        assert folder not in text
        assert not any(part in text for part in parts)
    assert "base-path" in rules(real.notes)


def test_variables_hidden_in_set_names_are_found(real):
    cases = real.cases.set_index("document")
    assert cases.loc["Mabel", "age"] == "25"
    assert cases.loc["Simon", "gender"] == "male"
    assert "Coke > diet Coke" in set(real.codes["path"])


# the fifteen differences -----------------------------------------------------------------------


def test_1_and_2_other_names_of_the_file_and_the_folder(tmp_path):
    xml = project_xml(source(500, "a.txt", coded("ingen tid")))
    got = read(tmp_path, xml, {500: TEXT}, qde="Something.QDE", folder="Sources")
    assert got.segments["text"].tolist() == ["ingen tid"]
    assert "qde-name" in rules(got.notes)


def test_3_byte_order_marks_before_xml_and_text(tmp_path):
    xml = project_xml(source(500, "a", coded("ingen tid")))
    got = read(tmp_path, "\ufeff" + xml, {500: "\ufeff" + TEXT})
    assert got.segments["text"].tolist() == ["ingen tid"]
    assert not got.documents["text"].str.contains("\ufeff").any()


def test_3_a_byte_order_mark_that_was_counted(tmp_path):
    start, end = span("ingen tid alls")
    xml = project_xml(source(500, "a", selection(start + 1, end + 1, coding(11), "ingen tid alls")))
    got = read(tmp_path, xml, {500: "\ufeff" + TEXT})
    assert got.segments["text"].tolist() == ["ingen tid alls"]
    assert "counting" in rules(got.notes)


@pytest.mark.parametrize("counted", [1, 2])
def test_4_a_line_end_counted_as_one_or_as_two(tmp_path, counted):
    words = "Pengar saknas också."
    start, end = span(words)
    shift = (counted - 1) * TEXT[:start].count("\n")
    xml = project_xml(source(500, "a", selection(start + shift, end + shift, coding(11), words)))
    got = read(tmp_path, xml, {500: TEXT.replace("\n", "\r\n")})
    assert got.segments["text"].tolist() == [words]
    assert ("counting" in rules(got.notes)) == (counted == 1)


def test_5_memos_as_notes_as_descriptions_and_by_links(tmp_path):
    inside = coded("ingen tid", more="<Description>on the selection</Description>", number=801)
    start, end = span("Pengar")
    noted = coding(12, inside=f'<NoteRef targetGUID="{guid(700)}"/>')
    inside += selection(start, end, noted, "Pengar", number=802)
    more = (
        f'<Notes><Note guid="{guid(700)}" name="N"><PlainTextContent>on the coding'
        f'</PlainTextContent></Note><Note guid="{guid(701)}"><PlainTextContent>by link'
        f'</PlainTextContent></Note><Note guid="{guid(702)}" creatingUser="{guid(2)}">'
        "<PlainTextContent>loose</PlainTextContent></Note></Notes>"
        f'<Links><Link originGUID="{guid(701)}" targetGUID="{guid(801)}"/></Links>'
    )
    got = read(tmp_path, project_xml(source(500, "a", inside), more=more), {500: TEXT})
    about = dict(zip(got.memos["text"], got.memos["about"], strict=True))
    place = "segment: a:{}-{}".format(*span("ingen tid"))
    assert about == {"on the selection": place, "by link": place, "loose": "project"}
    assert got.segments.set_index("code").loc["money", "note"] == "N\non the coding"
    assert got.memos.set_index("text").loc["loose", "coder"] == "coder 2"


def test_6_variables_on_named_and_nameless_cases_and_inside_the_source(tmp_path):
    def value(number, kind, text):
        reference = f'<VariableRef targetGUID="{guid(number)}"/>'
        return f"<VariableValue>{reference}<{kind}>{text}</{kind}></VariableValue>"

    def held(number):
        return f'<SourceRef targetGUID="{guid(number)}"/>'

    sources = source(500, "a", text="x") + source(501, "b", text="y")
    sources += source(502, "c", value(602, "BooleanValue", "true"), text="z")
    more = (
        f'<Variables><Variable guid="{guid(600)}" name="years" typeOfVariable="Integer"/>'
        f'<Variable guid="{guid(601)}" name="name" typeOfVariable="Text"/>'
        f'<Variable guid="{guid(602)}" name="urban" typeOfVariable="Boolean"/></Variables>'
        f'<Cases><Case guid="{guid(650)}" name="K1">{value(600, "IntegerValue", 7)}'
        f"{value(601, 'TextValue', 'Kim')}{held(500)}</Case>"
        f'<Case guid="{guid(651)}">{value(600, "IntegerValue", "many")}{held(501)}</Case></Cases>'
    )
    got = read(tmp_path, project_xml(sources, more=more))
    cases = got.cases.set_index("document")
    assert cases.loc["a", ["case", "years", "name (variable)"]].tolist() == ["K1", 7, "Kim"]
    assert cases.loc["b", ["case", "years"]].tolist() == ["b", "many"]
    assert bool(cases.loc["c", "urban"]) is True
    assert {"variable", "case-names"} <= rules(got.notes)


def test_7_flattened_trees_are_unfolded(tmp_path):
    codes = "".join(
        f'<Code guid="{guid(10 + k)}" name="{n}" isCodable="true"/>'
        for k, n in enumerate(["A", "A::b", "A::c"])
    )
    got = read(tmp_path, project_xml(source(500, "a", coded("ingen tid")), codes), {500: TEXT})
    assert got.segments["code"].tolist() == ["b"]
    assert got.codes.set_index("code").loc["b", "parent"] == "A"


def test_8_a_parent_is_a_folder_only_where_the_file_says_so(tmp_path):
    codes = CODES.replace('isCodable="false"', 'isCodable="true"')
    got = read(tmp_path, project_xml(source(500, "a", coded("ingen tid", 10)), codes), {500: TEXT})
    assert got.codes["codable"].all()
    assert got.segments["code"].tolist() == ["Theme"]


def test_9_and_10_keys_and_shapes_of_selections_do_not_matter(tmp_path):
    start, end = span("ingen tid")
    one = selection(start, end, coding(11) + coding(12), "ingen tid")
    several = selection(start, end, coding(11)) + selection(start, end, coding(12))
    first = read(tmp_path, project_xml(source(500, "a", one)), {500: TEXT})
    xml = project_xml(source(500, "a", several))
    other_keys = xml.replace("-8000-", "-9000-")
    second = read_refi(write_qdpx(tmp_path / "q.qdpx", other_keys.replace(guid(500).replace("-8000-", "-9000-") + ".txt", guid(500) + ".txt"), {500: TEXT}))  # fmt: skip
    columns = ["segment", "code", "coder", "text"]
    assert first.segments[columns].equals(second.segments[columns])


def test_12_paths_without_a_scheme_and_paths_that_lead_elsewhere(tmp_path):
    (tmp_path / "secret.txt").write_text("not of the project")
    xml = project_xml(source(500, "a", coded("ingen tid")))
    plain = xml.replace("internal://", "")
    assert len(read(tmp_path, plain, {500: TEXT}).segments) == 1
    away = xml.replace("internal://" + guid(500), "absolute:///home/x/../../secret")
    got = read(tmp_path, away, {500: TEXT})
    assert got.documents["text"].isna().all()
    assert not any("home" in note.sentence() for note in got.notes)


def test_13_a_selection_of_no_length_is_named(tmp_path):
    xml = project_xml(source(500, "a", selection(5, 5, coding(11)) + coded("Pengar")))
    got = read(tmp_path, xml, {500: TEXT})
    assert "empty-segment" in rules(got.notes)
    assert len(got.segments) == 1


def test_15_answers_kept_as_one_source_each_can_be_joined_again(tmp_path):
    sources = source(500, "R1 - Q1", selection(0, 3, coding(11)), text="yes")
    sources += source(501, "R1 - Q2", selection(0, 4, coding(12)), text="åäö!")
    sources += source(502, "R2 - Q1", selection(0, 2, coding(11)), text="no")
    joined = regroup(read(tmp_path, project_xml(sources)), r"(?P<case>R\d+) - .*")
    assert joined.documents["text"].tolist() == ["yes\n\nåäö!", "no"]
    assert joined.segments["text"].tolist() == ["yes", "åäö!", "no"]
    assert joined.segments["document"].tolist() == ["R1", "R1", "R2"]
    assert joined.segments["verified"].all()


# other shapes ----------------------------------------------------------------------------------


def test_a_folder_and_a_single_qde_read_like_the_archive(tmp_path):
    xml = project_xml(source(500, "a", coded("ingen tid")))
    packed = read(tmp_path, xml, {500: TEXT})
    folder = tmp_path / "unzipped"
    (folder / "sources").mkdir(parents=True)
    (folder / "project.qde").write_text(xml, encoding="utf-8")
    (folder / "sources" / f"{guid(500)}.txt").write_text(TEXT, encoding="utf-8", newline="")
    for path in (folder, folder / "project.qde"):
        assert read_refi(path).segments.equals(packed.segments)


def test_transcripts_of_recordings_count_by_their_sync_points(tmp_path):
    start, end = span("ingen tid")
    points = "".join(f'<SyncPoint guid="{guid(300 + k)}" position="{p}" timeStamp="{k}"/>' for k, p in enumerate([start, end]))  # fmt: skip
    picked = f'<TranscriptSelection guid="{guid(310)}" fromSyncPoint="{guid(300)}" toSyncPoint="{guid(301)}">{coding(11)}</TranscriptSelection>'  # fmt: skip
    sources = (
        f'<AudioSource guid="{guid(500)}" name="tape.m4a"><Transcript guid="{guid(501)}" '
        f'name="tape.txt" plainTextPath="internal://{guid(501)}.txt">{points}{picked}'
        "</Transcript></AudioSource>"
    )
    got = read(tmp_path, project_xml(sources), {501: TEXT})
    assert got.segments["text"].tolist() == ["ingen tid"]


def test_a_source_without_a_name_is_called_by_its_file_and_never_by_a_folder(tmp_path):
    xml = project_xml(source(500, "", coded("ingen tid")) + source(501, "C:\\home\\Eva\\b.txt"))
    got = read(tmp_path, xml, {500: TEXT})
    assert got.documents["document"].tolist() == [guid(500), "b"]


def test_a_code_on_a_whole_document_stands_apart(tmp_path):
    got = read(tmp_path, project_xml(source(500, "a", coding(11), text="x")))
    assert got.other[["kind", "code", "coder"]].values.tolist() == [
        ["whole document", "time", "coder 1"]
    ]


def test_codes_on_notes_passages_of_cases_and_drawings_are_not_lost(tmp_path):
    more = (
        f'<Cases><Case guid="{guid(650)}" name="Speaker 2">'
        f'<SelectionRef targetGUID="{guid(800)}"/></Case></Cases>'
        f'<Notes><Note guid="{guid(700)}" name="N"><PlainTextContent>abcdef</PlainTextContent>'
        f"{selection(0, 3, coding(11), 'abc')}{coding(12)}</Note></Notes>"
        f'<Links><Link originGUID="{guid(11)}" targetGUID="{guid(12)}"/></Links>'
        f'<Graphs><Graph guid="{guid(900)}"/></Graphs>'
    )
    xml = project_xml(source(500, "a", coded("ingen tid")), more=more)
    got = read(tmp_path, xml, {500: TEXT})
    assert got.other[["kind", "document", "code"]].values.tolist() == [
        ["plaintext", "N", "time"],
        ["note", "N", "money"],
        ["case passage", "", ""],
    ]
    assert got.other["where"].tolist()[2] == "segment: a:{}-{}".format(*span("ingen tid"))
    assert "2 drawing(s)" in next(n.message for n in got.notes if n.rule == "not-read")


def test_many_short_sources_are_pointed_at(tmp_path):
    sources = "".join(source(500 + k, f"R{k}", text="Kort svar.") for k in range(40))
    assert "answers-as-sources" in rules(read(tmp_path, project_xml(sources)).notes)


def test_a_shifted_passage_is_an_error_when_its_preview_stands_elsewhere(tmp_path):
    start, end = span("Det finns ingen tid alls.")
    shifted = selection(start + 7, end + 7, coding(11), "Det finns ingen tid alls.")
    got = read(tmp_path, project_xml(source(500, "a", shifted)), {500: TEXT})
    assert "text-differs" in rules(got.notes)
    titled = selection(start, end, coding(11), "a title that the analyst gave")
    got = read(tmp_path, project_xml(source(500, "a", titled)), {500: TEXT})
    assert "text-differs" not in rules(got.notes)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ((f'targetGUID="{guid(11)}"', f'targetGUID="{guid(99)}"'), "code-not-in-the-codebook"),
        (('endPosition="', 'endPosition="9'), "outside-the-text"),
        (('endPosition="', 'endPosition="x'), "position"),
        (('name="Anna"', 'name=""'), "coder-without-name"),
        ((f'creatingUser="{guid(1)}"', f'creatingUser="{guid(77)}"'), "coder-without-name"),
        ((f' creatingUser="{guid(1)}"', ""), "coder-unknown"),
    ],
)
def test_bad_input_is_named(tmp_path, change, rule):
    xml = project_xml(source(500, "a", coded("ingen tid")))
    assert rule not in rules(read(tmp_path, xml, {500: TEXT}).notes)
    assert change[0] in xml
    got = read(tmp_path, xml.replace(*change), {500: TEXT})
    assert rule in rules(got.notes)


def test_a_text_in_windows_encoding_is_read_and_said(tmp_path):
    text = TEXT.replace("😀", ":)")
    xml = project_xml(source(500, "a", coded("ingen tid", text=text)))
    got = read(tmp_path, xml, {500: text.encode("cp1252")})
    assert got.segments["text"].tolist() == ["ingen tid"]
    assert "encoding" in rules(got.notes)


# archives that mean harm -----------------------------------------------------------------------


def test_broken_xml_is_named_with_its_line(tmp_path):
    with pytest.raises(UserError, match=r"broken XML at line 2"):
        read(tmp_path, project_xml("")[:-4])


def test_entities_are_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Project/>'
    with pytest.raises(UserError, match="entities"):
        read(tmp_path, bomb)


@pytest.mark.parametrize("member", ["../evil.txt", "/etc/evil.txt", "a/../../evil", "C:/evil"])
def test_members_that_point_outside_are_refused(tmp_path, member):
    path = write_qdpx(tmp_path / "p.qdpx", project_xml(""), {})
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(member, "x")
    with pytest.raises(UserError, match="points outside"):
        read_refi(path)


def test_too_many_too_large_and_too_dense_archives_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("project.qde", project_xml(""))
        zipped.writestr("sources/zeros.txt", b"0" * 5_000_000)
    with pytest.raises(UserError, match="packed beyond belief"):
        read_refi(path)
    monkeypatch.setattr(archive, "BYTES", 1_000_000)
    with pytest.raises(UserError, match="unpacks to"):
        read_refi(path)
    monkeypatch.setattr(archive, "MEMBERS", 1)
    with pytest.raises(UserError, match="holds 2 files"):
        read_refi(path)


def damage(path, part):
    path.write_bytes(path.read_bytes().replace(part, b"x" * len(part), 1))


def nested(levels):
    return f'<Code guid="{guid(10)}" name="c" isCodable="true">' * levels + "</Code>" * levels


def test_codes_may_lie_as_deep_as_a_hundred_levels(tmp_path):
    codes = "".join(f'<Code guid="{guid(n)}" name="c{n}" isCodable="true">' for n in range(100))
    read = read_refi(write_qdpx(tmp_path / "p.qdpx", project_xml("", codes=codes + "</Code>" * 100), {}))  # fmt: skip
    assert read.codes["path"].iloc[-1].count(" > ") == 99


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p.write_bytes(b"PK\x03\x04 no archive"), "not a ZIP"),
        (lambda p: write_qdpx(p, "x", {}, qde="readme.md"), "no .qde"),
        (lambda p: write_qdpx(p, "<CodeBook/>", {}), "not Project"),
        (lambda p: write_qdpx(p, b"\x00\x01", {}), "broken XML"),
        (
            lambda p: damage(
                write_qdpx(p, project_xml(source(20, "I-1")), {20: "Hej alla"}), b"Hej alla"
            ),
            "broken or has a password",
        ),
        (lambda p: write_qdpx(p, project_xml("", codes=nested(101)), {}), "deeper than 100 levels"),
        (
            lambda p: write_qdpx(p, project_xml("", codes=nested(3000)), {}),
            "deeper than 100 levels",
        ),
    ],
)
def test_files_that_are_no_project_say_so(tmp_path, make, words):
    make(tmp_path / "p.qdpx")
    with pytest.raises(UserError, match=words):
        read_refi(tmp_path / "p.qdpx")


def test_two_projects_in_one_archive_are_not_chosen_between(tmp_path):
    path = write_qdpx(tmp_path / "p.qdpx", project_xml(""), {})
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr("other.qde", project_xml(""))
    with pytest.raises(UserError, match=r"2 \.qde files"):
        read_refi(path)


# the codebook, out and in ----------------------------------------------------------------------

# What Codebook.xsd 1.0 asks of a codebook, in our own words: order, required attributes, GUIDs.
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:QDA-XML:codebook:1.0"
 targetNamespace="urn:QDA-XML:codebook:1.0" elementFormDefault="qualified">
 <xs:simpleType name="key"><xs:restriction base="xs:token"><xs:pattern
  value="\\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\\}?"/></xs:restriction></xs:simpleType>
 <xs:complexType name="code"><xs:sequence>
   <xs:element name="Description" type="xs:string" minOccurs="0"/>
   <xs:element name="Code" type="code" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
  <xs:attribute name="guid" type="key" use="required"/>
  <xs:attribute name="name" type="xs:string" use="required"/>
  <xs:attribute name="isCodable" type="xs:boolean" use="required"/></xs:complexType>
 <xs:element name="CodeBook"><xs:complexType><xs:sequence><xs:element name="Codes">
   <xs:complexType><xs:sequence><xs:element name="Code" type="code" maxOccurs="unbounded"/>
   </xs:sequence></xs:complexType></xs:element></xs:sequence>
  <xs:attribute name="origin" type="xs:string"/></xs:complexType></xs:element>
</xs:schema>"""


@pytest.fixture
def book():
    read_in = interviews(
        {"a": "x"}, [], [("Theme", None, False), ("å & <b>", "Theme"), ("money", "Theme")]
    )
    read_in.codes.loc[1, ["description", "include", "exclude", "example"]] = [
        "What \x07it is",
        "this",
        "that",
        "“So & so.”",
    ]
    return read_in


def test_the_codebook_is_valid_and_comes_back_the_same(book, tmp_path):
    raw = codebook_xml(book)
    schema = xmlschema.XMLSchema(SCHEMA)
    schema.validate(raw.decode())
    codes, notes = read_codebook(write_codebook(book, tmp_path / "book.qdc"))
    book.codes.loc[1, "description"] = "What it is"  # XML cannot hold a bell
    assert codes.fillna("").equals(book.codes.fillna(""))
    assert notes == []
    assert codebook_xml(book) == raw.replace(b"What \x07it", b"What it")


def test_the_books_own_codebook_is_valid_by_the_standard_s_schema_and_marked_in_every_code(
    tmp_path,
):
    own = replace(read_interviews(OWN), provenance="synthetic")
    raw = codebook_xml(own)
    schema = xmlschema.XMLSchema(ROOT / "tests" / "data" / "refi-qda" / "Codebook.xsd")
    schema.validate(raw.decode())
    assert not schema.is_valid(raw.decode().replace("isCodable", "codable"))
    root = ElementTree.fromstring(raw)
    said = [element.findtext("{*}Description") for element in every(root, "Code")]
    assert len(said) == len(own.codes)
    assert all(words.startswith("[invented, not from the study]") for words in said)
    assert "[invented, not from the study]" in root.get("origin")
    codes, _ = read_codebook(write_codebook(own, tmp_path / "new" / "book.qdc"))
    assert codes["path"].tolist() == own.codes["path"].tolist()


def test_a_codebook_of_observed_interviews_has_no_mark_and_no_words_of_persons(book):
    raw = codebook_xml(replace(book, provenance="observed")).decode()
    assert "invented" not in raw and "So &amp; so" not in raw
    assert "Include: this" in raw


def test_the_download_holds_the_file_itself(book):
    marked = replace(book, provenance="synthetic")
    link = BeautifulSoup(download_link(marked, "invented_codebook"), "html.parser").a
    assert link["download"] == "invented_codebook.qdc"
    assert base64.b64decode(link["href"].partition(",")[2]) == codebook_xml(marked)
    assert "invented" in link.get_text()


@pytest.mark.parametrize(
    "change", [("guid=", "gid="), ('guid="', 'guid="z'), (' isCodable="true"', "")]
)
def test_the_schema_of_the_test_refuses_broken_codebooks(book, change):
    broken = codebook_xml(book).decode().replace(*change)
    assert not xmlschema.XMLSchema(SCHEMA).is_valid(broken)


def test_an_empty_codebook_cannot_be_written(tmp_path):
    with pytest.raises(UserError, match="no code"):
        write_codebook(interviews({"a": "x"}, [], []), tmp_path / "book.qdc")


def test_a_project_is_no_codebook_and_a_codebook_no_project(book, tmp_path):
    path = write_codebook(book, tmp_path / "book.qdc")
    with pytest.raises(UserError, match=r"\.qdc is a codebook alone"):
        read_interviews(path)
    other = tmp_path / "p.qdc"
    other.write_text(project_xml(""))
    with pytest.raises(UserError, match="not CodeBook"):
        read_codebook(other)


# the study's own interviews --------------------------------------------------------------------


def test_the_books_own_interviews_read_as_their_xml_says():
    root = ElementTree.parse(OWN / "project.qde").getroot()
    got = read_interviews(OWN)
    assert got.kind == "refi-qda"
    assert len(got.documents) == len(every(root, "TextSource"))
    assert len(got.codes) == len(every(root, "Code"))
    assert len(got.segments) == len(every(root, "CodeRef"))
    assert got.segments["verified"].all()
    assert got.notes == []
    for row in got.segments.itertuples():
        text = got.documents.set_index("document").at[row.document, "text"]
        assert text[row.start : row.end] == row.text
