"""`gemel engine`: the workspace's engine as a process of its own: start, status, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

from cyclopts import App
from rich.console import Console

from core.errors import EngineAbsentError, GemelError
from core.leases.files import posts
from core.service.connect import connect, start_engine, stop_engine
from core.service.picture import EngineStatus
from core.service.server import Settings
from core.text import plural
from core.workspace import Workspace
from tui.commands.host import INTERRUPTED, Answer, Common, complain, present
from tui.commands.show import say

engine = App(
    name="engine",
    help="The process that owns a workspace and goes on without a terminal: start, status, stop.",
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What `stop` ended."""

    running: bool
    stopped: bool
    pid: int | None


@engine.command
def start(
    *,
    idle_s: float = 600.0,
    concurrent: int = 16,
    workers: int | None = None,
    common: Common = Common(),
) -> int:
    """Start the engine, unless one runs; it goes on when the terminal closes.

    Parameters
    ----------
    idle_s
        It ends by itself after so long without a client and without work; 0: never.
    concurrent
        Rollouts of a run that go on at once.
    workers
        Processes that run tests [default: one per CPU].
    """

    async def work(workspace: Workspace) -> Answer:
        settings = Settings(n_workers=workers, n_concurrent=concurrent, idle_s=idle_s)
        found = await _status(workspace)
        is_new = found is None
        if is_new:
            await start_engine(workspace, settings)
        status = found or await _status(workspace)
        if status is None:
            raise EngineAbsentError("The engine started and ended at once; see its engine.log.")
        value = {"running": True, "started": is_new, **asdict(status)}
        return Answer(value, lambda out: _show(out, status))

    return _run(common, work)


@engine.command
def status(*, common: Common = Common()) -> int:
    """Say whether an engine runs, and what it does; exit code 0 either way."""

    async def work(workspace: Workspace) -> Answer:
        found = await _status(workspace)
        if found is None:
            nothing = "No engine runs: `gemel engine start` starts one."
            return Answer({"running": False}, lambda out: say(out, nothing))
        return Answer({"running": True, **asdict(found)}, lambda out: _show(out, found))

    return _run(common, work)


@engine.command
def stop(*, common: Common = Common()) -> int:
    """End the engine in order: running work is stopped, marked so, and can be resumed."""

    async def work(workspace: Workspace) -> Answer:
        pid = await stop_engine(workspace)
        said = "No engine runs." if pid is None else f"The engine (process {pid}) has ended."
        left = posts(workspace.directory)
        if left:
            noun = plural(len(left), "rented machine")
            said += (
                f" {noun} will be ended in {max(post.grace_s for post in left):.0f} s unless an "
                "engine starts before: `gemel lease list` says how they stand."
            )
        stopped = Stopped(False, pid is not None, pid)
        return Answer(stopped, lambda out: say(out, said))

    return _run(common, work)


async def _status(workspace: Workspace) -> EngineStatus | None:
    try:
        client = await connect(workspace, start=False)
    except EngineAbsentError:
        return None
    try:
        return await client.status()
    finally:
        await client.close()


def _show(out: Console, status: EngineStatus) -> None:
    kind = "engine" if status.is_detached else "part of a command, and ends with it"
    say(out, f"running: process {status.pid} ({kind}), gemel {status.version}")
    say(out, f"  for {status.uptime_s:.0f} s, {status.n_clients} other clients")
    for view in status.operations:
        say(out, f"  since {view.started_at:%H:%M:%S} UTC: {view.label} ({view.operation_id})")
    say(out, f"  sandbox: {status.sandbox}")
    say(out, f"  socket: {status.socket}")


def _run(common: Common, work: Callable[[Workspace], Coroutine[Any, Any, Answer]]) -> int:
    try:
        return present(common, asyncio.run(work(common.find())))
    except GemelError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("Interrupted.")
        return INTERRUPTED
