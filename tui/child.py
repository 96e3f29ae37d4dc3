"""Runs one command in the terminal that the app has stepped out of, and says how it ended."""

from __future__ import annotations

import select
import shlex
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from core.text import clean

_MEANINGS = {
    0: "done",
    1: "failed",
    2: "not understood",
    3: "refused by a guard",
    4: "verdict: roll back",
    5: "verdict: inconclusive",
    130: "interrupted; what was finished is stored",
}
_POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class Command:
    """A `gemel` command on one workspace."""

    words: tuple[str, ...]
    directory: Path

    @property
    def short(self) -> str:
        """As a screen shows it."""
        return shlex.join(("gemel", *self.words))

    @property
    def whole(self) -> str:
        """As a shell needs it."""
        return shlex.join(("gemel", *self.words, "--workspace", str(self.directory)))

    @property
    def argv(self) -> list[str]:
        """As a process is started: with this Python, whose modules no working directory hides."""
        start = [sys.executable, "-P", "-m", "tui.cli"]
        return [*start, *self.words, "--workspace", str(self.directory)]


def in_words(code: int) -> str:
    """What an exit code says."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"{_MEANINGS.get(code, 'ended')} (exit code {code})"


def run_in_terminal(command: Command) -> str:
    """Run to the end, wait for enter, return the ending in words; needs the main thread.

    Ctrl-C reaches the command alone. A signal that ends the app is passed on to the command
    where the terminal does not do so itself, and is then the app's own to obey.
    """
    _say(f"\n$ {clean(command.whole)}\n")
    stopped: list[int] = []
    running: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if number != signal.SIGINT:
            stopped.append(number)
        if number == signal.SIGTERM:
            for process in running:
                process.terminate()

    with _handling(pass_on), subprocess.Popen(command.argv) as process:
        running.append(process)
        ending = in_words(process.wait())
        _say(f"\n{command.short}: {ending}\n")
        if not stopped:
            _await_enter(stopped)
    return ending


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    numbers: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, old in before:
            signal.signal(number, old)


def _await_enter(stopped: Sequence[int]) -> None:
    _say("enter goes back to gemel ")
    if sys.stdin.isatty():  # what was typed while the command ran was not meant for this
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
    # Polled: a handler that returns does not end a blocking read.
    while not stopped:
        if select.select([sys.stdin], [], [], _POLL_S)[0]:
            sys.stdin.readline()
            return


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
