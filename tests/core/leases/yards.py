"""A workspace with an account on the loopback where machines can be rented quickly."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.held import Pace
from core.leases.planning import LeaseWish
from core.policies.builtin import BuiltinPolicy
from core.policies.theta import BASE_THETA
from core.workspace import Workspace
from tests.core.together.account import Account, Registered
from tests.core.together.catalogue import Shop
from tests.core.together.endpoints import Yard, endpoints
from tests.core.together.inference import inference
from tests.core.together.service import KEY, Routes, Service, together
from tests.core.together.shops import QWEN, front, small_shop

_PROGRAM = Path(__file__).with_name("engine_process.py")
_ROOT = Path(__file__).parents[3]
FAST = Pace(poll_s=0.01, look_s=0.05, watch_s=0.02, grace_s=0.3, slack_s=0.2)
AGREED = LeaseWish(most_microusd=100_000_000)
PATIENT = Pace(poll_s=0.01, look_s=30.0, watch_s=0.02, grace_s=60.0, slack_s=60.0)
"""Nothing happens of itself while a test looks."""


@dataclass(slots=True)
class Moving:
    """A clock that a test moves on."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.now().timestamp()

    def pass_minutes(self, n: float) -> None:
        self.ahead += timedelta(minutes=n)


def account_with_bases(clock: Moving | None = None) -> Account:
    """Both deployable models stand in the registry; the untrained policy answers for them."""
    account = Account(now=(clock or Moving()).now)
    for name in ("ml_qwen", "ml_small"):
        policy = BuiltinPolicy(BASE_THETA, name)
        account.registry[name] = Registered(name, name, policy)
    return account


def yard_on(account: Account, shop: Shop | None = None) -> Yard:
    return Yard(account, shop or small_shop())


def parts(yard: Yard) -> tuple[Routes, ...]:
    """Identity, catalogue, endpoints and chat."""
    return (*front(yard.account, yard.shop), endpoints(yard), inference(yard))


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let everything that is started from now on find the service."""
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    monkeypatch.setenv("TOGETHER_BASE_URL", url)


@asynccontextmanager
async def renting(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    pace: Pace = PATIENT,
    clock: Moving | None = None,
) -> AsyncIterator[tuple[Engine, Yard, Service]]:
    """An engine on a workspace, and the account it rents on."""
    clock = clock or Moving()
    yard = yard_on(account_with_bases(clock))
    async with together(*parts(yard)) as (service, url):
        use(monkeypatch, url)
        workspace = Workspace(directory)
        async with open_engine(workspace, n_workers=1, clock=clock, pace=pace) as engine:
            yield engine, yard, service


async def until(is_true: Callable[[], bool], limit_s: float = 30.0) -> None:
    """Wait for a claim about other processes, for a bounded time."""
    async with asyncio.timeout(limit_s):
        while not is_true():  # noqa: ASYNC110 - another process has no event of ours
            await asyncio.sleep(0.01)


async def rent_and_kill(
    directory: Path,
    grace_s: float,
    n_minutes: int = 60,
    what: str = QWEN,
    *,
    kills: bool = True,
) -> asyncio.subprocess.Process:
    """An engine that rented a machine, killed without a word."""
    words = [str(directory), what, str(grace_s), str(n_minutes)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_PROGRAM),
        *words,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"rented\n"
    if kills:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    return process
