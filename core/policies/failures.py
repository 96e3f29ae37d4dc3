"""What went wrong between the client library and a service, as errors of our own.

What may pass is told apart from what cannot: only the first is worth another attempt. Sources:
the statuses, codes and headers that Together documents and its users report.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterable, Mapping

from core.errors import PolicyBusyError, PolicyClosedError, PolicyError, Pressure
from core.text import one_line
from core.together.failures import code_of, message_of
from core.together.hiding import in_words

_LONGEST = 300
_RATE = 429
_GAVE_UP = {408, 504, 524}
"""Statuses of a gateway that gave up waiting; the work behind it may have been done."""
_BROKEN = {502, 520, 522}
"""Statuses of a gateway that lost what was behind it."""
_REFUSALS = (
    ("context too long", re.compile(r"context.?(length|window)|maximum context|too many tokens|"
                                    r"(prompt|input) (is|are)? ?too long|max_total_tokens")),
    ("content filter", re.compile(r"content.?(filter|policy)|moderation|safety|flagged")),
    ("spend limit", re.compile(r"spend.?limit|credit|quota|billing|payment")),
    ("model not available", re.compile(r"model_not_available|non-serverless|model.{0,40}not "
                                       r"(found|exist|available)|dedicated_endpoint_not_running")),
)  # fmt: skip
_BY_STATUS = {
    401: "key refused",
    402: "spend limit",
    403: "not allowed",
    404: "model not available",
    413: "context too long",
}
_CLOSED = ("key refused", "spend limit", "not allowed", "model not available")
"""Refusals that every other question would meet, too."""
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_EPOCH_S, _EPOCH_MS = 1e9, 1e12
_LONGEST_REST_S = 900.0


def of_status(status: int, body: object, headers: Mapping[str, str]) -> PolicyError:
    """For an answer that is an error."""
    said = one_line(f"HTTP {status}: {message_of(body)}", _LONGEST)
    if status == _RATE:
        asked_s = retry_after_s(headers)
        wait_s = asked_s if asked_s is not None else rest_s(headers) or None
        return PolicyBusyError(said, Pressure.RATE, retry_after_s=wait_s)
    if status in _GAVE_UP:
        return PolicyBusyError(said, Pressure.NETWORK, may_be_billed=True)
    if status == 409 or status >= 500:
        asked_s, is_lost = retry_after_s(headers), status in _BROKEN
        return PolicyBusyError(
            said, Pressure.OVERLOAD, retry_after_s=asked_s, may_be_billed=is_lost
        )
    kind = _class_of(status, body)
    refusal = PolicyClosedError if kind in _CLOSED else PolicyError
    return refusal(one_line(f"{kind}: {said}", _LONGEST))


def of_frame(body: object, message: str) -> PolicyError:
    """For an error in the middle of an answer that comes piece by piece."""
    said = one_line(f"the answer broke off: {message_of(body or message)}", _LONGEST)
    return PolicyBusyError(said, Pressure.OVERLOAD, may_be_billed=True)


def of_connection(error: BaseException, *, was_sent: bool) -> PolicyError:
    """For no answer at all, or a part of one."""
    cause = error.__cause__ or error
    said = in_words(f"{type(cause).__name__}: {cause}", _LONGEST)
    return PolicyBusyError(said, Pressure.NETWORK, may_be_billed=was_sent)


def of_nonsense(what: str) -> PolicyError:
    """For an answer with status 200 that is none."""
    said = in_words(f"the answer is no chat completion: {what}", _LONGEST)
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


def rest_s(headers: Mapping[str, str]) -> float:
    """How long to ask nothing, once a rate is used up; 0 while there is some left.

    `x-ratelimit-*` counts calls, `x-tokenlimit-*` tokens; either may end in a word of its own.
    """
    is_used_up = any(
        (_seconds(text, 1.0) or 0.0) <= 0.0 and text.strip().startswith("0")
        for text in _under(headers, "x-ratelimit-remaining", "x-tokenlimit-remaining")
    )
    if not is_used_up:
        return 0.0
    resets = [_span_s(text) for text in _under(headers, "x-ratelimit-reset", "x-tokenlimit-reset")]
    return min(max(resets, default=0.0), _LONGEST_REST_S)


def _class_of(status: int, body: object) -> str:
    """What kind of refusal it is, in a few words that a list can be filtered by."""
    said = f"{code_of(body)} {message_of(body)}".lower()
    found = next((name for name, pattern in _REFUSALS if pattern.search(said)), "")
    if status in (401, 402):
        found = ""
    return found or _BY_STATUS.get(status, "bad request")


def _under(headers: Mapping[str, str], *starts: str) -> Iterable[str]:
    return [text for name, text in headers.items() if name.lower().startswith(starts)]


def _span_s(text: str) -> float:
    """`12`, `1.5s`, `6m0s`, `250ms`, or a moment since 1970."""
    plain = _seconds(text, 1.0)
    if plain is not None:
        if plain >= _EPOCH_S:
            plain = (plain / 1_000.0 if plain >= _EPOCH_MS else plain) - time.time()
        return max(0.0, plain)
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return 0.0
    hours, minutes, seconds, millis = (float(part or 0.0) for part in found.groups())
    return hours * 3_600.0 + minutes * 60.0 + seconds + millis / 1_000.0


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
