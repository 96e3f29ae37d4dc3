"""Files and fine-tunes on one loopback account, connected to as a user would be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.together.client import Connection, connect
from tests.core.together.account import Account
from tests.core.together.files import UPLOADS, Files
from tests.core.together.fine_tunes import FineTunes
from tests.core.together.service import KEY, Routes, Service, together


@dataclass(slots=True)
class Tuning:
    """What a test can reach of the other side."""

    url: str
    service: Service
    files: Files
    tunes: FineTunes

    @property
    def environ(self) -> dict[str, str]:
        """The variables by which it is found."""
        return {"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": self.url}


@asynccontextmanager
async def tuning(*parts: Routes, account: Account | None = None) -> AsyncIterator[Tuning]:
    """A service for an account, else for an empty one; `parts` are what else it answers."""
    files = Files()
    tunes = FineTunes(files=files, account=account or Account())
    async with together(files, tunes, *parts) as (service, url):
        service.open_paths = (UPLOADS,)
        yield Tuning(url, service, files, tunes)


@asynccontextmanager
async def account() -> AsyncIterator[tuple[Connection, Tuning]]:
    """An empty account, and a connection to it."""
    async with tuning() as there:
        here = await connect(there.environ)
        try:
            yield here, there
        finally:
            await here.close()
