"""Marks the methods that are operations, so that each is defined once and offered everywhere.

The mark says which methods of a class may be asked for from outside; names, arguments and
results are the method's own. What serves or calls them reads the mark and the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_gemel_operation"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of an operation beside its signature."""

    is_long: bool
    """Long ones are announced, go on without their caller and keep an engine from idling."""


@overload
def operation(method: F) -> F: ...
@overload
def operation(*, is_long: bool) -> Callable[[F], F]: ...
def operation(method: F | None = None, *, is_long: bool = False) -> F | Callable[[F], F]:
    """Mark an async method as an operation."""

    def mark(method: F) -> F:
        setattr(method, _MARK, Mark(is_long))
        return method

    return mark if method is None else mark(method)


def marked(owner: type) -> dict[str, tuple[Callable[..., Any], Mark]]:
    """The operations of a class and of its parts by name."""
    methods = {name: method for part in owner.__mro__ for name, method in vars(part).items()}
    found = ((name, method, getattr(method, _MARK, None)) for name, method in methods.items())
    return {name: (method, mark) for name, method, mark in found if mark is not None}
