"""Marks the methods that are operations, so that each is defined once and offered everywhere.

The mark says which methods of a class may be asked for from outside; names, arguments and
results are the method's own. What serves or calls them reads the mark and the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol, TypeVar, cast, overload

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_gemel_operation"


class Owner(Protocol):
    """What a class with operations that may write has to offer."""

    async def begin_writing(self, label: str) -> None:
        """Make way for an operation that may write, or refuse it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of an operation beside its signature."""

    is_long: bool
    """Long ones are announced, go on without their caller and keep an engine from idling."""
    only_reads: bool
    """Whether it is done in a read-only workspace, too."""
    is_standing: bool = False
    """Standing ones wait for something outside: nobody waits for them, they are begun again."""


@overload
def operation(method: F) -> F: ...
@overload
def operation(
    *, is_long: bool = ..., only_reads: bool = ..., is_standing: bool = ...
) -> Callable[[F], F]: ...
def operation(
    method: F | None = None,
    *,
    is_long: bool = False,
    only_reads: bool = False,
    is_standing: bool = False,
) -> F | Callable[[F], F]:
    """Mark an async method as an operation.

    One that is not said to read only is taken to write: a read-only workspace refuses it.
    """

    def mark(method: F) -> F:
        done = method if only_reads else _announced(method)
        setattr(done, _MARK, Mark(is_long, only_reads, is_standing))
        return done

    return mark if method is None else mark(method)


def marked(owner: type) -> dict[str, tuple[Callable[..., Any], Mark]]:
    """The operations of a class and of its parts by name."""
    methods = {name: method for part in owner.__mro__ for name, method in vars(part).items()}
    found = ((name, method, getattr(method, _MARK, None)) for name, method in methods.items())
    return {name: (method, mark) for name, method, mark in found if mark is not None}


def _announced(method: F) -> F:
    """The method, which begins only when writing may begin."""

    @wraps(method)
    async def announced(self: Owner, *args: Any, **kwargs: Any) -> Any:
        await self.begin_writing(method.__name__)
        return await method(self, *args, **kwargs)

    return cast("F", announced)
