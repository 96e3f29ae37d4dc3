"""Contrast of a run that treats all tasks alike: what is found, and what is foretold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine import open_engine
from core.errors import UsageError
from core.rollouts.foresight import foresee
from core.rollouts.planner import Tally
from core.workspace import Workspace
from tests.core.rollouts.planned import N_TASKS, SUITES
from tests.tui.rows import store_rows
from tests.tui.run_store import EVAL_RUN, RUN, TASKS, evaluation_parts, run_parts

_N_BEFORE, _N_AFTER, _N_PER_TASK = 3, 5, 8


async def test_the_pairs_that_are_counted_are_those_that_are_built(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        report, build = await engine.show_contrast(), await engine.show_build()
        assert 0 < report.n_pairs == build.n_pairs
        assert sum(1 for task in report.tasks if task.n_pairs) == build.n_tasks
        assert report.expected is not None
        spans = (report.expected.n_pairs, report.expected.n_rollouts)
        assert [(s.low, s.mean, s.high) for s in spans] == [
            (n, n, n) for n in (report.n_pairs, report.n_rollouts)
        ], "nothing is uncertain about a run that is over"
        fewer = await engine.show_contrast(n_per_task=1)
        assert fewer.n_pairs == build.n_tasks


async def test_what_infrastructure_ended_is_neither_pass_nor_fail(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts(), evaluation_parts())
    async with open_engine(Workspace(tmp_path)) as engine:
        report = await engine.show_contrast(RUN)
        with pytest.raises(UsageError, match="compares arms"):
            await engine.show_contrast(EVAL_RUN)
    assert (report.is_planned, report.budget, report.n_rollouts) == (False, 12, 10)
    known = {task.task_id: task for task in report.tasks}
    assert list(known) == list(TASKS)
    assert sum(task.n_errors for task in report.tasks) == 1
    assert report.n_contrasting == sum(1 for t in report.tasks if t.n_passed and t.n_failed)
    assert report.n_pairs == 0, "no failing rollout of these has a program"
    assert report.expected is not None
    assert report.expected.n_rollouts.mean == 12, "an error is done, and not again unasked"


def test_the_foretold_number_of_pairs_lies_in_its_interval_nine_times_of_ten() -> None:
    n_inside = n_all = 0
    for suite, draw in SUITES.items():
        for seed in range(24):
            rng = np.random.default_rng([seed, len(suite)])
            rates = draw(rng)
            before = rng.binomial(_N_BEFORE, rates)
            tallies = {
                f"t{n:02}": Tally(int(k), _N_BEFORE - int(k), _N_BEFORE - int(k), 3.0)
                for n, k in enumerate(before)
            }
            outlook, by_task = foresee(tallies, dict.fromkeys(tallies, _N_AFTER), _N_PER_TASK)
            passes = before + rng.binomial(_N_AFTER, rates)
            fails = _N_BEFORE + _N_AFTER - passes
            n_pairs = int(np.where(passes > 0, np.minimum(fails, _N_PER_TASK), 0).sum())
            n_inside += outlook.n_pairs.low <= n_pairs <= outlook.n_pairs.high
            n_all += 1
            assert outlook.n_rollouts.mean == N_TASKS * (_N_BEFORE + _N_AFTER)
            assert outlook.cost.mean == pytest.approx(N_TASKS * (_N_BEFORE + _N_AFTER))
            assert sum(by_task.values()) == pytest.approx(outlook.n_pairs.mean)
    assert n_inside / n_all >= 0.85, (n_inside, n_all)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9)), max_size=12),
    st.integers(1, 8),
)
def test_no_more_pairs_are_foretold_than_there_can_be(
    counts: list[tuple[int, int, int]], n_per_task: int
) -> None:
    tallies = {f"t{n}": Tally(k, f, min(f, 2)) for n, (k, f, _) in enumerate(counts)}
    left = {f"t{n}": rest for n, (_, _, rest) in enumerate(counts)}
    outlook, by_task = foresee(tallies, left, n_per_task)
    span, n_found, n_most = outlook.n_pairs, 0, 0
    for name, tally in tallies.items():
        found = min(tally.n_distinct, n_per_task) if tally.n_passed else 0
        most = min(tally.n_distinct + left[name], n_per_task)
        assert found - 1e-9 <= by_task[name] <= most + 1e-9
        n_found, n_most = n_found + found, n_most + most
    # The mean may stand outside: of what hardly ever happens, both ends are nothing.
    assert n_found <= span.low <= span.high <= n_most
