"""Pages of a suite's tasks, each with its oracle result and its place in the newest split."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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


# The task's body is wide; nothing here reads it.
_ITEMS = """
WITH newest AS (
    SELECT split_id, string_split(suites, ',') AS names FROM splits
    ORDER BY created_at DESC, split_id LIMIT 1
),
items AS MATERIALIZED (
    SELECT t.task_id, t.suite, t.program, coalesce(c.status, 'unchecked') AS status,
        coalesce(c.reason, '') AS reason, coalesce(m.family, '') AS family,
        CASE WHEN m.side IS NOT NULL THEN m.side
             WHEN c.status = 'admitted' AND NOT list_contains(n.names, t.suite) THEN 'heldout'
             ELSE '' END AS side
    FROM tasks t LEFT JOIN task_checks c USING (task_id, task_hash)
    LEFT JOIN newest n ON true
    LEFT JOIN split_members m ON m.split_id = n.split_id AND m.task_id = t.task_id
    WHERE {wanted}
),
"""

_PAGE = f"""{_ITEMS.format(wanted="t.suite = ?")}
matched AS MATERIALIZED (
    SELECT * FROM items
    WHERE contains(lower(concat_ws(' ', task_id, status, reason, family, side)), lower(?))
)
SELECT c.n, p.* FROM (SELECT count(*) AS n FROM matched) c
LEFT JOIN (SELECT * FROM matched ORDER BY task_id LIMIT ? OFFSET ?) p ON true
ORDER BY p.task_id
"""

_ONE = f"""{_ITEMS.format(wanted="t.task_id = ?")}
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
    rows = (_item(*values) for _, *values in found if values[0] is not None)
    return TaskPage(tuple(rows), found[0][0])


async def load_task_item(store: Store, task_id: str) -> TaskItem | None:
    """One task."""
    rows = await store.fetch(_ONE, [task_id])
    return _item(*rows[0]) if rows else None


async def load_outside(store: Store, suites: list[str]) -> list[OutsideTask]:
    """The admitted tasks of all other suites, by id."""
    return [OutsideTask(*row) for row in await store.fetch(_OUTSIDE, [suites])]


def _item(
    task_id: str, suite: str, program: str, status: str, reason: str, family: str, side: str
) -> TaskItem:
    return TaskItem(task_id, suite, program, TaskStatus(status), reason, family, side)
