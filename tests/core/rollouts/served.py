"""The built-in policy behind HTTP, with a price: whole paid runs without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.costs.prices import ChatPrice
from core.engine import Engine, open_engine
from core.events import Emit, ignore
from core.policies.builtin import BuiltinPolicy
from core.policies.theta import BASE_THETA
from core.workspace import Workspace
from tests.core.together.chat import ChatService, Fault
from tests.core.together.http import serving

PRICE = ChatPrice(prompt=2_000_000, completion=6_000_000, cached=2_000_000)


@asynccontextmanager
async def served(
    workspace: Path, *faults: Fault, n_concurrent: int = 16, emit: Emit = ignore
) -> AsyncIterator[tuple[ChatService, str, Engine]]:
    """The built-in policy behind HTTP with its price in the workspace's book, and an engine."""
    service = ChatService(BuiltinPolicy(BASE_THETA, "served"), faults=list(faults))
    async with serving(service.handle) as url:
        name = f"openai:{service.model}@{url}"
        (workspace / "prices.toml").write_text(
            f'[[chat]]\nmodel = "{name}"\nprompt = {PRICE.prompt}\n'
            f'completion = {PRICE.completion}\nas_of = 2026-11-01\nsource = "test"\n'
        )
        opened = open_engine(Workspace(workspace), emit, n_workers=1, n_concurrent=n_concurrent)
        async with opened as engine:
            yield service, name, engine
