"""What the app has said since it started, for the log; the newest stands on the screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from core.text import clean

_MOST = 500


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that was said, cleaned."""

    at: datetime
    text: str
    is_warning: bool


@dataclass(slots=True)
class Messages:
    """One per app; the oldest are forgotten."""

    now: Callable[[], datetime]
    """Local time."""
    all: deque[Message] = field(default_factory=lambda: deque(maxlen=_MOST))

    def add(self, text: str, *, is_warning: bool = False) -> Message:
        """Keep a message, whatever its text holds."""
        message = Message(self.now(), clean(text), is_warning)
        self.all.append(message)
        return message

    @property
    def newest(self) -> Message | None:
        """What stands on the screen; None while nothing was said."""
        return self.all[-1] if self.all else None

    @property
    def as_text(self) -> str:
        """All of them, a line each, oldest first."""
        return "\n".join(f"{said.at:%H:%M:%S}  {said.text}" for said in self.all)
