"""What went wrong between the client library and a service, as errors of our own."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping

from core.errors import PolicyBusyError, PolicyError, Pressure
from core.text import clean, one_line

_LONGEST = 300
_RATE = 429
_MAYBE_DONE = {408, 504, 524}
"""Statuses of a gateway that gave up waiting; the work behind it may have been done."""


def of_status(status: int, body: object, headers: Mapping[str, str]) -> PolicyError:
    """For an answer that is an error."""
    said = f"HTTP {status}: {_message(body)}"
    if status == _RATE:
        return PolicyBusyError(said, Pressure.RATE, retry_after_s=retry_after_s(headers))
    if status in _MAYBE_DONE:
        return PolicyBusyError(said, Pressure.NETWORK, may_be_billed=True)
    if status == 409 or status >= 500:
        return PolicyBusyError(said, Pressure.OVERLOAD, retry_after_s=retry_after_s(headers))
    return PolicyError(said)


def of_connection(error: BaseException, *, was_sent: bool) -> PolicyError:
    """For no answer at all, or a part of one."""
    cause = error.__cause__ or error
    said = one_line(clean(f"{type(cause).__name__}: {cause}"), _LONGEST)
    return PolicyBusyError(said, Pressure.NETWORK, may_be_billed=was_sent)


def of_nonsense(what: str) -> PolicyError:
    """For an answer with status 200 that is none."""
    said = one_line(clean(f"the answer is no chat completion: {what}"), _LONGEST)
    return PolicyBusyError(said, Pressure.NETWORK, may_be_billed=True)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that a service asks for, in seconds or as a date; None when it names none."""
    if (given := headers.get("retry-after-ms")) is not None:
        return _seconds(given, 1_000.0)
    given = headers.get("retry-after")
    if given is None:
        return None
    seconds = _seconds(given, 1.0)
    if seconds is None and (when := _date(given)) is not None:
        seconds = max(0.0, when - time.time())
    return seconds


def _seconds(text: str, per_second: float) -> float | None:
    try:
        seconds = float(text) / per_second
    except ValueError:
        return None
    return seconds if 0.0 <= seconds < float("inf") else None


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _message(body: object) -> str:
    """The service's own words, wherever it put them."""
    said: object = body
    if isinstance(body, Mapping):
        inner = body.get("error", body.get("message", body))
        said = inner.get("message", inner) if isinstance(inner, Mapping) else inner
    return one_line(clean(str(said)), _LONGEST)
