"""A run whose policy answers when a test lets it: calls are counted and held at will."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import joins
from core.agent.limits import Limits
from core.agent.rollout import Conditions
from core.agent.state import load_prompts
from core.chat import ChatReply, ChatRequest, Usage
from core.context import Context
from core.costs.prices import ChatPrice
from core.engine import Engine, open_engine
from core.events import Event
from core.rollouts.arm import make_arm
from core.rollouts.bench import Bench, LiveArm
from core.rollouts.operations import new_run
from core.rollouts.plan import RunPlan
from core.rollouts.scheduler import Run
from core.workspace import Workspace

N_CALLS = 3
"""A rollout ends when the same invalid answer came so often."""


@dataclass(slots=True)
class HeldPolicy:
    """Says the same useless thing to everybody."""

    name: str = "held"
    n_begun: int = 0
    asked: list[tuple[int, str]] = field(default_factory=list)
    answers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    fault: Exception | None = None

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Wait for leave to answer."""
        self.n_begun += 1
        await self.answers.acquire()
        if self.fault is not None:
            raise self.fault
        self.asked.append((request.seed, request.messages[-1].content))
        return ChatReply("no idea", Usage(100, 10))

    def allow(self, n: int) -> None:
        """Let so many answers out."""
        for _ in range(n):
            self.answers.release()


@dataclass(slots=True)
class Held:
    """A run in the hands of a test."""

    engine: Engine
    run: Run
    policy: HeldPolicy
    told: list[Event]
    driving: asyncio.Task[None] | None = None

    @property
    def context(self) -> Context:
        """The engine's."""
        return self.engine.context

    def start(self) -> asyncio.Task[None]:
        """Drive it as an operation does."""

        async def drive() -> None:
            with self.context.live.driving(self.run.run_id, self.run):
                await self.run.drive()

        self.driving = asyncio.create_task(drive())
        return self.driving

    def again(self) -> Held:
        """The same run as a resume makes it, with a policy of its own."""
        policy = HeldPolicy()
        (arm,) = self.run.arms
        arms = {arm: replace(self.run.arms[arm], policy=policy)}
        run = Run(self.run.bench, self.run.run_id, self.run.plan, arms, self.run.tasks)
        return Held(self.engine, run, policy, self.told)


async def until(is_true: Callable[[], bool], what: str) -> None:
    """Let the loop go round until a claim is true, for a bounded time."""
    for _ in range(20_000):
        if is_true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError(f"it never came true: {what}")


@asynccontextmanager
async def held_run(
    workspace: Path, n_tasks: int = 4, n_seeds: int = 2, n_concurrent: int = 2
) -> AsyncIterator[Held]:
    """A stored run that was not begun; whatever drives it is ended at the end."""
    told: list[Event] = []
    async with open_engine(Workspace(workspace), told.append, n_workers=1) as engine:
        context = engine.context
        split, tasks = await joins.side_of(context, "latest", "train", n_tasks)
        arm, policy = make_arm(limits=Limits(n_iterations=9)), HeldPolicy()
        plan = RunPlan((arm.arm_id,), tuple(sorted(tasks)), tuple(range(n_seeds)), split, "train")
        run_id = await new_run(context, "rollouts", (arm,), plan)
        bench = Bench(context.store, context.sandbox, context.clock, told.append, n_concurrent)
        conditions = Conditions(load_prompts(), limits=arm.limits)
        arms = {arm.arm_id: LiveArm(policy, ChatPrice(1_000_000, 0, 0), conditions)}
        held = Held(engine, Run(bench, run_id, plan, arms, tasks), policy, told)
        try:
            yield held
        finally:
            if held.driving is not None and not held.driving.done():
                held.driving.cancel()
                await asyncio.wait([held.driving])
