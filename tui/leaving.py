"""Ends the app when it is told to from outside, or when its terminal is gone.

The orderly way first; when something blocks that, the process ends itself a little later.
What the engine does is not touched either way.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

_LAST_RESORT_S = 1.5
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Leaving:
    """One per app, used on its main thread: `watch()`, then `unwatch()`."""

    leave: Callable[[int], None]
    """Begins the orderly exit with an exit code."""
    _before: dict[signal.Signals, Any] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> None:
        """Obey signals, and take a closed terminal for SIGHUP."""
        self._loop = asyncio.get_running_loop()
        # Plain handlers: they run even when the loop's own thread waits for a lock.
        self._before = {number: signal.signal(number, self._obey) for number in _SIGNALS}
        terminal = sys.__stdin__
        if terminal is not None and not terminal.closed and terminal.isatty():
            threading.Thread(target=_await_hangup, args=(terminal.fileno(),), daemon=True).start()

    def unwatch(self) -> None:
        """Give the signals back."""
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    def _obey(self, number: int, _: FrameType | None) -> None:
        code = 128 + number
        last_resort = threading.Timer(_LAST_RESORT_S, os._exit, (code,))
        last_resort.daemon = True
        last_resort.start()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.leave, code)


def _await_hangup(fd: int) -> None:
    """Wait without reading, so that no key is lost; a suspended app may get no signal."""
    poll = select.poll()
    poll.register(fd, 0)  # hangup and error are told anyway
    if any(what & select.POLLHUP for _, what in poll.poll()):
        os.kill(os.getpid(), signal.SIGHUP)
