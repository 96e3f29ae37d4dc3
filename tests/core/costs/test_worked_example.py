"""The worked example of the cost model, to the cent, and the tokens turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from core.costs.library import load_scenario
from core.costs.scenario import Scenario
from core.costs.tokens import rollout_tokens
from core.money import usd
from tests.core.costs.made import amounts, predict, seed_plan


def test_a_rollout_of_the_seed_plan_uses_the_known_tokens() -> None:
    tokens = seed_plan().tokens
    assert (tokens.n_prompt, tokens.n_completion, tokens.n_calls) == (42_320, 1_425, 11.5)
    one = predict(load_scenario("seed-plan"), n_tasks=1, n_rollouts_per_task=1)
    assert amounts(one)["rollouts"] == 52_494


def test_the_seed_plan_costs_what_is_known_part_by_part() -> None:
    plan = seed_plan()
    parts = amounts(plan)
    assert parts["rollouts"] == 629_928_000
    assert plan.bill.training_tokens == 14_700_000
    assert usd(parts["training"]) == "$17.64"
    endpoint = parts["endpoint start"] + parts["evaluation"] + parts["endpoint idle"]
    assert usd(endpoint) == "$3.12"
    assert round(plan.bill.endpoint_s / 3600, 2) == 0.78
    assert usd(plan.bill.total.mean_microusd) == "$650.69"
    assert plan.per_pair_wanted_microusd == 209_976


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ({"iterations": 5.0}, "$250.09"),
        ({"iterations": 20.0}, "$2,067.04"),
        ({"window_turns": 4}, "$527.57"),
        ({"observation_tokens": 200}, "$488.69"),
        ({"cache_hit_rate": 0.8, "cached_price": 600_000}, "$451.79"),
        ({"prompt_price": 300_000, "completion_price": 300_000}, "$178.24"),
        (
            {"prompt_price": 170_000, "completion_price": 250_000, "training_price": 840_000},
            "$106.07",
        ),
    ],
)
def test_a_variation_of_the_seed_plan_costs_what_is_known(
    changes: dict[str, Any], total: str
) -> None:
    assert usd(seed_plan(**changes).bill.total.mean_microusd) == total


def test_the_variance_of_turns_costs_what_is_known() -> None:
    assert usd(amounts(seed_plan(iterations_variance=25.0))["rollouts"]) == "$732.53"


def test_first_prompt_times_calls_would_be_two_and_a_half_times_too_low() -> None:
    plan = seed_plan()
    tokens, scenario = plan.tokens, plan.scenario
    naive = tokens.n_calls * scenario.prompt_tokens + tokens.n_completion
    assert usd(round(scenario.n_rollouts * naive * 1.2)) == "$252.36"
    assert round(amounts(plan)["rollouts"] / 252_360_000, 1) == 2.5


def test_an_endpoint_forgotten_for_a_weekend_costs_what_is_known() -> None:
    assert usd(amounts(seed_plan(idle_s=60 * 3600.0))["endpoint idle"]) == "$239.40"


def test_todays_prices_come_from_the_book() -> None:
    student = predict(load_scenario("student-as-generator"))
    assert usd(amounts(student)["rollouts"]) == "$90.61"
    assert {stamp.what for stamp in student.prices} == {
        "Qwen/Qwen3.5-9B",
        "dpo of Qwen/Qwen3.5-9B",
        "H100-80GB",
    }
    assert all(stamp.as_of and stamp.source for stamp in student.prices)


@dataclass
class _Played:
    """Tokens of one rollout, counted message by message."""

    prompt: int = 0
    completion: int = 0
    cacheable: int = 0


def _play(scenario: Scenario, turns: int, reflections: int) -> _Played:
    """A rollout as it would run: every prompt is written out as the lengths it consists of."""
    played, notes, before = _Played(), 0, 0
    reflect_after = [-(-j * turns // (reflections + 1)) for j in range(1, reflections + 1)]
    for turn in range(1, turns + 1):
        kept = min(turn - 1, scenario.window_turns)
        growth = scenario.completion_tokens + scenario.observation_tokens
        prompt = scenario.prompt_tokens + kept * growth + notes * scenario.note_tokens
        if turn > 1:
            played.cacheable += before + scenario.completion_tokens
        played.prompt += prompt
        played.completion += scenario.completion_tokens
        before = prompt
        for _ in range(reflect_after.count(turn)):
            played.prompt += scenario.reflection_prompt_tokens
            played.completion += scenario.reflection_completion_tokens
            notes += 1
    return played


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 10, 20])
@pytest.mark.parametrize("reflections", [0, 1, 2, 4])
def test_the_formula_counts_what_a_rollout_sends(turns: int, reflections: int) -> None:
    scenario = Scenario(iterations=float(turns), reflections=float(reflections), max_reflections=4)
    played, tokens = _play(scenario, turns, reflections), rollout_tokens(scenario)
    assert tokens.n_prompt == played.prompt
    assert tokens.n_completion == played.completion
    assert tokens.n_cacheable == played.cacheable


@pytest.mark.parametrize("window", [1, 4, 9, 12])
def test_the_formula_counts_what_a_window_keeps(window: int) -> None:
    scenario = Scenario(iterations=10.0, reflections=0.0, window_turns=window)
    assert rollout_tokens(scenario).n_prompt == _play(scenario, 10, 0).prompt


def test_a_sliding_window_repeats_only_its_fixed_beginning() -> None:
    sliding = rollout_tokens(Scenario(iterations=10.0, reflections=0.0, window_turns=1))
    assert sliding.n_cacheable == 9 * 1400 + 120


def test_a_mean_with_its_variance_counts_what_the_rollouts_of_a_mix_send() -> None:
    mixed = Scenario(iterations=10.0, iterations_variance=25.0, reflections=0.0)
    played = [_play(mixed, turns, 0) for turns in (5, 15)]
    tokens = rollout_tokens(mixed)
    assert tokens.n_prompt == sum(each.prompt for each in played) / 2
    assert tokens.n_cacheable == sum(each.cacheable for each in played) / 2
