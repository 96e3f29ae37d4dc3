"""How long a service asks to be left alone, in the headers of its answers."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that a service asks for, in seconds or as a date; None when it names none."""
    if (given := headers.get("retry-after-ms")) is not None:
        return as_seconds(given, 1_000.0)
    given = headers.get("retry-after")
    if given is None:
        return None
    wait_s = as_seconds(given, 1.0)
    if wait_s is None and (when := _date(given)) is not None:
        wait_s = max(0.0, when - time.time())
    return wait_s


def forbids_retry(headers: Mapping[str, str]) -> bool:
    """Whether the service asks not to be asked the same again, whatever its status says."""
    return headers.get("x-should-retry", "").strip().lower() == "false"


def as_seconds(text: str, per_second: float) -> float | None:
    """A span that is written as a number; None when it is none, or is no span."""
    try:
        value = float(text) / per_second
    except ValueError:
        return None
    return value if 0.0 <= value < float("inf") else None


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
