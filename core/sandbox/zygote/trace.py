"""Which lines of one file run, at a bounded price."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

# Bound before code under test can patch them.
globals()["__builtins__"] = dict(vars(builtins))
_settrace = sys.settrace

N_EVENTS = 20_000
"""Line events watched per start; later ones run untraced, so a long loop stays fast."""


class LineTrace:
    """Collects the lines of `filename` between start and stop, those of its module level aside."""

    def __init__(self, filename: str, on_full: Callable[[list[int]], None]) -> None:
        """`on_full` gets the lines when the events run out: a run may not live to stop."""
        self._filename = filename
        self._on_full = on_full
        self._lines: set[int] = set()
        self._left = 0

    def start(self) -> None:
        """Forget what was seen and watch from here."""
        self._lines = set()
        self._left = N_EVENTS
        _settrace(self._enter)

    def stop(self) -> list[int]:
        """Watch no more; the lines seen since the start."""
        _settrace(None)
        return sorted(self._lines)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code.co_filename != self._filename or code.co_name == "<module>":
            return None
        return self._step

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self._lines.add(frame.f_lineno)
            self._left -= 1
            if self._left == 0:
                _settrace(None)
                self._on_full(sorted(self._lines))
        return self._step
