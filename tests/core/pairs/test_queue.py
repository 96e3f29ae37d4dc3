"""The queue against a plain reading of the same pairs, and counts that add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.context import Context
from core.errors import UsageError
from core.pairs.decisions import Action, decide
from core.pairs.queue import dropped, funnel, page
from core.store.decisions import Choice
from core.store.pair_pages import EVERY_PAIR, PairFilter, PairItem, PairSort
from core.store.pairs import DroppedRow
from tests.core.pairs.made import opened, pair, save
from tests.core.pairs.test_candidates import rollout

PAIRS = [
    pair(
        f"{n * 7919 % 1000:03d}",
        task_id=f"s/task{n % 5}",
        family=f"fam{n % 3}",
        kind=("patch", "fork")[n % 2],
        chosen=f"Good_{n} 100%" + "!" * (n % 9),
        rejected=f"bad_{n} é",
        chosen_iteration=n % 4,
        rejected_iteration=n % 6,
        changed_share=n % 7 / 10,
    )
    for n in range(40)
]
_TURNED = (PAIRS[1].pair_id, PAIRS[2].pair_id)


async def prepare(context: Context, dropped: Sequence[DroppedRow] = ()) -> None:
    """Forty pairs, another build, and a few decisions, one of them taken from keep to drop."""
    await save(context, PAIRS, dropped)
    await save(context, [pair("other", "b2")], build_id="b2")
    scores = [(p.chosen_rollout, 8 - n % 3) for n, p in enumerate(PAIRS) if n % 4]
    scores += [(p.rejected_rollout, n % 5) for n, p in enumerate(PAIRS)]
    rollouts = [replace(rollout(name, "failed", "x"), n_passed=n) for name, n in scores]
    await context.store.insert("rollouts", [replace(row, n_tests=8) for row in rollouts])
    for n, action in enumerate((Action.KEEP, Action.KEEP, Action.FLAG, Action.DROP)):
        await decide(context, PAIRS[n].pair_id, action)
    await decide(context, PAIRS[0].pair_id, Action.DROP, "too long")
    for name in _TURNED:
        await decide(context, name, Action.SWAP)


async def rows_of(
    context: Context, wanted: PairFilter, sort: PairSort = PairSort.TASK
) -> list[PairItem]:
    """All pages of a queue, seven rows at a time."""
    rows: list[PairItem] = []
    while True:
        part = await page(context, "b1", wanted, sort, (len(rows), 7))
        if not part.rows:
            assert part.n_total == len(rows)
            return rows
        rows += part.rows


KEYS: dict[PairSort, Callable[[PairItem], Any]] = {
    PairSort.TASK: lambda row: row.task_id,
    PairSort.LEAST_CHANGED: lambda row: row.changed_share,
    PairSort.MOST_CHANGED: lambda row: -row.changed_share,
    PairSort.FEWEST_ITERATIONS: lambda row: (row.chosen_iterations, row.rejected_iterations),
    PairSort.MOST_ITERATIONS: lambda row: (-row.chosen_iterations, -row.rejected_iterations),
    PairSort.SHORTEST: lambda row: _length(row),
    PairSort.LONGEST: lambda row: -_length(row),
    PairSort.SMALLEST_MARGIN: lambda row: 9 if row.margin is None else row.margin,
    PairSort.LARGEST_MARGIN: lambda row: 9 if row.margin is None else -row.margin,
}


def _length(item: PairItem) -> int:
    (found,) = [p for p in PAIRS if p.pair_id == item.pair_id]
    return len(found.chosen) + len(found.rejected)


@pytest.mark.parametrize("sort", PairSort)
async def test_pages_hold_every_pair_of_the_build_once_in_order(
    tmp_path: Path, sort: PairSort
) -> None:
    with opened(tmp_path) as context:
        await prepare(context)
        rows = await rows_of(context, EVERY_PAIR, sort)
    assert {row.pair_id for row in rows} == {p.pair_id for p in PAIRS}
    assert len(rows) == len(PAIRS)
    built = [p.pair_id for p in PAIRS]
    key = KEYS[sort]
    assert rows == sorted(rows, key=lambda row: (key(row), built.index(row.pair_id)))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (PairFilter(task="task3"), {n for n in range(40) if n % 5 == 3}),
        (PairFilter(family="fam1"), {n for n in range(40) if n % 3 == 1}),
        (PairFilter(kind="fork"), {n for n in range(40) if n % 2}),
        (PairFilter(decisions=(Choice.FLAG,)), {2}),
        (PairFilter(decisions=(Choice.KEEP, Choice.DROP)), {0, 1, 3}),
        (PairFilter(decisions=(Choice.UNDECIDED,)), set(range(4, 40))),
        (PairFilter(is_swapped=True), {1, 2}),
        (PairFilter(is_swapped=False), set(range(40)) - {1, 2}),
        (PairFilter(has_note=True), {0}),
        (PairFilter(has_note=False), set(range(1, 40))),
        (PairFilter(text="gOOD_1"), {1, *range(10, 20)}),
        (PairFilter(text="bad_39"), {39}),
        (PairFilter(text="_39 É"), {39}),
        (PairFilter(text="_3%"), set()),
        (PairFilter(text="100%", task="task3", kind="fork"), {3, 13, 23, 33}),
        (PairFilter(text="' OR 1=1 --"), set()),
    ],
)
async def test_a_filter_lets_through_what_it_names_and_nothing_else(
    tmp_path: Path, wanted: PairFilter, expected: set[int]
) -> None:
    with opened(tmp_path) as context:
        await prepare(context)
        rows = await rows_of(context, wanted)
    assert {row.pair_id for row in rows} == {PAIRS[n].pair_id for n in expected}


async def test_the_margin_is_what_the_chosen_side_passed_more_and_turns_with_a_swap(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as context:
        await prepare(context)
        rows = {row.pair_id: row for row in await rows_of(context, EVERY_PAIR)}
    assert rows[PAIRS[0].pair_id].margin is None
    assert rows[PAIRS[7].pair_id].margin == (7 - 2) / 8
    assert rows[PAIRS[2].pair_id].margin == -(6 - 2) / 8


async def test_dropped_candidates_are_listed_by_reason_with_how_they_ended(tmp_path: Path) -> None:
    lost = [DroppedRow("b1", f"s/t{n}", "tie", PAIRS[0].rejected_rollout, f"r{n}") for n in (2, 1)]
    lost.append(DroppedRow("b1", "s/t0", "no_edit", "", "mute"))
    with opened(tmp_path) as context:
        await prepare(context, lost)
        first = await dropped(context, "b1", "", (0, 1))
        ties = await dropped(context, "b1", "tie", (0, 9))
        beyond = await dropped(context, "b1", "tie", (5, 9))
        with pytest.raises(UsageError, match="no_edit, tie"):
            await dropped(context, "b1", "nonsense", (0, 9))
    assert (first.n_total, [row.reason for row in first.rows]) == (3, ["no_edit"])
    assert [row.task_id for row in ties.rows] == ["s/t1", "s/t2"]
    assert {row.chosen_outcome for row in ties.rows} == {"failed"}
    assert (beyond.rows, beyond.n_total) == ((), 2)


async def test_a_row_tells_the_decision_and_shows_a_swapped_pair_exchanged(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await prepare(context)
        rows = {row.pair_id: row for row in await rows_of(context, EVERY_PAIR)}
    dropped, kept, flagged = (rows[PAIRS[n].pair_id] for n in (0, 1, 2))
    assert (dropped.decision, dropped.has_note) == (Choice.DROP, True)
    assert (kept.decision, kept.has_note, kept.is_flagged) == (Choice.KEEP, False, False)
    assert (flagged.decision, flagged.is_flagged) == (Choice.FLAG, True)
    turned = rows[PAIRS[2].pair_id]
    assert turned.is_swapped
    assert (turned.chosen_iterations, turned.rejected_iterations) == (
        PAIRS[2].rejected_iteration,
        PAIRS[2].chosen_iteration,
    )


@pytest.mark.parametrize("window", [(-1, 5), (0, 0), (0, 1001)])
async def test_a_page_of_no_sense_is_refused(tmp_path: Path, window: tuple[int, int]) -> None:
    with opened(tmp_path) as context:
        await prepare(context)
        with pytest.raises(UsageError, match="rows"):
            await page(context, "b1", EVERY_PAIR, PairSort.TASK, window)


@pytest.mark.parametrize("build_id", ["nonsense", "b"])
async def test_an_unknown_or_ambiguous_build_is_refused(tmp_path: Path, build_id: str) -> None:
    with opened(tmp_path) as context:
        await prepare(context)
        with pytest.raises(UsageError, match="no single pair build"):
            await page(context, build_id, EVERY_PAIR, PairSort.TASK, (0, 5))


async def test_the_funnel_adds_up_from_candidates_to_a_dataset(tmp_path: Path) -> None:
    reasons = ["tie", "tie", "identical"]
    with opened(tmp_path) as context:
        await prepare(context, [DroppedRow("b1", "s/task0", r, "", r) for r in reasons])
        counted = await funnel(context, "b1")
    assert counted.dropped == {"identical": 1, "tie": 2}
    assert counted.n_candidates == 43 == counted.n_pairs + sum(counted.dropped.values())
    n = counted.decisions
    assert (n.n_kept, n.n_dropped, n.n_flagged, n.n_undecided) == (1, 2, 1, 36)
    assert n.n_swapped == 2
    assert counted.n_dataset == 37
    assert (counted.n_pair_tasks, counted.n_dataset_tasks) == (5, 5)


async def test_a_task_whose_pairs_are_all_dropped_is_no_task_of_the_dataset(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair("a"), pair("c"), pair("d", task_id="s/g")])
        for name in ("a", "c"):
            await decide(context, name, Action.DROP)
        counted = await funnel(context, "latest")
    assert (counted.n_pair_tasks, counted.n_dataset_tasks, counted.n_dataset) == (2, 1, 1)
