"""Files of JSON lines that come from outside: lines are bounded, and each has its number.

Nothing in such a file is believed: a line that is too long, is no JSON or is no object is a
`BadRow` with the reason, and the lines after it are read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.text import clean, one_line

MAX_LINE_BYTES = 8 << 20
MAX_SHOWN = 1_000
"""Problems that a report holds; it counts all."""
_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A line that cannot be used."""

    line: int
    """From 1."""
    reason: str

    @classmethod
    def of(cls, line: int, reason: BadRow) -> RowProblem:
        """The problem in words that are safe to show."""
        return cls(line, one_line(clean(str(reason)), _REASON_CHARS))


class BadRow(Exception):
    """Why a line cannot be used; `str()` is the reason with what is special of this line."""

    def __init__(self, kind: str, detail: str = "") -> None:
        """`kind` is equal for lines that are wrong in the same way."""
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = one_line(clean(kind), _REASON_CHARS)


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines with text and their numbers; of one that is too long, only its beginning."""
    with path.open("rb") as file:
        number, is_inside = 1, False
        while line := file.readline(MAX_LINE_BYTES + 1):
            is_end = line.endswith(b"\n")
            if not is_inside and line.strip():
                yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            is_inside = not is_end
            number += is_end


def read_object(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; raises `BadRow`."""
    if len(line) > MAX_LINE_BYTES:
        raise BadRow(f"longer than {MAX_LINE_BYTES >> 20} MiB")
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRow("no JSON", str(error)) from None
    if not isinstance(row, dict):
        raise BadRow("not a JSON object")
    return row
