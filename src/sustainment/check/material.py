"""The raw material of one study, opened once for all rules; what cannot be opened is a finding."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.study import load_settings
from sustainment.survey.examine import Examination
from sustainment.survey.model import RawSurvey
from sustainment.survey.tabular import Table, Unreadable, read_table


class Material:
    """Survey, frame and interviews of a study folder; each is None when it cannot be opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = load_settings(root)
        self.unreadable: list[Finding] = []

    @property
    def name(self) -> str:
        """The settings' file, as messages name it."""
        return "study.yml"

    @property
    def synthetic(self) -> bool:
        """Whether the study declares its data invented."""
        return self.settings["provenance"] == "synthetic"

    def block(self, name: str) -> dict[str, Any]:
        """A block of study.yml, empty when it is absent."""
        return self.settings.get(name) or {}

    @cached_property
    def raw(self) -> RawSurvey | None:
        """The survey as it was read."""
        entry = self._entry("survey")

        def read() -> RawSurvey:
            from sustainment.survey.read import read_survey

            dictionary = self._path(entry["dictionary"]) if entry.get("dictionary") else None
            return read_survey(self._path(entry["file"]), dictionary, entry.get("kind"))

        return self._open(read, entry)

    @cached_property
    def survey(self) -> Examination | None:
        """The survey under the study's settings."""
        raw = self.raw
        if raw is None:
            return None
        return self._open(
            lambda: Examination(raw, self.block("survey"), self.frame), self._entry("survey")
        )

    @cached_property
    def population(self) -> Table | None:
        """The list of the population as it stands in its file."""
        entry = self._entry("population")
        return self._open(lambda: read_table(self._path(entry["file"])), entry)

    @property
    def person(self) -> str:
        """The column of the population that says who it is."""
        table = self.population
        return self._entry("population").get("index") or (table.header[0] if table else "")

    @cached_property
    def frame(self) -> pd.DataFrame | None:
        """The population indexed by person; None when it has no column of ids."""
        table = self.population
        if table is None or self.person not in table.cells:
            return None
        return table.cells.set_index(self.person)

    @cached_property
    def interviews(self) -> Any:
        """The coded interviews (`sustainment.interviews.model.Interviews`)."""
        entry = self._entry("interviews")

        def read() -> Any:
            from dataclasses import replace

            from sustainment.interviews.read import read_interviews

            found = read_interviews(
                self._path(entry["file"]), kind=entry.get("kind"), mapping=entry.get("mapping")
            )
            return replace(found, settings=self.block("interviews"))

        return self._open(read, entry)

    def file(self, name: str) -> str:
        """The name of an input's file, for messages; a coding project may name itself."""
        if name == "interviews" and self.interviews is not None:
            return str(self.interviews.file)
        return Path(self._entry(name).get("file", name)).name

    def open_all(self) -> None:
        """Open everything, so that `unreadable` is complete."""
        _ = self.raw, self.population, self.survey, self.interviews

    def _entry(self, name: str) -> dict[str, Any]:
        return (self.settings.get("inputs") or {}).get(name) or {}

    def _path(self, name: str) -> Path:
        return self.root / "data" / name

    def _open(self, read: Callable[[], Any], entry: dict[str, Any]) -> Any:
        """What `read` gives, or None with the reason among `unreadable`; None without an entry."""
        if not entry.get("file"):
            return None
        try:
            return read()
        except Unreadable as error:
            self.unreadable.append(error.finding)
        except UserError as error:
            name = Path(entry["file"]).name
            message = str(error).removeprefix(f"{name}: ").rstrip(".")
            self.unreadable.append(Finding("error", "unreadable", message, name))
        return None
