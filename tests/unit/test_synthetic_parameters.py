"""Every number of the generator is declared, and an unclear file is refused at its place."""

import copy
import shutil
from pathlib import Path

import pytest
import yaml

from sustainment.errors import UserError
from sustainment.synthetic.parameters import checked, number_table, numbers, read_parameters
from sustainment.synthetic.questionnaire import read_questionnaire

DATA = Path(__file__).parents[2] / "data"
FILE = yaml.safe_load((DATA / "synthetic.yml").read_text(encoding="utf-8"))
QUESTIONNAIRE = read_questionnaire(DATA / "questionnaire.yml")
SHEET = yaml.safe_load((DATA / "questionnaire.yml").read_text(encoding="utf-8"))


PARAMETERS = checked(FILE, QUESTIONNAIRE)


def at(tree, path):
    """The branch of a tree at a dotted path, and its last key."""
    *way, last = path.split(".")
    for key in way:
        tree = tree[int(key)] if isinstance(tree, list) else tree[key]
    return tree, int(last) if isinstance(tree, list) else last


def changed(change):
    tree = copy.deepcopy(FILE)
    change(tree)
    return checked(tree, QUESTIONNAIRE)


def read_changed_questionnaire(folder, change):
    tree = copy.deepcopy(SHEET)
    change(tree)
    path = folder / "questionnaire.yml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))
    return read_questionnaire(path)


def test_every_number_is_published_with_a_source_or_assumed_with_a_reason():
    table = number_table(PARAMETERS)
    assert len(table) > 500
    assert set(table["status"]) == {"published", "assumed"}
    assert (table.loc[table["status"] == "published", "source"] != "").all()
    assert (table.loc[table["status"] == "assumed", "reason"] != "").all()


def test_exactly_the_published_counts_are_marked_published():
    table = number_table(PARAMETERS)
    published = table[table["status"] == "published"]
    assert dict(zip(published["place"], published["number"], strict=True)) == {
        "published.population.value": 66,
        "published.interviews.value": 12,
        "published.themes.value": 4,
        "published.themes_with_two_subthemes.value": 3,
    }


def test_every_source_named_is_in_the_bibliography():
    bibliography = (DATA.parent / "references.bib").read_text(encoding="utf-8")
    sources = {s for s in number_table(PARAMETERS)["source"] if s}
    ideas = {item["idea"] for section in SHEET["sections"] for item in section["items"]}
    for source in {part for text in sources for part in text.split(", ")} | ideas - {"usual"}:
        assert f"{{{source}," in bibliography, source


def test_the_walk_over_numbers_finds_nested_ones_and_leaves_booleans_alone():
    tree = {"a": {"status": "assumed", "reason": "r", "b": [1, {"c": 2.5}], "d": True}}
    found = {entry["place"]: entry["number"] for entry in numbers(tree)}
    assert found == {"a.b[1]": 1, "a.b[2].c": 2.5}


def drop(path):
    def change(tree):
        branch, key = at(tree, path)
        del branch[key]

    return change


def put(path, value):
    def change(tree):
        branch, key = at(tree, path)
        branch[key] = value

    return change


BROKEN = {
    "a number without a status": (drop("latent.status"), "latent.correlation"),
    "another status": (put("latent.status", "known"), "latent.correlation"),
    "published without a source": (drop("published.population.source"), "without a source"),
    "assumed without a reason": (drop("items.c04.reason"), "without a reason"),
    "an unknown block": (put("silense", {}), "Did you mean 'silence'"),
    "a missing block": (drop("calendar"), "'calendar' is missing"),
    "an item that nobody asks": (put("items.c99", FILE["items"]["c04"]), "unknown item 'c99'"),
    "an item that is not drawn": (drop("items.c04"), "'c04' is missing"),
    "an unknown kind": (put("items.c04.kind", "share"), "unknown kind 'share'"),
    "an unknown latent score": (put("items.c04.latent", "luck"), "unknown latent score 'luck'"),
    "shares that do not sum to one": (put("items.c04.shares.0", 0.5), "not 1"),
    "too few shares": (put("items.c04.shares", [0.5, 0.5]), "2 shares for 5 answers"),
    "a name used twice": (put("latent.names.0", "cohort"), "'cohort' names two variables"),
    "a frame of another size": (put("frame.cells.0.3", 8), "67 persons, not 66"),
    "a frame cell that finds somebody": (
        lambda tree: (put("frame.cells.0.3", 8)(tree), put("frame.cells.1.3", 2)(tree)),
        "fewer than three",
    ),
    "a frame cell listed twice": (put("frame.cells.1.2", "psychologist"), "listed twice"),
    "an unknown mechanism": (put("silence.mechanism", "fate"), "unknown mechanism 'fate'"),
    "more answers than persons": (put("silence.respondents", 67), "impossible"),
    "more yes than answers": (put("silence.continued", 51), "impossible"),
    "counts that break a published word": (put("silence.continued", 40), "About two of three"),
    "a world that breaks a published word": (
        put("worlds.scenarios.silence by chance.silence.continued", 20),
        "About two of three",
    ),
    "a world that changes what no world may": (
        put("worlds.scenarios.silence by chance.items", {}),
        "unknown key 'items'",
    ),
    "too few envelopes": (drop("worlds.envelopes.0"), "as many envelopes"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_is_refused_with_its_place(fault):
    change, said = BROKEN[fault]
    with pytest.raises(UserError, match=r"data/synthetic\.yml") as caught:
        changed(change)
    assert said in str(caught.value)


def test_an_unchanged_copy_is_accepted():
    assert changed(lambda tree: None).size == 66


def test_a_file_without_parameters_is_refused(tmp_path):
    shutil.copy(DATA / "questionnaire.yml", tmp_path)
    (tmp_path / "synthetic.yml").write_text("")
    with pytest.raises(UserError, match="holds no parameters"):
        read_parameters(tmp_path / "synthetic.yml")


def test_an_unknown_world_is_named_with_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'the strands clash'"):
        PARAMETERS.scenario("the strand clash")


BROKEN_SHEETS = {
    "an id used twice": (put("sections.0.items.1.id", "a01"), "used twice"),
    "an unknown scale": (put("sections.2.items.1.scale", "often"), "no scale 'often'"),
    "an unknown type": (put("sections.0.items.0.type", "radio"), "unknown type 'radio'"),
    "a choice without options": (drop("sections.0.items.0.options"), "at least two options"),
    "an item without wording": (drop("sections.0.items.0.wording"), "'wording'"),
    "an outcome that is no item": (put("outcome.item", "b66"), "'b66' is not an item"),
}


@pytest.mark.parametrize("fault", BROKEN_SHEETS)
def test_a_broken_questionnaire_is_refused(fault, tmp_path):
    change, said = BROKEN_SHEETS[fault]
    with pytest.raises(UserError, match=r"data/questionnaire\.yml") as caught:
        read_changed_questionnaire(tmp_path, change)
    assert said in str(caught.value)


def test_the_questionnaire_has_36_closed_and_two_open_items():
    items = QUESTIONNAIRE.items.values()
    assert sum(item.type != "text" for item in items) == 36
    assert sum(item.type == "text" for item in items) == 2


def test_one_sub_theme_has_no_item_and_several_items_have_no_theme():
    touches = [item["touches"] for section in SHEET["sections"] for item in section["items"]]
    touched = {theme for themes in touches for theme in themes}
    assert {"T1a", "T1b", "T2a", "T3a", "T3b", "T4"} <= touched
    assert "T2b" not in touched
    assert sum(not themes for themes in touches) >= 2
