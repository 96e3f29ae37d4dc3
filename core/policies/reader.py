"""What the built-in policy understands of a chat: the compact state of the `edit` protocol.

The message is read by its fixed lines and its fence, never searched: text that a
program, a test log or an earlier answer brings in cannot pass for another part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.chat import Message, Role
from core.edits.block import EditBlock, InvalidAnswer
from core.edits.edit import TextKey
from core.edits.render import key_of
from core.errors import PolicyError

_GOAL = re.compile(r"Goal: make the failing tests of (.+) pass without breaking the others\.")
_FAILING = re.compile(r"Failing tests \(.*\):")
_COVERAGE = "Lines run by the tests, as line:failing/passing tests that ran it:"
_TRIED = "Tried before, each undone because tests still failed:"
_RAN = re.compile(r"(\d{1,7}):(\d{1,7})/(\d{1,7})")
_ATTEMPT = re.compile(r"Attempt \d+ \(.*\):?")
_FENCE = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class LineRuns:
    """How many tests ran a line."""

    line: int
    n_failing: int
    n_passing: int


@dataclass(frozen=True, slots=True)
class ReadState:
    """One question, understood."""

    path: str
    program: str
    """With a final newline."""
    coverage: tuple[LineRuns, ...]
    """Empty when unknown."""
    tried: tuple[tuple[str, str], ...]
    """Search and replacement text of each earlier attempt that had them."""

    def tried_keys(self) -> frozenset[TextKey]:
        """What the earlier attempts changed in the program without blanks at line ends.

        Attempts are shown without those blanks. One that did not apply is left out.
        """
        keys = set()
        program = strip_lines(self.program)
        for find, replace in self.tried:
            try:
                keys.add(key_of(program, EditBlock(self.path, find, replace)))
            except InvalidAnswer:
                continue
        return frozenset(keys)


def strip_lines(text: str) -> str:
    """The text without blanks at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.split("\n"))


def read_state(messages: Sequence[Message]) -> ReadState:
    """The state in the last user message; raises `PolicyError` for any other text."""
    asked = [message.content for message in messages if message.role is Role.USER]
    if not asked:
        raise PolicyError("The built-in policy was asked nothing: the chat has no user message.")
    reader = _Lines(asked[-1].split("\n"))
    path = reader.expect(_GOAL).group(1)
    reader.skip_to(f"Program {path}:")
    fence = reader.expect(_FENCE).group()
    program = reader.until(fence)
    reader.skip_to(_FAILING)
    if reader.next() != fence:
        raise _unreadable("the failing tests have another fence than the program")
    reader.until(fence)
    reader.skip_to(_COVERAGE)
    coverage = read_runs(reader.next())
    reader.skip_to(_TRIED)
    return ReadState(path, "\n".join(program) + "\n", coverage, tuple(_attempts(reader.rest())))


def read_runs(line: str) -> tuple[LineRuns, ...]:
    """The counts of a coverage line."""
    return tuple(
        LineRuns(int(number), int(n_failing), int(n_passing))
        for number, n_failing, n_passing in _RAN.findall(line)
    )


class _Lines:
    """The lines of a message, read once from top to bottom."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def next(self) -> str:
        if self._at >= len(self._lines):
            raise _unreadable("it ends too early")
        self._at += 1
        return self._lines[self._at - 1]

    def expect(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.fullmatch(self.next())
        if found is None:
            raise _unreadable(f"line {self._at} is not what the template has there")
        return found

    def skip_to(self, wanted: str | re.Pattern[str]) -> None:
        """Go behind the next line that is `wanted`."""
        while True:
            line = self.next()
            if line == wanted if isinstance(wanted, str) else wanted.fullmatch(line):
                return

    def until(self, fence: str) -> list[str]:
        start = self._at
        while self.next() != fence:
            pass
        return self._lines[start : self._at - 1]

    def rest(self) -> list[str]:
        return self._lines[self._at :]


def _attempts(lines: list[str]) -> list[tuple[str, str]]:
    """The (search, replacement) of each attempt that shows any line."""
    attempts: list[tuple[list[str], list[str]]] = []
    for line in lines:
        if _ATTEMPT.fullmatch(line):
            attempts.append(([], []))
        elif attempts and line[:1] in {"-", "+"} and line[1:2] in {"", " "}:
            attempts[-1][line[0] == "+"].append(line[2:])
    return [("\n".join(old), "\n".join(new)) for old, new in attempts if old]


def _unreadable(why: str) -> PolicyError:
    return PolicyError(
        f"The built-in policy cannot read the question: {why}. It answers "
        "what gemel's own templates ask; use another policy for anything else."
    )
