"""Grades a run of cases: what came back, against what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from core.errors import UnfitTaskError
from core.sandbox.client import Reply
from core.sandbox.compare import matches
from core.sandbox.endings import Ending, ending, is_out_of_cpu, steady, tidy
from core.sandbox.run import CallCases, CaseResult, CaseStatus, TestRun, Verdict
from core.sandbox.zygote.wire import LOADING
from core.task import Case, Comparator
from core.text import clean, clip, one_line

_NAME_CHARS = 200
_VALUE_CHARS = 500


@dataclass(frozen=True, slots=True)
class _Record:
    """What the run says of one case."""

    case: int
    kind: str
    text: str = ""
    line: int = 0
    lines: tuple[int, ...] = ()
    wall_s: float = 0.0


def grade(
    reply: Reply, request: CallCases, cases: Sequence[Case], comparator: Comparator
) -> TestRun:
    """The verdict over all cases; a run without cases is never a pass."""
    end = ending(reply, request.limits)
    names = [name_call(request.entry_point, case.args) for case in cases]
    grader = _Grader(reply.records, names, end)
    results = grader.grade(cases, comparator)
    if end.is_final or grader.is_cut:
        verdict = end.verdict
    elif is_out_of_cpu(reply, request.limits):
        verdict = Verdict.TIMEOUT
    else:
        verdict = _verdict(results)
    return TestRun(
        verdict=verdict,
        cases=tuple(results),
        stdout=steady(reply.stdout),
        wall_s=reply.wall_s,
        cpu_s=reply.cpu_s,
    )


def name_call(entry_point: str, args: str) -> str:
    """The call as a person would write it, on one line."""
    inner = args.strip()
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1].strip().removesuffix(",")
    return one_line(clean(f"{entry_point}({inner})"), _NAME_CHARS)


class _Grader:
    """One pass over the records of a run."""

    def __init__(self, records: Iterable[str], names: Sequence[str], end: Ending) -> None:
        self._names = names
        self._end = end
        self.is_cut = False
        """Whether a case is without a result, once graded."""
        self._results: dict[int, _Record] = {}
        self._early_lines: dict[int, tuple[int, ...]] = {}
        for record in _decode(records):
            if record.kind == "lines":
                self._early_lines.setdefault(record.case, record.lines)
            else:
                self._results.setdefault(record.case, record)

    def grade(self, cases: Sequence[Case], comparator: Comparator) -> list[CaseResult]:
        graded: list[CaseResult] = []
        for number, case in enumerate(cases):
            record = self._results.get(number) or self._results.get(LOADING)
            if record is None or self.is_cut:
                graded.append(self._unreported(number, is_first=not self.is_cut))
                self.is_cut = True
            else:
                graded.append(self._reported(number, record, case, comparator))
        return graded

    def _unreported(self, number: int, *, is_first: bool) -> CaseResult:
        name = self._names[number]
        if not is_first:
            return CaseResult(name, CaseStatus.NOT_RUN)
        lines = frozenset(self._early_lines.get(number, ()))
        return CaseResult(name, self._end.status, self._end.detail, lines)

    def _reported(
        self, number: int, record: _Record, case: Case, comparator: Comparator
    ) -> CaseResult:
        status, detail = _judge(record, case, comparator)
        lines = frozenset(record.lines)
        return CaseResult(self._names[number], status, detail, lines, record.wall_s)


def _judge(record: _Record, case: Case, comparator: Comparator) -> tuple[CaseStatus, str]:
    if record.kind == "unreadable":
        raise UnfitTaskError(f"the arguments {one_line(case.args, _NAME_CHARS)} are no literal")
    expected = clip(clean(case.expected), _VALUE_CHARS)
    if record.kind == "raised":
        place = f" (line {record.line})" if record.line else ""
        return CaseStatus.ERROR, f"raised {tidy(record.text)}{place}"
    if record.kind == "opaque":
        return CaseStatus.FAILED, f"expected {expected}\ngot {tidy(record.text)}"
    if matches(case, comparator, record.text):
        return CaseStatus.PASSED, ""
    return CaseStatus.FAILED, f"expected {expected}\ngot {clip(steady(record.text), _VALUE_CHARS)}"


def _verdict(results: Sequence[CaseResult]) -> Verdict:
    if not results:
        return Verdict.WRONG_TESTS
    is_good = all(result.status is CaseStatus.PASSED for result in results)
    return Verdict.PASSED if is_good else Verdict.FAILED


def _decode(records: Iterable[str]) -> Iterable[_Record]:
    """The readable records; a run that writes others only loses its own results."""
    for text in records:
        try:
            yield msgspec.json.decode(text, type=_Record)
        except (msgspec.DecodeError, UnicodeError):
            continue
