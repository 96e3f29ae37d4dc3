"""A sample of rollouts as a scenario: the cost model gives back what was measured."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.costs.prices import FREE, ChatPrice
from core.costs.sample import Sample, Sampled, measure
from core.costs.scenario import Scenario, with_values
from core.costs.tokens import rollout_tokens
from core.errors import UsageError
from core.store.usage import UsageRow
from tests.core.costs.made import predict

_PRICE = ChatPrice(1_000_000, 1_000_000, 500_000)
_S, _ANSWER = 1_000, 100


def _row(task: str, turns: int, *, growth: int, is_passed: bool = False, n: int = 0) -> UsageRow:
    n_prompt = turns * _S + growth * turns * (turns - 1) // 2
    outcome = "passed" if is_passed else "failed"
    return UsageRow(
        f"{task}-{n}", task, "arm", outcome, turns, turns, 0, n_prompt, turns * _ANSWER, 0, _S,
        0, 2.0 * turns, 1.5,
    )  # fmt: skip


def _sample(rows: list[UsageRow], price: ChatPrice = _PRICE) -> Sample:
    return measure(Sampled("run-1", "together:Qwen/Qwen3.5-9B", price, 20, 5, rows))


def _scenario(sample: Sample) -> Scenario:
    return with_values(Scenario(), sample.inputs)


@pytest.mark.parametrize("growth", [0, 40, 100, 570])
def test_the_model_sends_the_tokens_that_were_measured(growth: int) -> None:
    rng = random.Random(growth)
    rows = [_row(f"t{n}", rng.randint(1, 20), growth=growth) for n in range(30)]
    sample = _sample(rows)
    tokens = rollout_tokens(_scenario(sample))
    figures = {figure.name: figure.mean for figure in sample.figures}
    assert tokens.n_prompt == pytest.approx(figures["prompt"], rel=2e-3)
    assert tokens.n_completion == pytest.approx(figures["answer"], rel=2e-3)
    assert tokens.n_calls == pytest.approx(figures["calls"])


def test_a_plan_from_a_sample_has_the_samples_interval() -> None:
    rows = [_row(f"t{n}", 3 + n % 4, growth=200, is_passed=n % 3 == 0) for n in range(12)]
    sample = _sample(rows)
    cost = sample.figures[0]
    plan = predict(
        replace(_scenario(sample), n_tasks=1000, n_rollouts_per_task=1, n_eval_tasks=0),
        prompt_price=1_000_000,
        completion_price=1_000_000,
    )
    part = plan.bill.parts[0]
    assert part.mean_microusd == pytest.approx(1000 * cost.mean, rel=2e-3)
    assert part.low_microusd == pytest.approx(1000 * (cost.low or 0), rel=5e-3)
    assert part.high_microusd == pytest.approx(1000 * (cost.high or 0), rel=5e-3)
    assert plan.scenario.pass_rate == pytest.approx(1 / 3)
    assert sample.warning == ""


def test_rollouts_of_one_task_make_no_sample_larger() -> None:
    few = [_row(f"t{n}", 2 + 6 * n, growth=100) for n in range(3)]
    many = [replace(row, rollout_id=f"{row.rollout_id}-{n}") for row in few for n in range(50)]
    assert _sample(few).figures == _sample(many).figures
    assert "3 tasks are a small sample" in _sample(many).warning
    warnings = {warning.warning_id for warning in predict(_scenario(_sample(many))).warnings}
    assert "W-PILOT" in warnings


def test_the_spread_of_pass_rates_is_that_of_tasks_and_not_of_chance() -> None:
    rng = random.Random(3)
    alike = [
        _row(f"t{n}", 2, growth=0, is_passed=rng.random() < 0.5, n=seed)
        for n in range(60)
        for seed in range(8)
    ]
    apart = [
        _row(f"t{n}", 2, growth=0, is_passed=n % 2 == 0, n=s) for n in range(60) for s in (0, 1)
    ]
    assert float(str(_sample(alike).inputs["pass_rate_sd"])) < 0.1
    assert float(str(_sample(apart).inputs["pass_rate_sd"])) > 0.45


def test_what_is_free_is_planned_free_and_spreads_by_its_tokens() -> None:
    rows = [_row(f"t{n}", 2 + n, growth=50) for n in range(9)]
    sample = measure(Sampled("run-1", "builtin", FREE, 20, 5, rows))
    plan = predict(replace(_scenario(sample), n_eval_tasks=0, n_pairs_wanted=0))
    assert plan.bill.total.high_microusd == 0
    assert plan.relative_error > 0.0


def test_a_run_without_a_finished_rollout_is_no_sample() -> None:
    with pytest.raises(UsageError, match="no finished rollout"):
        _sample([])


def test_what_nobody_has_judged_counts_in_tokens_and_not_in_the_pass_rate() -> None:
    rows = [_row(f"t{n}", 2, growth=0, is_passed=True) for n in range(4)]
    rows += [replace(_row(f"t{n}", 4, growth=0), outcome="ungraded") for n in range(4)]
    sample = _sample(rows)
    figures = {figure.name: figure.mean for figure in sample.figures}
    assert (figures["calls"], figures["pass rate"], sample.inputs["pass_rate"]) == (3.0, 1.0, 1.0)
    unjudged = _sample(rows[4:])
    assert "pass_rate" not in unjudged.inputs
    assert "pass rate" not in {figure.name for figure in unjudged.figures}
