"""Properties of a bill: it adds up, stays in order, and never falls when an input rises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.costs.book import PriceBook
from core.costs.model import Bill, at_limits, make_bill, relative_error, training_tokens
from core.costs.rates import find_rates
from core.costs.scenario import Scenario
from core.money import MICROUSD
from core.student import t_quantile
from tests.core.costs.made import CALM, predict, seed_plan

_RISING = {
    "prompt_tokens": 500,
    "completion_tokens": 500,
    "observation_tokens": 500,
    "reflection_prompt_tokens": 500,
    "reflection_completion_tokens": 500,
    "note_tokens": 500,
    "pair_prompt_tokens": 500,
    "chosen_tokens": 500,
    "rejected_tokens": 500,
    "max_seq_tokens": 500,
    "n_tasks": 50,
    "n_rollouts_per_task": 50,
    "n_pairs_wanted": 50,
    "prompts_billed": 1,
    "n_epochs": 5,
    "n_evals": 5,
    "n_eval_tasks": 50,
    "n_eval_runs": 5,
    "n_arms": 3,
    "n_accelerators": 3,
    "iterations": 20.0,
    "iterations_variance": 5.0,
    "reflections": 3.0,
    "retry_share": 1.0,
    "call_s": 50.0,
    "test_s": 50.0,
    "startup_s": 50.0,
    "idle_s": 50.0,
    "storage_gb": 5.0,
    "storage_months": 5.0,
    "prompt_price": MICROUSD,
    "completion_price": MICROUSD,
    "cached_price": MICROUSD,
    "training_price": MICROUSD,
    "minimum_charge": MICROUSD,
    "hour_price": MICROUSD,
    "storage_price": MICROUSD,
}

tokens = st.integers(0, 5000)
prices = st.integers(0, 5 * MICROUSD)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    iterations = draw(st.floats(1.0, 40.0))
    prompt_price = draw(prices)
    return Scenario(
        n_tasks=draw(st.integers(1, 500)),
        n_rollouts_per_task=draw(st.integers(1, 20)),
        n_pairs_wanted=draw(st.integers(0, 500)),
        iterations=iterations,
        iterations_variance=draw(st.floats(0.0, 1.0)) * 5.0 * (iterations - 1.0),
        max_iterations=100,
        reflections=draw(st.floats(0.0, 5.0)),
        max_reflections=10,
        prompt_tokens=draw(tokens),
        completion_tokens=draw(tokens),
        observation_tokens=draw(tokens),
        note_tokens=draw(tokens),
        window_turns=draw(st.sampled_from([1, 4, 30, 1000])),
        cache_hit_rate=draw(st.floats(0.0, 1.0)),
        retry_share=draw(st.floats(0.0, 1.0)),
        prompt_price=prompt_price,
        completion_price=draw(prices),
        cached_price=draw(st.integers(0, prompt_price)),
        training_price=draw(prices),
        minimum_charge=draw(prices),
        hour_price=draw(prices),
        storage_gb=draw(st.floats(0.0, 10.0)),
        storage_price=draw(prices),
        pass_rate=draw(st.floats(0.0, 1.0)),
        pair_prompt_tokens=draw(tokens),
        prompts_billed=1,
        validation_share=draw(st.floats(0.0, 0.5)),
        n_evals=draw(st.integers(0, 10)),
        packing=draw(st.booleans()),
        n_eval_tasks=draw(st.integers(0, 100)),
        n_concurrent=draw(st.integers(1, 64)),
        n_pilot_tasks=draw(st.sampled_from([0, 2, 10, 100])),
    )


def _bill(scenario: Scenario, n_usable: float = 0.0) -> Bill:
    rates = find_rates(scenario, PriceBook("nowhere"))
    return make_bill(scenario, rates, relative_error(scenario, t_quantile), n_usable)


@pytest.mark.parametrize("name", _RISING)
@settings(max_examples=30, deadline=None)
@given(scenario=scenarios(), share=st.floats(0.02, 1.0))
def test_no_part_falls_when_an_input_rises(name: str, scenario: Scenario, share: float) -> None:
    step: Any = _RISING[name]
    more = step * share if isinstance(step, float) else max(1, round(step * share))
    if name == "iterations_variance":
        more = min(more, 5.0 * (scenario.iterations - 1.0))
        scenario = replace(scenario, window_turns=1000)
    risen = replace(scenario, **{name: getattr(scenario, name) + more})
    before, after = _bill(scenario), _bill(risen)
    for old, new in zip(before.parts, after.parts, strict=True):
        assert new.mean_microusd >= old.mean_microusd - 1
    assert after.ceiling_microusd >= before.ceiling_microusd - 1


@settings(deadline=None)
@given(scenarios(), st.floats(0.0, 1000.0))
def test_parts_add_up_and_stay_in_order(scenario: Scenario, n_usable: float) -> None:
    bill = _bill(scenario, n_usable)
    for part in (*bill.parts, bill.rollouts, bill.total):
        assert 0 <= part.low_microusd <= part.mean_microusd <= part.high_microusd
    assert bill.total.low_microusd == sum(part.low_microusd for part in bill.parts)
    assert bill.total.mean_microusd == sum(part.mean_microusd for part in bill.parts)
    assert bill.total.high_microusd == sum(part.high_microusd for part in bill.parts)
    assert bill.rollouts.mean_microusd == sum(part.mean_microusd for part in bill.parts[:2])
    assert bill.rollouts.high_microusd <= bill.ceiling_microusd


def _variants() -> list[Scenario]:
    """Plans that bill by tokens, by rows, and by the minimum charge alone."""
    packed = replace(
        CALM,
        max_iterations=100,
        max_reflections=10,
        cache_hit_rate=0.5,
        prompt_price=MICROUSD,
        completion_price=MICROUSD,
        cached_price=0,
        training_price=MICROUSD,
        minimum_charge=0,
        hour_price=MICROUSD,
        storage_gb=1.0,
        storage_price=1,
        prompts_billed=1,
        packing=True,
    )
    return [packed, replace(packed, packing=False), replace(packed, training_price=0)]


@pytest.mark.parametrize("name", _RISING)
def test_every_rising_input_is_priced_somewhere(name: str) -> None:
    step: Any = _RISING[name]
    pairs = [(base, replace(base, **{name: getattr(base, name) + step})) for base in _variants()]
    totals = [(_bill(base).total, _bill(risen).total) for base, risen in pairs]
    assert any(after.mean_microusd > before.mean_microusd for before, after in totals)


def test_a_guess_may_be_half_or_double_and_a_pilot_is_a_t_interval() -> None:
    guess = relative_error(replace(CALM, n_pilot_tasks=0), t_quantile)
    pilot = relative_error(replace(CALM, n_pilot_tasks=10), t_quantile)
    assert guess == 1.0
    assert pilot == pytest.approx(1.833 * 0.8 / 10**0.5, rel=1e-3)


def test_rollouts_never_cost_more_than_at_their_limits() -> None:
    tight = seed_plan(max_iterations=11, max_reflections=2)
    at_most = tight.bill.ceiling_microusd
    assert tight.bill.parts[0].high_microusd == at_most
    assert seed_plan(cache_hit_rate=0.9).bill.ceiling_microusd == seed_plan().bill.ceiling_microusd
    limits = at_limits(tight.scenario)
    assert (limits.iterations, limits.reflections) == (11.0, 2.0)


def test_a_job_costs_at_least_the_minimum_and_no_job_costs_nothing() -> None:
    tiny = predict(CALM, n_pairs_wanted=1).bill.parts[2]
    assert (tiny.low_microusd, tiny.mean_microusd) == (4 * MICROUSD, 4 * MICROUSD)
    assert predict(CALM, n_pairs_wanted=0).bill.parts[2].high_microusd == 0


def test_unpacked_pairs_are_billed_as_full_rows_and_validation_as_it_is() -> None:
    packed = replace(CALM, packing=True, validation_share=0.0)
    assert training_tokens(packed, 3000) == 3000 * 3500
    unpacked = replace(packed, packing=False, max_seq_tokens=4096)
    assert training_tokens(unpacked, 3000) == 3000 * 4096
    assert training_tokens(replace(unpacked, n_epochs=2), 3000) == 2 * 3000 * 4096
    validated = replace(unpacked, validation_share=0.1)
    assert training_tokens(validated, 3000) == 2700 * 4096 + 300 * 5 * 3500


def test_a_last_round_that_is_not_full_takes_as_long_as_a_full_one() -> None:
    times = [
        predict(CALM, n_eval_tasks=1, n_eval_runs=17, n_arms=1, n_concurrent=n).bill.endpoint_s
        for n in (17, 16, 9, 8)
    ]
    round_s = 11.5 * 3.0 + 6.0
    assert times == [1800.0 + n * round_s for n in (1, 2, 2, 3)]


def test_without_an_evaluation_no_endpoint_is_paid() -> None:
    bill = predict(CALM, n_eval_tasks=0).bill
    assert [part.high_microusd for part in bill.parts[3:6]] == [0, 0, 0]
    assert bill.endpoint_s == 0.0
