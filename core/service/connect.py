"""Finds the engine of a workspace, starts one where none runs, or is one for a while."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec

from core.errors import (
    EngineAbsentError,
    EngineError,
    EngineLost,
    EngineVersionError,
    StoreError,
    StoreLockedError,
)
from core.service import wire
from core.service.address import (
    log_path,
    make_place,
    refuse_foreign,
    socket_path,
    socket_paths,
)
from core.service.client import EngineClient, greet
from core.service.server import Server, Settings
from core.workspace import Workspace

_GREETING_S = 10.0
_START_S = 60.0
_PATIENCE_S, _PAUSE_S = 3.0, 0.05
_MAX_LOG_BYTES = 1 << 20

Say = Callable[[str], None]


async def connect(workspace: Workspace, *, start: bool) -> EngineClient:
    """The engine's client; starts an engine when none answers and `start` is true.

    Raises EngineAbsentError when there is none, EngineVersionError when it is another gemel's.
    """
    try:
        return await _find(workspace)
    except EngineAbsentError:
        if not start:
            raise
    await start_engine(workspace, Settings(idle_s=600.0))
    return await _find(workspace)


@asynccontextmanager
async def use_engine(workspace: Workspace, say: Say) -> AsyncIterator[EngineClient]:
    """The engine that runs, else one in this process for as long as it is needed.

    At the end it waits for what other clients began here, and says so, unless it is cancelled.
    """
    server, serving, client = await _find_or_host(workspace)
    is_cancelled = False
    try:
        try:
            yield client
        except asyncio.CancelledError:
            is_cancelled = True
            raise
        finally:
            await client.close()
            if server is not None and not is_cancelled:
                await _wait_for_others(server, say)
    finally:
        if server is not None and serving is not None:
            server.stop()
            await _see_through(serving)


async def start_engine(workspace: Workspace, settings: Settings) -> None:
    """Start an engine that outlives this process, and wait until it can be reached.

    Another process may have started one meanwhile; that is as good.
    """
    line = await asyncio.to_thread(_spawn, workspace, settings)
    if not line:
        raise EngineError(f"The engine did not start; {log_path(workspace)} may say why.")
    try:
        failure = msgspec.json.decode(line, type=wire.Failure)
    except msgspec.ValidationError:
        return  # its pid: it serves
    refusal = wire.error_of(failure)
    if not isinstance(refusal, StoreLockedError):
        raise refusal
    try:
        await (await _find(workspace)).close()
    except EngineAbsentError:
        raise refusal from None


async def stop_engine(workspace: Workspace) -> int | None:
    """End the engine in order, wait until the workspace is free; its pid, None without one."""
    try:
        client = await _find(workspace)
    except EngineAbsentError:
        return None
    except EngineVersionError as error:
        if error.pid is None:
            raise
        await _terminate(error.pid)
        return error.pid
    try:
        await client.shutdown()
        await client.until_lost()
    except EngineLost:
        pass
    finally:
        await client.close()
    return client.hello.pid


async def _terminate(pid: int) -> None:
    """Signal an engine that does not understand this program, and wait for its end."""
    end = asyncio.get_running_loop().time() + _START_S
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while asyncio.get_running_loop().time() < end:
            os.kill(pid, 0)
            await asyncio.sleep(_PAUSE_S)
        raise EngineError(f"The engine (process {pid}) was told to end, and does not.")


async def _find(workspace: Workspace) -> EngineClient:
    reader, writer = await _reach(workspace)
    try:
        client = await asyncio.wait_for(greet(reader, writer), _GREETING_S)
        client.why_read_only = workspace.why_read_only()
        return client
    except TimeoutError:
        writer.transport.abort()
        raise EngineError(
            f"The engine of {workspace.directory} does not answer; {log_path(workspace)} may say "
            "why. A stuck one can be killed: what it acknowledged is stored."
        ) from None
    except EngineLost as error:  # it is just ending
        writer.transport.abort()
        raise EngineAbsentError(str(error)) from error
    except BaseException:
        writer.transport.abort()
        raise


async def _reach(workspace: Workspace) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for path in socket_paths(workspace):
        refuse_foreign(path)
        with suppress(OSError):
            return await asyncio.open_unix_connection(path, limit=wire.MAX_ANSWER_BYTES)
    raise EngineAbsentError(
        f"No engine runs on {workspace.directory}: `gemel engine start` starts one."
    )


async def _find_or_host(
    workspace: Workspace,
) -> tuple[Server | None, asyncio.Task[None] | None, EngineClient]:
    end = asyncio.get_running_loop().time() + _PATIENCE_S
    while True:
        try:
            return None, None, await _find(workspace)
        except EngineAbsentError:
            pass
        server = Server(workspace, Settings(patience_s=0.0))
        try:
            serving = await _begin(server)
            break
        except StoreLockedError:  # an engine that starts or ends, or a reader for a moment
            if asyncio.get_running_loop().time() > end:
                raise
        await asyncio.sleep(_PAUSE_S)
    try:
        return server, serving, await _find(workspace)
    except BaseException:
        server.stop()
        await _see_through(serving)
        raise


async def _wait_for_others(server: Server, say: Say) -> None:
    """This command's own operations have ended; what is left was begun elsewhere."""
    if others := server.unsettled():
        labels = "; ".join(view.label for view in others)
        say(f"Done here. Waiting for what other terminals began: {labels}. Ctrl-C stops it.")
        await server.settle()


async def _begin(server: Server) -> asyncio.Task[None]:
    """Start serving in a task of its own, which no cancellation of the caller's reaches."""
    ready = asyncio.Event()
    serving = asyncio.create_task(server.run(ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        if not ready.is_set():
            serving.result()
    except asyncio.CancelledError:
        server.stop()
        await _see_through(serving)
        raise
    finally:
        waiting.cancel()
    return serving


async def _see_through(task: asyncio.Task[None]) -> None:
    """Wait for a task whatever happens; a cancellation is obeyed afterwards."""
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled:
        raise asyncio.CancelledError
    task.result()


def _spawn(workspace: Workspace, settings: Settings) -> bytes:
    """The first line of a new engine, or nothing."""
    try:
        if workspace.why_read_only():
            make_place(socket_path(workspace))
        else:
            workspace.directory.mkdir(parents=True, exist_ok=True)
        log = _open_log(workspace)
    except OSError as error:
        raise StoreError(f"{workspace.directory} cannot be used: {error}") from error
    try:
        done = subprocess.run(
            _program(workspace, settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=workspace.directory,
            start_new_session=True,
            timeout=_START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    finally:
        os.close(log)
    return done.stdout


def _program(workspace: Workspace, settings: Settings) -> list[str]:
    words = [sys.executable, "-P", "-m", "core.service", "--detach"]
    words += ["--workspace", str(workspace.directory), "--idle-s", str(settings.idle_s or 0.0)]
    words += ["--read-only"] if workspace.asks_read_only else []
    words += ["--concurrent", str(settings.n_concurrent)]
    if settings.n_workers is not None:
        words += ["--workers", str(settings.n_workers)]
    return words


def _open_log(workspace: Workspace) -> int:
    path = log_path(workspace)
    if path.exists() and path.stat().st_size > _MAX_LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
