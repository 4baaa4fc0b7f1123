"""A study folder, and the one door through which a chapter reads its data.

A study folder holds `data/study.yml`, which names the study's inputs. A chapter says in its
front matter which of them it uses; `open_input` refuses the others, so that the runner knows
what every chapter depends on. Nothing here reads the data until it is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from sustainment.errors import UserError

# Set by the runner; a chapter opened in JupyterLab or by a plain `jupyter-book build` has neither.
STUDY_VARIABLE = "SUSTAINMENT_STUDY"  # the study folder
VALUES_VARIABLE = "SUSTAINMENT_VALUES"  # the folder with this run's values of other chapters

# The compiled loader reads the same, ten times faster; it is missing where PyYAML was built without.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

PROVENANCES = ("synthetic", "observed")
PRIVATE_FOLDERS = (
    "raw",
    "observed",
)  # below data/: what holds persons when the study is a real one

_current: Study | None = None


@dataclass(frozen=True)
class Study:
    """One study folder as one chapter sees it."""

    root: Path
    chapter: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]
    needs: tuple[str, ...]
    reported: set[str] = field(default_factory=set, repr=False, compare=False)  # keys, so far
    _opened: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def provenance(self) -> str:
        """`synthetic` (invented data, declared) or `observed` (a real study's data)."""
        return self.settings["provenance"]

    @property
    def data_kind(self) -> str:
        """The kind of a number computed from this study's own data."""
        return "invented" if self.provenance == "synthetic" else "observed"

    @property
    def reads_people(self) -> bool:
        """Whether the chapter declares raw data of a real study, so that what it shows is protected."""
        known = self.settings.get("inputs") or {}
        files = (str((known.get(name) or {}).get("file", "")) for name in self.inputs)
        private = any(f.split("/")[0] in PRIVATE_FOLDERS for f in files)
        return self.provenance == "observed" and private

    @property
    def N(self) -> int:
        """How many persons the survey was sent to."""
        return int(self.settings["population"]["size"])

    @cached_property
    def data_digest(self) -> str:
        return data_digest(self.root)

    def open_input(self, name: str) -> Any:
        """Read a declared input and return it in its natural form.

        A survey comes as `Survey`, interviews as `Interviews`, a table as a DataFrame of text, YAML as
        a dict. Raises UserError when the chapter did not declare the input or the file is missing.
        """
        if name not in self.inputs:
            raise UserError(
                f"notebooks/{self.chapter}.md opens the input {name!r} without declaring it. Add it to "
                f"`inputs:` in the chapter's front matter (declared: {', '.join(self.inputs) or 'none'})."
            )
        if name not in self._opened:
            self._opened[name] = _read_input(self, name)
        return self._opened[name]

    def values(self, chapter: str) -> dict[str, Any]:
        """The reported values of another chapter: from this run, else from the reviewed results.

        Returns {key: value}; None for what could not be said there. Raises UserError when the chapter is not declared under `needs:` or the
        reviewed results belong to other data.
        """
        return {key: record["value"] for key, record in self.value_records(chapter).items()}

    def value_records(self, chapter: str) -> dict[str, dict]:
        """Like `values`, with kind, text, population and count of each value."""
        if chapter not in self.needs:
            raise UserError(
                f"notebooks/{self.chapter}.md uses the values of {chapter!r} without declaring it. Add it "
                f"to `needs:` in the chapter's front matter."
            )
        folder = os.environ.get(VALUES_VARIABLE)
        if folder:
            path = Path(folder) / f"{chapter}.values.json"
            if path.exists():
                return json.loads(path.read_text(encoding="utf-8"))["values"]
            raise UserError(
                f"The values of {chapter!r} are not there yet: build that chapter first."
            )
        path = self.root / "results" / f"{chapter}.json"
        if not path.exists():
            raise UserError(
                f"The reviewed values of {chapter!r} are missing (results/{chapter}.json). Run `make book`, "
                f"which computes them, or `sustainment accept` after a review."
            )
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored.get("data_digest") != self.data_digest:
            raise UserError(
                f"results/{chapter}.json belongs to other data than those in data/. Run `make book`, which "
                f"computes the values afresh, or `sustainment accept` after a review."
            )
        return stored["values"]


def open_study(chapter: str, root: Path | str | None = None) -> Study:
    """Open the study for a chapter, for example `open_study("survey/still-using")`.

    The chapter's declared inputs are read from the front matter of its file under `notebooks/`.
    """
    global _current
    folder = find_root(root)
    file = (folder / "notebooks" / f"{chapter}.md").resolve()
    if not file.is_relative_to((folder / "notebooks").resolve()):
        raise UserError(
            f"The chapter {chapter!r} lies outside notebooks/. Name one of the book's own."
        )
    header = front_matter(file).get("sustainment", {})
    _current = Study(
        root=folder,
        chapter=chapter,
        settings=load_settings(folder),
        inputs=tuple(header.get("inputs") or ()),
        needs=tuple(header.get("needs") or ()),
    )
    from sustainment.instead import watch_cells

    watch_cells(_current)
    return _current


def current_study() -> Study | None:
    """The study that the running chapter opened, if it opened one."""
    return _current


def open_now() -> Study:
    """The study that is open. Raises UserError when none is: nothing can be protected then."""
    if _current is None:
        raise UserError("No study is open: call open_study before anything is shown.")
    return _current


def find_root(start: Path | str | None = None) -> Path:
    """The study folder: given, named by the runner, or the first parent with `data/study.yml`."""
    start = Path(start or os.environ.get(STUDY_VARIABLE) or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "data" / "study.yml").is_file():
            return folder
    raise UserError(
        f"No study found: neither {start.name}/ nor a folder above it holds data/study.yml. "
        f"Change into the study's folder, or name it."
    )


def load_settings(root: Path) -> dict[str, Any]:
    """`data/study.yml` as a dict, with its provenance checked."""
    settings = load_yaml(root / "data" / "study.yml")
    if settings.get("provenance") not in PROVENANCES:
        raise UserError(
            f"data/study.yml: `provenance` is {settings.get('provenance')!r}; it must be one of "
            f"{' or '.join(PROVENANCES)}."
        )
    return settings


def load_yaml(path: Path) -> Any:
    """A YAML file, safely; a mistake in it is named with its line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise UserError(f"{path.parent.name}/{path.name} is missing.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(
            f"{path.parent.name}/{path.name}{line}: not valid YAML ({problem})."
        ) from None


def front_matter(path: Path) -> dict[str, Any]:
    """The YAML header of a MyST Markdown file; {} when it has none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"There is no chapter {path.name} in {path.parent.name}/.") from None
    if not text.startswith("---\n"):
        return {}
    header, _, _ = text[4:].partition("\n---\n")
    return yaml.safe_load(header) or {}


def input_paths(root: Path, settings: Mapping[str, Any], name: str) -> list[Path]:
    """The files and folders behind an input, all inside the study's `data/` folder."""
    inputs = settings.get("inputs") or {}
    if name not in inputs:
        near = get_close_matches(name, inputs, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(f"data/study.yml names no input {name!r}.{hint}")
    entry = inputs[name]
    data = (root / "data").resolve()
    paths = []
    for key in ("file", "dictionary", "frame"):
        if entry.get(key):
            path = (data / entry[key]).resolve()
            if not path.is_relative_to(data):
                raise UserError(
                    f"data/study.yml: input {name!r} names a file outside data/ ({entry[key]}). "
                    f"Copy the file into data/ and name it from there."
                )
            paths.append(path)
    return paths


def data_digest(root: Path) -> str:
    """One digest of everything raw: `data/raw/` and `data/study.yml`, names and contents."""
    digest = hashlib.blake2b(digest_size=16)
    data = root / "data"
    files = sorted(p for p in (data / "raw").rglob("*") if p.is_file())
    for path in [data / "study.yml", *files]:
        digest.update(path.relative_to(data).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read_input(study: Study, name: str) -> Any:
    entry = (study.settings.get("inputs") or {}).get(name) or {}
    paths = input_paths(study.root, study.settings, name)
    for path in paths:
        if not path.exists():
            raise UserError(
                f"The input {name!r} is missing: data/{path.relative_to(study.root / 'data')}. "
                f"Put the file there, or correct its name in data/study.yml."
            )
    reader = entry.get("reader", "yaml")
    if reader == "yaml":
        return load_yaml(paths[0])
    if reader == "folder":
        return paths[0]
    if reader == "json":
        return json.loads(paths[0].read_text(encoding="utf-8"))
    if reader == "table":
        import pandas as pd

        # "None" and "NA" can be answers: only an empty cell is empty here.
        table = pd.read_csv(paths[0], dtype=str, keep_default_na=False)
        return table.set_index(entry["index"]) if entry.get("index") else table
    if reader == "survey":
        from sustainment.survey import open_survey

        return open_survey(study.root, study.settings)
    if reader == "interviews":
        from sustainment.interviews.read import read_interviews

        interviews = read_interviews(paths[0], kind=entry.get("kind"), mapping=entry.get("mapping"))
        own = study.settings.get("interviews") or {}
        return replace(interviews, provenance=study.provenance, settings=own)
    if reader == "integration":
        from sustainment.integration.model import read_integration

        return read_integration(paths[0])
    if reader == "claims":
        from sustainment.integration.claims import load_claims

        return load_claims(paths[0])
    raise UserError(
        f"data/study.yml: input {name!r} has the unknown reader {reader!r}. Known: yaml, json, table, "
        f"folder, survey, interviews, integration, claims."
    )
