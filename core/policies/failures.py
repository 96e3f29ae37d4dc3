"""What went wrong between the client library and a service, as errors of our own.

What may pass is told apart from what cannot: only the first is worth another attempt. Each
begins with the word of its kind. Sources: the statuses, codes and headers that Together
documents and its users report.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping

from core.errors import PolicyBusyError, PolicyClosedError, PolicyError
from core.policies.governor import LONGEST_REST_S
from core.policies.refusals import CLOSING, PASSING, Trouble, trouble_of
from core.together.failures import MAYBE_DONE, message_of
from core.together.hiding import in_words
from core.together.waits import as_seconds, retry_after_s

_LONGEST = 300
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_EPOCH_S, _EPOCH_MS = 1e9, 1e12


def of_status(status: int, body: object, headers: Mapping[str, str]) -> PolicyError:
    """For an answer that is an error."""
    trouble = trouble_of(status, body)
    wait_s = retry_after_s(headers)
    if wait_s is None and trouble is Trouble.RATE:
        wait_s = rest_s(headers) or None
    is_billed = trouble in PASSING and status in MAYBE_DONE
    said = f"HTTP {status}: {message_of(body)}"
    return _error(trouble, said, retry_after_s=wait_s, may_be_billed=is_billed)


def of_frame(body: object, message: str) -> PolicyError:
    """For an error in the middle of an answer that comes piece by piece."""
    return _error(Trouble.BROKEN, message_of(body or message), may_be_billed=True)


def of_connection(error: BaseException, *, was_sent: bool, timed_out: bool) -> PolicyError:
    """For no answer at all, or a part of one."""
    cause = error.__cause__ or error
    trouble = Trouble.TIMEOUT if timed_out else Trouble.NETWORK
    return _error(trouble, f"{type(cause).__name__}: {cause}", may_be_billed=was_sent)


def of_nonsense(what: str) -> PolicyError:
    """For an answer with status 200 that is none."""
    return _error(Trouble.UNREADABLE, f"no chat completion: {what}", may_be_billed=True)


def of_no_choice(error: object) -> PolicyError:
    """For an answer with status 200 that says it failed, or says nothing."""
    said = message_of(error) if error else "the service sent none"
    return _error(Trouble.EMPTY, said, may_be_billed=True)


def of_filter() -> PolicyError:
    """For an answer with status 200 that the service kept back."""
    return _error(Trouble.FILTER, "the service kept the answer back", may_be_billed=True)


def _error(
    trouble: Trouble, said: str, *, may_be_billed: bool, retry_after_s: float | None = None
) -> PolicyError:
    text = in_words(f"{trouble}: {said}", _LONGEST)
    pressure = PASSING.get(trouble)
    if pressure is None:
        refusal = PolicyClosedError if trouble in CLOSING else PolicyError
        return refusal(text, may_be_billed=may_be_billed)
    return PolicyBusyError(text, pressure, retry_after_s=retry_after_s, may_be_billed=may_be_billed)


def rest_s(headers: Mapping[str, str]) -> float:
    """How long to ask nothing, once a rate is used up; 0 while there is some left.

    `x-ratelimit-*` counts calls, `x-tokenlimit-*` tokens; either may end in a word of its own.
    """
    is_used_up = any(
        (as_seconds(text, 1.0) or 0.0) <= 0.0 and text.strip().startswith("0")
        for text in _under(headers, "x-ratelimit-remaining", "x-tokenlimit-remaining")
    )
    if not is_used_up:
        return 0.0
    resets = [_span_s(text) for text in _under(headers, "x-ratelimit-reset", "x-tokenlimit-reset")]
    return min(max(resets, default=0.0), LONGEST_REST_S)


def _under(headers: Mapping[str, str], *starts: str) -> Iterable[str]:
    return [text for name, text in headers.items() if name.lower().startswith(starts)]


def _span_s(text: str) -> float:
    """`12`, `1.5s`, `6m0s`, `250ms`, or a moment since 1970."""
    plain = as_seconds(text, 1.0)
    if plain is not None:
        if plain >= _EPOCH_S:
            plain = (plain / 1_000.0 if plain >= _EPOCH_MS else plain) - time.time()
        return max(0.0, plain)
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return 0.0
    hours, minutes, seconds, millis = (float(part or 0.0) for part in found.groups())
    return hours * 3_600.0 + minutes * 60.0 + seconds + millis / 1_000.0
