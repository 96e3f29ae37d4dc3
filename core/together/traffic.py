"""What really goes out through the client library, which does not tell.

Whoever asks it for something hears whether any request left at all. And where it would make up
an address for a file that the service gave it none for, the upload ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from core.errors import ServiceError

_UPLOAD = "/v1/files"
_FIRST_ERROR = 400


@dataclass(slots=True)
class Sent:
    """Requests of a block."""

    n: int = 0


_sent: ContextVar[Sent | None] = ContextVar("_sent", default=None)


@contextmanager
def counting() -> Iterator[Sent]:
    """Count the requests that are made inside."""
    sent = Sent()
    token = _sent.set(sent)
    try:
        yield sent
    finally:
        _sent.reset(token)


def hooks() -> dict[str, list[Any]]:
    """For the HTTP client that the library sends with."""
    return {"request": [_count], "response": [_refuse_made_up_address]}


async def _count(request: Any) -> None:
    if (sent := _sent.get()) is not None:
        sent.n += 1


async def _refuse_made_up_address(response: Any) -> None:
    """An upload is begun by a redirect; after a plain answer the library sends the file anyway."""
    request = response.request
    is_begin = request.method == "POST" and request.url.path.endswith(_UPLOAD)
    if is_begin and not response.is_redirect and response.status_code < _FIRST_ERROR:
        raise ServiceError(
            f"the service answered with HTTP {response.status_code} and named no address to send "
            "the file to, as a gateway or a proxy in between does; nothing was uploaded",
            status=response.status_code,
            is_busy=True,
        )
