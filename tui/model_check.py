"""A look at remote models before a stage that is paid for, for commands and screens alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine

_PREFIX = "together:"


async def refuse_policies(engine: Engine, tell: Callable[[str], None], *policies: str) -> None:
    """Stop when a model of Together is gone, with what there is; built-ins need no look.

    The engine refuses by itself, too; this is before any question. `tell` hears what is only
    worth knowing.
    """
    names = [name.removeprefix(_PREFIX) for name in policies if name.startswith(_PREFIX)]
    if not names:
        return
    from core.preflight import Stage, Wanted, refuse

    report = await engine.model_preflight(tuple(Wanted(Stage.ROLLOUTS, name) for name in names))
    for model in report.models:
        for text in model.remarks:
            tell(text)
    refuse(report)
