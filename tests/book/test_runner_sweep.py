"""A grid gives one table, wherever it runs, whatever fails, and however often it is stopped."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from book_helpers import change

from sustainment.book.sweep import steps, sweep
from sustainment.errors import UserError

pytestmark = pytest.mark.slow

SHARE = "notebooks/survey/share.md"
GRID = ["cutoff=1:5:1", "rounding=whole,one"]
EXPECTED = [7, 7, 6, 6, 5, 5, 3, 3, 2, 2]  # of seven, counted by hand from data/raw/answers.yml


def run(folder, grid=GRID, **options):
    return sweep("survey/share", grid, folder, quiet=True, **options)


def test_a_grid_gives_a_row_for_each_combination_in_order(book):
    done = run(book)
    table = pd.read_parquet(done.table)
    assert list(table.columns) == ["cutoff", "rounding", "share.yes"]
    assert list(table["cutoff"]) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list((table["share.yes"] * 7).round().astype(int)) == EXPECTED
    assert (done.runs, done.reused, done.failures) == (10, 0, ())


def test_failures_stand_apart_and_are_tried_again_and_the_rest_is_kept(book):
    change(
        book / SHARE,
        "yes = sum(",
        "from pathlib import Path\n"
        "if cutoff == 4 and not Path('mended').exists():\n"
        "    raise ValueError('no fours')\nyes = sum(",
    )
    done = run(book)
    assert (done.runs, len(done.failures)) == (8, 2)
    assert "stopped with ValueError: no fours" in done.failures[0].sentence
    assert 4 not in set(pd.read_parquet(done.table)["cutoff"])
    (book / "notebooks/survey/mended").touch()
    again = run(book)
    assert (again.runs, again.reused, again.failures) == (10, 8, ())
    assert list((pd.read_parquet(again.table)["share.yes"] * 7).round().astype(int)) == EXPECTED


def test_a_damaged_run_is_computed_again_and_a_changed_chapter_wholly(book):
    done = run(book, ["cutoff=1,2,3"])
    first = sorted((book / "_build/sweep/survey/share").glob("*.values.json"))[0]
    first.write_text(first.read_text()[:50])
    assert run(book, ["cutoff=1,2,3"]).reused == 2
    change(book / SHARE, "answer >= cutoff", "answer > cutoff")
    changed = run(book, ["cutoff=1,2,3"])
    assert changed.reused == 0
    assert list((pd.read_parquet(done.table)["share.yes"] * 7).round().astype(int)) == [6, 5, 3]


def test_a_killed_worker_costs_nothing_but_time(book, tmp_path):
    marker = tmp_path / "was-here"
    change(
        book / SHARE,
        "yes = sum(",
        "import os\nfrom pathlib import Path\n"
        f"marker = Path({str(marker)!r})\n"
        "if cutoff == 2 and not marker.exists():\n"
        "    marker.touch()\n    os.kill(os.getppid(), 9)\nyes = sum(",
    )
    done = run(book, fork=False)
    assert (done.runs, done.failures) == (10, ())


def test_a_killed_sweep_goes_on_where_it_was(book):
    command = [sys.executable, "-m", "sustainment.cli", "sweep", "share", "--folder", str(book)]
    command += [word for axis in GRID for word in ("--grid", axis)]
    runner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in runner.stdout:
        if line.startswith("4 of 10"):
            break
    runner.kill()
    runner.wait()
    done = run(book)
    assert done.reused >= 4
    assert done.runs == 10


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers on this machine: (address, [workers])."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--scheduler-file", str(file)], cwd=tmp_path, **quiet
    )  # fmt: skip
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file),
             "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard"],
            cwd=tmp_path, start_new_session=True, **quiet,
        )
        for _ in range(2)
    ]  # fmt: skip
    end = time.monotonic() + 60
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.1)
    import json

    from distributed import Client

    address = json.loads(file.read_text())["address"]
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, workers
    for process in (*workers, scheduler):
        process.terminate()
    for process in (*workers, scheduler):
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.parametrize("fork", [True, False])
def test_a_cluster_gives_the_same_table_though_one_worker_is_killed(book, tmp_path, cluster, fork):
    address, workers = cluster
    here = run(shutil.copytree(book, tmp_path / "here"))
    marker = tmp_path / "killed"
    change(
        book / SHARE,
        "yes = sum(",
        "from pathlib import Path\nimport time\n"
        f"marker = Path({str(marker)!r})\n"
        "if cutoff == 3:\n    marker.touch()\n    time.sleep(1)\nyes = sum(",
    )
    import threading

    def kill_one():
        while not marker.exists():
            time.sleep(0.05)
        os.killpg(workers[0].pid, signal.SIGKILL)  # with its nanny: nobody starts it again

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    there = run(book, scheduler=address, fork=fork)
    killer.join(120)
    assert workers[0].wait(60) == -signal.SIGKILL
    assert there.failures == ()
    pd.testing.assert_frame_equal(pd.read_parquet(here.table), pd.read_parquet(there.table))


def test_a_scheduler_that_does_not_answer_is_named(book, monkeypatch):
    import distributed

    def nobody(address, **_options):
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", nobody)
    with pytest.raises(UserError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        run(book, scheduler="tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ([], "at least one --grid"),
        (["cutoff"], "name=a,b,c"),
        (["cutof=1"], "Did you mean 'cutoff'"),
        (["cutoff=1,9"], "from 1 to 5; got '9'"),
        (["cutoff=1,1"], "given twice"),
        (["cutoff=1", "cutoff=2"], "given twice"),
        (["cutoff=5:1:1"], "do not lead from low to high"),
        (["cutoff=1:5"], "low:high:step"),
        (["cutoff=1:5:x"], "low:high:step"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused(book, grid, expected):
    with pytest.raises(UserError, match=expected):
        run(book, grid)


def test_a_parameter_of_a_chapter_that_is_needed_is_refused(book):
    path = book / "notebooks/integration/together.md"
    change(
        path,
        "```{code-cell} ipython3\nfrom sust",
        "```{code-cell} ipython3\n:tags: [parameters]\n"
        "cutoff: int = 3  # an answer from here on counts as yes\n```\n\n"
        "```{code-cell} ipython3\nfrom sust",
    )
    with pytest.raises(UserError, match="values depend on 'cutoff' too"):
        sweep("together", ["cutoff=1,2"], book, quiet=True)


def test_decimal_steps_end_where_they_should():
    assert list(steps("x", "0.1:0.5:0.1")) == ["0.1", "0.2", "0.3", "0.4", "0.5"]


def test_a_real_study_is_not_swept(book):
    change(book / "data/study.yml", "provenance: synthetic", "provenance: observed")
    with pytest.raises(UserError, match="no plan protects"):
        run(book)
