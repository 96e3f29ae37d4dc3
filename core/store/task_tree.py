"""A suite as a tree: its families, and below each its tasks, a page of lines at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.store.database import Store
from core.store.task_pages import ITEMS, TaskItem, task_item


@dataclass(frozen=True, slots=True)
class FamilyItem:
    """Several tasks that stay together, in numbers; of one task there is no such line."""

    family: str
    n_tasks: int
    n_admitted: int
    n_quarantined: int
    n_unsteady: int
    """Those of the quarantined whose tests change their mind."""
    n_hung: int
    """Tasks with a test that a deadline had to end."""
    n_passed: int
    n_rollouts: int
    """Both as of its tasks."""
    side: str
    """Where all of them are; empty when they are on several sides, or on none."""


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A family, or a task: exactly one of the two is there."""

    family: FamilyItem | None = None
    task: TaskItem | None = None
    is_inside: bool = False
    """Whether a task stands below its family."""


@dataclass(frozen=True, slots=True)
class TreePage:
    """Some lines of a suite's tree."""

    lines: tuple[TreeLine, ...]
    n_total: int
    """Lines in all, as the families are folded."""
    n_tasks: int
    """Tasks that the filter lets through, folded away or not."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Which families show their tasks."""

    all_closed: bool = False
    others: tuple[str, ...] = ()
    """Families that are the other way round."""


# Numbers at the end of a name are counted, so that 10 comes after 9; a family stands where its
# first task would.
_TREE = f"""{ITEMS.format(wanted="t.suite = ?")}
matched AS MATERIALIZED (
    SELECT *, coalesce(nullif(family, ''), concat(suite, '/', program)) AS kin,
        row_number() OVER (ORDER BY regexp_replace(task_id, '\\d+$', ''),
            try_cast(regexp_extract(task_id, '\\d+$') AS HUGEINT), task_id) AS rank
    FROM items
    WHERE contains(lower(concat_ws(' ', task_id, status, reason, family, side)), lower(?))
),
families AS MATERIALIZED (
    SELECT kin, count(*) AS n_tasks, count(*) FILTER (status = 'admitted') AS n_admitted,
        count(*) FILTER (status = 'quarantined') AS n_quarantined,
        count(*) FILTER (is_unsteady) AS n_unsteady, count(*) FILTER (n_hung > 0) AS n_hung,
        sum(n_passed)::INTEGER AS n_passed, sum(n_rollouts)::INTEGER AS n_rollouts,
        CASE WHEN count(DISTINCT side) = 1 THEN min(side) ELSE '' END AS side, min(rank) AS first
    FROM matched GROUP BY kin
),
lines AS MATERIALIZED (
    SELECT kin, '' AS task_id, first, 0 AS rank FROM families WHERE n_tasks > 1
    UNION ALL
    SELECT m.kin, m.task_id, f.first, m.rank FROM matched m JOIN families f USING (kin)
    WHERE f.n_tasks = 1 OR list_contains(?::VARCHAR[], m.kin) = ?
),
page AS (
    SELECT row_number() OVER () AS place, kin, task_id FROM (
        SELECT * FROM lines ORDER BY first, rank LIMIT ? OFFSET ?
    )
)
SELECT c.n_lines, c.n_tasks, p.task_id, f.* EXCLUDE (first), m.* EXCLUDE (kin, rank)
FROM (SELECT (SELECT count(*) FROM lines) AS n_lines, (SELECT count(*) FROM matched) AS n_tasks) c
LEFT JOIN page p ON true
LEFT JOIN families f ON f.kin = p.kin
LEFT JOIN matched m ON m.task_id = p.task_id
ORDER BY p.place
"""
_N_FAMILY = len(FamilyItem.__dataclass_fields__)


async def load_tree_page(
    store: Store, suite: str, text: str, folds: Folds, place: tuple[int, int]
) -> TreePage:
    """Some lines from an offset on; what a filter finds is never folded away."""
    offset, limit = place
    # In `others` and all closed, or in neither: open.
    is_closed = folds.all_closed and not text
    others = [] if text else list(folds.others)
    found = await store.fetch(_TREE, [suite, text, others, is_closed, limit, offset])
    lines = tuple(_line(values) for _, _, *values in found if values[0] is not None)
    return TreePage(lines, found[0][0], found[0][1])


def _line(values: Sequence[object]) -> TreeLine:
    task_id, *rest = values
    family, task = rest[:_N_FAMILY], rest[_N_FAMILY:]
    if not task_id:
        # The query's columns are its fields, in order; a row of the store has no types.
        return TreeLine(FamilyItem(*family))  # type: ignore[arg-type]
    return TreeLine(task=task_item(*task), is_inside=family[1] != 1)
