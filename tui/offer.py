"""A thing as text, as `y` copies it and `e` opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine

Whole = str | Callable[["Engine"], Awaitable[str]]
"""A text, or how to ask the engine for it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A thing as text."""

    name: str
    """What a message calls it, such as `run r7`."""
    text: Whole
    """What is copied: for a row, what a command would want of it."""
    whole: Whole = ""
    """What the editor shows; the same as `text` when empty."""
    file_name: str = "text.txt"
    """For the editor, which colours by the ending; never made of untrusted text."""


@runtime_checkable
class Offering(Protocol):
    """Who can say what the cursor stands on."""

    def offer(self) -> Offer | None:
        """The thing under the cursor; None leaves the answer to what stands around."""
