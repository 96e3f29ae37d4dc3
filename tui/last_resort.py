"""What becomes of an error that nobody expected: a file, a message, and a screen opened anew.

The app goes on unless it is itself what broke, or errors come so fast that going on would
only repeat them. The engine and what is stored are not touched either way.
"""

from __future__ import annotations

import os
import traceback
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from core.clock import Clock
from core.text import clean, one_line
from tui.clipboard import home

_LONGEST = 160
_MOST, _WINDOW_S = 8, 10.0
_KEPT = "Nothing stored was touched; the engine goes on with its work."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to say of an error, and whether the app can go on."""

    message: str
    goes_on: bool


@dataclass(slots=True)
class LastResort:
    """One per app."""

    clock: Clock
    folder: Path = field(default_factory=lambda: Path(platformdirs.user_state_dir("gemel")))
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST))
    _file: str = ""
    _known: str = ""
    is_repeated: bool = False
    """Whether the newest error came soon after another one of the same place."""
    _where: str = ""

    def take(self, error: BaseException, where: str, *, is_fatal: bool) -> Verdict:
        """Write the error down and judge it; `where` names what failed, for people."""
        now_s = self.clock.monotonic()
        is_storm = len(self._times) == _MOST and now_s - self._times[0] < _WINDOW_S
        is_soon = bool(self._times) and now_s - self._times[-1] < _WINDOW_S
        self.is_repeated = is_soon and where == self._where
        self._times.append(now_s)
        self._where = where
        said = one_line(clean(f"{type(error).__name__}: {error}"), _LONGEST)
        text = "".join(traceback.format_exception(error))
        if text != self._known:  # a screen that fails to draw does so again and again
            self._known, self._file = text, self._write(where, text)
        goes_on = not (is_fatal or is_storm)
        message = f"{where} failed unexpectedly ({said}). {_KEPT}\n{self._file}"
        return Verdict(message, goes_on)

    def _write(self, where: str, text: str) -> str:
        """Keep what a report needs; returns where it is, or why it is nowhere."""
        stamp = f"{self.clock.now().astimezone():%Y%m%d-%H%M%S}"
        file = self.folder / f"error-{stamp}-{os.getpid()}.txt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as out:
                out.write(f"{where}\n{clean(text)}\n")
        except OSError as problem:
            return clean(f"The details could not be written: {problem}.")
        return clean(f"The details are in {home(str(file))}")
