"""Grades a run of pytest: an honest end, exactly the expected tests, and no failure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from core.sandbox.client import Reply
from core.sandbox.endings import Ending, ending, is_out_of_cpu, steady, tidy
from core.sandbox.run import CaseResult, CaseStatus, RunPytest, TestRun, Verdict
from core.text import clean, one_line

_NAME_CHARS = 300
_NO_TESTS = 5
_ALL_PASSED = 0
_SENTINEL_FAILED = 1
_STATUSES = {
    "passed": CaseStatus.PASSED,
    "failed": CaseStatus.FAILED,
    "error": CaseStatus.ERROR,
    "skipped": CaseStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class _Record:
    """What the run says of one test, of collection, or of its end."""

    kind: str
    id: str = ""
    ids: tuple[str, ...] = ()
    outcome: str = ""
    text: str = ""
    lines: tuple[int, ...] = ()
    wall_s: float = 0.0
    status: int = 0


@dataclass(slots=True)
class _Told:
    """The records of a run, sorted."""

    collected: tuple[str, ...] = ()
    current: str = ""
    """The test that started and has not ended."""
    status: int | None = None
    """What pytest's own end says; None when it never came to it."""
    tests: dict[str, _Record] = field(default_factory=dict)
    broken: dict[str, _Record] = field(default_factory=dict)
    early_lines: dict[str, tuple[int, ...]] = field(default_factory=dict)
    has_twins: bool = False
    sentinel: str = ""
    """What became of the sentinel; empty when it never ran."""

    def set_apart(self, sentinel_id: str) -> None:
        """Take the sentinel out of the tests."""
        self.collected = tuple(name for name in self.collected if name != sentinel_id)
        record = self.tests.pop(sentinel_id, None)
        self.sentinel = record.outcome if record else ""

    def add(self, record: _Record) -> None:
        match record.kind:
            case "collected":
                self.collected = record.ids
            case "start":
                self.current = record.id
            case "lines":
                self.early_lines[record.id] = record.lines
            case "broken":
                self.broken[record.id] = record
            case "test":
                self.has_twins |= record.id in self.tests
                self.tests[record.id] = record
                self.current = ""
            case "end":
                self.status = record.status


def new_sentinel() -> str:
    """The name of a test that must fail, so that one which lets everything pass is seen."""
    return f"test_{secrets.token_hex(4)}"


def grade(reply: Reply, request: RunPytest, sentinel: str) -> TestRun:
    """The verdict over all tests, and what each of them did."""
    told = _Told()
    for record in _decode(reply.records):
        told.add(record)
    told.set_apart(f"{request.test_path}::{sentinel}")
    end = ending(reply, request.limits)
    is_whole = told.status is not None and told.status == reply.exit_code
    is_whole = is_whole and not is_out_of_cpu(reply, request.limits)
    cases = [*_reported(told), *_unreported(told, request, None if is_whole else end)]
    return TestRun(
        verdict=end.verdict if end.is_final or not is_whole else _verdict(told, request, cases),
        cases=tuple(cases),
        stdout=steady(reply.stdout),
        wall_s=reply.wall_s,
        cpu_s=reply.cpu_s,
    )


def _verdict(told: _Told, request: RunPytest, cases: list[CaseResult]) -> Verdict:
    if any(case.status in (CaseStatus.FAILED, CaseStatus.ERROR) for case in cases):
        return Verdict.FAILED
    ran = {name for name, record in told.tests.items() if record.outcome == "passed"}
    if not ran:
        return Verdict.WRONG_TESTS
    if told.sentinel not in ("failed", "error"):
        return Verdict.TAMPERED
    if told.has_twins or (request.expected_ids and ran != set(request.expected_ids)):
        return Verdict.WRONG_TESTS
    return Verdict.PASSED if told.status == _SENTINEL_FAILED else Verdict.FAILED


def _reported(told: _Told) -> Iterable[CaseResult]:
    for name, record in told.broken.items():
        yield CaseResult(_name(name), CaseStatus.ERROR, tidy(record.text))
    for name, record in told.tests.items():
        status = _STATUSES.get(record.outcome, CaseStatus.ERROR)
        lines = frozenset(record.lines)
        yield CaseResult(_name(name), status, tidy(record.text), lines, record.wall_s, name)


def _unreported(told: _Told, request: RunPytest, end: Ending | None) -> Iterable[CaseResult]:
    """The test that the run ended in, then those it never came to."""
    missing = dict.fromkeys((*told.collected, *request.expected_ids))
    if end is not None and (told.current or not told.tests):
        # Before the first test, the file itself is what was being loaded.
        name = told.current or request.test_path
        lines = frozenset(told.early_lines.get(name, ()))
        yield CaseResult(_name(name), end.status, end.detail, lines)
    elif told.status not in (None, _ALL_PASSED, _NO_TESTS) and not told.tests and not told.broken:
        detail = f"pytest ended with status {told.status} before any test"
        yield CaseResult(_name(request.test_path), CaseStatus.ERROR, detail)
    for name in missing:
        if name not in told.tests and (name != told.current or end is None):
            yield CaseResult(_name(name), CaseStatus.NOT_RUN)


def _name(node_id: str) -> str:
    return one_line(clean(node_id), _NAME_CHARS)


def _decode(records: Iterable[str]) -> Iterable[_Record]:
    """The readable records; a run that writes others only loses its own results."""
    for text in records:
        try:
            yield msgspec.json.decode(text, type=_Record)
        except (msgspec.DecodeError, UnicodeError):
            continue
