"""The loop of one rollout: state, call, edit, test, until it passes or a limit ends it.

A reply is durable before it is used. Replies of an interrupted rollout are taken from
the store instead of being asked for again; equal inputs rebuild equal states, so the
resumed rollout continues where the first one was cut.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from core.agent.limits import Limits, Outcome, TestPolicy
from core.agent.patience import Patience
from core.agent.state import UNTESTED, Attempt, Baseline, Prompts, build_state, state_hash
from core.chat import ChatReply, ChatRequest, Decoding, Message, Policy, Usage
from core.clock import Clock
from core.costs.prices import ChatPrice
from core.edits.block import EditBlock, InvalidAnswer, parse
from core.errors import PolicyError, SandboxError
from core.sandbox.run import TestRun, Verdict
from core.sandbox.scan import flag
from core.task import Task
from core.text import clean

_N_SAME_INVALID = 3


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at the policy."""

    iteration: int
    state: str
    messages: tuple[Message, ...]
    reply: ChatReply | None
    error: str
    cost_microusd: int
    latency_s: float
    attempt: int = 1
    """Of the same question, from 1."""
    may_be_billed: bool = False
    """Without an answer, whether it may have been charged all the same."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the driver made of one reply."""

    iteration: int
    attempt: Attempt
    run: TestRun | None


class Journal(Protocol):
    """Where a rollout writes what happened."""

    async def write_call(self, call: Call) -> None:
        """Return when the call is durable."""

    def write_step(self, step: Step) -> None:
        """Write without waiting."""


class Grader(Protocol):
    """Runs a task's tests on a program."""

    async def shown(self, program: str) -> TestRun:
        """The tests the agent may see."""

    async def all(self, program: str) -> TestRun:
        """Every test, the held-back ones included."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything a rollout depends on but the policy, the task and the seed."""

    prompts: Prompts
    decoding: Decoding = Decoding()
    limits: Limits = Limits()
    test_policy: TestPolicy = TestPolicy.ON_WRITE


@dataclass(frozen=True, slots=True)
class Result:
    """How a rollout ended."""

    outcome: Outcome
    reason: str
    n_iterations: int
    first_state: str
    block: EditBlock | None
    """The last applicable edit."""
    n_passed: int
    n_tests: int
    usage: Usage
    cost_microusd: int
    wall_s: float


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
    past: Sequence[ChatReply] = ()
    """Replies that were already paid for, by iteration."""
    patience: Patience = field(default_factory=Patience)
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    _attempts: list[Attempt] = field(default_factory=list)
    _block: EditBlock | None = None
    _first_state: str = ""
    _n_iterations: int = 0
    _usage: Usage = Usage(0, 0)
    _cost: int = 0
    _started: float = 0.0

    async def run(self) -> Result:
        """Go on until an end; a failing policy or sandbox is an outcome, not an exception."""
        self._started = self.clock.monotonic()
        try:
            return await self._loop()
        except (PolicyError, SandboxError) as error:
            return self._result(Outcome.ERROR, clean(str(error)), None)

    async def _loop(self) -> Result:
        while not (limit := self._limit()):
            block = self._parse(await self._ask())
            if block is None:
                if self._is_stuck():
                    return await self._graded(Outcome.FAILED, "the same invalid answer repeated")
                continue
            self._block = block
            if self.conditions.test_policy is not TestPolicy.ON_WRITE:
                self._note(Attempt("not tested", block), None)
                return await self._graded(Outcome.FAILED, "final answer")
            run = _usable(await self.grader.shown(block.apply(self.task.target.text)))
            n_failed = run.n_counted - run.n_passed
            self._note(Attempt(f"{n_failed} of {run.n_counted} tests fail", block), run)
            if run.verdict is Verdict.PASSED:
                return await self._graded(Outcome.FAILED, "a held-back test fails")
            if run.verdict is Verdict.TAMPERED:
                return self._result(Outcome.TAMPERED, "the patch meddled with the tests", run)
        return await self._graded(Outcome.LIMIT, limit)

    def _limit(self) -> str:
        n_tokens = self._usage.n_prompt_tokens + self._usage.n_completion_tokens
        wall_s = self.clock.monotonic() - self._started
        return self.conditions.limits.hit(self._n_iterations, n_tokens, self._cost, wall_s)

    async def _ask(self) -> ChatReply:
        hides = self.conditions.test_policy is TestPolicy.NEVER
        baseline = UNTESTED if hides else self.baseline
        messages = build_state(self.task, baseline, tuple(self._attempts), self.conditions.prompts)
        state = state_hash(messages)
        self._first_state = self._first_state or state
        self._n_iterations += 1
        if self._n_iterations <= len(self.past):
            reply = self.past[self._n_iterations - 1]
        else:
            reply = await self._call(state, messages)
        self._add(reply.usage)
        return reply

    async def _call(self, state: str, messages: tuple[Message, ...]) -> ChatReply:
        """Ask until there is an answer or patience ends; every attempt is written."""
        request = ChatRequest(messages, self.seed, self.conditions.decoding)
        for attempt in itertools.count(1):
            call = Call(self._n_iterations, state, messages, None, "", 0, 0.0, attempt)
            before = self.clock.monotonic()
            try:
                raw = await self.policy.chat(request)
            except PolicyError as error:
                failed = replace(call, error=clean(str(error)), may_be_billed=error.may_be_billed)
                await self._write(failed, before)
                wait_s = self.patience.wait_s(error, attempt)
                if wait_s is None:
                    raise
                await self.wait(wait_s)
            else:
                break
        reply = ChatReply(clean(raw.text), raw.usage, raw.finish_reason)
        cost = self.price.cost(reply.usage)
        await self._write(replace(call, reply=reply, cost_microusd=cost), before)
        return reply

    async def _write(self, call: Call, before: float) -> None:
        spent_s = self.clock.monotonic() - before
        await self.journal.write_call(replace(call, latency_s=spent_s))

    def _parse(self, reply: ChatReply) -> EditBlock | None:
        try:
            block = parse(reply.text, self.task.target.path)
            block.apply(self.task.target.text)
        except InvalidAnswer as error:
            self._note(Attempt(f"invalid: {error}"), None)
            return None
        return block

    def _note(self, attempt: Attempt, run: TestRun | None) -> None:
        self._attempts.append(attempt)
        self.journal.write_step(Step(self._n_iterations, attempt, run))

    def _is_stuck(self) -> bool:
        tail = self._attempts[-_N_SAME_INVALID:]
        return len(tail) == _N_SAME_INVALID and len(set(tail)) == 1

    def _add(self, usage: Usage) -> None:
        self._cost += self.price.cost(usage)
        self._usage = Usage(
            self._usage.n_prompt_tokens + usage.n_prompt_tokens,
            self._usage.n_completion_tokens + usage.n_completion_tokens,
            self._usage.n_cached_tokens + usage.n_cached_tokens,
            self._usage.n_reasoning_tokens + usage.n_reasoning_tokens,
        )

    async def _graded(self, otherwise: Outcome, reason: str) -> Result:
        if self._block is None:
            return self._result(Outcome.INVALID, self._attempts[-1].note, None)
        program = self._block.apply(self.task.target.text)
        run = _usable(await self.grader.all(program))
        if run.verdict is Verdict.TAMPERED:
            return self._result(Outcome.TAMPERED, "the patch meddled with the tests", run)
        if run.verdict is Verdict.PASSED:
            return self._result(Outcome.PASSED, flag(self.task.target.text, program), run)
        return self._result(otherwise, reason, run)

    def _result(self, outcome: Outcome, reason: str, run: TestRun | None) -> Result:
        return Result(
            outcome=outcome,
            reason=reason,
            n_iterations=self._n_iterations,
            first_state=self._first_state,
            block=self._block,
            n_passed=run.n_passed if run else 0,
            n_tests=run.n_counted if run else 0,
            usage=self._usage,
            cost_microusd=self._cost,
            wall_s=self.clock.monotonic() - self._started,
        )


def _usable(run: TestRun) -> TestRun:
    if run.verdict is Verdict.WORKER_LOST:
        raise SandboxError("the sandbox lost its worker twice on this run")
    return run
