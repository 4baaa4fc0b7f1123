"""From the staged book to pages: Jupyter Book in a process of its own, then publishing whole.

Pages are built in a working folder and copied to where people look for them only when everything
went well; the copy replaces the old pages by one rename.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sustainment.errors import UserError
from sustainment.study import STUDY_VARIABLE, VALUES_VARIABLE

WRITERS = "SUSTAINMENT_WRITERS"  # read by site/writing.py; without it one process writes
# One reads and hands on, so a machine of two cores is busy with two more.
WRITING_PROCESSES = min(os.cpu_count() or 1, 4) + 1
_IN_CELL = re.compile(r"\.md:(\d{5,}):")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Press:
    """Jupyter Book in a process of its own, started early: it does its imports while chapters are executed.

    A context manager; a press that was never used ends with it.
    """

    def __init__(
        self, study: Path, run_folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from sustainment.book.press import main; main()"],
            cwd=sys.prefix,  # a file in the book's folder is not to be taken for a package
            env={
                **os.environ,
                "PYTHONHASHSEED": "0",
                WRITERS: str(WRITING_PROCESSES),
                STUDY_VARIABLE: str(study),
                VALUES_VARIABLE: str(run_folder),
                **(environment or {}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def __enter__(self) -> Press:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def make(
        self, staged: Path, work: Path, whole: bool, strict: bool = True, builder: str = "html"
    ) -> Path:
        """Run Jupyter Book on the staged book, once; returns the folder of pages.

        whole: read everything anew. strict: a warning is an error. After a failure the memory of Sphinx
        is thrown away, because it would not repeat the warnings of pages that it has already read.
        """
        output = work / "_build"
        if whole:
            shutil.rmtree(output, ignore_errors=True)
        # MyST-NB's style sheet, left by the last build, gets a version number in the pages; a new one does
        # not. The rest of _static stays: Sphinx does not bring it back when no page is out of date.
        for sheet in (output / builder / "_static").glob("mystnb*.css"):
            sheet.unlink()
        work.mkdir(parents=True, exist_ok=True)
        arguments = ["build", "--path-output", str(work), "-q"]
        arguments += ["-W", "-n", "--keep-going"] if strict else []
        arguments += ["--builder", builder, str(staged)]
        order = json.dumps({"folder": str(staged), "arguments": arguments})
        said, _ = self.process.communicate(order + "\n")
        if self.process.returncode:
            shutil.rmtree(output / ".doctrees", ignore_errors=True)
            raise UserError(f"The pages were not built.\n{complaints(said, staged)}")
        return output / builder


def complaints(log: str, staged: Path) -> str:
    """What Sphinx said that matters: warnings and errors with tracked file names, else the end."""
    lines = [_COLOUR.sub("", line).rstrip() for line in log.splitlines()]
    lines = [line.replace(f"{staged}/", "").replace(".ipynb", ".md") for line in lines if line]
    lines = [_IN_CELL.sub(cell_and_line, line) for line in lines]
    said = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|Error)\b", line)]
    return "\n".join(dict.fromkeys(said) if said else lines[-20:])


def cell_and_line(match: re.Match[str]) -> str:
    """MyST-NB counts lines of a notebook as 10,000 a cell."""
    cell, line = divmod(int(match[1]), 10_000)
    return f".md, cell {cell}, line {line}:"


def publish(pages: Path, target: Path) -> None:
    """Copy the pages and let them take the place of the old ones."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.new")
    old = target.with_name(f".{target.name}.old")
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(pages, new)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
