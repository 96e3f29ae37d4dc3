"""An engine beside a loopback account, as a user has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from core.engine import Engine, open_engine
from core.events import Event, ignore
from core.training.operations import JobView
from core.training.remote.settings import JobWish, Pace
from core.workspace import Workspace
from tests.core.together.account import Account
from tests.core.together.catalogue import catalogue
from tests.core.together.fine_tunes import MODEL
from tests.core.together.service import Routes
from tests.core.together.shops import small_shop
from tests.core.together.tuning import Tuning, tuning

FAST = Pace(0.01, 0.01, 0.01)


def wish(**options: Any) -> JobWish:
    """A job that is looked at without waiting."""
    start = {} if "from_job" in options else {"model": MODEL}
    return JobWish(**{**start, "pace": FAST, **options})


@asynccontextmanager
async def shop(
    monkeypatch: pytest.MonkeyPatch, *parts: Routes, account: Account | None = None
) -> AsyncIterator[Tuning]:
    """An account whose key and address are in the environment."""
    models = catalogue(account or Account(), small_shop(), serves_limits=False)
    async with tuning(*parts, models, account=account) as there:
        for name, value in there.environ.items():
            monkeypatch.setenv(name, value)
        yield there


@asynccontextmanager
async def engine_on(
    workspace: Path, take: Callable[[Event], None] = ignore
) -> AsyncIterator[Engine]:
    """An engine on a workspace."""
    async with open_engine(Workspace(workspace), emit=take, n_workers=1) as engine:
        yield engine


async def bought(engine: Engine, **options: Any) -> JobView:
    """A job that was started and agreed to."""
    priced = await engine.start_job(wish(**options))
    assert priced.remote is not None
    assert priced.remote.price.worst is not None
    return await engine.confirm_job(priced.job.job_id, priced.remote.price.worst)


async def ended(engine: Engine, **options: Any) -> JobView:
    """A job that was started, agreed to, and followed to its end."""
    view = await bought(engine, **options)
    await engine.watch_job(view.job.job_id)
    return await engine.show_job(view.job.job_id)
