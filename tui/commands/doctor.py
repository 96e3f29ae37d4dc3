"""`gemel doctor`: what this machine and workspace can do, and how the remote models stand."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from core.engine import Engine
from core.preflight import ModelPreflight, Stage, Wanted
from core.store.overview import Overview
from tui.commands.host import Answer, Common, run
from tui.commands.models_show import show_models
from tui.commands.show import say

_PACKAGES = ("textual", "rich", "together", "duckdb", "numpy", "pytest")
_REFUSED = 3
_Flag = Annotated[bool, Parameter(negative="")]


@dataclass(frozen=True, slots=True)
class Health:
    """What `doctor` found."""

    gemel: str
    python: str
    system: str
    packages: dict[str, str]
    workspace: str
    free_bytes: int
    sandbox: str
    sandbox_workers: int
    sandbox_warnings: tuple[str, ...]
    stored: Overview
    together: ModelPreflight


def doctor(
    *,
    model: tuple[str, ...] = (),
    stage: tuple[Stage, ...] = tuple(Stage),
    chat: _Flag = False,
    record: _Flag = False,
    common: Common = Common(),
) -> int:
    """Open the workspace, start the sandbox, and say what is there and how remote models stand.

    With a key, Together is asked for its catalogue; that costs nothing. Without one nothing is
    asked. Exit code 3: a model that was named cannot be used, or nothing could be learned of it.

    Parameters
    ----------
    model
        Look at these models; repeat it [default: those of the price book].
    stage
        What they are wanted for; repeat it [default: everything].
    chat
        Ask each chat model for one token, which costs a fraction of a cent.
    record
        Keep what the service answered in the workspace, with its date.
    """
    wanted = tuple(Wanted(each, name) for name in model for each in stage)

    async def work(engine: Engine) -> Answer:
        ask = engine.record_preflight if record else engine.model_preflight
        health = await _health(engine, await ask(wanted, tries_chat=chat))
        code = _REFUSED if model and health.together.refusals else 0
        return Answer(health, lambda out: _show(out, health), code)

    return run(common, work)


async def _health(engine: Engine, together: ModelPreflight) -> Health:
    found = await engine.describe()
    return Health(
        gemel=version("gemel"),
        python=sys.version.split()[0],
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        packages={name: version(name) for name in _PACKAGES},
        workspace=found.workspace,
        free_bytes=found.free_bytes,
        sandbox=found.sandbox,
        sandbox_workers=found.n_workers,
        sandbox_warnings=found.sandbox_warnings,
        stored=await engine.overview(),
        together=together,
    )


def _show(out: Console, health: Health) -> None:
    say(out, _text(health))
    show_models(out, health.together)


def _text(health: Health) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in health.packages.items())
    stored = health.stored
    return "\n".join(
        (
            f"gemel {health.gemel}, Python {health.python}, {health.system}",
            f"packages: {packages}",
            f"workspace: {health.workspace}, {health.free_bytes / (1 << 30):.1f} GiB free",
            f"store: {stored.n_suites} suites, {stored.n_rollouts} rollouts, "
            f"{stored.n_calls} calls",
            f"sandbox: {health.sandbox}, {health.sandbox_workers} workers",
            *(f"  warning: {note}" for note in health.sandbox_warnings),
        )
    )
