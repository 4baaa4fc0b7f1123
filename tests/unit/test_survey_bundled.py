"""A real survey published with statsmodels goes through the plain reader unharmed."""

from pathlib import Path

import pytest
from statsmodels import datasets

from sustainment.errors import UserError
from sustainment.study import load_yaml
from sustainment.survey.bundled import write_bundled
from sustainment.survey.clean import clean
from sustainment.survey.read import read_survey

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def known():
    return load_yaml(DATA / "anes96.yml")


def through_the_door(folder, codebook, known):
    raw = read_survey(write_bundled(known["dataset"], folder), codebook)
    return clean(raw, known["survey"])


def test_every_answer_arrives_as_it_was_published(tmp_path, known):
    survey = through_the_door(tmp_path, DATA / "anes96_codebook.csv", known)
    published = datasets.anes96.load_pandas().data
    assert len(survey.answers) == 944  # "Number of observations - 944" in the data set's notes
    for name in published.columns:
        arrived = survey.answers[name].astype(str).astype(float).to_numpy()
        assert arrived == pytest.approx(published[name].to_numpy(), abs=1e-12), name
    assert survey.log.empty and survey.dropped.empty


def test_each_item_has_the_type_and_the_options_of_the_notes(tmp_path, known):
    survey = through_the_door(tmp_path, DATA / "anes96_codebook.csv", known)
    sizes = {name: len(item.options) for name, item in survey.codebook.items()}
    assert {k: sizes[k] for k in ("PID", "educ", "income", "vote", "selfLR")} == {
        "PID": 7, "educ": 7, "income": 24, "vote": 2, "selfLR": 7,
    }  # fmt: skip
    assert survey.labels("vote").value_counts().to_dict() == {"Clinton": 551, "Dole": 393}


def test_a_codebook_that_forgets_an_option_is_found_out(tmp_path, known):
    text = (DATA / "anes96_codebook.csv").read_text(encoding="utf-8")
    broken = tmp_path / "codebook.csv"
    broken.write_text(
        text.replace("0 = Clinton; 1 = Dole", "0 = Clinton; 2 = Dole"), encoding="utf-8"
    )
    with pytest.raises(UserError, match=r"unknown-code.*vote"):
        through_the_door(tmp_path, broken, known)


def test_the_codebook_of_another_survey_does_not_open_the_door(tmp_path):
    with pytest.raises(UserError, match="another export"):
        read_survey(
            write_bundled("anes96", tmp_path), DATA / "raw" / "survey_dictionary.csv", "plain"
        )


def test_an_unknown_data_set_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match=r"'anes97'.*'anes96'"):
        write_bundled("anes97", tmp_path)
