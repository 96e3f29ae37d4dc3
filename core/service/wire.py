"""The words of the socket: one JSON object per line, and what each line may say.

The engine greets first, then the client; after that the client asks, the engine answers
by the number of the question, and events come in between, numbered on their own.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import msgspec

import core.errors
from core.errors import BoundaryError, ErrorKind, GemelError
from core.events import Event
from core.store.migrate import shipped

PROTOCOL = 1
MAX_REQUEST_BYTES = 16 << 20
MAX_ANSWER_BYTES = 256 << 20

EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
_NO_DATA = msgspec.Raw(b"null")


class Hello(msgspec.Struct, frozen=True):
    """The engine's first line."""

    protocol: int
    schema: int
    pid: int
    version: str
    client: str
    """The name of this connection, unique among all engines; its operations begin with it."""


class ClientHello(msgspec.Struct, frozen=True):
    """The client's first line."""

    protocol: int
    version: str


class Request(msgspec.Struct, frozen=True):
    """A question of a client."""

    id: int
    op: str
    args: msgspec.Raw = msgspec.Raw(b"{}")


class Failure(msgspec.Struct, frozen=True):
    """A named error: `kind` is its class."""

    kind: str
    message: str
    exit_code: int
    boundary: ErrorKind | None = None


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """Any line of the engine after its first: an answer, an event, or the end of events."""

    id: int | None = None
    result: msgspec.Raw = _NO_DATA
    error: Failure | None = None
    event: str = ""
    seq: int = 0
    operation: str = ""
    data: msgspec.Raw = _NO_DATA
    is_dropped: bool = False
    """Events were left out, and none will come until a new snapshot is asked for."""


def hello(client: str, pid: int) -> Hello:
    """This program's greeting."""
    return Hello(PROTOCOL, len(shipped()), pid, version("gemel"), client)


def encode(value: object) -> bytes:
    """One line."""
    return msgspec.json.encode(value, enc_hook=_encode) + b"\n"


def raw(value: object) -> msgspec.Raw:
    """A part of a line."""
    return msgspec.Raw(msgspec.json.encode(value, enc_hook=_encode))


def decode(text: msgspec.Raw | bytes, kind: Any) -> Any:
    """What `raw` made, as a value of a type; raises msgspec.MsgspecError."""
    return msgspec.json.decode(text, type=kind, dec_hook=_decode)


def failure_of(error: GemelError) -> Failure:
    """An error in the words of the wire."""
    where = error.kind if isinstance(error, BoundaryError) else None
    return Failure(type(error).__name__, str(error), error.exit_code, where)


def error_of(failure: Failure) -> GemelError:
    """The error that a failure tells of, of its own class where this program has it."""
    kind: Any = getattr(core.errors, failure.kind, None)
    if not isinstance(kind, type) or not issubclass(kind, GemelError):
        kind = GemelError
    error: GemelError = kind.__new__(kind)  # a BoundaryError is made of what stayed over there
    Exception.__init__(error, failure.message)
    error.exit_code = failure.exit_code
    if isinstance(error, BoundaryError):
        error.kind = failure.boundary or ErrorKind.ENGINE
    return error


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value.absolute())  # the engine stands in another directory
    raise NotImplementedError(f"{type(value).__name__} cannot be sent")


def _decode(kind: type, value: object) -> object:
    if issubclass(kind, Path):
        return Path(str(value))
    raise NotImplementedError(f"{kind.__name__} cannot be received")
