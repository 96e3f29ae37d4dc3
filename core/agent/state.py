"""The compact state: everything a policy sees, rebuilt for each iteration.

The first state depends on task and prompt version alone, so all rollouts of a task
share it; later ones on task and attempts, so equal histories meet again.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from core.chat import Message, Role
from core.digest import digest
from core.edits.block import EditBlock
from core.sandbox.run import CaseStatus, TestRun
from core.task import Task
from core.text import clip

_N_FAILURES_SHOWN = 3
_FAILURE_CHARS = 600


@dataclass(frozen=True, slots=True)
class Prompts:
    """One version of the templates."""

    version: str
    system: str
    user: str

    @property
    def hash(self) -> str:
        """Hash of both texts."""
        return digest([self.system, self.user])


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the tests say of the program before any edit; stored once per task."""

    n_failed: int
    n_tests: int
    failures: str
    coverage: str
    """`line:failing/passing` for each line that a test ran, or `unknown`."""


UNTESTED = Baseline(0, 0, "not run", "unknown")
"""The baseline of an agent whose test policy shows it no tests."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier answer of this rollout and what came of it."""

    note: str
    """`5 of 8 tests fail`, or why the answer was invalid."""
    block: EditBlock | None = None


@cache
def load_prompts(version: str = "edit-1") -> Prompts:
    """The shipped templates of a version."""
    folder = resources.files("core.agent.prompts")
    system = (folder / f"{version}.system.txt").read_text("utf-8")
    user = (folder / f"{version}.user.txt").read_text("utf-8")
    return Prompts(version, system, user)


def baseline_of(run: TestRun) -> Baseline:
    """The baseline from a traced run of the shown tests."""
    failing = run.failing
    shown = [
        clip(f"{case.name}\n{case.detail}".strip(), _FAILURE_CHARS)
        for case in failing[:_N_FAILURES_SHOWN]
    ]
    return Baseline(len(failing), run.n_counted, "\n\n".join(shown), _coverage(run))


def build_state(
    task: Task, baseline: Baseline, attempts: tuple[Attempt, ...], prompts: Prompts
) -> tuple[Message, ...]:
    """The messages of the next call."""
    program = task.target.text.rstrip("\n")
    user = Template(prompts.user).substitute(
        path=task.target.path,
        description="\n".join(f"  {line}".rstrip() for line in task.description.split("\n")),
        fence=_fence(program, baseline.failures),
        program=program,
        n_failed=baseline.n_failed,
        n_tests=baseline.n_tests,
        failures=baseline.failures,
        coverage=baseline.coverage,
        attempts="\n".join(_attempt(n, a) for n, a in enumerate(attempts, 1)) or "none",
    )
    return (Message(Role.SYSTEM, prompts.system), Message(Role.USER, user))


def state_hash(messages: tuple[Message, ...]) -> str:
    """The name of a state: equal exactly when the messages are byte-identical."""
    return digest(messages)


def _coverage(run: TestRun) -> str:
    failing: Counter[int] = Counter()
    passing: Counter[int] = Counter()
    for case in run.cases:
        if case.status is not CaseStatus.SKIPPED:
            (passing if case.status is CaseStatus.PASSED else failing).update(case.lines)
    lines = sorted({*failing, *passing})
    return " ".join(f"{n}:{failing[n]}/{passing[n]}" for n in lines) or "unknown"


def _fence(*texts: str) -> str:
    runs = re.findall(r"`+", "\n".join(texts))
    return "`" * max(3, 1 + max(map(len, runs), default=0))


def _attempt(n: int, attempt: Attempt) -> str:
    lines = [f"Attempt {n} ({attempt.note}):"]
    if attempt.block is not None:
        lines += [f"- {line}".rstrip() for line in attempt.block.find.split("\n")]
        lines += [f"+ {line}".rstrip() for line in attempt.block.replace.split("\n")]
    return "\n".join(lines)
