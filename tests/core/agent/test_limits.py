"""Limits of a rollout in time: what counts as work, what as waiting, and where each one ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from core.agent.limits import Limits, Speech, Used
from core.agent.state import load_prompts
from core.chat import ChatReply, ChatRequest, Usage
from core.errors import PolicyBusyError, Pressure
from core.outcome import Outcome
from tests.core.agent.staged import Stage, edit, past_of, stage


@dataclass
class Hands:
    """A clock that goes on when it is told to."""

    passed_s: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.passed_s


@dataclass
class Slow:
    """Takes 10 seconds for every answer, and is busy now and then."""

    work: Hands
    wall: Hands
    busy: set[int] = field(default_factory=set)
    """Attempts, from 0, at which it is."""
    n_asked: int = 0
    name: str = "slow"

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.n_asked += 1
        if self.n_asked - 1 in self.busy:
            raise PolicyBusyError("later", Pressure.RATE, retry_after_s=100.0)
        for clock in (self.work, self.wall):
            clock.passed_s += 10.0
        return ChatReply(edit(f"x * {self.n_asked}"), Usage(100, 10))

    async def wait(self, seconds: float) -> None:
        """Waits are no work."""
        self.wall.passed_s += seconds


def slow(limits: Limits, *busy: int) -> tuple[Stage, Slow]:
    s = stage(limits=limits)
    policy = Slow(Hands(), Hands(), set(busy))
    s.policy = policy  # type: ignore[assignment]
    s.clock, s.wall = policy.work, policy.wall
    return s, policy


async def test_work_ends_a_rollout_and_waits_are_none() -> None:
    s, policy = slow(Limits(work_s=25), 1)
    result = await s.run(wait=policy.wait)
    assert (result.outcome, result.reason, result.n_iterations) == (
        Outcome.LIMIT,
        "working time",
        3,
    )
    assert result.wall_s >= 130, "by the clock it took longer"


async def test_the_clock_ends_a_rollout_waits_included() -> None:
    s, policy = slow(Limits(wall_s=115), 1)
    result = await s.run(wait=policy.wait)
    assert (result.reason, result.n_iterations, result.n_tests) == ("wall time", 2, 2)


async def test_a_wait_that_would_outlast_the_limit_is_not_begun() -> None:
    s, policy = slow(Limits(wall_s=60), 1)
    result = await s.run(wait=policy.wait)
    assert (result.outcome, result.reason) == (Outcome.LIMIT, "wall time")
    assert result.patch, "what was changed before is graded"
    assert policy.wall.passed_s == 10.0


async def test_a_limit_before_the_first_answer_is_infrastructure() -> None:
    s, policy = slow(Limits(wall_s=60), 0)
    result = await s.run(wait=policy.wait)
    assert (result.outcome, result.reason) == (
        Outcome.ERROR,
        "later; no answer within the wall time",
    )
    assert (result.n_tests, policy.n_asked) == (0, 1)


@pytest.mark.parametrize("speech", [Speech.EDIT, Speech.TOOLS_JSON])
async def test_a_limit_after_answers_that_are_of_no_use_is_a_limit_and_graded(
    speech: Speech,
) -> None:
    prompts = load_prompts("edit-2" if speech is Speech.EDIT else "tools-json-1")
    limits = Limits(n_iterations=2)
    result = await stage("no", "No!", prompts=prompts, speech=speech, limits=limits).run()
    assert (result.outcome, result.patch) == (Outcome.LIMIT, ())
    assert result.reason.startswith("iterations; invalid: ")
    assert (result.n_passed, result.n_tests) == (0, 2), "the program as it was"


async def test_a_resumed_rollout_has_used_what_it_used_before() -> None:
    limits = Limits(work_s=35)
    whole, policy = slow(limits)
    expected = await whole.run(wait=policy.wait)
    again, policy = slow(limits)
    policy.n_asked = 2
    result = await again.run(past=past_of(whole.calls[:2]), wait=policy.wait)
    assert (result.n_iterations, result.reason) == (expected.n_iterations, expected.reason)
    assert policy.n_asked == 4


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(n_iterations=3), "iterations"),
        (Limits(n_tokens=300), "tokens"),
        (Limits(cost_microusd=300), "cost"),
        (Limits(wall_s=3), "wall time"),
        (Limits(work_s=3), "working time"),
        (Limits(), ""),
    ],
)
def test_each_bound_is_named_when_it_is_reached(limits: Limits, name: str) -> None:
    assert limits.hit(Used(3, 300, 300, 3.0, 3.0)) == name
