"""Runs the program quickly, for tests that need it often: each run is a fork of a loaded process.

Takes one request after the other from the socket on its stdin: a line of JSON with words,
environment, working directory and user, and the two files that stdout and stderr are to be.
Answers each with its exit code.
"""

from __future__ import annotations

import json
import os
import socket
import sys

import tui.cli
import tui.commands.tree
from core.service import wire

_CHUNK_BYTES = 1 << 16


def _next_request(asking: socket.socket) -> tuple[dict[str, object], list[int]] | None:
    text, fds, _, _ = socket.recv_fds(asking, _CHUNK_BYTES, 2)
    while text and not text.endswith(b"\n"):
        text += asking.recv(_CHUNK_BYTES)
    return (json.loads(text), fds) if text else None


def _become(request: dict[str, object], out: int, err: int) -> None:
    """Make this process what a shell would have started."""
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for fd in (out, err):
        os.close(fd)
    words, environ = request["words"], request["environ"]
    assert isinstance(words, list)
    assert isinstance(environ, dict)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(environ)
    if (uid := request["uid"]) is not None:
        assert isinstance(uid, int)
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    sys.argv = [tui.cli.__file__, *words]


def main() -> None:
    """Serve until nobody asks any more; returns in the forks, too."""
    wire.hello("", 0)  # loads what it needs
    with socket.socket(fileno=os.dup(0)) as asking:
        while True:
            request = _next_request(asking)
            if request is None:
                return
            pid = os.fork()
            if pid == 0:
                break
            for fd in request[1]:
                os.close(fd)
            _, status = os.waitpid(pid, 0)
            asking.send(str(os.waitstatus_to_exitcode(status)).encode())
    words, (out, err) = request
    _become(words, out, err)
    tui.cli.main()


if __name__ == "__main__":
    main()
