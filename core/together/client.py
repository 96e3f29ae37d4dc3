"""A connection to a service through the client library, which is imported with the first one.

The library retries, prints and reads variables of its own. Here it does none of that
unasked: what may be repeated goes through `read`, what must not through `write`, what it
prints is dropped, and whatever it raises becomes one of our errors.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from core.config import API_KEYS, api_key, with_api_keys
from core.errors import UsageError
from core.together.hiding import keep_secret
from core.together.traffic import hooks

TIMEOUT_S = 300.0
"""Of a call to a model; other calls answer within seconds."""
_READ_TIMEOUT_S = 60.0
_N_READ_RETRIES = 2
_KEY = API_KEYS["together_api_key"]
_BASE_URL = "TOGETHER_BASE_URL"
_HEADERS = "TOGETHER_CUSTOM_HEADERS"
_LOGGERS = ("together", "httpx")


@dataclass(slots=True)
class Connection:
    """One pool of connections with one key; close it when done."""

    read: Any = field(repr=False)
    """The library's client for questions: asks again when a service is busy."""
    write: Any = field(repr=False)
    """Its client for whatever costs or changes something: asks once."""
    library: Any = field(repr=False)
    """The library itself, for its names of errors."""

    @classmethod
    async def to(
        cls,
        key: str,
        base_url: str | None = None,
        timeout_s: float = TIMEOUT_S,
        *,
        is_together: bool = True,
    ) -> Connection:
        """Connect; without an address to the service itself, or where its variable points.

        Headers that the user has set for Together are sent to nobody else.
        """
        keep_secret(key)
        library, lanes, httpx = await asyncio.to_thread(_import)
        address = base_url or os.environ.get(_BASE_URL, "").strip()
        trust = await asyncio.to_thread(_certificates)
        pool = lanes.client(trust, hooks())
        with _unset(*(() if is_together else (_HEADERS,))):
            write = library.AsyncTogether(
                api_key=key,
                base_url=without_version(address) if address else None,
                timeout=httpx.Timeout(timeout_s, connect=10.0, pool=timeout_s),
                max_retries=0,
                http_client=pool,
            )
            read = write.with_options(max_retries=_N_READ_RETRIES, timeout=_READ_TIMEOUT_S)
        return cls(read, write, library)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.write.close()


async def connect(environ: Mapping[str, str] | None = None) -> Connection:
    """The user's own account at Together; raises `UsageError` when there is no key."""
    found = with_api_keys(os.environ) if environ is None else environ
    key = api_key(found, _KEY)
    if not key:
        raise UsageError(
            f"{_KEY} is not set; nothing was called. Set it, or run `gemel config set "
            "together_api_key`, which asks for one, then try again."
        )
    return await Connection.to(key, found.get(_BASE_URL, "").strip() or None)


def without_version(url: str) -> str:
    """A base URL as the library wants it: it adds `/v1` itself."""
    return url.rstrip("/").removesuffix("/v1")


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that are believed; reading them takes longer than a call does."""
    context: ssl.SSLContext = importlib.import_module("httpx").create_ssl_context()
    return context


@cache
def _import() -> tuple[Any, ...]:
    """The library and what it sends with; its logging to the screen is left off.

    What it would load with the first call is loaded now. All of it stays for good: no
    collection looks through it again.
    """
    with _unset("TOGETHER_LOG"):
        names = ("together", "core.together.lanes", "httpx", "together.resources.chat.completions")
        loaded = tuple(importlib.import_module(name) for name in names)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    gc.freeze()
    return loaded[:3]


@contextmanager
def _unset(*names: str) -> Iterator[None]:
    """Without these variables inside."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
