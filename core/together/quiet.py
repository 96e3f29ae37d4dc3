"""Keeps what the client library prints away from the screen.

Some of its calls print advice. Only what the quiet task itself prints is dropped: others go
on writing to the same streams.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_is_quiet: ContextVar[bool] = ContextVar("_is_quiet", default=False)


class _Stream:
    """A stream that drops what quiet tasks write; everything else is the stream's own."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if _is_quiet.get() else int(self._stream.write(text) or 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that is printed inside reaches standard output or error."""
    for name in ("stdout", "stderr"):
        if not isinstance(getattr(sys, name), _Stream):
            setattr(sys, name, _Stream(getattr(sys, name)))
    token = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(token)
