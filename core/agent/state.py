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

import msgspec

from core.chat import Message, Role, Tool
from core.digest import digest
from core.edits.block import EditBlock
from core.sandbox.run import CaseStatus, TestRun
from core.task import Language, Task
from core.text import clip

_N_FAILURES_SHOWN = 3
_FAILURE_CHARS = 600
_LANGUAGES = {Language.PYTHON: "Python", Language.JAVA: "Java"}


@dataclass(frozen=True, slots=True)
class Prompts:
    """One version of the templates."""

    version: str
    system: str
    user: str
    notes: str = ""
    """What is added to `user` when there are notes; empty where `user` has a place for them."""
    reflection: tuple[str, str] = ("", "")
    """System and user text of a question about an attempt that does not work."""
    tools: tuple[Tool, ...] = ()

    @property
    def hash(self) -> str:
        """Hash of all texts."""
        later = [self.notes, *self.reflection, self.tools]
        return digest([self.system, self.user, *(later if any(later) else ())])


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
def load_prompts(version: str = "edit-2") -> Prompts:
    """The shipped templates of a version."""
    folder = resources.files("core.agent.prompts")

    def text(name: str) -> str:
        return (folder / name).read_text("utf-8")

    system, user = text(f"{version}.system.txt"), text(f"{version}.user.txt")
    if version == "edit-1":
        return Prompts(version, system, user)
    reflection = (text("reflect-1.system.txt"), text("reflect-1.user.txt"))
    if version == "edit-2":
        return Prompts(version, system, user, text("edit-2.notes.txt"), reflection)
    tools = msgspec.json.decode(text("tools-1.json"), type=tuple[Tool, ...])
    return Prompts(version, system, user, "", reflection, tools)


def failures_of(run: TestRun) -> str:
    """What the first tests that fail say."""
    shown = [
        clip(f"{case.name}\n{case.detail}".strip(), _FAILURE_CHARS)
        for case in run.failing[:_N_FAILURES_SHOWN]
    ]
    return "\n\n".join(shown)


def baseline_of(run: TestRun) -> Baseline:
    """The baseline from a traced run of the shown tests."""
    return Baseline(len(run.failing), run.n_counted, failures_of(run), _coverage(run))


def build_state(
    task: Task,
    baseline: Baseline,
    attempts: tuple[Attempt, ...],
    prompts: Prompts,
    notes: tuple[str, ...] = (),
) -> tuple[Message, ...]:
    """The messages of the next call under the `edit` protocol."""
    program = task.target.text.rstrip("\n")
    user = Template(prompts.user).substitute(
        common_parts(task, baseline),
        fence=fence(program, baseline.failures),
        program=program,
        attempts="\n".join(_attempt(n, a) for n, a in enumerate(attempts, 1)) or "none",
    )
    if notes:
        user += Template(prompts.notes.rstrip("\n")).substitute(notes=noted(notes))
    return (system_message(task, prompts), Message(Role.USER, user))


def system_message(task: Task, prompts: Prompts) -> Message:
    """The first message of every state of a task."""
    language = _LANGUAGES[task.language]
    return Message(Role.SYSTEM, Template(prompts.system).substitute(language=language))


def common_parts(task: Task, baseline: Baseline) -> dict[str, object]:
    """What the first user message of every protocol says of the task."""
    return {
        "path": task.target.path,
        "description": "\n".join(f"  {line}".rstrip() for line in task.description.split("\n")),
        "n_failed": baseline.n_failed,
        "n_tests": baseline.n_tests,
        "failures": baseline.failures,
        "coverage": baseline.coverage,
    }


def noted(notes: tuple[str, ...]) -> str:
    """Notes as lines that no reader takes for anything else."""
    return "\n".join(f"> {note}" for note in notes)


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


def fence(*texts: str) -> str:
    """A fence that none of the texts can close."""
    runs = re.findall(r"`+", "\n".join(texts))
    return "`" * max(3, 1 + max(map(len, runs), default=0))


def _attempt(n: int, attempt: Attempt) -> str:
    lines = [f"Attempt {n} ({attempt.note}):"]
    if attempt.block is not None:
        lines += [f"- {line}".rstrip() for line in attempt.block.find.split("\n")]
        lines += [f"+ {line}".rstrip() for line in attempt.block.replace.split("\n")]
    return "\n".join(lines)
