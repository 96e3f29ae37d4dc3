"""Pages of the pair queue: filter, order and count a build's pairs in one query.

What is filtered is narrow; the other columns and the outcomes are read for the page alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from core.store.database import Store
from core.store.decisions import LATEST, Choice
from core.store.pairs import PairRow
from core.task import Task


class PairSort(StrEnum):
    """Order of the queue; pairs that tie stand as they were built, task by task."""

    TASK = "task"
    LEAST_CHANGED = "least-changed"
    MOST_CHANGED = "most-changed"
    FEWEST_ITERATIONS = "fewest-iterations"
    """Of the chosen side, then of the rejected one."""
    MOST_ITERATIONS = "most-iterations"
    SHORTEST = "shortest"
    """Both answers together."""
    LONGEST = "longest"
    SMALLEST_MARGIN = "smallest-margin"
    """Of the share of tests passed, chosen less rejected; what is not known stands last."""
    LARGEST_MARGIN = "largest-margin"


@dataclass(frozen=True, slots=True)
class PairFilter:
    """Which pairs are wanted; what is empty or None does not filter."""

    task: str = ""
    """A part of the task's id."""
    family: str = ""
    kind: str = ""
    decisions: tuple[Choice, ...] = ()
    is_swapped: bool | None = None
    text: str = ""
    """Stands in the chosen or the rejected answer, in any case."""
    has_note: bool | None = None


EVERY_PAIR = PairFilter()


@dataclass(frozen=True, slots=True)
class PairItem:
    """A pair in the queue. A swapped pair is shown exchanged, as a dataset would hold it."""

    pair_id: str
    task_id: str
    family: str
    kind: str
    decision: Choice
    is_swapped: bool
    has_note: bool
    changed_share: float
    chosen_iterations: int
    rejected_iterations: int
    rejected_outcome: str
    """Empty when the rollout is not in the store."""
    margin: float | None
    """Share of tests the chosen rollout passed less that of the rejected one; None: unknown."""

    @property
    def is_flagged(self) -> bool:
        """Whether somebody left it open on purpose."""
        return self.decision is Choice.FLAG


@dataclass(frozen=True, slots=True)
class PairPage:
    """Some rows of the queue, and how many the filter lets through in all."""

    rows: tuple[PairItem, ...]
    n_total: int


_ORDERS = {
    PairSort.TASK: "task_id, place",
    PairSort.LEAST_CHANGED: "changed_share, place",
    PairSort.MOST_CHANGED: "changed_share DESC, place",
    PairSort.FEWEST_ITERATIONS: "chosen_n, rejected_n, place",
    PairSort.MOST_ITERATIONS: "chosen_n DESC, rejected_n DESC, place",
    PairSort.SHORTEST: "measure, place",
    PairSort.LONGEST: "measure DESC, place",
    PairSort.SMALLEST_MARGIN: "measure NULLS LAST, place",
    PairSort.LARGEST_MARGIN: "measure DESC NULLS LAST, place",
}

_MARGIN = "if(d.is_swapped, -1, 1) * (good.share - bad.share)"
_MEASURES = {
    PairSort.SHORTEST: "length(p.chosen) + length(p.rejected)",
    PairSort.LONGEST: "length(p.chosen) + length(p.rejected)",
    PairSort.SMALLEST_MARGIN: _MARGIN,
    PairSort.LARGEST_MARGIN: _MARGIN,
}
"""What a sort needs beside the narrow columns; it is read for all pairs of the build."""
_SCORED = """LEFT JOIN scores good ON good.rollout_id = p.chosen_rollout
    LEFT JOIN scores bad ON bad.rollout_id = p.rejected_rollout"""

_SQL = """
WITH latest AS ({latest}),
scores AS (
    SELECT rollout_id, n_passed / nullif(n_tests, 0) AS share
    FROM rollouts SEMI JOIN (SELECT run_id FROM pair_builds WHERE build_id = ?) USING (run_id)
),
matched AS MATERIALIZED (
    SELECT p.rowid AS place, p.task_id, p.changed_share,
        if(d.is_swapped, p.rejected_iteration, p.chosen_iteration) AS chosen_n,
        if(d.is_swapped, p.chosen_iteration, p.rejected_iteration) AS rejected_n,
        {measure} AS measure
    FROM pairs p LEFT JOIN latest d USING (pair_id) {scored}
    WHERE p.build_id = ? {wanted}
),
page AS MATERIALIZED (SELECT * FROM matched ORDER BY {order} LIMIT ? OFFSET ?),
wide AS MATERIALIZED (
    SELECT m.*, p.pair_id, p.family, p.kind, coalesce(d.choice, 'undecided') AS choice,
        coalesce(d.is_swapped, false) AS is_swapped, coalesce(d.note, '') <> '' AS has_note,
        if(d.is_swapped, p.rejected_rollout, p.chosen_rollout) AS good_id,
        if(d.is_swapped, p.chosen_rollout, p.rejected_rollout) AS bad_id
    FROM page m JOIN pairs p ON p.rowid = m.place LEFT JOIN latest d USING (pair_id)
),
named AS (SELECT good_id AS rollout_id FROM wide UNION SELECT bad_id FROM wide),
known AS MATERIALIZED (
    SELECT rollout_id, any_value(outcome) AS outcome,
        any_value(n_passed / nullif(n_tests, 0)) AS share
    FROM rollouts SEMI JOIN named USING (rollout_id) GROUP BY rollout_id
)
SELECT t.n, pair_id, task_id, family, kind, choice, is_swapped, has_note, changed_share,
    chosen_n, rejected_n, coalesce(bad.outcome, ''), good.share - bad.share
FROM (SELECT count(*) AS n FROM matched) t
LEFT JOIN (wide LEFT JOIN known good ON good.rollout_id = good_id
    LEFT JOIN known bad ON bad.rollout_id = bad_id) ON true
ORDER BY {order}
"""


async def load_page(
    store: Store, build_id: str, wanted: PairFilter, sort: PairSort, offset: int, limit: int
) -> PairPage:
    """One page, with the count of all its pairs even when the page itself is empty."""
    clauses, values = _clauses(wanted)
    measure = _MEASURES.get(sort, "0")
    sql = _SQL.format(
        latest=LATEST,
        wanted=" ".join(clauses),
        order=_ORDERS[sort],
        measure=measure,
        scored=_SCORED if measure is _MARGIN else "",
    )
    found = await store.fetch(sql, [build_id, build_id, *values, limit, offset])
    rows = (_item(*values) for _, *values in found if values[0] is not None)
    return PairPage(tuple(rows), found[0][0])


async def load_pair(store: Store, build_id: str, pair_id: str) -> PairRow | None:
    """One pair of a build, as it was built."""
    found: list[PairRow] = await store.load(
        PairRow, "pairs", "WHERE build_id = ? AND pair_id = ? LIMIT 1", build_id, pair_id
    )
    return found[0] if found else None


async def load_task(store: Store, task_id: str) -> Task | None:
    """One task as it now is."""
    rows = await store.fetch("SELECT body FROM tasks WHERE task_id = ?", [task_id])
    return msgspec.json.decode(rows[0][0], type=Task) if rows else None


async def find_build_ids(store: Store, start: str) -> list[str]:
    """At most two ids of builds that begin so, newest first."""
    rows = await store.fetch(
        "SELECT build_id FROM pair_builds WHERE starts_with(build_id, ?) "
        "ORDER BY created_at DESC, build_id LIMIT 2",
        [start],
    )
    return [name for (name,) in rows]


def _item(pair_id: str, task_id: str, family: str, kind: str, choice: str, *rest: Any) -> PairItem:
    return PairItem(pair_id, task_id, family, kind, Choice(choice), *rest)


def _clauses(wanted: PairFilter) -> tuple[list[str], list[object]]:
    """Conditions of the filter, each beginning with AND, and their values in order."""
    text = "(contains(lower(p.chosen), lower(?)) OR contains(lower(p.rejected), lower(?)))"
    known: list[tuple[str, list[object]]] = []
    if wanted.task:
        known.append(("contains(p.task_id, ?)", [wanted.task]))
    if wanted.family:
        known.append(("p.family = ?", [wanted.family]))
    if wanted.kind:
        known.append(("p.kind = ?", [wanted.kind]))
    if wanted.decisions:
        choice = "coalesce(d.choice, 'undecided')"
        names = [choice.value for choice in wanted.decisions]
        known.append((f"{choice} IN (SELECT unnest(?::VARCHAR[]))", [names]))
    if wanted.is_swapped is not None:
        known.append(("coalesce(d.is_swapped, false) = ?", [wanted.is_swapped]))
    if wanted.has_note is not None:
        known.append(("(coalesce(d.note, '') <> '') = ?", [wanted.has_note]))
    if wanted.text:
        known.append((text, [wanted.text, wanted.text]))
    return [f"AND {clause}" for clause, _ in known], [v for _, values in known for v in values]
