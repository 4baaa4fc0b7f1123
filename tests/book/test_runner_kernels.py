"""Forked kernels give what ordinary ones give: figures, tables, random numbers, bytes."""

import json
import os
import shutil
import sys

import pytest
from book_helpers import change, tree

from sustainment.book.build import build
from sustainment.book.chapters import load_book
from sustainment.book.kernels import MODULES, PLACE, SWITCH, Kernels, fork_environment, imports_of
from sustainment.book.provision import Channel, Warm

COUNT = "notebooks/survey/count.md"
SHARE = "notebooks/survey/share.md"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
pytestmark = pytest.mark.slow

SHOW = """
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

figure, axis = plt.subplots()
axis.plot([1, 3, 2])
plt.show()
figure, axis = plt.subplots()
axis.bar(["a", "b"], [1, 2])
wide = pd.DataFrame(np.arange(60).reshape(2, 30), columns=[f"column {n}" for n in range(30)])
print(wide)
wide
"""


def outputs(folder, name):
    path = folder / f"_build/run/default/{name}.ipynb"
    cells = json.loads(path.read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


@LINUX
def test_figures_tables_and_bytes_are_those_of_ordinary_kernels(book):
    change(book / COUNT, "study = ", f"{SHOW}\nstudy = ")
    with (book / COUNT).open("a") as file:
        file.write(f"\n```{{code-cell}} ipython3\n{SHOW}\n```\n")
    build(book, only=["survey/count"], fork=False, quiet=True)
    ordinary = tree(book / "_build/run/default")
    figures = [o for o in outputs(book, "survey/count") if "image/png" in o.get("data", {})]
    assert len(figures) == 4
    build(book, only=["survey/count"], fork=True, force=True, quiet=True)
    assert tree(book / "_build/run/default") == ordinary


@LINUX
def test_a_kernel_is_really_forked_and_does_not_share_random_numbers(book):
    for path in (COUNT, SHARE):
        change(
            book / path,
            "study = ",
            "import random\nimport sys\nimport numpy as np\n"
            "print(open(f'/proc/{__import__(\"os\").getppid()}/cmdline').read().split(chr(0)))\n"
            "print(random.random(), np.random.random())\nstudy = ",
        )
    build(book, only=["survey/count", "survey/share"], jobs=1, quiet=True)
    printed = [
        "".join(outputs(book, name)[0]["text"]).splitlines()
        for name in ("survey/count", "survey/share")
    ]
    assert "sustainment.book.warm" in printed[0][0]
    assert "sustainment.book.warm" in printed[1][0]
    assert printed[0][1] != printed[1][1]


@LINUX
def test_a_package_that_starts_a_thread_falls_back_to_ordinary_kernels(book, tmp_path, monkeypatch):
    (tmp_path / "threaded.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    change(book / COUNT, "study = ", "import threaded\nstudy = ")
    build(book, only=["survey/count"], quiet=True)
    assert (book / "_build/run/default/survey/count.ipynb").exists()


@LINUX
def test_kernels_end_with_the_worker_that_asked_for_them(tmp_path):
    warm = Warm(tmp_path / "warm", "")
    try:
        ends, stays = Channel(str(warm.place)), Channel(str(warm.place))
        environment = dict(os.environ)
        kernels = [
            line.fork(["-f", str(tmp_path / f"{name}.json")], environment, str(tmp_path))
            for name, line in (("ends", ends), ("stays", stays))
        ]
        ends.socket.close()
        kernels[0].wait(10)
        assert kernels[1].poll() is None
    finally:
        warm.stop()
    kernels[1].wait(10)
    assert not warm.place.exists()


@LINUX
def test_only_the_user_may_ask_for_a_kernel(tmp_path):
    warm = Warm(tmp_path / "warm", "")
    try:
        assert warm.place.stat().st_mode & 0o077 == 0
    finally:
        warm.stop()


@LINUX
def test_in_a_folder_with_a_long_name_each_worker_warms_up_by_itself(book, tmp_path):
    deep = tmp_path / ("long" * 30)
    shutil.copytree(book, deep)
    with Kernels(load_book(deep), fork=True) as kernels:
        assert MODULES in kernels.environment
        assert PLACE not in kernels.environment
    build(deep, only=["survey/count"], quiet=True)
    assert (deep / "_build/run/default/survey/count.ipynb").exists()


def test_forking_can_be_switched_off(book, monkeypatch):
    monkeypatch.setenv(SWITCH, "0")
    assert fork_environment(load_book(book)) == {}


def test_what_chapters_import_is_imported_before(book):
    change(book / COUNT, "study = ", "import numpy as np\nfrom matplotlib import pyplot\nstudy = ")
    assert imports_of(load_book(book)) == [
        "sustainment.report",
        "sustainment.study",
        "numpy",
        "matplotlib",
    ]


@LINUX
@pytest.mark.parametrize("fork", [True, False])
def test_a_cell_that_takes_too_long_is_named(book, fork, monkeypatch):
    change(book / COUNT, "answers = ", "import time\ntime.sleep(60)\nanswers = ")
    from sustainment.book import execute
    from sustainment.book.execute import Job, run_chapter
    from sustainment.book.kernels import fork_environment

    monkeypatch.setattr(execute, "CELL_TIMEOUT", 2)
    job = Job(
        chapter="survey/count",
        source=str(book / COUNT),
        out=str(book / "_build/run/default/survey/count"),
        study=str(book),
        values_folder=str(book / "_build/run/default"),
        edition="default",
        parameters={},
        inject={},
        environment=fork_environment(load_book(book)) if fork else {},
    )
    outcome = run_chapter(job)
    assert "code cell 1 took more than 2 s" in outcome.failure.sentence
    assert not list((book / "_build/run").rglob("*.ipynb"))
