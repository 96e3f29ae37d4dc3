"""What attacks go for: files, sockets and a key that are the test's own, and a run without
any sandbox, which proves that the attacks are real.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

READABLE = "../readable.txt"
"""From a run's folder: a file that a run may read, and nothing else."""
KEY = "a-key-for-nobody"

_UNCONFINED = """
import json, os, sys
for name, text in json.load(sys.stdin).items():
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.dup2(writer, 1)
        try:
            names = {}
            exec(compile(text, "attack.py", "exec"), names)
            os.write(1, str(names["f"](1)).encode())
        except BaseException as error:
            os.write(1, repr(error).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode(errors="replace")
    os.waitpid(pid, 0)
    print(json.dumps([name, said]))
"""


@contextmanager
def made(folder: Path) -> Iterator[dict[str, object]]:
    """The places of one world, in a new folder."""
    folder.mkdir()
    for name in ("victim", "doomed", "renamed"):
        (folder / name).write_text("keep me")
    (folder / "tree").mkdir()
    (folder / "secret").write_text("TOP SECRET")
    (folder / "secret").chmod(0o600)
    with ExitStack() as stack:
        port = _bound(stack, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        local = _bound(stack, socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket"))
        datagrams = _bound(stack, socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagrams"))
        world = {
            "folder": str(folder),
            "readable": READABLE,
            "port": port[1],
            "socket": local,
            "datagrams": datagrams,
            "pid": os.getpid(),
            "column": int(platform.machine() == "aarch64"),
            **{k: str(folder / k) for k in ("victim", "doomed", "renamed", "tree", "secret")},
        }
        if sys.platform == "linux":
            name = f"\0gemel-{os.getpid()}-{folder.name}"
            world["abstract"] = _bound(stack, socket.AF_UNIX, socket.SOCK_STREAM, name)
        yield world


def without_sandbox(folder: Path, programs: Mapping[str, str], secret: str) -> dict[str, str]:
    """What attacks say in a plain fork that has a key, a descriptor and all rights of the user."""
    run = folder / "w0" / "run"
    run.mkdir(parents=True)
    (run / READABLE).write_text("public")
    fd = os.open(secret, os.O_RDONLY)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _UNCONFINED],
            input=json.dumps(programs).encode(),
            cwd=run,
            env={"TOGETHER_API_KEY": KEY},
            pass_fds=(fd,),
            capture_output=True,
            check=True,
        )
    finally:
        os.close(fd)
    return dict(json.loads(line) for line in done.stdout.splitlines())


def _bound(stack: ExitStack, family: int, kind: int, address: Any) -> Any:
    listener = stack.enter_context(socket.socket(family, kind))
    listener.bind(address)
    if kind == socket.SOCK_STREAM:
        listener.listen(100)
    return listener.getsockname()
