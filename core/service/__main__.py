"""`python -m core.service --workspace DIR`: an engine on its own, until it is stopped or idle.

Writes one line of JSON to stdout: that it can be reached, or why it cannot.
"""

from __future__ import annotations

import os
import sys

# Before anything heavy is loaded: the first process ends at once, so that the engine is
# nobody's child and leads no session that could get a terminal.
if __name__ == "__main__" and "--detach" in sys.argv and os.fork():
    os._exit(0)

import argparse
import asyncio
import logging
import signal

from core.errors import GemelError
from core.service import wire
from core.service.server import Server, Settings
from core.text import clean
from core.workspace import Workspace, find_workspace

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> int:
    """Run one engine; returns the exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    options = _options()
    workspace = find_workspace(options.workspace, read_only=options.read_only)
    settings = Settings(
        n_workers=options.workers,
        n_concurrent=options.concurrent,
        idle_s=options.idle_s or None,
        is_detached=options.detach,
        patience_s=options.patience_s,
    )
    try:
        asyncio.run(_serve(workspace, settings))
    except GemelError as error:
        logging.error("%s", clean(str(error)))
        _say(wire.failure_of(error))
        return error.exit_code
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.service", description=__doc__)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--idle-s", type=float, default=600.0, help="0: never end when idle")
    parser.add_argument("--concurrent", type=int, default=16, help="rollouts at once")
    parser.add_argument("--workers", type=int, default=None, help="test workers")
    parser.add_argument("--patience-s", type=float, default=5.0)
    parser.add_argument("--read-only", action="store_true", help="change nothing")
    parser.add_argument("--detach", action="store_true")
    return parser.parse_args()


async def _serve(workspace: Workspace, settings: Settings) -> None:
    server = Server(workspace, settings)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, server.stop, f"its engine was ended by {number.name}")
    await server.run(lambda: _say({"pid": os.getpid()}))


def _say(line: object) -> None:
    """Tell whoever started this engine, and then nobody any more."""
    try:
        os.write(1, wire.encode(line))
    except OSError:
        logging.warning("who started this engine does not listen")
    os.dup2(2, 1)


if __name__ == "__main__":
    sys.exit(main())
