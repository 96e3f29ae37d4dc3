"""What an evaluation can show, said before it is paid for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.evaluation.operations import EvaluationOptions, freeze_rule
from core.evaluation.plan import EvaluationPlan, Size, Wish, make_plan
from core.evaluation.power import Design, mde, power_of

_ARMS = ("builtin", "builtin:a")
_OPTIONS = EvaluationOptions(n_seeds=5, budgets=(5, 20))


def plan(
    n_tasks: int, n_heldout: int = 0, options: EvaluationOptions = _OPTIONS, wish: Wish = Wish()
) -> EvaluationPlan:
    return make_plan(_ARMS, Size(n_tasks, n_heldout, 0), options, wish, None)


@given(
    st.integers(2, 300),
    st.integers(1, 20),
    st.floats(0.01, 0.5),
    st.floats(0.05, 0.95),
)
def test_power_undoes_the_smallest_difference(
    n_tasks: int, n_runs: int, noise: float, power: float
) -> None:
    design = Design(run_noise=noise, power=power)
    smallest = mde(n_tasks, n_runs, design)
    assert power_of(smallest, n_tasks, n_runs, design) == pytest.approx(power, abs=1e-9)


def test_a_plan_counts_both_arms_and_every_suite() -> None:
    found = plan(40, 12)
    assert found.n_rollouts == (40 + 12) * 5 * 2
    assert found.n_calls == found.n_rollouts * 20


def test_forty_tasks_show_fifteen_points_and_seldom_ten() -> None:
    found = plan(40)
    assert found.mde == pytest.approx(0.146, abs=0.001)
    assert 0.4 < found.power < 0.6


def test_what_it_would_take_is_enough_and_one_less_is_not() -> None:
    found = plan(40)
    assert found.n_seeds_needed is not None
    assert found.n_tasks_needed is not None
    for n_tasks, n_seeds in ((40, found.n_seeds_needed), (found.n_tasks_needed, 5)):
        options = replace(_OPTIONS, n_seeds=n_seeds)
        assert plan(n_tasks, options=options).power >= 0.8
    assert plan(found.n_tasks_needed - 1).power < 0.8
    assert found.n_rollouts_needed == min(
        2 * 40 * found.n_seeds_needed, 2 * found.n_tasks_needed * 5
    )


def test_twenty_tasks_never_show_ten_points_however_often_they_run() -> None:
    found = plan(20)
    assert found.n_seeds_needed is None
    assert found.n_tasks_needed is not None
    assert found.n_rollouts_needed == 2 * 5 * found.n_tasks_needed


def test_a_measured_noise_replaces_the_assumed_one_and_names_its_origin() -> None:
    measured = make_plan(_ARMS, Size(40, 0, 0), _OPTIONS, Wish(), (0.1, "eval-x"))
    assert (measured.run_noise, measured.noise_from) == (0.1, "eval-x")
    assert measured.mde < plan(40).mde


def test_a_wider_margin_is_easier_to_stay_within() -> None:
    narrow = plan(40, 40, replace(_OPTIONS, margin=0.05)).heldout_power
    wide = plan(40, 40, replace(_OPTIONS, margin=0.20)).heldout_power
    assert narrow is not None
    assert wide is not None
    assert narrow < 0.3 < 0.9 < wide
    assert plan(40).heldout_power is None


def test_the_margin_asked_for_is_the_one_that_is_frozen() -> None:
    assert freeze_rule(replace(_OPTIONS, margin=0.02), ["s"], "h", 40).rule.margin == 0.02
    assert freeze_rule(_OPTIONS, ["s"], "h", 40).rule.margin == 0.10
    assert freeze_rule(_OPTIONS, ["s"], "h", 65).rule.margin == 0.05
    with pytest.raises(UsageError, match="margin"):
        freeze_rule(replace(_OPTIONS, margin=5.0), ["s"], "h", 40)


@pytest.mark.parametrize(("n_tasks", "n_heldout"), [(1, 0), (40, 1)])
def test_a_single_task_shows_nothing_and_is_refused(n_tasks: int, n_heldout: int) -> None:
    with pytest.raises(UsageError, match="fewer than 2 tasks"):
        plan(n_tasks, n_heldout)


@pytest.mark.parametrize("wish", [(0.0, 0.8), (1.5, 0.8), (0.1, 1.0), (0.1, 0.0)])
def test_a_wish_out_of_range_is_refused(wish: tuple[float, float]) -> None:
    with pytest.raises(UsageError):
        Wish(*wish)
