"""Whatever ends a build half-way, nothing stays behind and the next build is right."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from book_helpers import change, tree

from sustainment.book.build import build
from sustainment.errors import UserError

pytestmark = pytest.mark.slow

COUNT = "notebooks/survey/count.md"
SHARE = "notebooks/survey/share.md"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def start(folder, *options, mark="", **more):
    return subprocess.Popen(
        [sys.executable, "-m", "sustainment.cli", "build", str(folder), *options],
        env={**os.environ, "TEST_MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **more,
    )


def marked(mark):
    """Processes that were started, at whatever remove, with this mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
                found += [process.name] if state != "Z" else []
        except OSError:
            continue
    return found


def gone(mark, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and marked(mark):
        time.sleep(0.1)
    return marked(mark) == []


def is_right(folder, built_once):
    parts = ("run/default", "html")
    return all(tree(folder / "_build" / p) == tree(built_once / "_build" / p) for p in parts)


@LINUX
@pytest.mark.parametrize("kernels", ["--fork", "--no-fork"])
@pytest.mark.parametrize("moment", [0.4, 1.2, 2.0, 3.5])
def test_a_killed_runner_leaves_no_process_and_no_lock(book, built_once, kernels, moment):
    mark = uuid.uuid4().hex
    runner = start(book, kernels, mark=mark)
    time.sleep(moment)
    assert moment > 2 or marked(mark)
    runner.kill()
    runner.wait()
    assert gone(mark)
    build(book, quiet=True)
    assert is_right(book, built_once)
    assert not [p for p in (book / "_build/run").rglob(".*") if p.is_file()]


@LINUX
def test_an_interrupted_runner_ends_at_once_with_everything_it_started(book):
    mark = uuid.uuid4().hex
    change(book / COUNT, "answers = ", "import time\ntime.sleep(600)\nanswers = ")
    runner = start(book, mark=mark)
    time.sleep(2.5)
    runner.send_signal(signal.SIGINT)
    assert runner.wait(60) != 0
    assert gone(mark)


@pytest.mark.parametrize("fork", [True, False])
def test_a_killed_kernel_is_named_and_the_next_build_is_right(book, built_once, fork):
    whole = (book / COUNT).read_text()
    change(book / COUNT, "answers = ", "import os\nos.kill(os.getpid(), 9)\nanswers = ")
    with pytest.raises(UserError, match=r"count\.md, code cell 1 \(line \d+\) lost its kernel"):
        build(book, fork=fork, quiet=True)
    (book / COUNT).write_text(whole)
    build(book, fork=fork, quiet=True)
    assert is_right(book, built_once)


def test_a_killed_worker_is_replaced(book, built_once, tmp_path):
    """The first kernel that runs this kills the worker above it; the second run goes through."""
    marker = tmp_path / "was-here"
    whole = (book / COUNT).read_text()
    change(
        book / COUNT,
        "answers = ",
        "import os\nfrom pathlib import Path\n"
        f"marker = Path({str(marker)!r})\n"
        "if not marker.exists():\n    marker.touch()\n    os.kill(os.getppid(), 9)\nanswers = ",
    )
    build(book, fork=False, quiet=True)
    assert marker.exists()
    (book / COUNT).write_text(whole)
    build(book, quiet=True)
    assert is_right(book, built_once)


def test_a_worker_that_is_killed_twice_is_given_up_with_a_sentence(book):
    change(book / COUNT, "answers = ", "import os\nos.kill(os.getppid(), 9)\nanswers = ")
    with pytest.raises(UserError, match="survey/count: its process was killed twice"):
        build(book, only=["survey/count"], fork=False, quiet=True)


def kernels_that_fail(folder, times):
    """A kernel specification whose first so many kernels die before they answer."""
    spec = folder / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    count = f'echo x >> "{folder}/count"; [ $(wc -l < "{folder}/count") -gt {times} ] || exit 1'
    run = f"{count}; exec {sys.executable} -m ipykernel_launcher -f {{connection_file}}"
    spec.write_text(
        json.dumps({"argv": ["sh", "-c", run], "display_name": "x", "language": "python"}),
        encoding="utf-8",
    )
    return str(folder)


def test_a_kernel_that_does_not_start_is_started_again(book, built_once, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", kernels_that_fail(tmp_path / "jupyter", times=1))
    build(book, fork=False, quiet=True)
    assert is_right(book, built_once)


def test_a_kernel_that_never_starts_is_given_up_with_a_sentence(book, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", kernels_that_fail(tmp_path / "jupyter", times=99))
    with pytest.raises(UserError, match=r"survey/count\.md: its kernel did not start, twice"):
        build(book, only=["survey/count"], fork=False, quiet=True)
    assert (tmp_path / "jupyter/count").read_text().split() == ["x", "x"]


def test_two_builds_at_once_wait_for_each_other(book, built_once):
    both = [start(book), start(book)]
    said = [runner.communicate(timeout=300)[0] for runner in both]
    assert [runner.returncode for runner in both] == [0, 0], said
    assert sum("this one waits" in text for text in said) == 1
    assert sum("Nothing has changed" in text for text in said) == 1
    assert is_right(book, built_once)


def test_a_full_disk_ends_in_a_sentence_and_loses_nothing(book, built_once):
    """No process of the build may write a file of more than a few bytes."""

    def small_files():
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (600, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        )

    runner = start(book, preexec_fn=small_files)
    said = runner.communicate(timeout=300)[0]
    assert runner.returncode == 2
    assert "File too large" in said
    assert "Traceback" not in said
    build(book, quiet=True)
    assert is_right(book, built_once)


def test_a_disk_that_fills_while_pages_are_published_keeps_the_old_pages(built, monkeypatch):
    from sustainment.book import pages

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device", "html")

    before = tree(built / "_build/html")
    change(built / "pages/about.md", "See ", "Now see ")
    with monkeypatch.context() as patch:
        patch.setattr(pages.shutil, "copytree", full)
        with pytest.raises(UserError, match=r"No space left on device.*Make room"):
            build(built, quiet=True)
    assert tree(built / "_build/html") == before
    build(built, quiet=True)
    assert "Now see" in (built / "_build/html/pages/about.html").read_text()


def test_a_folder_that_may_not_be_written_is_named(book, monkeypatch):
    def read_only(self, *_args, **_options):
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(UserError, match=r"_build cannot be written \(Read-only file system\)"):
        build(book, quiet=True)
    assert not (book / "_build").exists()
