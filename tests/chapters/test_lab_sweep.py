"""The specification curve by its function and by executing the chapter once for each: the same."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from sustainment.book.sweep import sweep
from sustainment.study import Study, load_settings
from sustainment.survey import open_survey, read_frame
from sustainment.survey.multiverse import read_plan, share

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_sweeping_the_chapter_gives_the_same_shares_as_the_function(tmp_path):
    book = tmp_path / "book"
    skip = shutil.ignore_patterns(
        "_build", "_paired", ".venv", ".git", "tests", "src", ".hypothesis"
    )
    shutil.copytree(ROOT, book, ignore=skip)
    done = sweep(
        "lab/multiverse",
        ["definition=recent,full", "silence=half,all", "weights=equal,raked"],
        book,
        jobs=2,
        quiet=True,
    )
    assert not done.failures
    settings = load_settings(ROOT)
    survey, frame = open_survey(ROOT, settings), read_frame(ROOT, settings)
    study = Study(ROOT, "lab/multiverse", settings, inputs=("multiverse",), needs=())
    plan = read_plan(study.open_input("multiverse"), "use")
    for run in pd.read_parquet(done.table).to_dict("records"):
        choice = {name: run[name] for name in plan.choices}
        if not plan.possible(**choice):
            assert run["multi.mine"].startswith("Weights say nothing")
            continue
        alone = share(study, survey, frame, plan, **choice)["estimate"]
        assert run["multi.mine_share"] == pytest.approx(alone)
