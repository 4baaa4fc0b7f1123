"""Open another program's SQLite file: read-only, and by what it holds rather than its version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sustainment.errors import UserError

BYTES = 4_000_000_000


class Database:
    """A context manager; rows come as dicts. Opened immutable: the file is never written to."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.file = self.path.name

    def __enter__(self) -> Database:
        if not self.path.is_file():
            raise UserError(f"{self.file}: no such file. Check the name in study.yml.")
        if self.path.stat().st_size > BYTES:
            raise UserError(f"{self.file} is larger than {BYTES:,} bytes and was not opened.")
        log = self.path.with_name(self.file + "-wal")
        if log.is_file() and log.stat().st_size:
            raise UserError(
                f"{self.file} has changes beside it that are not yet written into it ({log.name}). "
                "Close the program that uses it, then read it again; copy both files, if you copy."
            )
        try:
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            self.connection = sqlite3.connect(uri, uri=True)
            self.connection.row_factory = sqlite3.Row
            names = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            self.tables = {row[0] for row in names}
        except sqlite3.DatabaseError as problem:
            raise UserError(
                f"{self.file} is not a database that can be read ({problem}). Export it again."
            ) from problem
        return self

    def __exit__(self, *_) -> None:
        self.connection.close()

    def has(self, name: str) -> bool:
        return name in self.tables

    def need(self, names: set[str], what: str) -> None:
        """Stop unless these tables are there."""
        if missing := sorted(names - self.tables):
            raise UserError(f"{self.file} is not {what}: it has no table {', '.join(missing)}.")

    def columns(self, name: str) -> list[str]:
        return [row[1] for row in self.connection.execute(f'PRAGMA table_info("{name}")')]

    def rows(self, name: str, where: str = "1", order: str = "rowid") -> list[dict]:
        """Rows of a table; empty if the file has no such table (older versions lack some).

        SQLite lets any value stand in any column; here text columns give text (or None) and
        integer columns whole numbers, or a UserError that names the place.
        """
        if not self.has(name):
            return []
        try:
            types = self.connection.execute(f'PRAGMA table_info("{name}")')
            kinds = {row[1]: str(row[2]).upper() for row in types}
            found = self.connection.execute(
                f'SELECT * FROM "{name}" WHERE {where} ORDER BY {order}'
            )
            rows = [dict(row) for row in found]
        except sqlite3.DatabaseError as problem:
            raise UserError(
                f"{self.file}, table {name}: cannot be read ({problem}). Export it again."
            ) from problem
        return [
            {column: self._typed(name, n, column, kinds, row[column]) for column in row}
            for n, row in enumerate(rows, 1)
        ]

    def _typed(self, table: str, number: int, column: str, kinds: dict[str, str], value):
        kind = kinds.get(column, "")
        if value is None or (isinstance(value, int) and "INT" in kind):
            return value
        if "INT" in kind:
            raise UserError(
                f"{self.file}, table {table}, row {number}, column {column}: {value!r} is not a "
                "whole number. The file is damaged; export it again."
            )
        if isinstance(value, bytes):
            return value.decode("utf-8", errors="replace")
        return str(value) if "CHAR" in kind or "TEXT" in kind else value
