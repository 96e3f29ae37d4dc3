"""Runs one command: finds an engine or is one, shows progress, prints the result.

What a command does is done by the workspace's engine, so that other terminals can watch it.
"""

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

from core.engine import Engine
from core.errors import GemelError, StoppedError
from core.service.connect import connect, use_engine
from core.service.picture import Snapshot, Told
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
    read_only: Annotated[bool, Parameter(negative="")] = False
    """Look only: change, lock and start nothing [default: $GEMEL_READ_ONLY]."""

    def find(self) -> Workspace:
        """The workspace that the options choose."""
        return find_workspace(self.workspace, read_only=self.read_only)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command prints: the object, and its form for people."""

    value: object
    print: Callable[[Console], None]
    exit_code: int = 0


Work = Callable[[Engine], Awaitable[Answer]]


def run(common: Common, work: Work, *, hint: str = "", outlives: bool = False) -> int:
    """Do `work` with an engine on the chosen workspace; returns the exit code.

    With `outlives` that engine goes on in the background when the command is over.
    """
    try:
        return asyncio.run(_run(common.find(), common, work, outlives=outlives))
    except StoppedError as error:
        complain(f"{error} {hint}".rstrip())
        return error.exit_code
    except GemelError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        complain(f"Interrupted. Everything finished so far is stored. {hint}".rstrip())
        return INTERRUPTED


def complain(text: str) -> None:
    """One message on stderr, cleaned, never read as markup."""
    Console(stderr=True, soft_wrap=True).print(Text(f"gemel: {clean(text)}"))


def present(common: Common, answer: Answer) -> int:
    """Print an answer in the form that was asked for; returns its exit code."""
    if common.json:
        write_json(answer.value)
    else:
        answer.print(Console(soft_wrap=True))
    return answer.exit_code


def write_json(value: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


async def _run(workspace: Workspace, common: Common, work: Work, *, outlives: bool) -> int:
    _obey_signals()
    if outlives:
        await (await connect(workspace, start=True)).close()
    async with use_engine(workspace, complain) as engine:
        with Progress() as progress:

            def show(news: Snapshot | Told) -> None:
                if isinstance(news, Told) and engine.owns(news.operation_id):
                    progress.tell(news.event)

            engine.watch(show)
            answer = await work(engine)
        return present(common, answer)


def _obey_signals() -> None:
    """End the command in order, as Ctrl-C does."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
