"""The written files: the committed bytes, their layout, their planted faults, their envelopes."""

import csv
import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sustainment.check import check_study
from sustainment.errors import UserError
from sustainment.study import front_matter
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey
from sustainment.synthetic import read_parameters, synthesise, write_checksums
from sustainment.synthetic.defects import plant
from sustainment.synthetic.redcap import DICTIONARY_COLUMNS, write
from sustainment.synthetic.survey import shown
from sustainment.synthetic.worlds import draw, envelopes, first_lines, write_book, write_worlds

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
PARAMETERS = read_parameters(DATA / "synthetic.yml")
STUDY = yaml.safe_load((DATA / "study.yml").read_text(encoding="utf-8"))
WORLDS = PARAMETERS["worlds"]["envelopes"]
FAULTS = [fault for fault in PARAMETERS["defects"]["list"] if fault["rule"] != "harmless"]


def table(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def truth(world):
    return json.loads((DATA / "worlds" / world / "truth.json").read_text(encoding="utf-8"))


def frame():
    return table(DATA / "raw" / "population.csv").set_index("person")


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_the_committed_data_are_what_the_generator_writes(tmp_path):
    synthesise(ROOT, out=tmp_path)
    written = contents(tmp_path)
    assert {"raw/survey.csv", "raw/interviews/project.qde", "worlds/book/truth.json"} <= set(
        written
    )
    changed = [name for name, content in written.items() if (DATA / name).read_bytes() != content]
    assert changed == [], "run `sustainment synthesise` and commit what it writes"
    committed = {
        n for part in ("raw", "worlds") for n in map(f"{part}/".__add__, contents(DATA / part))
    }
    assert committed == set(written) - {"SHA256SUMS"}


def test_another_seed_writes_other_answers_with_the_same_counts(tmp_path):
    write_book(draw(PARAMETERS, 7), tmp_path)
    other = table(tmp_path / "raw" / "survey.csv")
    assert not other.equals(table(DATA / "raw" / "survey.csv"))
    assert len(other) == len(table(DATA / "raw" / "survey.csv"))


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_faults_can_be_planted_whatever_the_seed(seed):
    world = draw(PARAMETERS, seed)
    damaged, log = plant(world.export(), world.persons, world.form, PARAMETERS, seed)
    assert sorted(log["rule"]) == sorted(
        fault["rule"] for fault in PARAMETERS["defects"]["list"] for _ in range(fault["rows"])
    )
    assert damaged["record_id"].is_unique


def test_checksums_fit_the_files():
    for line in (DATA / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name


def test_checksums_tell_a_changed_file(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.csv").write_text("1")
    before = write_checksums(tmp_path).read_text()
    (tmp_path / "raw" / "a.csv").write_text("2")
    assert write_checksums(tmp_path).read_text() != before


def test_cleaning_leaves_fifty_respondents_33_yes_and_17_no():
    raw = read_survey(DATA / "raw" / "survey.csv", DATA / "raw" / "survey_dictionary.csv")
    survey = clean(raw, STUDY["survey"], frame())
    assert len(survey.answers) == 50
    assert survey.answers["b06"].value_counts().to_dict() == {"1": 33, "0": 17}
    sealed = truth("book")["each"]
    for person, answer in survey.answers["b06"].items():
        assert sealed[person] == sealed[person] | {"answered": True, "continued": answer == "1"}


def test_every_planted_fault_stands_where_the_list_says():
    """Read by hand, without the reader: the line of the file, the cell as it is there."""
    lines = (DATA / "raw" / "survey.csv").read_text(encoding="utf-8").split("\n")
    header = lines[0].split(",")
    for fault in table(DATA / "worlds" / "book" / "defects.csv").to_dict("records"):
        start = int(fault["row"]) - 1
        cells = next(csv.reader([f"{line}\n" for line in lines[start : start + 2]]))
        assert cells[0] == fault["record"]
        if fault["column"]:
            assert cells[header.index(fault["column"])] == fault["after"]


def test_the_check_finds_every_planted_fault_at_its_place():
    found = {(f.rule, f.row, f.column) for f in check_study(ROOT)}
    rules_and_rows = {(rule, row) for rule, row, _ in found}
    for fault in table(DATA / "worlds" / "book" / "defects.csv").to_dict("records"):
        rule, row = fault["rule"], int(fault["row"])
        if rule == "harmless":
            assert row not in {r for _, r, column in found if column == fault["column"]}
        elif fault["column"] and not rule.startswith(("not-in", "complete")):
            assert (rule, row, fault["column"]) in found
        else:
            assert (rule, row) in rules_and_rows


def test_every_kind_of_fault_of_the_parameters_is_in_the_list():
    planted = table(DATA / "worlds" / "book" / "defects.csv")["rule"].value_counts().to_dict()
    expected: dict[str, int] = {}
    for fault in PARAMETERS["defects"]["list"]:
        expected[fault["rule"]] = expected.get(fault["rule"], 0) + fault["rows"]
    assert planted == expected
    assert len({fault["rule"] for fault in FAULTS}) >= 12


def test_a_line_break_inside_a_cell_moves_the_lines_below_it():
    path = DATA / "raw" / "survey.csv"
    lines = first_lines(path)
    assert lines[0] == 2
    assert lines[-1] == len(lines) + 2  # one cell holds a line break


def test_the_export_is_plain_utf8_with_line_feeds():
    for name in ("survey.csv", "survey_dictionary.csv", "population.csv"):
        content = (DATA / "raw" / name).read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in content
        content.decode("utf-8")


def test_the_dictionary_has_the_eighteen_columns_and_describes_every_field():
    dictionary = table(DATA / "raw" / "survey_dictionary.csv")
    assert list(dictionary.columns) == DICTIONARY_COLUMNS
    assert len(DICTIONARY_COLUMNS) == 18
    described = set(dictionary["Variable / Field Name"])
    header = table(DATA / "raw" / "survey.csv").columns
    own = {"redcap_survey_identifier", "questionnaire_timestamp", "questionnaire_complete"}
    assert {column.split("___")[0] for column in header} - own == described - {"intro"}


def test_every_row_of_every_raw_table_says_that_it_is_invented():
    for path in [*(DATA / "raw").glob("*.csv"), *(DATA / "worlds").glob("*/*.csv")]:
        if path.name in ("survey_dictionary.csv", "defects.csv"):
            continue
        assert (table(path)["is_synthetic"] == "1").all(), path
    assert "INVENTED" in (DATA / "raw" / "survey_dictionary.csv").read_text(encoding="utf-8")


def test_the_frame_has_66_persons_and_no_small_cell():
    persons = frame()
    assert len(persons) == 66
    assert persons.index.is_unique
    assert list(persons.index) == sorted(persons.index)
    assert persons.groupby(["cohort", "organisation", "profession"]).size().min() >= 3
    assert {"continued", "answered"}.isdisjoint(persons.columns)


def test_questions_not_shown_are_empty_in_a_clean_export():
    export = draw(PARAMETERS, 3).export()
    for item in PARAMETERS.questionnaire.items.values():
        if item.routing and item.type != "multi":
            asked = shown(item.routing, {name: export[name].to_numpy() for name in export})
            assert (export.loc[~asked, item.id] == "").all()
            assert (export.loc[asked, item.id] != "").all()


def test_routing_that_cannot_be_read_is_refused():
    with pytest.raises(UserError, match="cannot be read"):
        shown("[b06] > '1'", {"b06": pd.Series(["1"]).to_numpy()})


def test_open_answers_speak_of_services_only():
    told = re.compile(
        r"\b(child|children|family|families|mother|father|parent|violence|abuse|trauma|barn\w*|"
        r"mamma|pappa|våld\w*|Region [A-ZÅÄÖ]|Stockholm|Göteborg|Malmö)\b",
        re.IGNORECASE,
    )
    for bank in ("helped", "hindered"):
        for phrase in PARAMETERS["phrases"][bank]:
            assert not told.search(phrase["text"]), phrase["text"]
    assert told.search("a mother told me")  # the pattern can find something


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_fits_the_same_abstract(world):
    survey = table(DATA / "worlds" / world / "survey.csv")
    assert survey["b06"].value_counts().to_dict() == {"1": 33, "0": 17}
    cases = pd.to_numeric(survey["b05"])
    assert 0.02 <= (cases >= 10).mean() <= 0.15
    assert len(table(DATA / "worlds" / world / "population.csv")) == 66


@pytest.mark.parametrize("world", WORLDS)
def test_a_world_passes_through_the_same_cleaning_untouched(world):
    folder = DATA / "worlds" / world
    raw = read_survey(folder / "survey.csv", DATA / "raw" / "survey_dictionary.csv")
    persons = table(folder / "population.csv").set_index("person")
    survey = clean(raw, STUDY["survey"], persons)
    assert len(survey.answers) == 50
    assert len(survey.log) == len(survey.dropped) == 0


def test_a_large_population_passes_through_the_same_cleaning_untouched(tmp_path):
    world = draw(PARAMETERS, 11, mode="superpopulation", size=20_000)
    path = write(world.export(), tmp_path / "survey.csv")
    raw = read_survey(path, DATA / "raw" / "survey_dictionary.csv")
    survey = clean(raw, STUDY["survey"], world.frame().set_index("person"))
    assert len(survey.answers) == int(world.persons["answered"].sum())
    assert len(survey.log) == len(survey.dropped) == 0
    truth = world.truth()["continued"]["respondents"]
    assert (survey.answers["b06"] == "1").sum() == truth


@pytest.mark.parametrize("world", WORLDS)
def test_a_truth_file_agrees_with_what_its_world_shows(world):
    sealed = truth(world)
    survey = table(DATA / "worlds" / world / "survey.csv").set_index("redcap_survey_identifier")
    persons = table(DATA / "worlds" / world / "population.csv").set_index("person")
    each = pd.DataFrame(sealed["each"]).T.astype(bool)
    assert set(each.index) == set(persons.index)
    assert set(each.index[each["answered"]]) == set(survey.index)
    assert (each.loc[survey.index, "continued"] == (survey["b06"] == "1")).all()
    assert each["continued"].sum() == sealed["continued"]["all"]
    assert (each["continued"] & ~each["answered"]).sum() == sealed["continued"]["silent"]
    by = each["continued"].groupby(persons["organisation"]).agg(["sum", "size"])
    for organisation, row in by.iterrows():
        told = sealed["continued_by"]["organisation"][organisation]
        assert (row["sum"], row["size"]) == (told["continued"], told["persons"])
    heard = table(DATA / "worlds" / world / "themes.csv")
    assert heard["script"].nunique() == 12
    for theme, count in sealed["themes"].items():
        assert (heard.loc[heard["theme"] == theme, "present"] == "1").sum() == count["interviews"]


def test_the_worlds_differ_underneath():
    worlds = [truth(world) for world in WORLDS]
    assert {36, 44, 47} <= {world["continued"]["all"] for world in worlds}
    assert {world["strands"] for world in worlds} == {"converge", "clash"}
    assert {world["matters"]["organisation"] for world in worlds} == {True, False}
    assert {world["silence"]["mechanism"] for world in worlds} == {"chance", "frame", "outcome"}


def test_strands_clash_where_a_theme_is_loud_and_rare():
    for world in map(truth, WORLDS):
        gaps = [
            abs(theme["of_the_66"] / 66 - theme["interviews"] / 12)
            for theme in world["themes"].values()
        ]
        assert (max(gaps) > 0.5) == (world["strands"] == "clash")


def test_only_the_chapter_on_worlds_may_open_the_envelopes():
    allowed = {"lab/worlds"}
    for path in (ROOT / "notebooks").rglob("*.md"):
        chapter = path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
        inputs = front_matter(path).get("sustainment", {}).get("inputs") or []
        assert "truth" not in inputs or chapter in allowed, chapter


def test_parameters_do_not_tell_which_envelope_holds_which_world():
    text = (DATA / "synthetic.yml").read_text(encoding="utf-8")
    for world in WORLDS:
        assert len(re.findall(rf"\b{world}\b", text)) == 1  # in the list of envelopes only
    assert sorted(envelopes(PARAMETERS, 1).values()) == sorted(PARAMETERS["worlds"]["scenarios"])
    assert envelopes(PARAMETERS, 1) != envelopes(PARAMETERS, 2)


def test_worlds_are_written_with_their_seals(tmp_path):
    write_worlds(PARAMETERS, PARAMETERS.seed, tmp_path)
    for name, content in contents(tmp_path).items():
        assert (DATA / name).read_bytes() == content, name


def test_the_generator_knows_nothing_of_the_study():
    words = re.compile(r"\bCPP\b|psychotherap|\bBUP\b|clinician|Pernebo|\b[a-f]0\d\b|\bb10\b")
    parts = "__init__ parameters questionnaire population draws survey redcap defects worlds datapackage"
    for part in parts.split():
        text = (ROOT / "src" / "sustainment" / "synthetic" / f"{part}.py").read_text(
            encoding="utf-8"
        )
        found = [
            word for word in words.findall(text) if word != "clinician" or part != "datapackage"
        ]
        assert not found, (part, found)
