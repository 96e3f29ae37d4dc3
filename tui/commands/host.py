"""Runs one command: opens the engine, shows progress, prints the result, picks the exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from core.engine import Engine, open_engine
from core.errors import GemelError
from core.text import clean
from core.workspace import Workspace, find_workspace
from tui.commands.progress import Progress

T = TypeVar("T")

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Common:
    """Options that every command takes."""

    workspace: str | None = None
    """Directory of the workspace [default: $GEMEL_WORKSPACE, else the user's data directory]."""
    json: Annotated[bool, Parameter(negative="")] = False
    """Print one JSON object on stdout, nothing else."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command prints: the object, and its form for people."""

    value: object
    print: Callable[[Console], None]
    exit_code: int = 0


Work = Callable[[Engine], Awaitable[Answer]]


def run(common: Common, work: Work, *, hint: str = "") -> int:
    """Do `work` with an engine on the chosen workspace; returns the exit code."""
    try:
        return _run(find_workspace(common.workspace), common.json, work)
    except GemelError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        complain(f"Interrupted. Everything finished so far is stored. {hint}".rstrip())
        return INTERRUPTED


def complain(text: str) -> None:
    """One message on stderr, cleaned, never read as markup."""
    Console(stderr=True, soft_wrap=True).print(Text(f"gemel: {clean(text)}"))


def write_json(value: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def _run(workspace: Workspace, as_json: bool, work: Work) -> int:
    answer = asyncio.run(_hosted(workspace, work))
    if as_json:
        write_json(answer.value)
    else:
        answer.print(Console(soft_wrap=True))
    return answer.exit_code


async def _hosted(workspace: Workspace, work: Work) -> Answer:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    with Progress() as progress:
        async with open_engine(workspace, progress.tell) as engine:
            return await work(engine)
