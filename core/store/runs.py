"""Runs and what they append: rollouts, calls, states, iterations, in the order they happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.errors import StoreError
from core.store.charges import NEWEST
from core.store.database import Store


@dataclass(frozen=True, slots=True)
class ArmRow:
    """A policy with its conditions; the id is the hash of `body`."""

    arm_id: str
    name: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """A set of rollouts that was asked for; `body` is its plan's JSON."""

    run_id: str
    kind: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RunStateRow:
    """A change of a run's state; the newest counts."""

    run_id: str
    status: str
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """A finished rollout. One that was interrupted has calls but no row here."""

    rollout_id: str
    run_id: str
    arm_id: str
    task_id: str
    seed: int
    outcome: str
    reason: str
    n_iterations: int
    first_state: str
    find: str
    replacement: str
    n_passed: int
    n_tests: int
    n_prompt_tokens: int
    n_completion_tokens: int
    cost_microusd: int
    wall_s: float
    sandbox_level: str
    finished_at: datetime
    others: str = ""
    """The edits of other files than the target, as JSON; empty when there are none."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """One attempt at a policy: a row of the ledger."""

    run_id: str
    rollout_id: str
    iteration: int
    attempt: int
    model: str
    state: str
    outcome: str
    finish_reason: str
    reply: str
    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int
    n_reasoning_tokens: int
    cost_microusd: int
    latency_s: float
    called_at: datetime
    kind: str = "action"
    """`reflection` for a look back at the action of the same iteration."""
    tool_calls: str = ""
    """Native calls of the answer, as JSON."""
    reasoning: str = ""
    task_id: str = ""
    price_id: str = ""
    """Of the price that it was settled at."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """The exact messages a policy saw, as JSON, under their hash.

    A long state is a list of the names of its messages.
    """

    state: str
    body: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of long states, as JSON, under its hash."""

    message: str
    body: str


@dataclass(frozen=True, slots=True)
class IterationRow:
    """What the driver made of one reply."""

    run_id: str
    rollout_id: str
    iteration: int
    find: str
    replacement: str
    note: str
    verdict: str
    n_passed: int
    n_tests: int
    detail: str
    test_wall_s: float
    actions: str = ""
    """What was done with tools and what came of it, as JSON."""
    forgiven: str = ""
    """What a strict reader of the answer would have refused, by comma."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with its newest state and counts; calls, tokens and money as the ledger has them."""

    run_id: str
    kind: str
    body: str
    created_at: datetime
    status: str
    reason: str
    n_rollouts: int
    n_passed: int
    n_calls: int
    n_tokens: int
    cost_microusd: int
    """Settled, of calls and of what was rented for it."""
    unseen_microusd: int
    """At most so much more: for calls that were never answered, and for charges still open."""


@dataclass(frozen=True, slots=True)
class CallSums:
    """What the calls of a run come to."""

    n_calls: int
    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int
    cost_microusd: int


# `{one}` stands where a sum can be spared of all runs but one.
_SUMMARY = """
WITH charge AS (SELECT owner_id, status, worst_microusd AS worst, spent_microusd AS spent
                FROM charges {newest})
SELECT r.run_id, r.kind, r.body, r.created_at, s.status, s.reason, coalesce(o.n, 0),
    coalesce(o.passed, 0), coalesce(c.n, 0), coalesce(c.tokens, 0),
    coalesce(c.cost, 0) + coalesce(h.spent, 0), coalesce(u.worst, 0) + coalesce(h.unseen, 0)
FROM runs r
JOIN (SELECT run_id, arg_max(status, rowid) AS status, arg_max(reason, rowid) AS reason
      FROM run_states {one} GROUP BY run_id) s USING (run_id)
LEFT JOIN (SELECT run_id, count(*) AS n, count(*) FILTER (WHERE outcome = 'passed') AS passed
           FROM rollouts {one} GROUP BY run_id) o USING (run_id)
LEFT JOIN (SELECT run_id, count(*) AS n, sum(cost_microusd)::BIGINT AS cost,
                  sum(n_prompt_tokens + n_completion_tokens)::BIGINT AS tokens
           FROM calls {one} GROUP BY run_id) c USING (run_id)
LEFT JOIN (SELECT run_id, sum(worst_microusd)::BIGINT AS worst
           FROM reservations {one} GROUP BY run_id) u USING (run_id)
LEFT JOIN (SELECT owner_id AS run_id, sum(spent)::BIGINT AS spent,
                  (sum(greatest(worst - spent, 0)) FILTER (status = 'open'))::BIGINT AS unseen
           FROM charge GROUP BY owner_id) h USING (run_id)
"""


async def list_runs(store: Store) -> list[RunSummary]:
    """All runs, newest first."""
    query = _SUMMARY.format(one="", newest=NEWEST)
    rows = await store.fetch(f"{query} ORDER BY r.created_at DESC, r.run_id DESC")
    return [RunSummary(*row) for row in rows]


async def find_run(store: Store, run_id: str) -> RunSummary | None:
    """One run, or nothing."""
    query = _SUMMARY.format(one="WHERE run_id = $1", newest=NEWEST)
    rows = await store.fetch(f"{query} WHERE r.run_id = $1", [run_id])
    return RunSummary(*rows[0]) if rows else None


async def find_body(store: Store, run_id: str) -> str:
    """What a run was planned as; empty when there is none of this id."""
    rows = await store.fetch("SELECT body FROM runs WHERE run_id = ?", [run_id])
    return str(rows[0][0]) if rows else ""


async def unended_runs(store: Store) -> list[str]:
    """Runs whose newest state is one that only a living engine can keep."""
    rows = await store.fetch(
        "SELECT run_id FROM run_states GROUP BY run_id "
        "HAVING arg_max(status, rowid) IN ('running', 'paused') ORDER BY run_id"
    )
    return [run_id for (run_id,) in rows]


async def save_arm(store: Store, arm: ArmRow) -> None:
    """Store an arm once."""
    if not await store.fetch("SELECT 1 FROM arms WHERE arm_id = ?", [arm.arm_id]):
        await store.insert("arms", [arm])


async def find_arm(store: Store, arm_id: str) -> ArmRow | None:
    """One arm, or nothing."""
    found: list[ArmRow] = await store.load(ArmRow, "arms", "WHERE arm_id = ?", arm_id)
    return found[0] if found else None


async def load_rollouts(store: Store, run_id: str) -> list[RolloutRow]:
    """Finished rollouts of a run, by task, arm and seed."""
    return await store.load(
        RolloutRow, "rollouts", "WHERE run_id = ? ORDER BY task_id, arm_id, seed", run_id
    )


async def forget_errors(store: Store, run_id: str) -> None:
    """Take back the ends of rollouts that infrastructure ended; their calls stay in the ledger."""
    await store.change(
        lambda cursor: cursor.execute(
            "DELETE FROM rollouts WHERE run_id = ? AND outcome = 'error'", [run_id]
        )
    )


async def forget_error(store: Store, rollout_id: str) -> None:
    """Take back the end of one rollout that infrastructure ended; its calls stay."""
    await store.change(
        lambda cursor: cursor.execute(
            "DELETE FROM rollouts WHERE rollout_id = ? AND outcome = 'error'", [rollout_id]
        )
    )


async def load_rollout(store: Store, rollout_id: str) -> RolloutRow | None:
    """One finished rollout by its id or the beginning of it, when only one fits."""
    found: list[RolloutRow] = await store.load(
        RolloutRow, "rollouts", "WHERE starts_with(rollout_id, ?) LIMIT 2", rollout_id
    )
    return found[0] if len(found) == 1 else None


async def load_calls(store: Store, run_id: str, rollout_id: str | None = None) -> list[CallRow]:
    """Calls of a run, or of one rollout, in order."""
    only = "" if rollout_id is None else "AND rollout_id = ?"
    names = [run_id] if rollout_id is None else [run_id, rollout_id]
    return await store.load(
        CallRow,
        "calls",
        f"WHERE run_id = ? {only} ORDER BY rollout_id, iteration, kind, attempt",
        *names,
    )


async def load_open_calls(store: Store, run_id: str) -> list[CallRow]:
    """Calls of a run's unfinished rollouts, in order."""
    return await store.load(
        CallRow,
        "calls",
        "WHERE run_id = ? AND rollout_id NOT IN (SELECT rollout_id FROM rollouts WHERE run_id = ?) "
        "ORDER BY rollout_id, iteration, kind, attempt",
        run_id,
        run_id,
    )


async def find_called(store: Store, rollout_id: str) -> list[tuple[str, str]]:
    """Run and rollout of calls under an id or the beginning of it; of many, two."""
    if not rollout_id:
        return []
    return await store.fetch(
        "SELECT DISTINCT run_id, rollout_id FROM calls WHERE starts_with(rollout_id, ?) LIMIT 2",
        [rollout_id],
    )


async def known_states(store: Store, run_id: str) -> set[str]:
    """The states that a run's calls were made on."""
    rows = await store.fetch("SELECT DISTINCT state FROM calls WHERE run_id = ?", [run_id])
    return {state for (state,) in rows}


async def last_iterations(
    store: Store, run_id: str, rollout_id: str | None = None
) -> dict[str, int]:
    """The newest iteration of each rollout of a run, or of one."""
    only = "" if rollout_id is None else "AND rollout_id = ?"
    rows = await store.fetch(
        f"SELECT rollout_id, max(iteration) FROM iterations WHERE run_id = ? {only} "
        "GROUP BY rollout_id",
        [run_id] if rollout_id is None else [run_id, rollout_id],
    )
    return dict(rows)


async def sum_calls(store: Store, run_id: str) -> CallSums:
    """What the calls of a run come to."""
    (row,) = await store.fetch(
        "SELECT count(*), coalesce(sum(n_prompt_tokens), 0)::BIGINT, "
        "coalesce(sum(n_completion_tokens), 0)::BIGINT, "
        "coalesce(sum(n_cached_tokens), 0)::BIGINT, coalesce(sum(cost_microusd), 0)::BIGINT "
        "FROM calls WHERE run_id = ?",
        [run_id],
    )
    return CallSums(*row)


async def load_iterations(
    store: Store, run_id: str, rollout_id: str | None = None
) -> list[IterationRow]:
    """Iterations of a run, or of one rollout, in order."""
    only = "" if rollout_id is None else "AND rollout_id = ?"
    names = [run_id] if rollout_id is None else [run_id, rollout_id]
    return await store.load(
        IterationRow,
        "iterations",
        f"WHERE run_id = ? {only} ORDER BY rollout_id, iteration",
        *names,
    )


async def load_states(store: Store, states: list[str]) -> dict[str, str]:
    """Message JSON by state hash."""
    rows = await store.fetch(
        "SELECT state, any_value(body) FROM states "
        "WHERE state IN (SELECT unnest(?::VARCHAR[])) GROUP BY state",
        [states],
    )
    listed = {state: body for state, body in rows if body.startswith('["')}
    return {**dict(rows), **await _whole(store, listed)}


async def _whole(store: Store, listed: dict[str, str]) -> dict[str, str]:
    """Bodies with the messages in place of their names."""
    if not listed:
        return {}
    names = {state: msgspec.json.decode(body, type=list[str]) for state, body in listed.items()}
    wanted = sorted({name for each in names.values() for name in each})
    rows = await store.fetch(
        "SELECT message, any_value(body) FROM messages "
        "WHERE message IN (SELECT unnest(?::VARCHAR[])) GROUP BY message",
        [wanted],
    )
    bodies = dict(rows)
    if missing := [name for name in wanted if name not in bodies]:
        raise StoreError(f"{len(missing)} messages of a state are not in the store.")
    return {state: f"[{','.join(bodies[name] for name in each)}]" for state, each in names.items()}
