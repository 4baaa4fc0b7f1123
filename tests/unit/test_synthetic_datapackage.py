"""The cleaned survey leaves as a Data Package that can be read from its descriptor alone."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sustainment.errors import UserError
from sustainment.survey.clean import clean
from sustainment.survey.model import MISSING_KINDS
from sustainment.survey.read import read_survey
from sustainment.synthetic.datapackage import write_data_package

DATA = Path(__file__).parents[2] / "data"
STUDY = yaml.safe_load((DATA / "study.yml").read_text(encoding="utf-8"))


@pytest.fixture
def survey():
    frame = pd.read_csv(DATA / "raw" / "population.csv", dtype=str).set_index("person")
    raw = read_survey(DATA / "raw" / "survey.csv", DATA / "raw" / "survey_dictionary.csv")
    return clean(raw, STUDY["survey"], frame)


def opened(folder):
    """The answers, read as a stranger would: by the descriptor and nothing else."""
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    resource = descriptor["resources"][0]
    table = pd.read_csv(folder / resource["path"], dtype=str, keep_default_na=False)
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    for name, field in fields.items():
        gone = {entry["value"] for entry in field.get("missingValues", [])}
        table[name] = table[name].where(~table[name].isin(gone))
        if "categories" in field:
            assert set(table[name].dropna()) <= {entry["value"] for entry in field["categories"]}
        if field["type"] in ("integer", "number"):
            table[name] = pd.to_numeric(table[name])
    return descriptor, table.set_index("respondent"), fields


def test_a_stranger_reads_the_same_answers(survey, tmp_path):
    write_data_package(survey, tmp_path, STUDY)
    _, table, fields = opened(tmp_path)
    assert list(table.index) == list(survey.answers.index)
    assert table["b06"].value_counts().to_dict() == {"1": 33, "0": 17}
    for column in ("b05", "b09"):
        expected = survey.answers[column].astype("Float64").to_numpy(dtype=float, na_value=-1)
        assert table[column].fillna(-1).to_numpy() == pytest.approx(expected)
    for column in survey.missing.columns.intersection(table.columns):
        assert (table[column].isna() == (survey.missing[column] != "")).all(), column
    assert fields["c04"]["categories"][0] == {"value": "1", "label": "Disagree strongly"}
    assert fields["b05"]["constraints"] == {"minimum": 0, "maximum": 60}


def test_each_kind_of_missing_keeps_its_name(survey, tmp_path):
    write_data_package(survey, tmp_path, STUDY)
    text = pd.read_csv(tmp_path / "answers.csv", dtype=str, keep_default_na=False)
    assert (text["b08"] == "not asked").sum() == 17
    assert (text["a06"] == "removed").sum() == 1
    _, _, fields = opened(tmp_path)
    assert [entry["value"] for entry in fields["b08"]["missingValues"]] == list(MISSING_KINDS)


def test_the_package_names_its_standard_and_the_digest_of_its_files(survey, tmp_path):
    write_data_package(survey, tmp_path, STUDY)
    descriptor, _, _ = opened(tmp_path)
    assert descriptor["$schema"].startswith("https://datapackage.org/profiles/2.")
    for resource in descriptor["resources"]:
        content = (tmp_path / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)


def test_invented_data_say_so_in_every_table(survey, tmp_path):
    write_data_package(survey, tmp_path, STUDY)
    for path in tmp_path.glob("*.csv"):
        assert (pd.read_csv(path, dtype=str)["is_synthetic"] == "true").all()
    assert "INVENTED" in (tmp_path / "datapackage.json").read_text(encoding="utf-8")


def test_observed_data_leave_as_metadata_only(survey, tmp_path):
    written = write_data_package(survey, tmp_path, STUDY | {"provenance": "observed"})
    assert [path.name for path in written] == ["datapackage.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["datapackage.json"]
    text = (tmp_path / "datapackage.json").read_text(encoding="utf-8")
    assert not any(person in text for person in survey.answers.index)
    assert "INVENTED" not in text
    assert json.loads(text)["resources"][0]["data"] == []


def test_an_open_answer_that_reads_like_a_kind_of_missing_is_refused(survey, tmp_path):
    person = survey.missing.index[survey.missing["o01"] == ""][0]
    survey.answers.loc[person, "o01"] = "no answer"
    with pytest.raises(UserError, match=f"o01 of respondent {person}"):
        write_data_package(survey, tmp_path, STUDY)


def test_the_same_answers_give_the_same_bytes(survey, tmp_path):
    for folder in ("one", "two"):
        write_data_package(survey, tmp_path / folder, STUDY)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
