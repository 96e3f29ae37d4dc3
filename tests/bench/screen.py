"""The app on a terminal of the bench's own: every byte that it writes, and when it came."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE_S = 120.0
_CHUNK_BYTES = 1 << 16


class Screen:
    """A pseudo terminal with one program; `close()` ends it."""

    def __init__(self, words: list[str], home: Path, size: tuple[int, int] = (120, 40)) -> None:
        self._ours, theirs = pty.openpty()
        width, height = size
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        environ = {
            "HOME": str(home),
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = b""
        """What was written since the last key."""

    @property
    def pid(self) -> int:
        """The program's process."""
        return self.process.pid

    def press(self, keys: bytes) -> None:
        """Type; what was written before is forgotten."""
        self.text = b""
        os.write(self._ours, keys)

    def first_byte_s(self, keys: bytes) -> float:
        """Type, and wait for the first byte that follows."""
        self.drain(0.05)
        began = time.perf_counter()
        os.write(self._ours, keys)
        select.select([self._ours], [], [], _PATIENCE_S)
        return time.perf_counter() - began

    def until_written(self, *texts: str) -> None:
        """Wait until all the texts were written since the last key."""
        wanted = [text.encode() for text in texts]
        self.until(lambda: all(text in self.text for text in wanted), f"writes {texts}")

    def until(self, is_true: Callable[[], bool], claim: str) -> None:
        """Read until a claim holds."""
        end = time.monotonic() + _PATIENCE_S
        while not is_true():
            assert time.monotonic() < end, f"never came true: {claim}; {self.text[-2000:]!r}"
            self.text += self._read(0.05)

    def until_quiet_s(self, quiet_s: float) -> float:
        """Read until nothing came for so long; returns when the last byte came."""
        began = last = time.perf_counter()
        while text := self._read(quiet_s):
            self.text += text
            last = time.perf_counter()
        return last - began

    def drain(self, quiet_s: float) -> None:
        """Read until nothing came for so long."""
        while self._read(quiet_s):
            pass

    def n_bytes(self, span_s: float) -> int:
        """How much is written within a span."""
        end, n_bytes = time.monotonic() + span_s, 0
        while (left := end - time.monotonic()) > 0:
            n_bytes += len(self._read(left))
        return n_bytes

    def close(self) -> None:
        """End the program."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, timeout_s: float) -> bytes:
        if not select.select([self._ours], [], [], timeout_s)[0]:
            return b""
        try:
            return os.read(self._ours, _CHUNK_BYTES)
        except OSError:  # the program is gone
            return b""
