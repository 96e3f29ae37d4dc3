"""A real engine process for a test, and bounded waits for what other processes do."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60.0
_PAUSE_S = 0.02


@contextmanager
def engine_process(workspace: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """An engine that serves inside; killed at the end if it still runs."""
    process = start_engine_process(workspace, *words)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert json.loads(line or "{}") == {"pid": process.pid}, line
        yield process
    finally:
        end(process)


def start_engine_process(workspace: Path, *words: str) -> subprocess.Popen[str]:
    """Start an engine without waiting for it."""
    program = [sys.executable, "-m", "core.service", "--workspace", str(workspace)]
    return subprocess.Popen(
        [*program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Kill a process if need be; its exit code and what it wrote to stderr."""
    if process.poll() is None:
        process.kill()
    _, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, err


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process that ends by itself; its exit code and what it wrote to stderr."""
    try:
        _, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        raise
    return process.returncode, err


async def until(is_true: Callable[[], bool], claim: str) -> None:
    """Look again and again, for a bounded time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not is_true():
        assert loop.time() < end, f"never came true: {claim}"
        await asyncio.sleep(_PAUSE_S)
