"""`gemel doctor`: what this machine and workspace can do."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version

from core.engine import Engine
from core.store.overview import Overview
from tui.commands.host import Answer, Common, run
from tui.commands.show import say

_PACKAGES = ("textual", "rich", "together", "duckdb", "numpy", "pytest")


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


def doctor(*, common: Common = Common()) -> int:
    """Open the workspace, start the sandbox, and say what is there."""

    async def work(engine: Engine) -> Answer:
        found = await engine.describe()
        health = Health(
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
        )
        return Answer(health, lambda out: say(out, _text(health)))

    return run(common, work)


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
