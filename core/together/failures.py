"""What the client library raised or returned, as a `ServiceError` that says what is known.

The library lets through errors of the libraries below it, and answers that are no JSON come
back as plain text: all of them end here.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.errors import ServiceError
from core.text import clean, one_line

_LONGEST = 400
_MAYBE_DONE = frozenset({408, 500, 502, 504, 520, 522, 524})
"""Statuses after which the work may have been done although it was refused."""
_SHORTEST_KEY = 8
"""What is shorter is no key, and would be found in many words."""
_A_KEY = "(your key)"
_AGAIN = frozenset({408, 409, 429})


@contextmanager
def service(library: Any, what: str) -> Iterator[None]:
    """Turn every failure of a call inside into a `ServiceError` that begins with `what`."""
    httpx = importlib.import_module("httpx")
    try:
        yield
    except library.APIStatusError as error:
        body, cause = heard(error)
        raise of_status(what, error.status_code, body) from cause
    except (library.APIConnectionError, httpx.HTTPError) as error:
        was_sent = not isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
        cause = error.__cause__ or error
        said = f"{type(cause).__name__}: {cause}"
        raise _error(what, said, may_be_done=was_sent, is_busy=True) from error
    except (library.APIError, ValueError) as error:
        raise _error(what, f"the answer cannot be read: {error}", may_be_done=True) from error


def heard(error: Any) -> tuple[object, BaseException | None]:
    """What a refusal says, without the key should it repeat that, and the cause to be named.

    None when it did: the cause's own words hold the key, and a traceback shows them.
    """
    given = str(error.request.headers.get("authorization", "")).partition(" ")[2]
    if len(given) < _SHORTEST_KEY or given not in f"{error.body}{error}":
        return error.body, error
    return _without(given, error.body), None


def _without(key: str, said: Any) -> Any:
    if isinstance(said, str):
        return said.replace(key, _A_KEY)
    if isinstance(said, Mapping):
        return {_without(key, name): _without(key, value) for name, value in said.items()}
    return [_without(key, each) for each in said] if isinstance(said, list) else said


async def listed(library: Any, what: str, pages: Awaitable[Any]) -> list[Any]:
    """Everything of a list that comes in pages; an answer without a list is an error."""
    found: list[Any] = []
    with service(library, what):
        page = await _page(what, pages)
        while True:
            found += page.data
            if not page.has_next_page():
                return found
            page = await _page(what, page.get_next_page())


async def _page(what: str, asked: Awaitable[Any]) -> Any:
    try:
        page = await asked
    except (AttributeError, TypeError) as error:  # the library takes any text for a page
        raise _error(what, f"the answer is no list: {error}", may_be_done=True) from error
    if not isinstance(checked(what, page, "data").data, list):
        raise _error(what, f"the answer is no list: {page.data!r}", may_be_done=True)
    return page


def of_status(what: str, status: int, body: object) -> ServiceError:
    """For an answer that is an error."""
    return _error(
        what,
        f"HTTP {status}: {message_of(body)}",
        status=status,
        code=code_of(body),
        may_be_done=status in _MAYBE_DONE,
        is_busy=status in _AGAIN or status >= 500,
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


def message_of(body: object) -> str:
    """The service's own words, wherever it put them."""
    said: object = body
    if isinstance(body, Mapping):
        inner = body.get("error", body.get("message", body))
        said = inner.get("message", inner) if isinstance(inner, Mapping) else inner
    return one_line(clean(str(said)), _LONGEST)


def code_of(body: object) -> str:
    """The service's own name of the error; empty when it gives none."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    code = inner.get("code") or inner.get("type") if isinstance(inner, Mapping) else None
    return clean(str(code)) if code else ""


def _error(what: str, said: str, **facts: Any) -> ServiceError:
    return ServiceError(one_line(clean(f"{what}: {said}"), _LONGEST), **facts)
