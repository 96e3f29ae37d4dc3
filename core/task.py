"""What a task is: one bug to fix, the tests that judge it, and the reference nobody sees.

The reference is a record of its own so that no code path that serves an agent can
carry it by accident: nothing here points from a `Task` to its `Reference`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Oracle(StrEnum):
    """How a task's tests decide."""

    CASES = "cases"
    """Calls with literal arguments; the comparison happens outside the sandbox."""
    PYTEST = "pytest"
    """The suite's own pytest file, run inside the sandbox with a nonce-checked report."""


class Comparator(StrEnum):
    """When a returned value equals the expected one."""

    EXACT = "exact"
    ITERATES = "iterates"
    """The function returns an iterator: compare the list of what it yields."""
    SEQUENCE = "sequence"
    """Lists and tuples with equal items are equal, at every depth."""
    APPROX = "approx"
    """Numbers equal within the absolute tolerance that the last argument names."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the entry point."""

    args: str
    """Python literal of the argument tuple, e.g. `(1, [2, 3])`."""
    expected: str
    """Python literal of the expected result."""
    shown: bool
    """Whether the agent may see it; held-back cases only grade."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a task, by its path relative to the task's root."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """One bug to fix, as an agent and the sandbox may see it."""

    task_id: str
    """`suite/name`, unique in a workspace."""
    suite: str
    program: str
    """Name of the program the bug lives in; tasks of one program are one family."""
    entry_point: str
    """Function that the cases call; empty for `Oracle.PYTEST`."""
    target: SourceFile
    """The buggy file, the only one a patch may change."""
    description: str
    """The contract in words."""
    oracle: Oracle
    comparator: Comparator = Comparator.EXACT
    cases: tuple[Case, ...] = ()
    test_path: str = ""
    """Path of the pytest file among `support`, for `Oracle.PYTEST`."""
    support: tuple[SourceFile, ...] = ()
    """Files that a run needs beside the target: helpers, tests."""
    test_ids: tuple[str, ...] = ()
    """Node ids that a pytest run must report, learned from the reference."""
    cpu_limit_s: float = 1.0
    """CPU seconds a whole test run may use, calibrated on the reference."""
    origin: str = ""
    """Where the task comes from: a commit, a mutation."""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The hidden correct file of a task; never leaves the engine."""

    task_id: str
    text: str
