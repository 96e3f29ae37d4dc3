"""Reads fields of what a service answered; one that is missing or of another type is unknown."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from core.text import clean


def text(owner: Any, name: str) -> str:
    """A text, cleaned; empty when there is none."""
    value = getattr(owner, name, None)
    return clean(value) if isinstance(value, str) else ""


def whole(owner: Any, name: str) -> int | None:
    """A whole number of 0 or more."""
    value = getattr(owner, name, None)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return value


def number(owner: Any, name: str) -> float | None:
    """A number."""
    value = getattr(owner, name, None)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) else None


def claim(owner: Any, name: str) -> bool | None:
    """Yes or no."""
    value = getattr(owner, name, None)
    return value if isinstance(value, bool) else None


def moment(owner: Any, name: str) -> datetime | None:
    """A time, as naive UTC like all times of the store."""
    value = getattr(owner, name, None)
    if isinstance(value, str):
        value = parse_moment(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def parse_moment(given: str) -> datetime | None:
    """An ISO 8601 time; without a zone it is taken as UTC."""
    try:
        found = datetime.fromisoformat(given)
        return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
