"""What one test run asks for and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.sandbox.zygote.wire import Level


class Verdict(StrEnum):
    """The outcome of one test run."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    OUTPUT_FLOOD = "output_flood"
    """Printed or wrote more than it may."""
    REPORT_FLOOD = "report_flood"
    NO_REPORT = "no_report"
    WRONG_TESTS = "wrong_tests"
    TAMPERED = "tampered"
    WORKER_LOST = "worker_lost"
    """Infrastructure: says nothing about the code."""
    UNGRADED = "ungraded"
    """Nothing was run: only the suite's own program can judge."""


class CaseStatus(StrEnum):
    """The outcome of one case or test."""

    PASSED = "passed"
    FAILED = "failed"
    """A wrong value."""
    ERROR = "error"
    """An exception."""
    HUNG = "hung"
    """The run's limit ended in this case."""
    NOT_RUN = "not_run"
    """The run ended before this case."""
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case or test of a run."""

    name: str
    """The call, `f(1, 2)`, or the test's id, cleaned and short."""
    status: CaseStatus
    detail: str = ""
    """What was expected and what came, cleaned and short; empty when passed."""
    lines: frozenset[int] = frozenset()
    """Lines of the target file that the case ran; empty unless traced."""
    wall_s: float = 0.0
    test_id: str = ""
    """A test's id as it was told, to compare and never to show; empty for a case."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. Source of the defaults: measured QuixBugs and pytest runs."""

    cpu_s: float = 1.0
    """CPU seconds of the whole run; the same on a loaded machine."""
    wall_s: float = 10.0
    """Deadline for code that sleeps or blocks."""
    memory_bytes: int = 1 << 30
    stdout_bytes: int = 8 << 20
    report_bytes: int = 4 << 20
    scratch_bytes: int = 0
    """What tests may write into a temporary folder; 0: a run can write nowhere at all."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """The graded result of running a program's tests."""

    __test__ = False
    verdict: Verdict
    cases: tuple[CaseResult, ...] = ()
    stdout: str = ""
    """The first 64 KB the code printed, cleaned."""
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def n_passed(self) -> int:
        """Cases that passed."""
        return sum(case.status is CaseStatus.PASSED for case in self.cases)

    @property
    def n_counted(self) -> int:
        """Cases that can pass or fail: all but the skipped ones."""
        return sum(case.status is not CaseStatus.SKIPPED for case in self.cases)

    @property
    def passed_ids(self) -> tuple[str, ...]:
        """Ids of the tests that passed, as they were told; none of cases."""
        passed = (case for case in self.cases if case.status is CaseStatus.PASSED)
        return tuple(case.test_id for case in passed if case.test_id)

    @property
    def failing(self) -> tuple[CaseResult, ...]:
        """Cases that neither passed nor were skipped."""
        good = (CaseStatus.PASSED, CaseStatus.SKIPPED)
        return tuple(case for case in self.cases if case.status not in good)


@dataclass(frozen=True, slots=True)
class CallCases:
    """Call `entry_point` of `program` once per argument literal, in one fresh process."""

    program: str
    entry_point: str
    args: tuple[str, ...]
    collects: bool = False
    """List what the function yields before it is returned."""
    traces: bool = False
    """Report the lines each call ran."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class RunPytest:
    """Run `test_path` in a fresh tree of `files`, in one fresh process."""

    files: tuple[tuple[str, str], ...]
    """Path and text of every file of the tree, the patched target included."""
    test_path: str
    target_path: str
    expected_ids: tuple[str, ...] = ()
    """Node ids that must all run and pass, and no others; empty only when they are being
    learned, from the passed tests of the reference. Tests it skips do not belong here."""
    traces: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class RunJUnit:
    """Compile a tree and run one test class of it."""

    files: tuple[tuple[str, str], ...]
    """Path and text of every source file."""
    test_path: str
    """Its path below the root is its package, as Java wants it."""
    expected_ids: tuple[str, ...] = ()
    """As for pytest."""
    limits: Limits = field(default_factory=Limits)
    level: Level = Level.LANDLOCK
    """What must hold it: this, or one of those that confine nothing."""
