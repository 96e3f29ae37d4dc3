"""What a task is: one bug to fix, the tests that judge it, and the reference nobody sees.

The reference is a record of its own so that no code path that serves an agent can
carry it by accident: nothing here points from a `Task` to its `Reference`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """What a task's program is written in."""

    PYTHON = "python"
    JAVA = "java"


class Oracle(StrEnum):
    """How a task's tests decide."""

    CASES = "cases"
    """Calls with literal arguments; the comparison happens outside the sandbox."""
    PYTEST = "pytest"
    """The suite's own pytest file, run inside the sandbox with a nonce-checked report."""
    JUNIT = "junit"
    """The suite's own JUnit 4 class, compiled and run in a process of its own."""
    OFFICIAL = "official"
    """The suite's own command-line program; no test of it runs in the sandbox."""


class Comparator(StrEnum):
    """When a returned value equals the expected one."""

    EXACT = "exact"
    ITERATES = "iterates"
    """The function returns an iterator: compare the list of what it yields."""
    SEQUENCE = "sequence"
    """Lists and tuples with equal items are equal, at every depth."""
    APPROX = "approx"
    """Numbers equal within the absolute tolerance that the last argument names."""
    HOLDS = "holds"
    """`expected` is a claim about `result`, such as `abs(result - 0.5) < 1e-06`."""


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
    """Function that the cases call; empty where there are none."""
    target: SourceFile
    """The buggy file, the first that a patch may change."""
    description: str
    """The contract in words."""
    oracle: Oracle
    comparator: Comparator = Comparator.EXACT
    cases: tuple[Case, ...] = ()
    test_path: str = ""
    """Path of the test file among `support`, for `Oracle.PYTEST` and `Oracle.JUNIT`."""
    support: tuple[SourceFile, ...] = ()
    """Files that a run needs beside the target: helpers, tests."""
    test_ids: tuple[str, ...] = ()
    """Node ids that a pytest run must report, learned from the reference."""
    cpu_limit_s: float = 1.0
    """CPU seconds a whole test run may use, calibrated on the reference."""
    origin: str = ""
    """Where the task comes from: a commit, a mutation."""
    licence: str = ""
    language: Language = Language.PYTHON
    twin: str = ""
    """The problem's name wherever it appears: tasks of any suites with one twin are one problem."""
    repo: str = ""
    """`owner/name` of the project that the target file belongs to, where it belongs to one."""
    base_commit: str = ""
    """The project's commit that has the bug."""
    files: tuple[str, ...] = ()
    """Every file that the fix changes, where there are more than the target."""
    shown_test_path: str = ""
    """Path of a test file among `support` that the agent may see; `test_path` then only grades."""
    shown_ids: tuple[str, ...] = ()
    """As `test_ids`, for `shown_test_path`."""
    keeps_held_back: bool = False
    """Whether held-back cases stay so even where no shown one fails."""

    @property
    def editable(self) -> tuple[str, ...]:
        """Paths that a patch may change, the target's first; of `files` those that are at hand.

        A test is never one of them.
        """
        tests = {self.test_path, self.shown_test_path}
        known = {file.path for file in self.support} - tests - {self.target.path}
        return (self.target.path, *(path for path in dict.fromkeys(self.files) if path in known))


@dataclass(frozen=True, slots=True)
class Reference:
    """The hidden correct file of a task; never leaves the engine."""

    task_id: str
    text: str
    is_patch: bool = False
    """Whether the text is a patch of the buggy file, not the correct file itself."""
    withheld: tuple[SourceFile, ...] = ()
    """Other fields of the suite's own record that give the fix away, by name."""
    row: str = ""
    """The suite's own record as JSON, for its official program."""
    others: tuple[SourceFile, ...] = ()
    """The correct texts of the task's further files, where the fix changes several."""

    @property
    def further(self) -> tuple[tuple[str, str], ...]:
        """Path and text of those, as a test run takes them."""
        return tuple((file.path, file.text) for file in self.others)
