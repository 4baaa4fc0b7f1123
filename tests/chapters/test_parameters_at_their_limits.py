"""Whatever a reader may set, up to the limits of editions.yml, a chapter executes or says why not."""

import pytest
import yaml
from chapters_extreme import ROOT, make_variant

from sustainment.book.build import job_for, make_plan
from sustainment.book.execute import local_pool, run_chapter
from sustainment.book.kernels import fork_environment

pytestmark = pytest.mark.slow

LIMITS = yaml.safe_load((ROOT / "editions.yml").read_text(encoding="utf-8"))["parameters"]
TAKES_LONG = {"effort", "studies", "draws", "repeats", "workers"}  # they repeat, and change no path


def at_limit(values, end):
    """The chapter's parameters, those that are numbers at their lowest or highest."""
    limits = {
        name: LIMITS[name][end]
        for name in values
        if end in LIMITS[name] and (end == "low" or name not in TAKES_LONG)
    }
    return values | limits


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    plan = make_plan(make_variant("as_shipped", tmp_path_factory.mktemp("limits") / "book"))
    moved = [
        name for name in plan.book.order if at_limit(plan.values[name], "low") != plan.values[name]
    ]
    needed = plan.book.with_needs(n for name in moved for n in plan.book.chapters[name].needs)
    kernels = fork_environment(plan.book)

    def jobs(names, end):
        values = {
            name: at_limit(plan.values[name], end) if end else plan.values[name] for name in names
        }
        return [
            job_for(plan, name, values[name], plan.run_folder / name, kernels) for name in names
        ]

    found = {}
    with local_pool(2) as pool:
        for name in needed:  # in their order: a chapter opens the values of those before it
            list(pool.map(run_chapter, jobs([name], "")))
        for end in ("low", "high"):
            for name, done in zip(moved, pool.map(run_chapter, jobs(moved, end)), strict=True):
                found[name, end] = done.failure and done.failure.sentence
    return found


@pytest.mark.parametrize("end", ["low", "high"])
def test_every_chapter_executes_with_its_parameters_at_their_limits(failures, end):
    wrong = {name: sentence for (name, at), sentence in failures.items() if at == end and sentence}
    assert not wrong
    assert sum(at == end for _, at in failures) >= 15
