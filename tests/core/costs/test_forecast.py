"""What a plan yields, when it warns, and how scenarios are held against each other."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from core.costs.contrast import PairRule
from core.costs.forecast import expected_pairs, steps
from core.costs.library import load_scenario
from core.costs.scenario import Scenario
from core.costs.whatif import forecast, whatif
from core.errors import UsageError
from tests.core.costs.made import CALM, STATISTICS, predict, seed_plan, shipped_book


@pytest.mark.parametrize(
    ("n_pairs", "packing", "expected"), [(1000, True, 9), (3000, True, 27), (3000, False, 375)]
)
def test_steps_are_windows_when_packed_and_pairs_when_not(
    n_pairs: int, packing: bool, expected: int
) -> None:
    scenario = replace(CALM, packing=packing, max_seq_tokens=49_152)
    assert steps(scenario, n_pairs) == expected
    assert steps(replace(scenario, n_epochs=3), n_pairs) == 3 * expected


def test_six_pairs_are_one_step() -> None:
    assert steps(CALM, 6) == 1


def test_pairs_of_all_tasks_are_counted_and_capped() -> None:
    plan = replace(CALM, n_tasks=10, n_rollouts_per_task=8, pass_rate=0.3)
    for most in (1, 3, 8):
        pairs = expected_pairs(replace(plan, n_pairs_per_task=most))
        assert pairs.n_usable <= 10 * most
        assert pairs.n_contrasting_tasks == pytest.approx(10 * pairs.p_contrast)
    assert expected_pairs(replace(plan, usable_share=0.0)).n_usable == 0.0


def test_more_rollouts_of_too_easy_tasks_are_what_the_wanted_pairs_need() -> None:
    plan = seed_plan()
    assert round(plan.gain.pairs.n_usable) == 504
    (warning,) = [each for each in plan.warnings if each.warning_id == "W-PAIRS"]
    assert "504 usable pairs expected, 3,000 wanted" in warning.says
    assert "71,434 rollouts" in warning.change
    assert plan.per_pair_usable_microusd == round(629_928_000 / plan.gain.pairs.n_usable)


def test_only_expected_pairs_are_trained_on_and_some_are_held_back() -> None:
    assert predict(CALM).gain.n_training_pairs == 540
    assert seed_plan().gain.n_training_pairs == 503 - 50


def test_power_is_that_of_the_evaluation_and_needs_two_tasks() -> None:
    power = seed_plan().gain.mde
    assert power is not None
    assert round(100 * power, 1) == 14.5
    assert predict(CALM, n_eval_tasks=2).gain.mde is not None
    assert predict(CALM, n_eval_tasks=1).gain.mde is None
    assert predict(CALM, n_eval_tasks=0).gain.mde is None


def test_a_sound_plan_has_no_warning() -> None:
    assert predict(CALM).warnings == ()


@pytest.mark.parametrize(
    ("changes", "warning_id", "said"),
    [
        ({"n_tasks": 99}, "W-FEWTASKS", "99 tasks"),
        ({"pass_rate": 0.97}, "W-NOCONTRAST", "too easy"),
        ({"pass_rate": 0.01}, "W-NOCONTRAST", "too hard"),
        ({"n_rollouts_per_task": 1, "pass_rate": 0.5}, "W-NOCONTRAST", "tried too rarely"),
        ({"n_pairs_wanted": 2000}, "W-PAIRS", "2,000 wanted"),
        ({"pass_rate": 0.0}, "W-PAIRS", "0 usable"),
        ({"pair_rule": PairRule.BEST_VS_REST, "pass_rate": 0.5}, "W-PASSPASS", "43%"),
        ({"learning_rate": 1e-4}, "W-LR", "0.0001"),
        ({"packing": True, "max_seq_tokens": 49_152}, "W-STEPS", "5 optimiser steps"),
        ({"n_epochs": 20}, "W-STEPS", "too many"),
        ({"max_seq_tokens": 3072}, "W-CONTEXT", "1,750"),
        ({"max_seq_tokens": 8192}, "W-PACK", "8,192"),
        ({"n_eval_tasks": 12}, "W-POWER", "12 tasks"),
        ({"n_eval_tasks": 1}, "W-POWER", "cannot show"),
        ({"n_pilot_tasks": 7}, "W-PILOT", "7 tasks"),
        ({"n_pilot_tasks": 0}, "W-PILOT", "a guess"),
        ({"budget": 1_000_000}, "W-CEILING", "$1.00"),
        ({"idle_s": 7200.0}, "W-ENDPOINT", "$7.98"),
        ({"generator": "openai/gpt-oss-120b"}, "W-OFFPOLICY", "openai/gpt-oss-120b"),
    ],
)
def test_a_plan_warns_of_what_is_wrong_with_it(
    changes: dict[str, Any], warning_id: str, said: str
) -> None:
    found = {each.warning_id: each for each in predict(CALM, **changes).warnings}
    assert said in found[warning_id].says
    assert found[warning_id].change


def test_a_retired_model_warns_with_its_replacement() -> None:
    changes = [each.change for each in seed_plan().warnings if each.warning_id == "W-RETIRED"]
    assert changes == ["generator=zai-org/GLM-5.3-Flash", "student=Qwen/Qwen3.5-9B"]


def test_the_change_that_a_step_warning_proposes_gives_its_steps() -> None:
    (warning,) = [
        each
        for each in predict(CALM, packing=True, max_seq_tokens=49_152).warnings
        if each.warning_id == "W-STEPS"
    ]
    assert warning.change.startswith("packing=false max_seq_tokens=3584: 68 steps")
    mended = predict(CALM, packing=False, max_seq_tokens=3584)
    assert mended.gain.n_steps == 68
    assert mended.warnings == ()


def test_the_ceiling_counts_every_rollout_at_its_limits() -> None:
    plan = seed_plan()
    rest = plan.bill.total.high_microusd - plan.bill.rollouts.high_microusd
    worst = plan.bill.ceiling_microusd + rest

    def warns(budget: int) -> bool:
        return any(each.warning_id == "W-CEILING" for each in seed_plan(budget=budget).warnings)

    assert warns(worst - 1)
    assert not warns(worst)


def test_without_training_nothing_is_said_about_pairs() -> None:
    pilot = predict(load_scenario("pilot"))
    assert [each.warning_id for each in pilot.warnings] == ["W-PILOT"]
    assert pilot.per_pair_usable_microusd is None
    assert [stamp.what for stamp in pilot.prices] == ["Qwen/Qwen3.5-9B"]


def test_every_scenario_is_held_against_the_first() -> None:
    names = ("seed-plan", "student-as-generator", "pilot")
    answer = whatif([load_scenario(name) for name in names], shipped_book(), STATISTICS)
    first, *others = answer.forecasts
    assert [each.name for each in answer.differences] == list(names[1:])
    for other, difference in zip(others, answer.differences, strict=True):
        assert (
            difference.total_microusd
            == other.bill.total.mean_microusd - first.bill.total.mean_microusd
            == sum(difference.parts_microusd.values())
        )
        assert difference.n_steps == other.gain.n_steps - first.gain.n_steps
        changed: dict[str, Any] = {each.name: each.here for each in difference.inputs}
        assert replace(first.scenario, **changed) == replace(
            other.scenario, name=first.scenario.name, says=first.scenario.says
        )
    assert answer.differences[1].mde is None


def test_nothing_to_price_is_refused() -> None:
    with pytest.raises(UsageError, match="At least one"):
        whatif([], shipped_book(), STATISTICS)


@pytest.mark.bench
@pytest.mark.parametrize("n_rollouts", [4, 100])
def test_recomputing_a_scenario_takes_five_milliseconds(n_rollouts: int) -> None:
    book, spent = shipped_book(), []
    for n_tasks in range(30, 130):
        scenario = Scenario(n_rollouts_per_task=n_rollouts, n_eval_tasks=n_tasks)
        before = time.process_time()
        forecast(scenario, book, STATISTICS)
        spent.append(time.process_time() - before)
    assert sorted(spent)[50] <= 0.005
