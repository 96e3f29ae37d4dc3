"""What the client library raised or returned, as a `ServiceError` that says what is known.

The library lets through errors of the libraries below it, answers that are no JSON come back as
plain text, and its own code stumbles over answers that it did not expect: all of them end here.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.errors import GemelError, ServiceError
from core.text import clean
from core.together.hiding import cause_of, hide, in_words
from core.together.traffic import counting
from core.together.waits import forbids_retry, retry_after_s

_LONGEST = 400
MAYBE_DONE = frozenset({408, 500, 502, 504, 520, 522, 524})
"""Statuses after which the work may have been done although it was refused."""
_AGAIN = frozenset({408, 409, 429})


@contextmanager
def service(library: Any, what: str) -> Iterator[None]:
    """Turn every failure of a call inside into a `ServiceError` that begins with `what`."""
    httpx = importlib.import_module("httpx")
    with counting() as sent:
        try:
            yield
        except GemelError:
            raise
        except library.APIStatusError as error:
            answer = error.response
            failure = of_status(what, error.status_code, error.body, answer.headers)
            raise failure from cause_of(error)
        except (library.APIConnectionError, httpx.HTTPError, httpx.StreamError) as error:
            raise _of_connection(what, error, httpx) from cause_of(error)
        except Exception as error:  # noqa: BLE001 - the library raises whatever an answer broke in it
            said = f"{type(error).__name__}: {error}"
            if not sent.n:
                raise _error(what, f"nothing was sent: {said}") from cause_of(error)
            said = f"the answer cannot be read: {said}"
            raise _error(what, said, may_be_done=True) from cause_of(error)


def _of_connection(what: str, error: Any, httpx: Any) -> ServiceError:
    cause = error.__cause__ or error
    if isinstance(cause, ServiceError):  # of our own, on the way out or back
        return _error(what, str(cause), status=cause.status, is_busy=cause.is_busy)
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    said = f"{type(cause).__name__}: {cause}"
    return _error(what, said, may_be_done=not isinstance(cause, unsent), is_busy=True)


async def listed(library: Any, what: str, pages: Awaitable[Any]) -> list[Any]:
    """Everything of a list that comes in pages; an answer without a list is an error."""
    with service(library, what):
        page = await pages
        found = entries(what, page)
        while page.has_next_page():
            page = await page.get_next_page()
            found += entries(what, page)
    return found


def of_status(what: str, status: int, body: object, headers: Mapping[str, str]) -> ServiceError:
    """For an answer that is an error."""
    return _error(
        what,
        f"HTTP {status}: {message_of(body)}",
        status=status,
        code=code_of(body),
        may_be_done=status in MAYBE_DONE,
        is_busy=status in _AGAIN or status >= 500,
        retry_after_s=retry_after_s(headers),
        forbids_retry=forbids_retry(headers),
    )


def checked(what: str, answer: Any, *fields: str) -> Any:
    """The answer of a call, unless it is a text where a record was due, or lacks a field."""
    if answer is None or isinstance(answer, str | bytes):
        said = f"the answer is no record: {answer!r}"
        raise _error(what, said, may_be_done=True)
    for name in fields:
        if getattr(answer, name, None) in (None, ""):
            raise _error(what, f"the answer has no {name}: {answer!r}", may_be_done=True)
    return answer


def entries(what: str, answer: Any, name: str = "data") -> list[Any]:
    """The list in an answer; one that is not there is an error, since it is not an empty one."""
    record = checked(what, answer)
    rows = record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)
    if not isinstance(rows, list):
        raise _error(what, f"the answer holds no list {name!r}: {answer!r}", may_be_done=True)
    return rows


def message_of(body: object) -> str:
    """The service's own words, wherever it put them."""
    said: object = body
    if isinstance(body, Mapping):
        inner = body.get("error", body.get("message", body))
        said = inner.get("message", inner) if isinstance(inner, Mapping) else inner
    return in_words(str(said), _LONGEST)


def code_of(body: object) -> str:
    """The service's own name of the error; empty when it gives none."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    code = inner.get("code") or inner.get("type") if isinstance(inner, Mapping) else None
    return clean(hide(str(code))) if code else ""


def _error(what: str, said: str, **facts: Any) -> ServiceError:
    return ServiceError(in_words(f"{what}: {said}", _LONGEST), **facts)
