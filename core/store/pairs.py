"""Pair builds: the pairs, every candidate that was dropped and why, and frozen datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from core.store.database import Store
from core.store.runs import StateRow


@dataclass(frozen=True, slots=True)
class BuildRow:
    """One building of pairs from a run; `body` is its options' JSON."""

    build_id: str
    run_id: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair; `pair_id` is the hash of state, chosen and rejected."""

    build_id: str
    pair_id: str
    task_id: str
    family: str
    kind: str
    state: str
    chosen: str
    rejected: str
    chosen_rollout: str
    chosen_iteration: int
    rejected_rollout: str
    rejected_iteration: int
    changed_share: float
    tools: str = ""
    """What could be called natively, as JSON or by the name of its templates; both sides are then
    messages in JSON, and texts elsewhere."""


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """A candidate that did not become a pair, and why."""

    build_id: str
    task_id: str
    reason: str
    chosen_rollout: str
    rejected_rollout: str


@dataclass(frozen=True, slots=True)
class OutputRow:
    """The edit that a rollout answered to a state."""

    rollout_id: str
    iteration: int
    state: str
    find: str
    replacement: str


@dataclass(frozen=True, slots=True)
class ActionRow:
    """What a rollout with tools did in answer to a state."""

    rollout_id: str
    iteration: int
    state: str
    actions: str


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A frozen export; the id is the hash of its lines."""

    dataset_id: str
    build_id: str
    n_pairs: int
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """A build with its counts."""

    build_id: str
    run_id: str
    body: str
    created_at: datetime
    n_pairs: int
    n_tasks: int
    n_dropped: int


async def save_build(
    store: Store,
    build: BuildRow,
    pairs: Sequence[PairRow],
    dropped: Sequence[DroppedRow],
    states: Sequence[StateRow] = (),
) -> bool:
    """Store a build once and whole; False when it was there. `states` are those of no rollout."""
    parts = [
        store.inserting("pairs", pairs),
        store.inserting("dropped_candidates", dropped),
        store.inserting("states", states),
        store.inserting("pair_builds", [build]),
    ]

    is_new = [True]

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        name = [build.build_id]
        found = cursor.execute("SELECT 1 FROM pair_builds WHERE build_id = ?", name).fetchall()
        is_new[0] = not found
        if found:
            return
        # Programs before this one could be killed between the pairs and the row of their build.
        for table in ("pairs", "dropped_candidates"):
            cursor.execute(f"DELETE FROM {table} WHERE build_id = ?", name)
        for part in parts:
            part(cursor)

    await store.change(statements)
    return is_new[0]


async def list_builds(store: Store) -> list[BuildSummary]:
    """All builds, newest first."""
    rows = await store.fetch(
        """SELECT b.build_id, b.run_id, b.body, b.created_at, coalesce(p.n, 0),
                  coalesce(p.tasks, 0), coalesce(d.n, 0)
           FROM pair_builds b
           LEFT JOIN (SELECT build_id, count(*) AS n, count(DISTINCT task_id) AS tasks
                      FROM pairs GROUP BY build_id) p USING (build_id)
           LEFT JOIN (SELECT build_id, count(*) AS n FROM dropped_candidates
                      GROUP BY build_id) d USING (build_id)
           ORDER BY b.created_at DESC, b.build_id"""
    )
    return [BuildSummary(*row) for row in rows]


async def load_pairs(store: Store, build_id: str) -> list[PairRow]:
    """The pairs of a build, by task and content."""
    return await store.load(
        PairRow, "pairs", "WHERE build_id = ? ORDER BY task_id, pair_id", build_id
    )


async def load_outputs(store: Store, run_id: str) -> list[OutputRow]:
    """The edits of a run on every state that more than one of its rollouts met, in any order."""
    rows = await store.fetch(
        """WITH answered AS (
               SELECT rollout_id, iteration, any_value(state) AS state FROM calls
               WHERE run_id = ? AND outcome = 'ok' AND kind = 'action'
               GROUP BY rollout_id, iteration
           ),
           met AS (SELECT state FROM answered GROUP BY state HAVING count(DISTINCT rollout_id) > 1)
           SELECT rollout_id, iteration, any_value(state), any_value(find), any_value(replacement)
           FROM iterations JOIN answered USING (rollout_id, iteration) SEMI JOIN met USING (state)
           WHERE run_id = ? AND find <> '' GROUP BY rollout_id, iteration""",
        [run_id, run_id],
    )
    return [OutputRow(*row) for row in rows]


async def load_actions(store: Store, run_id: str) -> list[ActionRow]:
    """What a run's rollouts did with tools, each iteration with the state it answered."""
    rows = await store.fetch(
        """SELECT i.rollout_id, i.iteration, any_value(c.state), any_value(i.actions)
           FROM iterations i JOIN calls c USING (run_id, rollout_id, iteration)
           WHERE run_id = ? AND i.actions <> '' AND c.outcome = 'ok' AND c.kind = 'action'
           GROUP BY i.rollout_id, i.iteration""",
        [run_id],
    )
    return [ActionRow(*row) for row in rows]


async def count_dropped(store: Store, build_id: str) -> dict[str, int]:
    """Dropped candidates of a build by reason."""
    rows = await store.fetch(
        "SELECT reason, count(*) FROM dropped_candidates WHERE build_id = ? "
        "GROUP BY reason ORDER BY reason",
        [build_id],
    )
    return dict(rows)


async def save_dataset(store: Store, dataset: DatasetRow) -> None:
    """Store a dataset once."""
    if not await store.fetch("SELECT 1 FROM datasets WHERE dataset_id = ?", [dataset.dataset_id]):
        await store.insert("datasets", [dataset])
