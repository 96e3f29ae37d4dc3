"""What stored rows mean: the state of each stage and the one next command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.store.database import Store
from core.store.overview import load_standing
from tests.tui.rows import (
    PIPELINE,
    build_rows,
    check_rows,
    job_rows,
    result_rows,
    run_rows,
    split_rows,
    store_rows,
    suite_rows,
)
from tui.screens.stages import Progress, Stage, Step, lay_out

POLICY = "builtin:5afb7cdc1ed72d28"
NEXT = (
    "suite forge",
    "suite check kata",
    "split make kata",
    "rollouts run",
    "pairs build",
    "train start",
    f"eval run {POLICY}",
    "rollouts resume evalrun",
    "pairs export pairs.jsonl",
)


async def _look(directory: Path) -> tuple[tuple[Stage, ...], Step]:
    store = Store.open(directory)
    try:
        stages, step = lay_out(await load_standing(store))
    finally:
        store.close()
    assert step is not None
    return stages, step


@pytest.mark.parametrize("n_stored", range(len(NEXT)))
async def test_the_next_command_follows_what_is_stored(tmp_path: Path, n_stored: int) -> None:
    await store_rows(tmp_path, *PIPELINE[:n_stored])
    stages, step = await _look(tmp_path)
    assert " ".join(step.words) == NEXT[n_stored]
    progress = [stage.progress for stage in stages]
    n_done = progress.count(Progress.DONE)
    rest = [Progress.NEXT, *[Progress.WAITING] * 5]
    assert progress == ([Progress.DONE] * n_done + rest)[:6]


@pytest.mark.parametrize(
    ("parts", "command"),
    [
        ((*PIPELINE[:3], run_rows("stopped")), "rollouts resume run-3"),
        ((*PIPELINE[:4], build_rows(n_pairs=0)), "rollouts run"),
        ((*PIPELINE[:5], job_rows("failed", "no memory")), "train start"),
        ((*PIPELINE, split_rows(minute=20)), "rollouts run"),
        ((*PIPELINE, run_rows(minute=20)), "pairs build"),
        ((*PIPELINE[:7], result_rows("rollback")), "eval show"),
        ((suite_rows("quixbugs"), check_rows("quixbugs")), "split make quixbugs"),
        ((suite_rows("a"), check_rows("a"), *PIPELINE[:2]), "split make kata"),
        ((suite_rows(n_tasks=1), check_rows(n_tasks=1)), "suite check kata --again"),
    ],
)
async def test_what_is_missing_failed_or_older_than_its_input_comes_next(
    tmp_path: Path, parts: tuple[dict[str, Sequence[Any]], ...], command: str
) -> None:
    await store_rows(tmp_path, *parts)
    _, step = await _look(tmp_path)
    assert " ".join(step.words) == command


async def test_counts_are_those_of_the_store(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE)
    stages, _ = await _look(tmp_path)
    counted = [(stage.count, stage.unit, stage.remark) for stage in stages]
    assert counted == [
        (3, "tasks", "1 suite, 2 admitted, 1 quarantined"),
        (1, "split", "newest of kata"),
        (4, "rollouts", "1 run, 3 passed"),
        (2, "pairs", "of 1 task, 1 dropped"),
        (1, "job", "newest finished: 5afb7cdc1ed72d28"),
        (1, "result", "newest: keep"),
    ]


def test_nothing_is_claimed_before_the_store_was_read() -> None:
    stages, step = lay_out(None)
    assert step is None
    assert {stage.progress for stage in stages} == {Progress.UNKNOWN}
    assert {stage.count for stage in stages} == {None}
