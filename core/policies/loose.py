"""Fields of an answer that may be missing or of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 10**9
"""No call takes more tokens; what says so is no count."""


def part(owner: Any, name: str) -> Any:
    """A field of an object or a mapping; None when there is none."""
    return owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)


def text_of(content: object) -> str:
    """Plain text, or the text of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))


def count(owner: Any, name: str) -> int | None:
    """A field that is a number of tokens; None when it is not."""
    value = part(owner, name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return value if is_count else None
