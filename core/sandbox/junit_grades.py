"""Grades a run of JUnit: the driver's reports by their nonce, and an orderly end that fits.

The sentinel is a test of its own class that must fail, so that a run which lets every test
pass is seen.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.sandbox.endings import tidy
from core.sandbox.process import Finished
from core.sandbox.run import CaseResult, CaseStatus, Limits, RunJUnit, TestRun, Verdict
from core.text import clean, one_line

_NAME_CHARS = 300
_SENTINEL_FAILED = 1
_STATUSES = {
    "passed": CaseStatus.PASSED,
    "failed": CaseStatus.FAILED,
    "error": CaseStatus.ERROR,
    "hung": CaseStatus.HUNG,
    "skipped": CaseStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one run is told that the code under test should not know."""

    nonce: str
    """Stands before every line of the driver."""
    sentinel: str
    """Name of the class and of the test in it that must fail."""

    @classmethod
    def drawn(cls) -> Secrets:
        """New ones."""
        return cls(secrets.token_hex(16), f"Test{secrets.token_hex(4)}")


def not_compiled(request: RunJUnit, done: Finished) -> TestRun:
    """A program that is no Java fails all its tests."""
    detail = tidy(f"it does not compile:\n{done.stderr}")
    broken = CaseResult(_name(request.test_path), CaseStatus.ERROR, detail)
    missing = (CaseResult(_name(one), CaseStatus.NOT_RUN) for one in request.expected_ids)
    return TestRun(Verdict.FAILED, (broken, *missing), "", done.wall_s, done.cpu_s)


def grade(request: RunJUnit, done: Finished, known: Secrets) -> TestRun:
    """The verdict over all tests, and what each of them did."""
    told = _read(done.stdout, known.nonce)
    sentinel = told.cases.pop(known.sentinel, None)
    cases = list(told.cases.values())
    end = "" if told.is_ended else _why_ended(done, request.limits)
    if told.current or not told.is_ended:
        name = told.current or request.test_path
        status = CaseStatus.HUNG if _is_out_of_time(done) else CaseStatus.ERROR
        cases.append(CaseResult(_name(name), status, end))
    ran = {*told.cases, told.current}
    missing = (one for one in request.expected_ids if one not in ran)
    cases += [CaseResult(_name(one), CaseStatus.NOT_RUN) for one in missing]
    verdict = _verdict(request, done, told, cases, sentinel)
    return TestRun(verdict, tuple(cases), clean(done.stderr), done.wall_s, done.cpu_s)


@dataclass(slots=True)
class _Told:
    """What the driver told."""

    cases: dict[str, CaseResult] = field(default_factory=dict)
    current: str = ""
    """The test that began and did not end."""
    is_ended: bool = False
    has_twins: bool = False


def _read(stdout: str, nonce: str) -> _Told:
    told = _Told()
    for line in stdout.split("\n"):
        match line.split("\t"):
            case [found, "start", name, _, _] if found == nonce:
                told.current = _unpack(name)
            case [found, "end", _, _, _] if found == nonce:
                told.is_ended = True
            case [found, kind, name, text, seconds] if found == nonce and kind in _STATUSES:
                known = _unpack(name)
                told.has_twins |= known in told.cases
                told.cases[known] = _case(known, kind, _unpack(text), seconds)
                told.current = ""
    return told


def _case(name: str, kind: str, text: str, seconds: str) -> CaseResult:
    wall_s = float(seconds)
    return CaseResult(_name(name), _STATUSES[kind], tidy(text), wall_s=wall_s, test_id=name)


def _verdict(
    request: RunJUnit,
    done: Finished,
    told: _Told,
    cases: Iterable[CaseResult],
    sentinel: CaseResult | None,
) -> Verdict:
    if done.is_flood or done.is_full:
        return Verdict.OUTPUT_FLOOD
    if not told.is_ended:
        return Verdict.TIMEOUT if _is_out_of_time(done) else Verdict.NO_REPORT
    statuses = [case.status for case in cases]
    if any(one not in (CaseStatus.PASSED, CaseStatus.SKIPPED) for one in statuses):
        return Verdict.FAILED
    if sentinel is None or sentinel.status is not CaseStatus.FAILED:
        return Verdict.TAMPERED
    passed = {name for name, case in told.cases.items() if case.status is CaseStatus.PASSED}
    wished = set(request.expected_ids)
    if told.has_twins or not passed or (wished and passed != wished):
        return Verdict.WRONG_TESTS
    return Verdict.PASSED if done.exit_code == _SENTINEL_FAILED else Verdict.FAILED


def _is_out_of_time(done: Finished) -> bool:
    """The wall clock, or one of the signals that the CPU limit sends."""
    return done.is_late or (
        done.exit_code in (-24, -9, 152, 137) and not (done.is_flood or done.is_full)
    )


def _why_ended(done: Finished, limits: Limits) -> str:
    if done.is_flood:
        return f"printed more than {limits.stdout_bytes} bytes"
    if done.is_full:
        return f"wrote more than {limits.scratch_bytes} bytes of files"
    if done.is_late:
        return f"still running after {limits.wall_s:g} s"
    if _is_out_of_time(done):
        return f"still running after {limits.cpu_s:g} s of CPU time"
    return f"the process ended (exit code {done.exit_code})"


def _unpack(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def _name(name: str) -> str:
    return one_line(clean(name), _NAME_CHARS)
