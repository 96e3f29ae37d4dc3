"""Pages of a suite's tasks, each with its oracle result and its place in the newest split."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.store.counted import UNCOUNTED_SQL
from core.store.database import Store


class TaskStatus(StrEnum):
    """What the oracle says of a task as it now is."""

    UNCHECKED = "unchecked"
    ADMITTED = "admitted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class TaskItem:
    """A task in a list."""

    task_id: str
    suite: str
    program: str
    status: TaskStatus
    reason: str
    """Why it is quarantined."""
    family: str
    """In the newest split; empty when that does not have the task."""
    side: str
    """In the newest split; `heldout` for an admitted task of a suite that it does not name."""
    oracle: str
    """What judges it."""
    n_hung: int
    """Tests of the buggy program that a deadline had to end."""
    n_passed: int
    """Rollouts of the newest run that passed."""
    n_rollouts: int
    """Rollouts of the newest run that tell of the task; 0 where none was run."""
    n_rounds: int
    """Runs of each side that its check compared; 0 before one."""
    is_unsteady: bool
    """Whether it is quarantined because its tests change their mind."""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some tasks of a suite, and how many the filter lets through in all."""

    rows: tuple[TaskItem, ...]
    n_total: int


@dataclass(frozen=True, slots=True)
class OutsideTask:
    """An admitted task of a suite that a split does not name."""

    task_id: str
    suite: str
    program: str


# Of an evaluation only the base arm says how hard a task is; errors say nothing.
_TALLIES = f"""
tallies AS (
    SELECT r.task_id, r.run_id, u.created_at,
        count(*) FILTER (WHERE r.outcome = 'passed') AS n_passed, count(*) AS n_rollouts
    FROM rollouts r JOIN runs u USING (run_id) LEFT JOIN evaluations e USING (run_id)
    WHERE r.outcome NOT IN {UNCOUNTED_SQL} AND coalesce(e.base_arm, r.arm_id) = r.arm_id
    GROUP BY ALL
),
tally AS (
    SELECT task_id, arg_max(run_id, created_at) AS run_id,
        arg_max(n_passed, created_at)::INTEGER AS n_passed,
        arg_max(n_rollouts, created_at)::INTEGER AS n_rollouts
    FROM tallies GROUP BY task_id
)
"""

# Of the bodies, which are wide, single short values are read.
ITEMS = f"""
WITH {_TALLIES},
newest AS (
    SELECT split_id, string_split(suites, ',') AS names FROM splits
    ORDER BY created_at DESC, split_id LIMIT 1
),
items AS MATERIALIZED (
    SELECT t.task_id, t.suite, t.program, coalesce(c.status, 'unchecked') AS status,
        coalesce(c.reason, '') AS reason, coalesce(m.family, '') AS family,
        CASE WHEN m.side IS NOT NULL THEN m.side
             WHEN c.status = 'admitted' AND NOT list_contains(n.names, t.suite) THEN 'heldout'
             ELSE '' END AS side,
        coalesce(t.body->>'$.oracle', '') AS oracle, coalesce(c.n_hung, 0) AS n_hung,
        coalesce(y.n_passed, 0) AS n_passed, coalesce(y.n_rollouts, 0) AS n_rollouts,
        coalesce(try_cast(c.body->>'$.n_rounds' AS INTEGER), 0) AS n_rounds,
        coalesce(c.reason, '') SIMILAR TO '.*(not steady|sometimes|times slower).*' AS is_unsteady
    FROM tasks t LEFT JOIN task_checks c USING (task_id, task_hash)
    LEFT JOIN tally y ON y.task_id = t.task_id
    LEFT JOIN newest n ON true
    LEFT JOIN split_members m ON m.split_id = n.split_id AND m.task_id = t.task_id
    WHERE {{wanted}}
),
"""

_PAGE = f"""{ITEMS.format(wanted="t.suite = ?")}
matched AS MATERIALIZED (
    SELECT * FROM items
    WHERE contains(lower(concat_ws(' ', task_id, status, reason, family, side)), lower(?))
)
SELECT c.n, p.* FROM (SELECT count(*) AS n FROM matched) c
LEFT JOIN (SELECT * FROM matched ORDER BY task_id LIMIT ? OFFSET ?) p ON true
ORDER BY p.task_id
"""

_ONE = f"""{ITEMS.format(wanted="t.task_id = ?")}
one AS (SELECT * FROM items LIMIT 1)
SELECT * FROM one
"""

_OUTSIDE = """
SELECT t.task_id, t.suite, t.program FROM tasks t JOIN task_checks c USING (task_id, task_hash)
WHERE c.status = 'admitted' AND t.suite NOT IN (SELECT unnest(?::VARCHAR[]))
ORDER BY t.task_id
"""


async def load_task_page(store: Store, suite: str, text: str, offset: int, limit: int) -> TaskPage:
    """One page in order of ids, with the count of all of them even when it is empty."""
    found = await store.fetch(_PAGE, [suite, text, limit, offset])
    rows = (task_item(*values) for _, *values in found if values[0] is not None)
    return TaskPage(tuple(rows), found[0][0])


async def load_task_item(store: Store, task_id: str) -> TaskItem | None:
    """One task."""
    rows = await store.fetch(_ONE, [task_id])
    return task_item(*rows[0]) if rows else None


async def load_outside(store: Store, suites: list[str]) -> list[OutsideTask]:
    """The admitted tasks of all other suites, by id."""
    return [OutsideTask(*row) for row in await store.fetch(_OUTSIDE, [suites])]


async def load_pass_rates(store: Store) -> tuple[dict[str, float], tuple[str, ...]]:
    """Of each task that was run, the share that passed in the newest run of it; and those runs."""
    rows = await store.fetch(
        f"WITH {_TALLIES} SELECT task_id, run_id, n_passed / n_rollouts FROM tally ORDER BY task_id"
    )
    rates = {task_id: float(rate) for task_id, _, rate in rows}
    return rates, tuple(sorted({run_id for _, run_id, _ in rows}))


def task_item(*values: Any) -> TaskItem:
    """A task of the columns of `ITEMS`."""
    task_id, suite, program, status, *rest = values
    return TaskItem(task_id, suite, program, TaskStatus(status), *rest)
