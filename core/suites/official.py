"""Suites that only their own command-line program can judge: what it is asked, what it says.

The program is looked for beforehand and what is missing is said in one line. What it could not
judge, for whatever reason of its own, is told apart from a patch that does not mend the bug.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from core.sandbox import process
from core.sandbox.process import Command, Finished
from core.task import Reference, Task
from core.text import clean, one_line

_KEPT = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "TZ",
    "JAVA_HOME",
    "PERL5LIB",
    "PERL_LOCAL_LIB_ROOT",
)
_KEPT_BEGINNINGS = ("LC_", "DOCKER_", "D4J_", "XDG_", "HF_HOME")
_PROXY = re.compile(r"(https?|no|all)_proxy", re.IGNORECASE)
_REASON_CHARS = 300


class Judgement(StrEnum):
    """What an official program says of a patch."""

    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    EMPTY = "empty"
    """There was no patch."""
    NOT_JUDGED = "not_judged"
    """Infrastructure: says nothing about the patch."""


class Judged(NamedTuple):
    """One task's result."""

    task_id: str
    judgement: Judgement
    reason: str = ""


class Asked(NamedTuple):
    """One task with a patch for it."""

    task: Task
    reference: Reference
    patch: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an official program works, and how it is watched."""

    folder: Path
    """New, and kept afterwards: its logs stand there."""
    is_over: Callable[[], bool]
    """Whether it should end; asked several times a second."""
    model: str = "gemel"
    """What the patches are called in its reports."""


class Judge(Protocol):
    """An official program."""

    @property
    def n_at_once(self) -> int:
        """Patches to hand over together."""

    @property
    def holds_code(self) -> bool:
        """Whether it runs patched programs in confinement of its own."""

    def preflight(self, references: Sequence[Reference]) -> None:
        """Raise a `RefusedError` that says in one line what is missing."""

    def judge(self, asked: Sequence[Asked], desk: Desk) -> list[Judged]:
        """Judge some patches, in this thread."""

    def proves_bugs(self) -> bool:
        """Whether judging no patch at all tells that the tests fail without one."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What an official program gets of this process's environment: no key, no token."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_BEGINNINGS) or _PROXY.fullmatch(name)
    }
    return {**kept, **(extra or {})}


def call(
    argv: Sequence[str], desk: Desk, *, wall_s: float, extra: Mapping[str, str] | None = None
) -> Finished:
    """Run the program in the desk's folder."""
    kept = environment(extra)
    command = Command(argv, desk.folder, kept, wall_s=wall_s, output_bytes=1 << 40)
    return process.run(command, desk.is_over)


def why(done: Finished) -> str:
    """The last thing a program said before it failed."""
    if done.is_late:
        return f"it was still running after {done.wall_s:.0f} s"
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    said = one_line(clean(lines[-1]), _REASON_CHARS) if lines else "it said nothing"
    return f"exit code {done.exit_code}: {said}"
