"""A build that has passed all checks: what is built, with which values, and where to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sustainment.book.chapters import Book, load_book
from sustainment.book.parameters import (
    Editions,
    Scalar,
    load_editions,
    parse_assignments,
    values_for,
)

CUSTOM = "custom"  # where a build with -p lies: it must not pass for an edition


@dataclass(frozen=True)
class Plan:
    """A build that has passed all checks: what is built, with which values, and where to."""

    book: Book
    editions: Editions
    edition: str
    given: Mapping[str, Scalar]
    values: Mapping[str, Mapping[str, Scalar]] = field(repr=False)
    name: str = ""  # where the run lies, when that is not its edition

    @property
    def label(self) -> str:
        return self.name or (CUSTOM if self.given else self.edition)

    @property
    def run_folder(self) -> Path:
        return self.book.build_folder / "run" / self.label

    @property
    def staged(self) -> Path:
        return self.book.build_folder / "stage" / self.label

    @property
    def html(self) -> Path:
        if self.label == "default":
            return self.book.build_folder / "html"
        return self.book.build_folder / "editions" / self.label / "html"

    @property
    def record(self) -> Path:
        return self.book.build_folder / "record" / f"{self.label}.json"

    @property
    def changed(self) -> dict[str, Scalar]:
        """Parameters that differ from the book's defaults."""
        chosen = {**self.editions.edition(self.edition).values, **self.given}
        return {n: v for n, v in chosen.items() if v != self.editions.parameters[n].default}

    @cached_property
    def data_digest(self) -> str:
        from sustainment.study import data_digest

        return data_digest(self.book.folder)


def make_plan(
    folder: Path | str = ".", edition: str = "default", params: Sequence[str] = ()
) -> Plan:
    """Read and check the whole book. Raises UserError before anything is executed or written."""
    book = load_book(folder)
    editions = load_editions(book.folder)
    given = parse_assignments(params, editions.parameters)
    values = values_for(book, editions, edition, given)
    return Plan(book, editions, edition, given, values)
