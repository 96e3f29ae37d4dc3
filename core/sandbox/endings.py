"""Why a run stopped before all its tests had reported, in words that repeat from run to run."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from core.sandbox.client import Reply
from core.sandbox.run import CaseStatus, Limits, Verdict
from core.sandbox.zygote.wire import End
from core.text import clean, clip

_DETAIL_CHARS = 2000
_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")
_CPU_SIGNALS = (-signal.SIGPROF, -signal.SIGXCPU, -signal.SIGKILL)
_CPU_SHARE = 0.5
_CPU_SLACK_S = 0.25


@dataclass(frozen=True, slots=True)
class Ending:
    """What the end of the process means for the test it was in."""

    verdict: Verdict
    status: CaseStatus
    detail: str

    @property
    def is_final(self) -> bool:
        """Whether it outweighs tests that had reported before."""
        return self.verdict not in (Verdict.TIMEOUT, Verdict.NO_REPORT)


def ending(reply: Reply, limits: Limits) -> Ending:
    """The meaning of the end, should a test be without a result."""
    if reply.end is End.STDOUT:
        detail = f"printed more than {limits.stdout_bytes} bytes"
        return Ending(Verdict.OUTPUT_FLOOD, CaseStatus.ERROR, detail)
    if reply.end is End.REPORT:
        detail = f"reported more than {limits.report_bytes} bytes"
        return Ending(Verdict.REPORT_FLOOD, CaseStatus.ERROR, detail)
    if reply.end is End.FILES:
        detail = f"wrote more than {limits.scratch_bytes} bytes of files"
        return Ending(Verdict.OUTPUT_FLOOD, CaseStatus.ERROR, detail)
    if reply.end is End.MEMORY:
        detail = f"held more than {limits.memory_bytes} bytes of memory"
        return Ending(Verdict.NO_REPORT, CaseStatus.ERROR, detail)
    if not reply.is_clean:
        detail = "wrote into the report of the tests"
        return Ending(Verdict.TAMPERED, CaseStatus.ERROR, detail)
    if reply.end is End.WALL:
        detail = f"still running after {limits.wall_s:g} s"
        return Ending(Verdict.TIMEOUT, CaseStatus.HUNG, detail)
    if is_out_of_cpu(reply, limits):
        detail = f"still running after {limits.cpu_s:g} s of CPU time"
        return Ending(Verdict.TIMEOUT, CaseStatus.HUNG, detail)
    detail = f"the process ended ({_name_exit(reply.exit_code)})"
    return Ending(Verdict.NO_REPORT, CaseStatus.ERROR, detail)


def is_out_of_cpu(reply: Reply, limits: Limits) -> bool:
    """Whether the CPU limit ended the run, or should have."""
    if reply.exit_code in _CPU_SIGNALS and reply.cpu_s >= limits.cpu_s * _CPU_SHARE:
        return True
    return reply.cpu_s > limits.cpu_s * (1 + _CPU_SHARE) + _CPU_SLACK_S


def steady(text: str) -> str:
    """Text of a run made clean, and free of the addresses that differ between equal runs."""
    return clean(_ADDRESS.sub("0x…", text))


def tidy(text: str) -> str:
    """`steady` text, short enough for a detail."""
    return clip(steady(text), _DETAIL_CHARS)


def _name_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
