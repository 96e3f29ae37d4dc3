"""What kind of failure an answer with an error status is, in words that a list is filtered by.

The service's own code or type decides first. Its message does only narrowly, and where such
things are said: a message may repeat what was asked, and a bug may be about credit or quotas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from core.errors import Pressure
from core.together.failures import message_of


class Trouble(StrEnum):
    """Why there was no answer; the first words of an error."""

    CONTEXT = "context too long"
    FILTER = "content filter"
    REQUEST = "bad request"
    SPEND = "spend limit"
    KEY = "key refused"
    ALLOWED = "not allowed"
    MODEL = "model not available"
    RATE = "rate limit"
    OVERLOAD = "overloaded"
    SERVER = "server error"
    GATEWAY = "gateway"
    """Something before the service answered in its place."""
    TIMEOUT = "timed out"
    NETWORK = "network"
    UNREADABLE = "unreadable answer"
    BROKEN = "broken off"
    """In the middle of an answer that comes piece by piece."""
    EMPTY = "no answer"
    """An answer that holds none, or says that none was made."""


CLOSING = frozenset({Trouble.SPEND, Trouble.KEY, Trouble.ALLOWED, Trouble.MODEL})
"""What every other question would meet, too."""
PASSING = {
    Trouble.RATE: Pressure.RATE,
    Trouble.OVERLOAD: Pressure.OVERLOAD,
    Trouble.SERVER: Pressure.OVERLOAD,
    Trouble.GATEWAY: Pressure.OVERLOAD,
    Trouble.BROKEN: Pressure.OVERLOAD,
    Trouble.EMPTY: Pressure.OVERLOAD,
    Trouble.TIMEOUT: Pressure.NETWORK,
    Trouble.NETWORK: Pressure.NETWORK,
    Trouble.UNREADABLE: Pressure.NETWORK,
}
"""What the next attempt may not meet, and what it says of the load."""
_BY_CODE = {
    "context_length_exceeded": Trouble.CONTEXT,
    "exceed_context_size_error": Trouble.CONTEXT,
    "string_above_max_length": Trouble.CONTEXT,
    "content_filter": Trouble.FILTER,
    "content_policy_violation": Trouble.FILTER,
    "moderation_blocked": Trouble.FILTER,
    "insufficient_quota": Trouble.SPEND,
    "insufficient_credits": Trouble.SPEND,
    "billing_hard_limit_reached": Trouble.SPEND,
    "billing_not_active": Trouble.SPEND,
    "invalid_api_key": Trouble.KEY,
    "third_party_data_sharing_blocked": Trouble.ALLOWED,
    "model_not_available": Trouble.MODEL,
    "model_not_found": Trouble.MODEL,
    "dedicated_endpoint_not_running": Trouble.MODEL,
}
_BY_STATUS = {
    401: Trouble.KEY,
    402: Trouble.SPEND,
    403: Trouble.ALLOWED,
    404: Trouble.MODEL,
    408: Trouble.TIMEOUT,
    409: Trouble.OVERLOAD,
    413: Trouble.CONTEXT,
    429: Trouble.RATE,
    502: Trouble.GATEWAY,
    503: Trouble.OVERLOAD,
    504: Trouble.TIMEOUT,
    520: Trouble.GATEWAY,
    522: Trouble.GATEWAY,
    524: Trouble.TIMEOUT,
    529: Trouble.OVERLOAD,
}
_OF_ITS_OWN = {401, 402}
"""Statuses that say all there is to be said."""
_OF_THE_QUESTION = frozenset({Trouble.CONTEXT, Trouble.FILTER})
_SAID = (
    (Trouble.CONTEXT, re.compile(
        r"maximum (context|model) length|context.?(length|window|size).{0,40}"
        r"(exceeded|too (long|small))|"
        r"exceed\w*.{0,60}context.?(length|window|size)|longer than.{0,40}context.?length|"
        r"(prompt|input) (is|are)? ?too long|too many (input |prompt )?tokens|max_total_tokens|"
        r"tokens.{0,40}must be <="
    )),
    (Trouble.FILTER, re.compile(
        r"content.{0,20}(filter|policy)|flagged (as|by|for)|blocked by.{0,30}(moderation|safety)"
    )),
    (Trouble.SPEND, re.compile(
        r"\A.{0,40}(exceeded your current quota|insufficient (credit|quota|balance|funds)|"
        r"credit (balance|limit)|spend(ing)? limit)"
    )),
    (Trouble.MODEL, re.compile(
        r"\A(error: )?(unable to access|(the |this )?model)\b.{0,160}"
        r"(non-serverless|not (found|exist|available|running))"
    )),
)  # fmt: skip
_SAID_WITH = {Trouble.SPEND: {403}, Trouble.MODEL: {400, 404}}
"""Statuses with which such a message is believed; the others are with any."""


def trouble_of(status: int, body: object) -> Trouble:
    """What kind it is, for a status of 400 and above."""
    plain = _BY_STATUS.get(status, Trouble.SERVER if status >= 500 else Trouble.REQUEST)
    if status in _OF_ITS_OWN:
        return plain
    if status in (403, 404) and _is_page(body):
        return Trouble.GATEWAY
    named = (_BY_CODE[code] for code in _codes(body) if code in _BY_CODE)
    return next((t for t in (*named, *_said(status, body)) if _may_be(t, status)), plain)


def _may_be(trouble: Trouble, status: int) -> bool:
    """A busy service says little of a question, and nothing of an account but its quota."""
    if status == 429:
        return trouble is Trouble.SPEND
    is_busy = status in (408, 409) or status >= 500
    return trouble in _OF_THE_QUESTION or not is_busy


def _said(status: int, body: object) -> Iterator[Trouble]:
    said = message_of(body).lower()
    for trouble, pattern in _SAID:
        if status in _SAID_WITH.get(trouble, {status}) and pattern.search(said):
            yield trouble


def _codes(body: object) -> Iterator[str]:
    """The code and the type, wherever they stand."""
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(inner, Mapping):
        yield from (str(inner.get(name)).lower() for name in ("code", "type"))


def _is_page(body: object) -> bool:
    """Whether it is a page for people, or nothing: no service of models says so."""
    return body is None or (isinstance(body, str) and body.lstrip()[:1] in ("", "<"))
