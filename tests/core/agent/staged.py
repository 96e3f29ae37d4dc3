"""Rollouts on a stage: scripted policies, a journal in memory, a judge that runs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from core.agent.asking import Call, Past, Question
from core.agent.rollout import Conditions, Result, Rollout, Step
from core.agent.state import Baseline, load_prompts
from core.agent.talk import Changed
from core.chat import ChatReply, ChatRequest, Usage
from core.clock import Clock, SystemClock
from core.costs.prices import ChatPrice
from core.edits.block import EditBlock
from core.sandbox.run import CaseResult, CaseStatus, TestRun, Verdict
from core.task import Oracle, SourceFile, Task

PROGRAM = "def f(x):\n    return x - 1\n"
TASK = Task("s/f", "s", "f", "f", SourceFile("f.py", PROGRAM), "Adds one.", Oracle.CASES)
BASELINE = Baseline(1, 2, "f(1)\nexpected 2\ngot 0", "2:1/1")
PRICE = ChatPrice(prompt=1_000_000, completion=2_000_000, cached=500_000)


def edit(replacement: str, find: str = "x - 1") -> str:
    return EditBlock("f.py", find, replacement).render()


Said = str | ChatReply | Exception


@dataclass
class Scripted:
    """Answers from a list; an exception in the list is raised."""

    answers: list[Said]
    requests: list[ChatRequest] = field(default_factory=list)
    name: str = "scripted"

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        answer = self.answers[len(self.requests) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, ChatReply) else ChatReply(answer, Usage(100, 10))


@dataclass
class Memory:
    """A journal that remembers the order of what was written."""

    events: list[Call | Step] = field(default_factory=list)

    async def write_call(self, call: Call) -> None:
        self.events.append(call)

    def write_step(self, step: Step) -> None:
        self.events.append(step)

    @property
    def newest(self) -> None:
        """Nothing is behind."""


@dataclass
class Judge:
    """Passes programs that contain a text; the held-back test wants another one."""

    wanted: str = "x + 1"
    held_back: str = "x + 1"
    has_held_back: bool = True
    lost: bool = False
    meddled: str = "gc."
    """Programs with this text are caught with their hands on the tests."""
    programs: list[str] = field(default_factory=list)

    async def shown(self, changed: Changed) -> TestRun:
        program = self._program(changed)
        self.programs.append(program)
        if self.meddled in program:
            return TestRun(Verdict.TAMPERED)
        return self._run(self.wanted in program)

    async def all(self, changed: Changed) -> TestRun:
        program = self._program(changed)
        if self.meddled in program:
            return TestRun(Verdict.TAMPERED)
        held_back = [self.held_back in program] * self.has_held_back
        return self._run(self.wanted in program, *held_back)

    def _program(self, changed: Changed) -> str:
        return dict(changed).get("f.py", PROGRAM)

    def _run(self, *passes: bool) -> TestRun:
        if self.lost:
            return TestRun(Verdict.WORKER_LOST)
        cases = tuple(
            CaseResult(f"case {n}", CaseStatus.PASSED if ok else CaseStatus.FAILED)
            for n, ok in enumerate(passes)
        )
        return TestRun(Verdict.PASSED if all(passes) else Verdict.FAILED, cases)


@dataclass
class Stage:
    """A rollout and everything around it."""

    policy: Scripted
    judge: Judge = field(default_factory=Judge)
    memory: Memory = field(default_factory=Memory)
    conditions: Conditions = field(default_factory=lambda: Conditions(load_prompts()))
    task: Task = TASK
    clock: Clock = field(default_factory=SystemClock)
    wall: Clock | None = None

    async def run(
        self,
        past: Mapping[Question, Past] | None = None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Result:
        rollout = Rollout(
            self.task,
            BASELINE,
            self.policy,
            PRICE,
            self.conditions,
            7,
            self.judge,
            self.memory,
            self.clock,
            past or {},
            wait=wait,
            wall=self.wall,
        )
        return await rollout.run()

    @property
    def calls(self) -> list[Call]:
        """Every attempt at the policy."""
        return [event for event in self.memory.events if isinstance(event, Call)]

    @property
    def steps(self) -> list[Step]:
        """What came of each answer."""
        return [step for step in self._steps if step.iteration <= self.calls[-1].iteration]

    @property
    def grades(self) -> list[Step]:
        """The run of all tests that decided, where there was one of its own."""
        return [step for step in self._steps if step not in self.steps]

    @property
    def _steps(self) -> list[Step]:
        return [event for event in self.memory.events if isinstance(event, Step)]


def past_of(calls: list[Call]) -> dict[Question, Past]:
    """What a store would hold of these calls."""
    return {
        Question(call.iteration, call.kind): Past(call.reply, call.latency_s, call.cost_microusd)
        for call in calls
        if call.reply is not None
    }


def stage(*answers: Said, **changes: object) -> Stage:
    made = Stage(Scripted(list(answers)))
    made.conditions = replace(made.conditions, **changes)  # type: ignore[arg-type]
    return made
