"""The contrast planner: budgets hold, money goes where pairs are, predictions can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rollouts.planner import ContrastOptions, Planner, Tally, predict_unseen, probes_due
from core.rollouts.worth import novelty_of
from tests.core.rollouts.planned import SUITES, run

_OPTIONS = ContrastOptions(n_rollouts=200)


def _tally(n_passed: int, n_failed: int, n_distinct: int | None = None, cost: float = 0.0) -> Tally:
    return Tally(n_passed, n_failed, n_failed if n_distinct is None else n_distinct, cost)


@st.composite
def _tallies(draw: st.DrawFn) -> dict[str, Tally]:
    n_tasks = draw(st.integers(1, 12))
    made = {}
    for n in range(n_tasks):
        n_passed, n_failed = draw(st.integers(0, 12)), draw(st.integers(0, 12))
        n_distinct = draw(st.integers(min(n_failed, 1), n_failed))
        made[f"t{n}"] = Tally(n_passed, n_failed, n_distinct, draw(st.floats(0, 1e6)))
    return made


_OPTION_SETS = st.builds(
    ContrastOptions,
    n_rollouts=st.integers(1, 300),
    n_probes=st.integers(1, 6),
    n_per_task=st.integers(1, 5),
    n_most=st.integers(6, 24),
    n_batch=st.integers(1, 20),
    n_pairs_wanted=st.none() | st.integers(1, 30),
)


@settings(max_examples=40)
@given(_tallies(), _OPTION_SETS)
def test_no_batch_goes_over_the_budget_or_over_what_a_task_may_have(
    tallies: dict[str, Tally], options: ContrastOptions
) -> None:
    left = max(0, options.n_rollouts - sum(tally.n for tally in tallies.values()))
    batch = Planner(tallies, options).next_batch(tallies)
    assert sum(batch.values()) <= min(left, options.n_batch)
    assert all(n > 0 and tallies[name].n + n <= options.n_most for name, n in batch.items())
    due = probes_due(tallies, options)
    assert sum(due.values()) <= left
    assert all(tallies[name].n + n <= options.n_probes for name, n in due.items())


@settings(max_examples=40)
@given(_tallies(), _OPTION_SETS)
def test_the_same_tallies_in_any_order_give_the_same_batch(
    tallies: dict[str, Tally], options: ContrastOptions
) -> None:
    turned = dict(reversed(tallies.items()))
    assert Planner(tallies, options).next_batch(tallies) == Planner(turned, options).next_batch(
        turned
    )


def test_a_task_that_only_passes_is_left_and_one_without_a_pass_gets_a_second_chance() -> None:
    probes = {"passes": _tally(4, 0), "fails": _tally(0, 4), "mixed": _tally(3, 1)}
    probes |= {f"done{n}": _tally(1, 3) for n in range(6)}
    planner = Planner(probes, replace(_OPTIONS, n_batch=2))
    assert planner.next_batch(probes) == {"fails": 1, "mixed": 1}


def test_a_task_that_has_its_pairs_gets_nothing_more() -> None:
    probes = {"served": _tally(1, 3), "open": _tally(2, 2)}
    assert set(Planner(probes, _OPTIONS).next_batch(probes)) == {"open"}


def test_of_two_tasks_alike_the_cheaper_is_served_first() -> None:
    probes = {"a": _tally(2, 2, cost=4_000.0), "b": _tally(2, 2, cost=400.0)}
    assert list(Planner(probes, replace(_OPTIONS, n_batch=1)).next_batch(probes)) == ["b"]


def test_nothing_more_is_run_once_the_wanted_pairs_are_there() -> None:
    probes = {"a": _tally(2, 2), "b": _tally(2, 2)}
    assert Planner(probes, replace(_OPTIONS, n_pairs_wanted=4)).next_batch(probes) == {}
    assert Planner(probes, replace(_OPTIONS, n_pairs_wanted=5)).next_batch(probes)


def test_a_suite_that_only_passes_is_given_up_before_the_budget_is_spent() -> None:
    probes = {f"t{n}": _tally(4, 0) for n in range(40)}
    options = ContrastOptions(n_rollouts=10_000)
    planner = Planner(probes, options)
    assert planner.next_batch(probes) == {}
    assert planner.predict(probes).n_rollouts.high == 160


def test_fails_that_repeat_make_further_fails_worth_less() -> None:
    assert novelty_of([(4, 1)] * 5) < novelty_of([(4, 3)] * 5) < novelty_of([(4, 4)] * 5)
    tallies = {f"t{n}": _tally(2, 6, 1) for n in range(8)}
    varied = {f"t{n}": _tally(2, 6, 6) for n in range(8)}
    options = ContrastOptions(n_rollouts=200, n_per_task=20)
    same = Planner(tallies, options).predict(tallies).n_pairs
    assert same.high < Planner(varied, options).predict(varied).n_pairs.low


@pytest.mark.parametrize("suite", SUITES)
def test_the_prediction_holds_and_no_contrast_is_lost_to_uniform_sampling(suite: str) -> None:
    runs = [run(suite, seed) for seed in range(24)]
    spans = [(planned.outlook.n_pairs, planned.n_pairs) for planned in runs]
    n_inside = sum(span.low <= n <= span.high for span, n in spans)
    assert n_inside >= 0.8 * len(runs), "90 % intervals, with the noise of so few runs"
    assert sum(p.n_contrasting for p in runs) >= sum(p.n_uniform_contrasting for p in runs)
    assert all(p.n_rollouts <= 272 for p in runs)


def test_what_a_budget_will_give_can_be_asked_before_anything_is_known() -> None:
    seen = predict_unseen([f"t{n}" for n in range(34)], ContrastOptions(n_rollouts=272))
    n = seen.n_rollouts
    assert 4 * 34 <= n.low <= n.mean <= n.high <= 272
    assert 0 <= seen.n_pairs.low <= seen.n_pairs.mean <= seen.n_pairs.high <= 3 * 34
    assert seen.cost.high == 0.0, "nothing has a price yet"


def test_a_table_of_worth_stays_small_whatever_a_task_may_take() -> None:
    options = ContrastOptions(n_rollouts=1_000_000, n_most=1_000_000)
    tallies = {"a": _tally(500, 3), "b": _tally(1, 1), "c": _tally(0, 4)}
    batch = Planner(tallies, options).next_batch(tallies)
    assert sum(batch.values()) <= options.n_batch
    assert "b" in batch
