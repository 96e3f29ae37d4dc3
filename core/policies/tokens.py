"""A plain estimate of token counts where no tokenizer is at hand."""

from __future__ import annotations

import re
from functools import lru_cache

_PIECE = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)\b|[^\r\n\w]?[^\W\d_]+|\d| ?[^\s\w]+[\r\n]*|_+|\s*[\r\n]+|\s+(?!\S)|\s+",
    re.IGNORECASE,
)
_N_AROUND_MESSAGE = 5


@lru_cache(maxsize=64)
def estimate_tokens(text: str) -> int:
    """Tokens of a text, by the pieces that byte-pair tokenizers of code cut it into first."""
    return len(_PIECE.findall(text))


def estimate_prompt(texts: list[str]) -> int:
    """Tokens of a chat whose messages have these texts."""
    return sum(estimate_tokens(text) + _N_AROUND_MESSAGE for text in texts) + 3
