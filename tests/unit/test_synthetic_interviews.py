"""The invented interviews: what they may say, and that the project holds exactly what is marked."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import xmlschema
import yaml

from sustainment.errors import UserError
from sustainment.synthetic.coders import KINDS, code_by_coders
from sustainment.synthetic.interviews import write_interviews
from sustainment.synthetic.scripts import code_list, parse_script, read_scripts, script_cases

STUDY = Path(__file__).resolve().parents[2]
COMMITTED = STUDY / "data" / "raw" / "interviews"
SCHEMA = STUDY / "tests" / "data" / "refi-qda" / "Project.xsd"
NS = {"q": "urn:QDA-XML:project:1.0"}
PHASES = ["Training", "First families", "Keeping it going"]

# Capitalised inside a sentence and still nobody's name: everything else is a person or a place.
NOT_A_NAME = {"I", "BUP", "November", "May", "Christmas", "Easter", "Gabriel", "Olympic", "Room"}
NOT_A_NAME |= {"New", "Manager"}  # a folder's title
for _day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
    NOT_A_NAME |= {_day, _day + "s"}
NEVER_TOLD = re.compile(
    r"\b(violen\w*|abus\w*|assault\w*|beat(en|ing)?|hits?|hitting|blood\w*|injur\w*|bruis\w*|wound\w*|"
    r"rap(e|ed)|kill\w*|murder\w*|suicid\w*|weapon\w*|knife|police|prison|crimes?|victims?|perpetrat\w*|"
    r"threat\w*|died|dead|death|neglect\w*|custody battle|foster\w*|"
    r"(the|a|his|her|this|that|their) (boy|girl|mother|father|mum|dad|toddler|baby|son|daughter|sibling)s?|"
    r"(this|that|one|a certain) (child|family))\b",
    re.IGNORECASE,
)
REAL_PLACES = re.compile(
    r"\b(Sweden|Norway|Stockholm|Göteborg|Gothenburg|Malmö|Uppsala|Lund|Växjö|Kalmar|Jönköping|Kronoberg|"
    r"Karlstad|Värmland|Skåne|Umeå|Linköping|Örebro|Värnamo|Erica\w*|Bris|Rädda|San Francisco|California)\b"
)
DATES = re.compile(
    r"\b(1[89]|20)\d\d\b|\b\d{1,2}(st|nd|rd|th)?( of)? (January|February|March|April|May|June|July|"
    r"August|September|October|November|December)\b"
)


@pytest.fixture(scope="module")
def read():
    return read_scripts(STUDY)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("interviews")
    write_interviews(STUDY, out)
    return out


@pytest.fixture(scope="module")
def project(written):
    return ET.parse(written / "project.qde").getroot()


@pytest.fixture
def copy(tmp_path):
    """A study folder whose scripts may be broken."""
    shutil.copytree(STUDY / "data" / "scripts", tmp_path / "data" / "scripts")
    return tmp_path


def selections(project):
    """All selections as (script, coder, start, end, code names)."""
    users = {u.get("guid"): u.get("name") for u in project.iterfind(".//q:User", NS)}
    codes = {c.get("guid"): c.get("name") for c in project.iterfind(".//q:Code", NS)}
    for source in project.iterfind(".//q:TextSource", NS):
        for found in source.iterfind("q:PlainTextSelection", NS):
            references = found.iterfind("q:Coding/q:CodeRef", NS)
            yield (
                source.get("name"),
                users[found.get("creatingUser")],
                int(found.get("startPosition")),
                int(found.get("endPosition")),
                tuple(codes[reference.get("targetGUID")] for reference in references),
            )


# --- the texts


def test_there_are_twelve_scripts_two_of_them_at_full_length(read):
    words = {script.name: len(script.text.split()) for script in read[0]}
    full = script_cases(STUDY).query("length == 'full'").index
    assert list(words) == [f"script-{letter}" for letter in "ABCDEFGHIJKL"]
    assert len(full) == 2 and all(3600 <= words[name] <= 4400 for name in full)
    assert all(1000 <= words[name] <= 1700 for name in words if name not in full)


def test_every_text_says_first_that_it_is_invented(read, written):
    notice = "INVENTED (machine-written for this book; not from the study)"
    for script in read[0]:
        assert script.text.splitlines()[:2] == [notice, script.name]
    for path in (written / "sources").glob("*.txt"):
        assert path.read_text(encoding="utf-8").startswith(notice)
    assert ET.parse(written / "project.qde").getroot().find("q:Description", NS).text == notice


def test_turns_do_not_name_the_interview(read):
    for script in read[0]:
        lines = [line for line in script.text.splitlines()[2:] if line]
        spoken = [line for line in lines if line not in PHASES]
        assert [line for line in lines if line in PHASES] == PHASES
        assert all(re.match(r"(Interviewer|Clinician): \S", line) for line in spoken)


def names_in(text):
    return {
        word
        for line in text.splitlines()
        for word in re.findall(r"(?<=[a-zåäö,;—] )[\"“]?([A-ZÅÄÖ]\w*)", line.split(": ", 1)[-1])
    } - NOT_A_NAME


def test_nobody_and_no_place_is_named_and_nothing_is_dated(read):
    for script in read[0]:
        body = script.text.split("\n", 2)[2]
        assert names_in(body) == set(), script.name
        assert not REAL_PLACES.search(body), script.name
        assert not DATES.search(body), script.name


def test_no_child_family_violence_or_distress_is_narrated(read):
    for script in read[0]:
        assert not NEVER_TOLD.search(script.text), (script.name, NEVER_TOLD.search(script.text))


def test_the_word_checks_would_notice():
    assert names_in("Clinician: then I rang Karin about it") == {"Karin"}
    assert REAL_PLACES.search("up in Umeå") and DATES.search("on 3 May") and DATES.search("in 2017")
    assert NEVER_TOLD.search("then the boy said") and NEVER_TOLD.search("after the violence")


# --- the marks


def test_a_mark_becomes_offsets_in_code_points():
    source = "Training\nA: Åh 🙂 [[fit+trust|individual|both: one two. [[desk|system|helps: three]] four]].\n"
    script = parse_script("script-X", source, PHASES)
    assert script.text == "Training\nA: Åh 🙂 one two. three four.\n"
    wide, narrow = script.passages
    assert script.text[wide.start : wide.end] == "one two. three four"
    assert script.text[narrow.start : narrow.end] == "three"
    assert (wide.codes, wide.level, wide.valence) == (("fit", "trust"), "individual", "both")
    assert narrow.phase == "Training"


@pytest.mark.parametrize(
    "line",
    ["[[fit|individual|helps: open", "closed]] only", "[[fit|helps: a field is missing]]"]
    + ["[[fit|individual|helps:  space]]"],
)
def test_a_broken_mark_is_named_with_its_script(line):
    with pytest.raises(UserError, match=r"script-X\.txt"):
        parse_script("script-X", f"Training\nA: {line}\n", PHASES)


def test_passages_are_short_and_every_interview_has_enough(read):
    length = script_cases(STUDY)["length"]
    for script in read[0]:
        limits = (30, 45) if length[script.name] == "full" else (10, 18)
        assert limits[0] <= len(script.passages) <= limits[1], script.name
        for passage in script.passages:
            text = script.text[passage.start : passage.end]
            assert "\n" not in text
            assert 1 <= len(re.findall(r"[.!?]+(?=\s|$)", text)) <= 4, text


def test_every_code_level_valence_and_phase_is_used_by_several_voices(read):
    scripts, book = read
    used: dict[str, set] = {}
    for script in scripts:
        for p in script.passages:
            for value in (*p.codes, p.level, p.valence, p.phase):
                used.setdefault(value, set()).add(script.name)
    assert set(code_list(book).index) <= set(used)
    assert min(len(who) for who in used.values()) >= 4
    assert 18 <= len(code_list(book)) <= 25


def test_the_themes_have_the_published_names(read):
    names = [t["name"] for t in read[1]["themes"]]
    assert names == [
        "Work with trauma-exposed young children",
        "Organizational and systems level aspects",
        "Support to deliver child-parent psychotherapy",
        "The clinician and Child-Parent Psychotherapy",
    ]
    assert [len(theme["subthemes"]) for theme in read[1]["themes"]] == [2, 2, 2, 0]
    for text in ("definition", "include", "exclude", "example"):
        assert code_list(read[1])[text].str.len().min() > 10


def test_every_theme_and_subtheme_has_a_voice_against_it(read):
    memos = yaml.safe_load((STUDY / "data/scripts/memos.yml").read_text(encoding="utf-8"))["memos"]
    against = {m["theme"] for m in memos if m["name"] == "A voice against the theme"}
    wanted = {part["id"] for theme in read[1]["themes"] for part in (theme["subthemes"] or [theme])}
    assert against == wanted


# --- the two coders


def test_the_stated_shares_of_disagreement_are_met_exactly(read):
    scripts, book = read
    n = sum(len(script.passages) for script in scripts)
    _, record = code_by_coders(scripts, book)
    found = Counter(zip(record["coder"], record["kind"], strict=True))
    for coder, shares in book["coders"]["departures"].items():
        for kind in KINDS:
            assert found[coder, kind] == round(shares[kind] * n)
    assert not record.duplicated(["script", "start", "end"]).any()


def test_the_coders_differ_where_and_only_where_the_record_says(read, project):
    scripts, book = read
    _, record = code_by_coders(scripts, book)
    by_coder: dict[str, set] = {"coder-1": set(), "coder-2": set()}
    for script, coder, start, end, codes in selections(project):
        by_coder[coder].add((script, start, end, codes))
    both = by_coder["coder-1"] & by_coder["coder-2"]
    passages = [p for script in scripts for p in script.passages]
    assert len(both) == len(passages) - len(record)
    missed = (record["kind"] == "miss").groupby(record["coder"]).sum()
    for coder, marks in by_coder.items():
        assert len(marks) == len(passages) - missed[coder]
    names = code_list(book)["name"]
    meant = {(p.script, p.start, p.end, tuple(names[c] for c in p.codes)) for p in passages}
    kept = {(s, a, b, codes[:-3]) for s, a, b, codes in both}
    assert kept <= meant


def test_a_departure_changes_one_thing(read):
    scripts, book = read
    coded, record = code_by_coders(scripts, book)
    groups = code_list(book)["group"]
    texts = {script.name: script.text for script in scripts}
    meant = {(p.script, p.start, p.end): p for script in scripts for p in script.passages}
    for row in record.itertuples():
        passage = meant[row.script, row.start, row.end]
        others = [
            p
            for p in coded[row.coder]
            if p.script == row.script and p.start < row.end and p.end > row.start
        ]
        if row.kind == "miss":
            assert others == []
            continue
        (other,) = others
        changed = {
            name
            for name in ("start", "end", "codes", "level", "valence", "phase")
            if getattr(other, name) != getattr(passage, name)
        }
        if row.kind == "shift":
            assert changed in ({"start"}, {"end"})
            moved = sorted({other.start, other.end} ^ {passage.start, passage.end})
            words = texts[row.script][slice(*moved)].split()
            assert (
                book["coders"]["shift_words"][0] <= len(words) <= book["coders"]["shift_words"][1]
            )
            assert "\n" not in texts[row.script][other.start : other.end]
        elif row.kind == "sibling":
            assert changed == {"codes"}
            assert groups[other.codes[0]] == groups[passage.codes[0]]
        else:
            assert changed == {row.kind}


# --- the project


def test_the_project_is_valid_against_the_published_schema(written):
    schema = xmlschema.XMLSchema(SCHEMA)
    assert list(schema.iter_errors(written / "project.qde")) == []
    broken = (written / "project.qde").read_text(encoding="utf-8").replace("endPosition", "stop", 1)
    assert list(schema.iter_errors(broken))


def test_every_selection_is_a_slice_of_its_text_and_carries_each_dimension_once(written, project):
    texts = {
        source.get("name"): (
            written / "sources" / source.get("plainTextPath").removeprefix("internal://")
        ).read_text(encoding="utf-8")
        for source in project.iterfind(".//q:TextSource", NS)
    }
    previews = [s.get("name") for s in project.iterfind(".//q:PlainTextSelection", NS)]
    found = list(selections(project))
    for (script, _, start, end, codes), preview in zip(found, previews, strict=True):
        text = texts[script][start:end]
        assert text == text.strip() and text.startswith(preview)
        assert codes[-3] in {"system", "organisation", "individual"}
        assert codes[-2] in {"helps", "hinders", "both"}
        assert codes[-1] in PHASES
        assert 1 <= len(codes[:-3]) <= 2


def test_keys_are_unique_and_no_time_is_written(written, project):
    keys = [element.get("guid") for element in project.iter() if element.get("guid")]
    assert len(keys) == len(set(keys))
    assert "DateTime" not in (written / "project.qde").read_text(encoding="utf-8")


def test_writing_twice_gives_the_same_bytes_and_leaves_no_old_text(written, tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "old.txt").write_text("old", encoding="utf-8")
    write_interviews(STUDY, tmp_path)
    assert contents(tmp_path) == contents(written)


def test_the_committed_project_is_what_the_scripts_give(tmp_path):
    """The persons are the generator's choice and are taken from the committed cases."""
    root = ET.parse(COMMITTED / "project.qde").getroot()
    names = {v.get("guid"): v.get("name") for v in root.iterfind(".//q:Variable", NS)}
    cases = {
        case.get("name"): {
            names[value.find("q:VariableRef", NS).get("targetGUID")]: value.findtext(
                "q:TextValue", namespaces=NS
            )
            for value in case.iterfind("q:VariableValue", NS)
        }
        for case in root.iterfind(".//q:Case", NS)
    }
    table = pd.DataFrame.from_dict(cases, orient="index")
    own = script_cases(STUDY).columns
    pd.testing.assert_frame_equal(table[own], script_cases(STUDY), check_names=False)
    write_interviews(STUDY, tmp_path, table.drop(columns=own))
    assert contents(tmp_path) == contents(COMMITTED)


def test_persons_become_variables_of_their_cases(tmp_path, read):
    names = [script.name for script in read[0]]
    persons = pd.DataFrame({"person": [f"P{n}" for n in range(12)]}, index=names)
    write_interviews(STUDY, tmp_path, persons)
    root = ET.parse(tmp_path / "project.qde").getroot()
    assert {t.text for t in root.iterfind(".//q:Case//q:TextValue", NS)} >= set(persons["person"])
    with pytest.raises(UserError, match="exactly one row"):
        write_interviews(STUDY, tmp_path, persons.iloc[1:])


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- what is wrong is named


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("script-B.txt", "[[mandate|", "[[mandates|", "unknown code 'mandates'"),
        ("script-B.txt", "|organisation|helps:", "|office|helps:", "unknown level 'office'"),
        ("script-B.txt", "|organisation|helps:", "|organisation|good:", "unknown valence 'good'"),
        ("script-B.txt", "\nTraining\n", "\n", "unknown phase ''"),
        (
            "codebook.yml",
            "example: 'It works like watering.",
            "example: 'No such words.",
            "example",
        ),
        ("codebook.yml", "miss: 0.03", "miss: 0.93", "more than the passages can hold"),
        ("cases.yml", "script-B:", "script-Z:", "exactly one row"),
        ("memos.yml", "Everybody puts a four.", "Nobody puts a five.", "exactly one coded"),
        ("memos.yml", "about: script-C", "about: script-Z", "belongs to nothing"),
    ],
)
def test_a_mistake_in_the_sources_is_named(copy, tmp_path, file, old, new, says):
    path = copy / "data" / "scripts" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(says)):
        write_interviews(copy, tmp_path / "out")
