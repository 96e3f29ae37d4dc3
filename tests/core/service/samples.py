"""A value for every type that an operation takes or returns, no two alike."""

from __future__ import annotations

import itertools
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from core.errors import UsageError

_TEXT = 'line one\nline two\t"quoted" \\ \u2028 é 🜁 \x1b[31m'


class Samples:
    """Makes values; two makers make the same ones in the same order."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def of(self, kind: Any) -> Any:
        """A value of a type."""
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            return self.of(next(arg for arg in args if arg is not type(None)))
        if origin is dict:
            return {self.of(args[0]): self.of(args[1]) for _ in range(2)}
        if origin is list:
            return [self.of(args[0]), self.of(args[0])]
        if origin is tuple:
            kinds = (args[0], args[0]) if args[-1] is Ellipsis else args
            return tuple(self.of(arg) for arg in kinds)
        if is_dataclass(kind):
            return self._record(kind)
        if issubclass(kind, tuple | msgspec.Struct):  # a named one
            return kind(**{name: self.of(k) for name, k in typing.get_type_hints(kind).items()})
        return self._plain(kind)

    def _record(self, kind: Any) -> Any:
        hints = typing.get_type_hints(kind)
        values = {f.name: self.of(hints[f.name]) for f in fields(kind) if f.init}
        try:
            return kind(**values)
        except UsageError:  # it bounds its values: then its own will do
            return kind()

    def _plain(self, kind: Any) -> Any:
        n = next(self._count)
        if issubclass(kind, Enum):
            return list(kind)[n % len(kind)]
        values: dict[Any, Any] = {
            bool: n % 2 == 0,
            int: n,
            float: n + 0.1,
            str: f"{_TEXT}{n}",
            Path: Path(f"/some/where/{n}"),
            datetime: datetime(2026, 1, 2, 3, 4, 5, n),  # noqa: DTZ001 - as the store keeps it
            type(None): None,
        }
        return values[kind]
