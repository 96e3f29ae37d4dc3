"""A suite as a tree: families in numbers, their tasks below, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import UsageError
from core.store.suites import CheckRow, SuiteRow, load_hashes, replace_suite, save_checks
from core.store.task_tree import Folds, TreePage
from core.task import Task
from core.workspace import Workspace
from tests.core.splits.made import make_task
from tests.core.splits.small import NOW

_SIZES = {"p2": 3, "p3": 1, "p1": 2}


def _tasks() -> list[Task]:
    made = []
    for program, n_bugs in _SIZES.items():
        for n in range(n_bugs):
            task = make_task("mine", program, f"def f(x): return x + {n}\n", n)
            made.append(replace(task, task_id=f"mine/{program}-{n + 9}"))
    return made


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A suite of three programs; of `p2` one bug is unsteady, of the others nothing is known."""
    async with open_engine(Workspace(tmp_path), n_workers=1) as engine:
        tasks = _tasks()
        row = SuiteRow("mine", "folder", "", None, NOW)
        await replace_suite(engine.context.store, row, tuple(tasks), ())
        await save_checks(engine.context.store, [await _check(engine, t) for t in tasks[:3]])
        yield engine


async def _check(engine: Engine, task: Task) -> CheckRow:
    hashes = await load_hashes(engine.context.store, "mine")
    is_bad = task.task_id.endswith("-10")
    reason = "its tests are not steady: two runs of one program differ" if is_bad else ""
    status = "quarantined" if is_bad else "admitted"
    body = '{"n_rounds":3}'
    return CheckRow(
        task.task_id, "mine", hashes[task.task_id], status, reason, 1, "failed", "passed", 0.1,
        body, NOW,
    )  # fmt: skip


def _said(page: TreePage) -> list[str]:
    return [
        f"{line.family.family} ({line.family.n_tasks})"
        if line.family
        else f"{'  ' if line.is_inside else ''}{line.task.task_id if line.task else ''}"
        for line in page.lines
    ]


OPEN = [
    "mine/p1 (2)",
    "  mine/p1-9",
    "  mine/p1-10",
    "mine/p2 (3)",
    "  mine/p2-9",
    "  mine/p2-10",
    "  mine/p2-11",
    "mine/p3-9",
]


async def test_families_stand_above_their_tasks_and_numbers_at_the_end_count(
    engine: Engine,
) -> None:
    page = await engine.suite_tree("mine")
    assert _said(page) == OPEN
    assert (page.n_total, page.n_tasks) == (8, 6)
    parts = [await engine.suite_tree("mine", at, 3) for at in range(0, 8, 3)]
    assert [line for part in parts for line in part.lines] == list(page.lines)
    assert await engine.suite_tree("mine", 8, 3) == TreePage((), 8, 6)


async def test_a_family_tells_of_its_tasks_and_a_task_of_its_flakes(engine: Engine) -> None:
    lines = (await engine.suite_tree("mine")).lines
    family, task = lines[3].family, lines[5].task
    assert family is not None
    assert task is not None
    assert (family.n_admitted, family.n_quarantined, family.n_unsteady, family.n_hung) == (
        2, 1, 1, 3,
    )  # fmt: skip
    assert (task.n_rounds, task.is_unsteady) == (3, True)
    steady = lines[4].task
    assert steady is not None
    assert not steady.is_unsteady


async def test_families_are_folded_one_by_one_or_all_but_some(engine: Engine) -> None:
    one = await engine.suite_tree("mine", folds=Folds(others=("mine/p2",)))
    assert _said(one) == [*OPEN[:4], OPEN[-1]]
    others = await engine.suite_tree("mine", folds=Folds(True, ("mine/p1",)))
    assert _said(others) == [*OPEN[:4], OPEN[-1]]
    every = await engine.suite_tree("mine", folds=Folds(True))
    assert _said(every) == [OPEN[0], OPEN[3], OPEN[-1]]
    assert every.n_tasks == 6


async def test_what_a_filter_finds_is_never_folded_away(engine: Engine) -> None:
    page = await engine.suite_tree("mine", text="not steady", folds=Folds(True))
    assert _said(page) == ["mine/p2-10"]
    page = await engine.suite_tree("mine", text="quarantined", folds=Folds(others=("mine/p2",)))
    assert _said(page) == ["mine/p2-10"]


async def test_a_wrong_page_or_suite_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="offset of at least 0"):
        await engine.suite_tree("mine", -1)
    with pytest.raises(UsageError, match="There is no suite 'yours'"):
        await engine.suite_tree("yours")
