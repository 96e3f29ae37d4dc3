"""The edit block: how an answer names one change to one file.

    path/to/file.py
    <<<<<<< SEARCH
    text to find, exactly once
    =======
    replacement
    >>>>>>> REPLACE

Text around the block is allowed and ignored. Anything but exactly one block whose
search text occurs exactly once is an `InvalidAnswer`, with the reason the next
state shows.
"""

from __future__ import annotations

from dataclasses import dataclass

_OPEN, _DIVIDE, _CLOSE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"


class InvalidAnswer(ValueError):
    """An answer that names no applicable change; `str()` is the reason in words."""


@dataclass(frozen=True, slots=True)
class EditBlock:
    """Replace `find` by `replace` in the file at `path`."""

    path: str
    find: str
    replace: str

    def render(self) -> str:
        """The block as an answer, without surrounding prose."""
        replace = f"{self.replace}\n" if self.replace else ""
        return f"{self.path}\n{_OPEN}\n{self.find}\n{_DIVIDE}\n{replace}{_CLOSE}\n"

    def apply(self, program: str) -> str:
        """The program after the change; raises `InvalidAnswer` unless `find` is there once."""
        if not self.find:
            raise InvalidAnswer("the search text is empty")
        n_found = _count(program, self.find)
        if n_found == 0:
            raise InvalidAnswer("the search text is not in the file")
        if n_found > 1:
            raise InvalidAnswer(f"the search text is in the file {n_found} times, not once")
        return program.replace(self.find, self.replace)


def parse(text: str, path: str) -> EditBlock:
    """The one edit block of an answer; raises `InvalidAnswer` for none, two or another path."""
    lines = text.replace("\r\n", "\n").split("\n")
    opens = [n for n, line in enumerate(lines) if line.rstrip() == _OPEN]
    if not opens:
        raise InvalidAnswer("no edit block")
    if len(opens) > 1:
        raise InvalidAnswer(f"{len(opens)} edit blocks, not one")
    start = opens[0]
    named = lines[start - 1].strip().strip("`") if start else ""
    if named != path:
        raise InvalidAnswer(f"the block names no file or another file than {path}")
    divide = _next(lines, _DIVIDE, start + 1)
    close = _next(lines, _CLOSE, divide + 1)
    find = "\n".join(lines[start + 1 : divide])
    replace = "\n".join(lines[divide + 1 : close])
    if find == replace:
        raise InvalidAnswer("the edit changes nothing")
    return EditBlock(path, find, replace)


def _next(lines: list[str], marker: str, start: int) -> int:
    for n in range(start, len(lines)):
        if lines[n].rstrip() == marker:
            return n
    raise InvalidAnswer(f"the edit block has no line {marker}")


def _count(program: str, find: str) -> int:
    """Occurrences, overlapping ones included: an overlap is as ambiguous as a second match."""
    n_found, at = 0, program.find(find)
    while at >= 0:
        n_found, at = n_found + 1, program.find(find, at + 1)
    return n_found
