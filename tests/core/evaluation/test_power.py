"""Power and planning: the known table, and that plans do what they promise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.power import Design, mde, plan_runs, plan_tasks

TABLE: dict[int, list[float]] = {
    12: [58, 35, 28, 22, 18],
    20: [43, 26, 21, 17, 14],
    30: [34, 21, 17, 13, 11],
    40: [30, 18, 14.5, 11, 9.4],
    80: [21, 13, 10, 7.9, 6.5],
    164: [14, 8.7, 7.0, 5.5, 4.5],
}

designs = st.builds(
    Design,
    run_noise=st.floats(0.0, 0.5),
    task_spread=st.floats(0.0, 0.5),
    power=st.floats(0.5, 0.95),
    alpha=st.floats(0.01, 0.2),
)


@pytest.mark.parametrize("n_tasks", TABLE)
def test_the_smallest_visible_effect_is_that_of_the_table(n_tasks: int) -> None:
    for n_runs, points in zip([1, 3, 5, 10, 20], TABLE[n_tasks], strict=True):
        n_digits = 0 if points >= 10 and points == int(points) else 1
        assert round(100 * mde(n_tasks, n_runs), n_digits) == points


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(0.05, [1329, 492, 324, 199]), (0.10, [334, 125, 83, 52]), (0.20, [85, 33, 23, 15])],
)
def test_the_tasks_needed_are_those_of_the_table(effect: float, expected: list[int]) -> None:
    assert [plan_tasks(effect, n_runs) for n_runs in (1, 3, 5, 10)] == expected


def test_twenty_tasks_do_not_show_ten_points_by_running_them_more_often() -> None:
    assert plan_runs(0.10, 20) is None


def test_a_plan_for_no_effect_or_one_task_does_not_exist() -> None:
    assert plan_runs(0.0, 40) is None
    assert plan_runs(0.3, 1) is None
    assert plan_tasks(0.0, 5) is None
    with pytest.raises(ValueError, match="no power"):
        mde(1, 5)


@given(st.floats(0.02, 0.5), st.integers(2, 300), designs)
def test_planned_runs_show_the_effect_and_one_fewer_does_not(
    effect: float, n_tasks: int, design: Design
) -> None:
    n_runs = plan_runs(effect, n_tasks, design)
    if n_runs is None:
        assert mde(n_tasks, 100, design) > effect * (1 - 1e-6)
        return
    assert mde(n_tasks, n_runs, design) <= effect * (1 + 1e-6)
    assert n_runs == 1 or mde(n_tasks, n_runs - 1, design) > effect * (1 - 1e-6)


@given(st.floats(0.02, 0.5), st.integers(1, 20), designs)
def test_planned_tasks_show_the_effect_and_one_fewer_does_not(
    effect: float, n_runs: int, design: Design
) -> None:
    n_tasks = plan_tasks(effect, n_runs, design)
    assert n_tasks is not None
    assert mde(n_tasks, n_runs, design) <= effect
    assert n_tasks == 2 or mde(n_tasks - 1, n_runs, design) > effect
