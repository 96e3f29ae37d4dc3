"""Answers of rollouts that passed, to learn from, and who gave the answers of a set of rollouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer of a rollout that passed."""

    task_id: str
    rollout_id: str
    iteration: int
    state: str
    reply: str
    is_valid: bool
    """Whether it kept the protocol."""
    is_last: bool
    """Whether it is the one that passed."""
    policy: str
    actions: str = ""
    """What it asked tools for, as JSON."""
    tools: str = ""
    """The templates that offer what can be called natively; empty where nothing can."""


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """The answers of some runs."""

    n_answers: int
    n_invalid: int


_VALID = """i.find <> '' OR (i.actions <> '' AND NOT contains(i.actions, '"is_error":true'))"""
"""An edit that applied, or actions that could all be done."""


async def load_passing_answers(store: Store, run_id: str) -> list[AnswerRow]:
    """The answers of a run's passed rollouts: by task, the passing ones first."""
    rows = await store.fetch(
        f"""SELECT r.task_id, r.rollout_id, i.iteration, c.state, c.reply, {_VALID},
                  i.iteration = r.n_iterations, coalesce(a.body->>'$.policy', ''), i.actions,
                  CASE WHEN a.body->>'$.protocol' = 'tools-native'
                       THEN a.body->>'$.prompts' ELSE '' END
           FROM rollouts r
           JOIN iterations i ON i.run_id = r.run_id AND i.rollout_id = r.rollout_id
           JOIN (SELECT rollout_id, iteration, any_value(state) AS state,
                        any_value(reply) AS reply
                 FROM calls WHERE run_id = $1 AND outcome = 'ok' AND kind = 'action'
                 GROUP BY rollout_id, iteration
                ) c ON c.rollout_id = i.rollout_id AND c.iteration = i.iteration
           LEFT JOIN arms a ON a.arm_id = r.arm_id
           WHERE r.run_id = $1 AND r.outcome = 'passed'
           ORDER BY r.task_id, i.iteration < r.n_iterations, r.seed, r.rollout_id,
                    i.iteration DESC""",
        [run_id],
    )
    return [AnswerRow(*row) for row in rows]


async def policies_of(store: Store, rollout_ids: Sequence[str]) -> dict[str, str]:
    """The policy behind each of some rollouts."""
    rows = await store.fetch(
        "SELECT r.rollout_id, any_value(a.body->>'$.policy') FROM rollouts r "
        "JOIN arms a ON a.arm_id = r.arm_id "
        "WHERE r.rollout_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY r.rollout_id",
        [list(rollout_ids)],
    )
    return {rollout: policy or "" for rollout, policy in rows}


async def count_answers(store: Store, run_id: str) -> AnswerCounts:
    """The answers of a run, and those of them that broke the protocol.

    Tests that are no answer's are those that a rollout was graded by.
    """
    ((n, n_invalid),) = await store.fetch(
        f"SELECT count(*), count(*) FILTER (NOT ({_VALID})) FROM iterations i WHERE run_id = ? "
        "AND (find <> '' OR actions <> '' OR verdict = '')",
        [run_id],
    )
    return AnswerCounts(n, n_invalid)


async def arm_policies(store: Store) -> dict[str, str]:
    """The policy of every arm."""
    rows = await store.fetch("SELECT arm_id, coalesce(body->>'$.policy', '') FROM arms")
    return dict(rows)
