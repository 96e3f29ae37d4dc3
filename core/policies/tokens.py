"""A plain estimate of token counts where no tokenizer is at hand."""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)\b|[^\r\n\w]?[^\W\d_]+|\d| ?[^\s\w]+[\r\n]*|_+|\s*[\r\n]+|\s+(?!\S)|\s+",
    re.IGNORECASE,
)
_N_AROUND_MESSAGE = 5


def estimate_tokens(text: str) -> int:
    """Tokens of a text, by the pieces that byte-pair tokenizers of code cut it into first."""
    return sum(1 for _ in _PIECE.finditer(text))


def estimate_prompt(texts: list[str]) -> int:
    """Tokens of a chat whose messages have these texts."""
    return sum(estimate_tokens(text) + _N_AROUND_MESSAGE for text in texts) + 3
