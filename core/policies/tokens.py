"""A plain estimate of token counts where no tokenizer is at hand."""

from __future__ import annotations

import re
from functools import lru_cache

_PIECE = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)\b|[^\r\n\w]?[^\W\d_]+|\d| ?[^\s\w]+[\r\n]*|_+|\s*[\r\n]+|\s+(?!\S)|\s+",
    re.IGNORECASE,
)
_N_AROUND_MESSAGE = 5
_N_SAYING_SO = 12
MOST_BYTES = 5
"""Of a token, on average over a text: what weighs n tokens has no more than n times as many."""


@lru_cache(maxsize=64)
def estimate_tokens(text: str) -> int:
    """Tokens of a text, by the pieces that byte-pair tokenizers of code cut it into first."""
    return len(_PIECE.findall(text))


def estimate_prompt(texts: list[str]) -> int:
    """Tokens of a chat whose messages have these texts."""
    return sum(estimate_tokens(text) + _N_AROUND_MESSAGE for text in texts) + 3


def weigh(text: str) -> int:
    """As `estimate_tokens`, but never fewer than a text of that size can have.

    One piece may be a long name, a blob of base64 or a sentence without spaces.
    """
    return max(estimate_tokens(text), len(text.encode("utf-8", "replace")) // MOST_BYTES)


def clip_tokens(text: str, n_tokens: int) -> str:
    """The text, or its head and tail that weigh no more together, saying what is gone."""
    n_all = weigh(text)
    if n_all <= n_tokens:
        return text
    room = max(n_tokens - _N_SAYING_SO, 2)
    head, tail = _start(text, room * 2 // 3), _end(text, room - room * 2 // 3)
    return f"{head}\n… {n_all - room} tokens left out …\n{tail}"


def _start(text: str, n_tokens: int) -> str:
    cut = text[: n_tokens * MOST_BYTES]
    while (n_more := weigh(cut) - n_tokens) > 0:
        cut = cut[: -max(n_more, len(cut) // 16, 1)]
    return cut


def _end(text: str, n_tokens: int) -> str:
    cut = text[-n_tokens * MOST_BYTES :]
    while (n_more := weigh(cut) - n_tokens) > 0:
        cut = cut[max(n_more, len(cut) // 16, 1) :]
    return cut
