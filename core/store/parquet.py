"""Reads a Parquet file that somebody else made, with nothing but that file.

Each reader has an in-memory database of its own, which may open no other file and load no
extension: a suite's file is hostile, and so is its name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from core.errors import SuiteError

_N_AT_ONCE = 64
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "512MB",
    "threads": "1",
}


class ParquetRows:
    """The rows of one file, by number."""

    def __init__(self, path: Path) -> None:
        """Raises a `SuiteError` when it is no such file."""
        self._path = str(path)
        self._lock = threading.Lock()
        self._first = 0
        self._batch: list[dict[str, object]] = []
        try:
            self._base = duckdb.connect(":memory:", config=_CONFIG)
            self._base.execute(f"SET allowed_paths = [{_literal(self._path)}]")
            self._base.execute("SET enable_external_access = false")
            self._base.execute("SET lock_configuration = true")
            self._from = f"read_parquet([{_literal(self._path)}], file_row_number = true)"
            found = self._base.execute(f"SELECT count(*) FROM {self._from}").fetchone()
        except duckdb.Error as error:
            raise SuiteError(f"{path.name} is no Parquet file: {_why(error)}") from error
        self.n_rows: int = found[0] if found else 0

    def fields(self, names: tuple[str, ...]) -> Iterator[dict[str, object]]:
        """Some columns of every row; a `SuiteError` names the columns that are not there."""
        listed = ", ".join(f'"{name}"' for name in names)
        try:
            rows = self._base.cursor().execute(
                f"SELECT {listed} FROM {self._from} ORDER BY file_row_number"
            )
            while batch := rows.fetchmany(_N_AT_ONCE):
                for row in batch:
                    yield dict(zip(names, row, strict=True))
        except duckdb.Error as error:
            raise SuiteError(f"its columns cannot be read: {_why(error)}") from error

    def row(self, n: int) -> dict[str, object]:
        """All columns of row `n`, counted from 0."""
        with self._lock:
            if not 0 <= n - self._first < len(self._batch):
                self._load(n)
            return self._batch[n - self._first]

    def _load(self, n: int) -> None:
        try:
            found = self._base.execute(
                f"SELECT * EXCLUDE (file_row_number) FROM {self._from} "
                "WHERE file_row_number >= ? AND file_row_number < ? ORDER BY file_row_number",
                [n, n + _N_AT_ONCE],
            )
            names = [str(column[0]) for column in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        except duckdb.Error as error:
            raise SuiteError(f"row {n} cannot be read: {_why(error)}") from error
        if not rows:
            raise SuiteError(f"there is no row {n}")
        self._first, self._batch = n, rows


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _why(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
