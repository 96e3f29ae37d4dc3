"""How a run tells its results: records behind a nonce, on a pipe of their own.

The nonce keeps apart what the runner reports and what code under test writes to
descriptors it guesses. It is no proof against code that searches the interpreter;
that is why the values of cases are judged outside.
"""

from __future__ import annotations

import builtins
import os
import struct
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

# Functions below are bound to this copy, so code under test cannot patch their builtins.
globals()["__builtins__"] = dict(vars(builtins))

NONCE_BYTES = 16
_LENGTH = struct.Struct(">I")
_pack, _write, _quote = _LENGTH.pack, os.write, encode_basestring_ascii

Field = str | int | float | Sequence[int] | Sequence[str]


class Report:
    """The writing end."""

    def __init__(self, fd: int, nonce: bytes) -> None:
        self._fd = fd
        self._nonce = nonce

    def send(self, record: Mapping[str, Field]) -> None:
        """Write one record; blocks while the reader is behind."""
        fields = ",".join([f"{_quote(key)}:{_encode(value)}" for key, value in record.items()])
        payload = b"{%s}" % fields.encode("ascii")
        data = memoryview(self._nonce + _pack(len(payload)) + payload)
        while data:
            data = data[_write(self._fd, data) :]


def split(data: bytes, nonce: bytes) -> tuple[list[str], bool]:
    """The records of a finished run, and whether every byte before a cut belongs to one.

    A record that is cut short ends the list without being foreign: the run was killed.
    """
    records: list[str] = []
    at, head = 0, NONCE_BYTES + _LENGTH.size
    while at < len(data):
        if not data.startswith(nonce[: len(data) - at], at):
            return records, False
        if len(data) - at < head:
            break
        end = at + head + _LENGTH.unpack_from(data, at + NONCE_BYTES)[0]
        if end > len(data):
            break
        records.append(data[at + head : end].decode("ascii", "replace"))
        at = end
    return records, True


def _encode(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _quote(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return str(value)
    return f"[{','.join([_encode(item) for item in value])}]"
