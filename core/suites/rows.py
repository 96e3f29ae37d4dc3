"""Benchmarks that come as one file of rows: JSON Lines or Parquet, chosen by what the file is.

A row that is none is an item all the same, so that it is named with its line and reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from core.errors import SuiteError
from core.store.parquet import ParquetRows
from core.suites.source import Item, Made, stamp_files
from core.text import clean, one_line

MAX_ROW_BYTES = 16 << 20
_PARQUET = b"PAR1"
_NAME_CHARS = 120

R = TypeVar("R")
Values = dict[str, object]


class Rows(Protocol):
    """A file of rows."""

    def fields(self, names: tuple[str, ...]) -> Iterator[tuple[str, int, Values | None]]:
        """For each row its place, its key, and some of its columns; None for what is no row."""

    def row(self, key: int) -> Values:
        """All columns of one; a `SuiteError` says why it is none."""


class _JsonLines:
    """Rows by their offsets in the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fields(self, names: tuple[str, ...]) -> Iterator[tuple[str, int, Values | None]]:
        with self._path.open("rb") as file:
            number = offset = 0
            while line := file.readline(MAX_ROW_BYTES + 1):
                number, key, offset = number + 1, offset, offset + len(line)
                while len(line) > MAX_ROW_BYTES and not line.endswith(b"\n"):
                    rest = file.readline(MAX_ROW_BYTES)
                    offset += len(rest)
                    if not rest or rest.endswith(b"\n"):
                        break
                if line.strip():
                    yield f"{self._path.name}:{number}", key, _chosen(line, names)

    def row(self, key: int) -> Values:
        with self._path.open("rb") as file:
            file.seek(key)
            return _object(file.readline(MAX_ROW_BYTES + 1))


class _Parquet:
    """Rows by their numbers."""

    def __init__(self, path: Path) -> None:
        self._name, self._rows = path.name, ParquetRows(path)

    def fields(self, names: tuple[str, ...]) -> Iterator[tuple[str, int, Values | None]]:
        for n, values in enumerate(self._rows.fields(names)):
            yield f"{self._name} row {n + 1}", n, values

    def row(self, key: int) -> Values:
        return self._rows.row(key)


class RowSource:
    """A file of rows as a source; the importer says what names a row and what it becomes."""

    def __init__(
        self,
        path: Path,
        columns: tuple[str, ...],
        name: Callable[[Values], tuple[str, str]],
        make: Callable[[Item, Values], Made],
    ) -> None:
        """`name` gives name and family from `columns`; `make` raises a `SuiteError`."""
        self._path, self._columns, self._name, self._make = path, columns, name, make
        self._rows = open_rows(path)

    @property
    def origin(self) -> str:
        """The file."""
        return str(self._path)

    @property
    def stamp(self) -> str:
        """Its size and time."""
        return stamp_files([self._path])

    def items(self) -> Iterator[Item]:
        """Every line that is not blank, or every row."""
        try:
            for place, key, values in self._rows.fields(self._columns):
                try:
                    name, family = ("", "") if values is None else self._name(values)
                except SuiteError:
                    name = family = ""  # `read` says it again, in full
                name = name or place.rpartition("/")[2]
                yield Item(one_line(clean(name), _NAME_CHARS), clean(family), clean(place), key)
        except OSError as error:
            raise SuiteError(f"{self._path} cannot be read: {error.strerror}") from error

    def read(self, item: Item) -> Made:
        """One row."""
        assert isinstance(item.key, int)
        return self._make(item, self._rows.row(item.key))


def open_rows(path: Path) -> Rows:
    """The rows of a file."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_PARQUET))
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}") from error
    return _Parquet(path) if head == _PARQUET else _JsonLines(path)


def find_rows(path: Path, patterns: tuple[str, ...], what: str) -> Path:
    """The one file of rows that a path means: itself, or the first in a folder that fits."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise SuiteError(f"{path} is not there. {what}")
    for pattern in patterns:
        found = sorted(one for one in path.glob(pattern) if one.is_file())
        if len(found) > 1:
            names = ", ".join(str(one.relative_to(path)) for one in found[:4])
            raise SuiteError(f"{path} has several files of rows ({names}): name one of them.")
        if found:
            return found[0]
    raise SuiteError(f"{path} has no file of rows. {what}")


def convert(values: Values, kind: type[R]) -> R:
    """A row with the columns of a dataclass; a `SuiteError` names the first that is wrong."""
    try:
        return msgspec.convert(values, type=kind)
    except msgspec.ValidationError as error:
        raise SuiteError(clean(str(error))) from error


def text(values: Values, column: str) -> str:
    """A column that must be a text, for naming a row."""
    found = values.get(column)
    if not isinstance(found, str) or not found:
        raise SuiteError(f"its {column} is no text")
    return found


def _chosen(line: bytes, names: tuple[str, ...]) -> Values | None:
    try:
        row = _object(line)
    except SuiteError:
        return None
    return {name: row.get(name) for name in names}


def _object(line: bytes) -> Values:
    if len(line) > MAX_ROW_BYTES:
        raise SuiteError(f"its line is longer than {MAX_ROW_BYTES} bytes")
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"its line is not JSON: {one_line(clean(str(error)), 120)}") from error
    if not isinstance(row, dict):
        raise SuiteError("its line is not a JSON object")
    return row
