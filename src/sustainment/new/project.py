"""Write a new project in one step: built beside its place, then renamed, so it is whole or absent."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import yaml

from sustainment.errors import UserError
from sustainment.interviews.model import Interviews
from sustainment.new.draft import Draft, counts_can_be_shown, draft_study, humanised
from sustainment.new.settings import study_yaml
from sustainment.survey.model import RawSurvey
from sustainment.survey.read import read_survey
from sustainment.survey.vendors.identifiers import mark_identifiers

TEMPLATES = Path(__file__).parent / "templates"
#: Of this book, what every book needs: style, page templates, the lock of all packages.
SHARED = ("assets", "_templates", "jupytext.toml", "requirements.txt", "_config.yml")
_PART = {"survey": "Counting", "interviews": "Listening", "integration": "Bringing it together"}


@dataclass(frozen=True)
class Material:
    """What a person hands in, opened once."""

    survey: Path
    dictionary: Path | None
    interviews: Path | None
    raw: RawSurvey
    coded: Interviews | None
    mapping: dict | None


def make_project(
    folder: Path,
    survey: Path,
    dictionary: Path | None = None,
    interviews: Path | None = None,
    ask: Callable[[Draft, Material], None] | None = None,
    kind: str | None = None,
    interviews_kind: str | None = None,
) -> Path:
    """Make a complete project in `folder`, which must not exist or be empty.

    `kind` and `interviews_kind` spare the recognition. `ask` may correct the draft before anything is written. Raises UserError when the material cannot be
    read or the folder is in use; then nothing was written.
    """
    folder = folder.resolve()
    _place(folder)
    material = open_material(survey, dictionary, interviews, kind, interviews_kind)
    draft = draft_study(material.raw, material.coded, humanised(folder))
    if ask is not None:
        ask(draft, material)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise UserError(f"{folder.parent} cannot be written ({error.strerror}).") from None
    try:
        temporary.chmod(0o755)
        write_project(temporary, draft, material)
        if folder.exists():
            folder.rmdir()  # empty: a rename would not replace it everywhere
        os.replace(temporary, folder)
    except OSError as error:  # a full disk, a raw file that cannot be read
        raise UserError(
            f"{folder.name} could not be written ({error.strerror or error}); nothing was left behind. "
            "Make room or correct the permissions, and try again."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # gone already when all went well
    return folder


def _place(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"{folder.name} exists and is not an empty folder; it was left as it is. Name another one."
        )


def open_material(
    survey: Path,
    dictionary: Path | None,
    interviews: Path | None,
    kind: str | None = None,
    interviews_kind: str | None = None,
) -> Material:
    """Read everything that was handed in; raises UserError before anything is written."""
    for path in (survey, dictionary, interviews):
        if path is not None and not path.exists():
            raise UserError(
                f"There is no {path.name} in {path.parent.resolve().name}/. Correct the name."
            )
    raw = read_survey(survey, dictionary, kind)
    if raw.kind == "redcap":  # the other readers look for identifying columns themselves
        marked = mark_identifiers(raw).codebook
        # a column that the dictionary lacks is left out anyway, and stays for the check to name
        raw = replace(raw, codebook={name: marked[name] for name in raw.codebook})
    if raw.table.empty:
        raise UserError(f"{survey.name} holds no answers, so there is nothing to make a book from.")
    coded, mapping = None, None
    if interviews is not None:
        from sustainment.new.coding import open_coding

        coded, mapping = open_coding(interviews, interviews_kind)
    return Material(survey, dictionary, interviews, raw, coded, mapping)


def chapters_for(draft: Draft, coded: Interviews | None) -> list[str]:
    """The chapters that the material allows, in reading order."""
    names = ["survey/material"]
    outcome = draft.get("survey.outcome") if counts_can_be_shown(draft) else None
    if counts_can_be_shown(draft):
        names.append("survey/answers")
    if outcome:
        names.append("survey/outcome")
    if counts_can_be_shown(draft) and draft.get("report.scales"):
        names.append("survey/scales")
    listed = [draft.get(f"report.{what}") for what in ("choices", "ticks", "numbers")]
    if counts_can_be_shown(draft) and any(listed):
        names.append("survey/choices")
    if outcome and draft.get("report.group"):
        names.append("survey/groups")
    if coded is not None and len(coded.segments):
        names += ["interviews/material", "interviews/themes"]
        by_document = coded.segments[coded.segments["coder"] != ""].groupby("document")["coder"]
        if len(coded.coders) > 1 and (by_document.nunique() > 1).any():
            names.append("interviews/agreement")
        if draft.get("interviews.link"):
            names.append("integration/linked")
        if outcome:
            names.append("integration/side-by-side")
    return names


def write_project(target: Path, draft: Draft, material: Material) -> None:
    """Write every file of the project into an empty folder."""
    chapters = chapters_for(draft, material.coded)
    title = str(draft["title"])
    slug = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-") or "study"
    for template in ("README.md", "Makefile", "pyproject.toml", "environment.yml", "editions.yml", "index.md", "prose-allow.yml"):  # fmt: skip
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        _write(target / template, text.replace("@TITLE@", title).replace("@SLUG@", slug))
    _write(target / ".gitignore", (TEMPLATES / "gitignore").read_text(encoding="utf-8"))
    shutil.copytree(
        TEMPLATES / "tests", target / "tests", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in chapters:
        _write(
            target / "notebooks" / f"{name}.md",
            (TEMPLATES / "notebooks" / f"{name}.md").read_text(encoding="utf-8"),
        )
    _write(target / "_toc.yml", toc(chapters))
    shared = shared_folder()
    for name in ("assets", "_templates"):
        shutil.copytree(shared / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(shared / "jupytext.toml", target)
    _write(target / "_config.yml", config(shared / "_config.yml", title))
    wheel = provide_wheel(target / "vendor")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = (shared / "requirements.txt").read_text(encoding="utf-8").rstrip("\n")
    _write(
        target / "requirements.txt",
        f"{lock}\n./vendor/{wheel.name} \\\n    --hash=sha256:{digest}\n",
    )
    inputs = copy_raw(target / "data", material)
    _write(target / "data" / "study.yml", study_yaml(draft, inputs, material.raw, material.coded))
    _write(target / "data" / "SHA256SUMS", checksums(target / "data"))


def toc(chapters: list[str]) -> str:
    """`_toc.yml` of the chapters, a part for each strand."""
    lines = [
        "# The order of the book. Every page listed is built.",
        "format: jb-book",
        "root: index",
        "parts:",
    ]
    for part, caption in _PART.items():
        own = [name for name in chapters if name.startswith(part + "/")]
        if own:
            lines += [f"  - caption: {caption}", "    chapters:"]
            lines += [f"      - file: notebooks/{name}" for name in own]
    return "\n".join(lines) + "\n"


def config(path: Path, title: str) -> str:
    """This book's `_config.yml` with what is said of this book taken out."""
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings |= {"title": title, "project": title, "author": "The authors", "copyright": ""}
    settings.pop("bibtex_bibfiles", None)
    settings["repository"] = {"url": "", "branch": "main"}
    settings["html"]["extra_footer"] = "<p>Made with sustainment from the study's own files.</p>"
    extensions = settings["sphinx"]["config"]["extensions"]
    unused = ("sustainment.learn.sphinx", "sphinxcontrib.bibtex")
    settings["sphinx"]["config"]["extensions"] = [name for name in extensions if name not in unused]
    for name in [name for name in settings["sphinx"]["config"] if name.startswith("bibtex_")]:
        del settings["sphinx"]["config"][name]
    head = "# How Jupyter Book (version 1) builds this book. The contents are in _toc.yml.\n"
    return head + yaml.safe_dump(settings, allow_unicode=True, sort_keys=False, width=100)


def copy_raw(data: Path, material: Material) -> dict[str, dict]:
    """Copy everything handed in, byte for byte; returns `inputs:` of study.yml."""
    raw = data / "raw"
    raw.mkdir(parents=True)
    shutil.copyfile(material.survey, raw / material.survey.name)
    entry: dict[str, Any] = {
        "reader": "survey",
        "kind": material.raw.kind,
        "file": f"raw/{material.survey.name}",
    }
    if material.dictionary is not None:
        if material.dictionary.name == material.survey.name:
            raise UserError(
                f"The export and its dictionary are both called {material.survey.name}. Rename one of them."
            )
        shutil.copyfile(material.dictionary, raw / material.dictionary.name)
        entry["dictionary"] = f"raw/{material.dictionary.name}"
    if material.raw.kind == "languages":
        from sustainment.survey.vendors.languages import files_of

        for path in files_of(material.survey):
            goal = raw / path.relative_to(material.survey.parent)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal)
    inputs: dict[str, dict[str, Any]] = {"survey": entry}
    if material.interviews is not None and material.coded is not None:
        goal = raw / "interviews"
        goal.mkdir()
        if material.interviews.is_dir():
            shutil.copytree(material.interviews, goal, dirs_exist_ok=True)
            file = "raw/interviews"
        else:
            shutil.copyfile(material.interviews, goal / material.interviews.name)
            file = f"raw/interviews/{material.interviews.name}"
        inputs["interviews"] = {"reader": "interviews", "kind": material.coded.kind, "file": file}
        if material.mapping:
            inputs["interviews"]["mapping"] = material.mapping
    return inputs


def checksums(data: Path) -> str:
    """SHA-256 of every raw file, in the form of `sha256sum`."""
    files = sorted(path for path in (data / "raw").rglob("*") if path.is_file())
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(data).as_posix()}\n"
        for path in files
    )


def shared_folder() -> Path:
    """Where style, page templates and lock lie: in the installed package, or in this book's folder."""
    packed = Path(__file__).parent / "shared"
    root = Path(__file__).resolve().parents[3]
    for folder in (packed, root):
        if all((folder / name).exists() for name in SHARED):
            return folder
    raise UserError(
        "The installed package lacks its page templates. Install it again from its wheel."
    )


def provide_wheel(vendor: Path) -> Path:
    """Put a wheel of this very package into `vendor`: the one it was installed from, or a new one."""
    vendor.mkdir()
    installed = _installed_from()
    if installed is not None and installed.suffix == ".whl" and installed.is_file():
        return Path(shutil.copy(installed, vendor))
    root = Path(__file__).resolve().parents[3]
    if not (root / "pyproject.toml").is_file():
        raise UserError(
            "The wheel that this package was installed from is gone, so it cannot go into the project. "
            "Run `sustainment new` from the environment of a project or of the book."
        )
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(vendor)],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wheels = sorted(vendor.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(
            f"The package could not be packed into a wheel ({last}). Run `make setup` first."
        )
    return wheels[0]


def _installed_from() -> Path | None:
    try:
        text = importlib.metadata.distribution("sustainment").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    url = urlparse(json.loads(text)["url"]) if text else None
    return Path(unquote(url.path)) if url is not None and url.scheme == "file" else None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
