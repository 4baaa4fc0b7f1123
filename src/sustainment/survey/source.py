"""A file somebody hands in as a survey export, before anybody knows which program wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sustainment.survey.tabular import Table, read_table

_TEXT_SUFFIXES = {".csv", ".tsv", ".tab", ".txt"}


@dataclass(frozen=True)
class Source:
    """The export, and the dictionary if there is one. The table is read when first asked for."""

    path: Path
    dictionary: Path | None = None

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, with its dot (".csv")."""
        return self.path.suffix.lower()

    @property
    def text_like(self) -> bool:
        """Whether the file is text with separators rather than a workbook or a binary format."""
        return self.suffix in _TEXT_SUFFIXES

    @cached_property
    def head(self) -> bytes:
        """The first 4,096 bytes."""
        with self.path.open("rb") as file:
            return file.read(4096)

    @cached_property
    def table(self) -> Table:
        """The export as a table with one header row; raises `Unreadable` when it is none."""
        return read_table(self.path)

    @cached_property
    def dictionary_table(self) -> Table:
        """The dictionary as a table; raises `Unreadable` when it is none."""
        if self.dictionary is None:
            raise ValueError("There is no dictionary.")
        return read_table(self.dictionary)
