"""A real terminal for the real app: one tmux server per test, looked at until it shows a thing."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_S = 0.03
_PATIENCE_S = 20.0


class Terminal:
    """A tmux server of its own with one pane that runs a shell."""

    def __init__(self, home: Path, width: int = 80, height: int = 24) -> None:
        self._sockets = tempfile.TemporaryDirectory(prefix="gemel-")
        self._home = home
        environ = {
            "HOME": str(home),
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        size = ("-x", str(width), "-y", str(height))
        start = ("-f", "/dev/null", "new-session", "-d", *size, "sh")
        subprocess.run([*self._server, *start], check=True, env=environ)

    def run(self, *words: str) -> None:
        """Start `gemel` with these words; its pid goes to a file, its exit code to the screen."""
        gemel = shlex.join([sys.executable, "-m", "tui.cli", *words])
        pid_file = shlex.quote(str(self._pid_file))
        self.type(f"sh -c 'echo $$ > {pid_file}; exec {gemel}'; echo code=$?")
        self.press("Enter")

    def type(self, text: str) -> None:
        """Send characters as they are."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Send keys by tmux's names."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        """Change the size of the window."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """What the pane shows."""
        return self._tmux("capture-pane", "-p")

    def state(self, name: str) -> str:
        """A format variable of the pane, e.g. `alternate_on`."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def record(self, file: Path) -> None:
        """Append to a file what the app writes from now on."""
        self._tmux("pipe-pane", f"cat >> {shlex.quote(str(file))}")

    def pid(self) -> int:
        """The app's process."""
        return int(self._pid_file.read_text())

    def until_shown(self, *texts: str) -> str:
        """Wait until the pane shows all the texts."""
        self.until(lambda: all(text in self.screen() for text in texts), f"shows {texts}")
        return self.screen()

    def until(
        self, is_true: Callable[[], bool], claim: str, patience_s: float = _PATIENCE_S
    ) -> None:
        """Look again and again, for a bounded time."""
        end = time.monotonic() + patience_s
        while not is_true():
            assert time.monotonic() < end, f"never came true: {claim}; {self._remains()}"
            time.sleep(_POLL_S)

    def close(self) -> None:
        """End the server: every terminal in it is gone; once is enough, twice no error."""
        subprocess.run([*self._server, "kill-server"], check=False, capture_output=True)
        self._sockets.cleanup()

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Look at it from a terminal of its own, and detach at the end."""
        ours, theirs = pty.openpty()
        client = subprocess.Popen(
            [*self._server, "attach"], stdin=theirs, stdout=theirs, env={"TERM": "xterm-256color"}
        )
        try:
            self.until(lambda: self.state("session_attached") == "1", "is attached")
            yield
            self._tmux("detach-client", "-s", "0")
            # The client itself may hang in a write, since nobody reads its terminal.
            self.until(lambda: self.state("session_attached") == "0", "is detached")
        finally:
            client.kill()
            client.wait()
            os.close(ours)
            os.close(theirs)

    def _remains(self) -> str:
        try:
            return f"the pane:\n{self.screen()}"
        except subprocess.CalledProcessError:
            return "the terminal is closed"

    @property
    def _server(self) -> list[str]:
        # Not below the test's own directory: a socket's path may have 107 bytes at most.
        return ["tmux", "-S", str(Path(self._sockets.name) / "tmux")]

    @property
    def _pid_file(self) -> Path:
        return self._home / "pid"

    def _tmux(self, *words: str) -> str:
        command = [*self._server, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
