"""Pairs made by hand, and a store to keep them in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from core.clock import SystemClock
from core.context import Context
from core.events import ignore
from core.sandbox.pool import Sandbox
from core.store.database import Store
from core.store.pairs import BuildRow, DroppedRow, PairRow, save_build
from core.workspace import Workspace

WHEN = datetime.fromisoformat("2026-01-01")


def pair(name: str, build_id: str = "b1", **fields: object) -> PairRow:
    """A pair with every field filled in; `fields` are put in their place."""
    values: dict[str, object] = {
        "build_id": build_id,
        "pair_id": name,
        "task_id": "s/f",
        "family": "fam",
        "kind": "patch",
        "state": "state",
        "chosen": f"good {name}",
        "rejected": f"bad {name}",
        "chosen_rollout": f"{name}-good",
        "chosen_iteration": 2,
        "rejected_rollout": f"{name}-bad",
        "rejected_iteration": 5,
        "changed_share": 0.25,
    }
    return PairRow(**{**values, **fields})  # type: ignore[arg-type]


@contextmanager
def opened(directory: Path) -> Iterator[Context]:
    """A context on the store in a directory; its sandbox is never opened."""
    store = Store.open(directory)
    try:
        yield Context(Workspace(directory), store, Sandbox(1), SystemClock(), ignore)
    finally:
        store.close()


async def save(
    context: Context,
    pairs: Sequence[PairRow],
    dropped: Sequence[DroppedRow] = (),
    build_id: str = "b1",
) -> None:
    """Store pairs as a build."""
    row = BuildRow(build_id, "run", "{}", WHEN)
    await save_build(context.store, row, list(pairs), list(dropped))
