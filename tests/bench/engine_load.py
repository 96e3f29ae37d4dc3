"""The load of the engine's benches: rollouts through the real client library, and it alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import together

from core.agent.limits import Limits
from core.chat import Decoding
from core.engine import Engine, open_engine
from core.rollouts.operations import Pace, RunOptions
from core.workspace import Workspace
from tests.bench.loopback import MODEL

N_AT_ONCE, N_CALLS = 64, 10
_TICK_S = 0.005


@dataclass(slots=True)
class Took:
    """What a load took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    lags_s: list[float] = field(default_factory=list)
    """How late the event loop was, every few milliseconds."""


@asynccontextmanager
async def taking() -> AsyncIterator[Took]:
    """Measure what is done inside."""
    took = Took()
    ticking = asyncio.create_task(_tick(took.lags_s))
    began_s, cpu_s = time.monotonic(), time.process_time()
    try:
        yield took
    finally:
        took.wall_s, took.cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
        ticking.cancel()


def policy_of(workspace: Path, url: str) -> str:
    """The served model, with a price in the workspace's book."""
    name = f"openai:{MODEL}@{url}"
    (workspace / "prices.toml").write_text(
        f'[[chat]]\nmodel = "{name}"\nprompt = 170_000\ncompletion = 250_000\n'
        'as_of = 2026-11-01\nsource = "bench"\n'
    )
    return name


def options(policy: str, *, n_seeds: int, first_seed: int = 0, n_tasks: int = 32) -> RunOptions:
    """Rollouts of so many calls, all at once."""
    return RunOptions(
        policy,
        n_seeds,
        first_seed=first_seed,
        n_tasks=n_tasks,
        limits=Limits(n_iterations=N_CALLS),
        pace=Pace(N_AT_ONCE, N_AT_ONCE),
    )


@asynccontextmanager
async def engine_on(workspace: Path) -> AsyncIterator[Engine]:
    """An engine without a listener."""
    async with open_engine(Workspace(workspace)) as engine:
        yield engine


async def run_engine(engine: Engine, wish: RunOptions) -> Took:
    """The rollouts, counted."""
    async with taking() as took:
        report = await engine.run_rollouts(wish)
    assert report.n_calls == report.n_planned * N_CALLS
    return took


async def run_bare(url: str, messages: list[dict[str, str]], n_rollouts: int) -> Took:
    """The same calls by the client library alone."""
    client = together.AsyncTogether(api_key="none", base_url=url, max_retries=0)
    waiting = iter(range(n_rollouts))

    async def one(ids: Iterator[int]) -> None:
        for seed in ids:
            for _ in range(N_CALLS):
                await client.chat.completions.create(
                    model=MODEL,
                    messages=messages,  # type: ignore[arg-type]
                    max_tokens=Decoding().max_tokens,
                    temperature=1.0,
                    seed=seed,
                )

    try:
        async with taking() as took:
            await asyncio.gather(*(one(waiting) for _ in range(N_AT_ONCE)))
    finally:
        await client.close()
    return took


async def _tick(lags_s: list[float]) -> None:
    while True:
        before = time.monotonic()
        await asyncio.sleep(_TICK_S)
        lags_s.append(time.monotonic() - before - _TICK_S)
