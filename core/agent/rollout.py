"""The loop of one rollout: state, call, change, test, until it passes or a limit ends it.

What the agent says is the protocol's affair (`Talk`), how it is asked the `Asker`'s. Equal
inputs rebuild equal states, so a rollout that is begun again with the answers it had already
goes on where it was cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from core.agent.asking import Asker, Call, CallKind, OutOfTime, Past, Question
from core.agent.edit_talk import EditTalk
from core.agent.limits import Limits, Speech, TestPolicy, Used
from core.agent.patience import Patience
from core.agent.reflection import note_of, question_of
from core.agent.state import UNTESTED, Baseline, Prompts, failures_of, state_hash
from core.agent.talk import Changed, Move, Talk
from core.agent.tools_talk import ToolsTalk
from core.chat import ChatReply, Decoding, Policy, Usage
from core.clock import Clock
from core.costs.prices import ChatPrice
from core.edits.block import EditBlock
from core.edits.difference import Patch
from core.errors import PolicyClosedError, PolicyError, RefusedError, SandboxError
from core.outcome import Outcome
from core.sandbox.run import TestRun, Verdict
from core.sandbox.scan import flag
from core.task import Task
from core.text import clean


@dataclass(frozen=True, slots=True)
class Step:
    """What the driver made of one reply, or of the whole in the end."""

    iteration: int
    """One more than the last for the run of all tests that decides."""
    move: Move
    note: str
    run: TestRun | None


class Journal(Protocol):
    """Where a rollout writes what happened."""

    async def write_call(self, call: Call) -> None:
        """Write the call, so that it survives the program; what came before it is committed."""

    def write_step(self, step: Step) -> None:
        """Write without waiting."""

    @property
    def newest(self) -> Future[None] | None:
        """The call that was written last, done when it is durable; None before the first."""


class Grader(Protocol):
    """Runs a task's tests on its files as an agent left them."""

    async def shown(self, changed: Changed) -> TestRun:
        """The tests the agent may see."""

    async def all(self, changed: Changed) -> TestRun:
        """Every test, the held-back ones included."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything a rollout depends on but the policy, the task and the seed."""

    prompts: Prompts
    decoding: Decoding = Decoding()
    limits: Limits = Limits()
    test_policy: TestPolicy = TestPolicy.ON_WRITE
    speech: Speech = Speech.EDIT


@dataclass(frozen=True, slots=True)
class Result:
    """How a rollout ended."""

    outcome: Outcome
    reason: str
    n_iterations: int
    first_state: str
    patch: Patch
    """The change as it was left; empty when there is none."""
    n_passed: int
    n_tests: int
    usage: Usage
    cost_microusd: int
    wall_s: float

    @property
    def block(self) -> EditBlock | None:
        """The change of the first file."""
        return self.patch[0] if self.patch else None


@dataclass(slots=True)
class Rollout:
    """One attempt of a policy at a task; `run()` once."""

    task: Task
    baseline: Baseline
    policy: Policy
    price: ChatPrice
    conditions: Conditions
    seed: int
    grader: Grader
    journal: Journal
    clock: Clock
    """Of the working time; it may stand still while the rollout waits."""
    past: Mapping[Question, Past] = field(default_factory=dict)
    """Answers that were already paid for."""
    patience: Patience = field(default_factory=Patience)
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    wall: Clock | None = None
    """Never stands still; None takes `clock`."""
    _talk: Talk = field(init=False)
    _asker: Asker = field(init=False)
    _first_state: str = ""
    _last_note: str = ""
    _n_iterations: int = 0
    _n_answers: int = 0
    _shown: tuple[Changed, object] | None = None
    """What was tested last, and what the tests said."""
    _troubles: set[str] = field(default_factory=set)
    """What was reflected on."""
    _advice: set[str] = field(default_factory=set)
    _started: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        conditions = self.conditions
        self._talk = talk_of(self.task, self.baseline, conditions)
        self._asker = Asker(
            self.policy,
            self.price,
            conditions.decoding,
            self.seed,
            self.journal,
            self.clock,
            self.past,
            self.patience,
            self.wait,
        )

    async def run(self) -> Result:
        """Go on until an end; a failing policy or sandbox is an outcome, not an exception.

        One that answers nobody is the run's affair: raises `RefusedError`.
        """
        self._started = (self.clock.monotonic(), (self.wall or self.clock).monotonic())
        try:
            return await self._loop()
        except PolicyClosedError as error:
            raise RefusedError(
                f"{self.policy.name} answers nobody: {error}. What is finished is stored; set it "
                "right, then resume."
            ) from error
        except (PolicyError, SandboxError) as error:
            return self._result(Outcome.ERROR, clean(str(error)), None)

    async def _loop(self) -> Result:
        try:
            while not (limit := self._limit()):
                if (result := await self._iterate()) is not None:
                    return result
        except OutOfTime as end:
            return await self._limited("wall time", f"{end}; no answer within the wall time")
        return await self._limited(limit, f"{limit} before the first answer")

    async def _iterate(self) -> Result | None:
        """One call and what it causes; a result when that is the end."""
        move = self._talk.take(await self._act())
        run, note, trouble = None, move.note, move.trouble
        if move.is_change and self._is_tested:
            run = _usable(await self.grader.shown(self._talk.changed))
            self._shown = (self._talk.changed, _told(run))
            said = self._talk.tested(run)
            note = f"{note}; {said}" if note else said
            trouble = trouble or f"{said}.\n{failures_of(run)}"
        self._last_note = note
        self.journal.write_step(Step(self._n_iterations, move, note, run))
        if run is not None and run.verdict is Verdict.PASSED:
            return await self._finished("a held-back test fails")
        if run is not None and run.verdict is Verdict.TAMPERED:
            return self._result(Outcome.TAMPERED, "the patch meddled with the tests", run)
        if move.is_final:
            reason = "final answer" if self._talk.patch else "finished without a change"
            return await self._finished(reason)
        has_reflected = bool(trouble) and await self._reflect(trouble)
        if move.is_loop and not has_reflected:
            what = "thing" if move.actions else "invalid answer"
            return await self._finished(f"the same {what} three times")
        return None

    @property
    def _is_tested(self) -> bool:
        return self.conditions.test_policy is TestPolicy.ON_WRITE

    def _limit(self) -> str:
        return self.conditions.limits.hit(self._used())

    def _used(self) -> Used:
        asker = self._asker
        worked, passed = self._started
        return Used(
            n_iterations=self._n_iterations,
            n_tokens=asker.usage.n_prompt_tokens + asker.usage.n_completion_tokens,
            cost_microusd=asker.cost_microusd,
            wall_s=self._wall_s(passed),
            work_s=asker.carried_s + self.clock.monotonic() - worked,
        )

    def _wall_s(self, started: float) -> float:
        return self._asker.carried_s + (self.wall or self.clock).monotonic() - started

    def wall_left_s(self) -> float | None:
        """Seconds until its wall time is over; None without that limit."""
        most = self.conditions.limits.wall_s
        return None if most is None else most - self._used().wall_s

    def _may_wait(self, seconds: float) -> bool:
        """Whether a wait would not outlast the rollout."""
        left_s = self.wall_left_s()
        return left_s is None or seconds < left_s

    async def _act(self) -> ChatReply:
        messages = self._talk.state()
        self._first_state = self._first_state or state_hash(messages)
        self._n_iterations += 1
        question = Question(self._n_iterations)
        reply = await self._asker.ask(question, messages, self._talk.tools, self._may_wait)
        self._n_answers += 1
        return reply

    async def _reflect(self, trouble: str) -> bool:
        """Look back at a trouble that is new, as often as is allowed; says whether it was done."""
        most = self.conditions.limits.n_reflections
        if trouble in self._troubles or len(self._troubles) >= most or self._limit():
            return False
        self._troubles.add(trouble)
        messages = question_of(self.conditions.prompts, trouble, self._talk.story())
        question = Question(self._n_iterations, CallKind.REFLECTION)
        reply = await self._asker.ask(question, messages, (), self._may_wait)
        note = note_of(reply)
        if note and note not in self._advice:
            self._advice.add(note)
            self._talk.advise(note)
        return True

    async def _limited(self, limit: str, unanswered: str) -> Result:
        """A limit is no fault of a policy that never got to say anything."""
        if not self._n_answers:
            return self._result(Outcome.ERROR, unanswered, None)
        reason = limit if self._is_usable else f"{limit}; {self._last_note}"
        return await self._graded(Outcome.LIMIT, reason)

    async def _finished(self, reason: str) -> Result:
        """Nothing more is to be asked, and no limit was hit."""
        if self._is_usable:
            return await self._graded(Outcome.FAILED, reason)
        return self._result(Outcome.INVALID, self._last_note or reason, None)

    @property
    def _is_usable(self) -> bool:
        """Whether any answer was in the protocol."""
        return bool(self._talk.changed) or self._talk.counts_without_patch

    async def _graded(self, otherwise: Outcome, reason: str) -> Result:
        changed = self._talk.changed
        run = _usable(await self.grader.all(changed))
        self._write_grade(changed, run)
        if run.verdict is Verdict.TAMPERED:
            return self._result(Outcome.TAMPERED, "the patch meddled with the tests", run)
        if run.verdict is Verdict.PASSED:
            return self._result(Outcome.PASSED, flag_of(self.task, changed), run)
        if run.verdict is Verdict.UNGRADED and changed:
            return self._result(Outcome.UNGRADED, "its suite's own program has not judged it", run)
        return self._result(otherwise, reason, run)

    def _write_grade(self, changed: Changed, run: TestRun) -> None:
        """Keep the run that decides, unless a step has the same one; the agent never sees it."""
        if run.verdict is Verdict.UNGRADED or self._shown == (changed, _told(run)):
            return
        note = f"graded: {run.n_passed} of {run.n_counted} tests pass"
        note = note if run.n_counted else f"graded: {run.verdict.value}"
        self.journal.write_step(Step(self._n_iterations + 1, Move(note), note, run))

    def _result(self, outcome: Outcome, reason: str, run: TestRun | None) -> Result:
        return Result(
            outcome=outcome,
            reason=reason,
            n_iterations=self._n_iterations,
            first_state=self._first_state,
            patch=self._talk.patch,
            n_passed=run.n_passed if run else 0,
            n_tests=run.n_counted if run else 0,
            usage=self._asker.usage,
            cost_microusd=self._asker.cost_microusd,
            wall_s=self._wall_s(self._started[1]),
        )


def talk_of(task: Task, baseline: Baseline, conditions: Conditions) -> Talk:
    """The conversation of a new rollout, before anything was said."""
    policy, speech = conditions.test_policy, conditions.speech
    seen = UNTESTED if policy is TestPolicy.NEVER else baseline
    is_tested = policy is TestPolicy.ON_WRITE
    if speech is Speech.EDIT:
        return EditTalk(task, seen, conditions.prompts, is_tested)
    return ToolsTalk(task, seen, conditions.prompts, speech, conditions.limits, is_tested)


def flag_of(task: Task, changed: Changed) -> str:
    """What looks suspicious in changed files; empty when nothing does."""
    before = {task.target.path: task.target.text, **{f.path: f.text for f in task.support}}
    notes = (flag(before.get(path, ""), text, task.language) for path, text in changed)
    return next((note for note in notes if note), "")


def _told(run: TestRun) -> tuple[Verdict, tuple[tuple[str, str], ...]]:
    """What a run says of the tests; two of the same take other times."""
    return run.verdict, tuple((case.name, case.status.value) for case in run.cases)


def _usable(run: TestRun) -> TestRun:
    if run.verdict is Verdict.WORKER_LOST:
        raise SandboxError("the sandbox lost its worker twice on this run")
    return run
