"""Verdicts: when a model is kept, rolled back, or left undecided."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RefusedError
from core.evaluation.result import SuiteResult, TaskResult, pair_arms, summarise
from core.evaluation.stats import Count
from core.evaluation.verdict import Rule, Verdict, judge

ALONE = Rule(margin=0.10, heldout=False)
GUARDED = Rule(margin=0.10, heldout=True)


def suite(name: str, counts: Sequence[tuple[int, int]], n_runs: int = 5) -> SuiteResult:
    """`counts` are passes of base and tuned, task by task."""
    rows = [
        TaskResult(f"{name}/t{n:03}", base, n_runs, tuned, n_runs)
        for n, (base, tuned) in enumerate(counts)
    ]
    return summarise(name, rows)


BETTER = suite("test", [(1, 3), (2, 5), (0, 2), (3, 4)] * 8)
WORSE = suite("test", [(3, 1), (5, 2), (2, 0), (4, 3)] * 8)
STEADY = suite("held", [(2, 2), (3, 3), (1, 2), (4, 3)] * 10)
FALLING = suite("held", [(4, 2), (5, 3), (3, 1), (4, 3)] * 10)
VAGUE = suite("held", [(0, 5), (5, 0), (3, 2)])


def test_a_gain_beyond_noise_without_a_heldout_suite_is_kept() -> None:
    judged = judge(BETTER, None, ALONE)
    assert judged.verdict is Verdict.KEEP
    assert (judged.n_more_runs, judged.n_more_tasks) == (None, None)
    assert judged.reasons == (
        "test: tuned solves 40.0 points more than base (95 % interval +29.8 to +50.2, "
        "p = 4.7e-10, 32 tasks, 16 won, 0 lost)",
        "test: the whole interval is above zero",
    )


def test_a_gain_is_kept_when_the_heldout_suite_stays_within_the_margin() -> None:
    assert judge(BETTER, STEADY, GUARDED).verdict is Verdict.KEEP


def test_a_loss_beyond_noise_is_rolled_back() -> None:
    judged = judge(WORSE, None, ALONE)
    assert judged.verdict is Verdict.ROLLBACK
    assert judged.strict_rule_rollback
    assert "test: tuned is worse" in judged.reasons[-1]


def test_a_loss_on_the_heldout_suite_alone_is_rolled_back() -> None:
    judged = judge(BETTER, FALLING, GUARDED)
    assert judged.verdict is Verdict.ROLLBACK
    assert "held: tuned is worse" in judged.reasons[-1]


def test_a_heldout_suite_that_could_hide_a_loss_leaves_a_gain_undecided() -> None:
    judged = judge(BETTER, VAGUE, GUARDED)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "beyond the accepted loss of 10.0" in judged.reasons[-1]


def test_an_undecided_gain_names_the_runs_or_tasks_that_would_decide() -> None:
    undecided = judge(suite("test", [(1, 3), (4, 2), (0, 3), (3, 3)] * 4), None, ALONE)
    assert undecided.verdict is Verdict.INCONCLUSIVE
    assert (undecided.n_more_runs, undecided.n_more_tasks) == (23, 27)


def test_hints_promise_no_decision_where_runs_alone_cannot_bring_one() -> None:
    tiny = suite("test", [(2, 3), (3, 2), (2, 3), (1, 2), (4, 3), (3, 3)])
    judged = judge(tiny, None, ALONE)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert judged.n_more_runs is None
    assert judged.n_more_tasks is not None


def test_no_change_at_all_is_undecided_and_says_what_could_hide() -> None:
    judged = judge(suite("test", [(0, 0), (5, 5)] * 6), None, ALONE)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "no flips in 12 tasks: up to 22 % of tasks could still change" in judged.reasons[0]


def test_a_silent_heldout_suite_of_few_tasks_is_no_proof_of_safety() -> None:
    few, many = suite("held", [(5, 5)] * 12), suite("held", [(5, 5)] * 60)
    assert judge(BETTER, few, GUARDED).verdict is Verdict.INCONCLUSIVE
    assert judge(BETTER, many, GUARDED).verdict is Verdict.KEEP


def test_two_lucky_tasks_are_not_enough_to_keep() -> None:
    assert judge(suite("test", [(0, 5), (0, 5)]), None, ALONE).verdict is Verdict.INCONCLUSIVE


def test_the_strict_rule_may_reject_what_is_kept() -> None:
    narrow = Rule(margin=0.0, heldout=True)
    judged = judge(BETTER, STEADY, narrow)
    assert judged.strict_rule_rollback
    assert judged.verdict is Verdict.INCONCLUSIVE


def test_the_default_margin_narrows_from_65_tasks_on() -> None:
    assert Rule.for_tasks(64, heldout=False).margin == 0.10
    assert Rule.for_tasks(65, heldout=True) == Rule(margin=0.05, heldout=True)


@pytest.mark.parametrize(("heldout", "rule"), [(None, GUARDED), (STEADY, ALONE)])
def test_a_rule_cannot_gain_or_lose_its_heldout_suite_afterwards(
    heldout: SuiteResult | None, rule: Rule
) -> None:
    with pytest.raises(RefusedError, match="A rule cannot change"):
        judge(BETTER, heldout, rule)


def test_results_of_another_level_are_refused() -> None:
    with pytest.raises(RefusedError, match=r"level 0\.95, the rule says 0\.9"):
        judge(BETTER, None, Rule(margin=0.1, heldout=False, level=0.9))


def test_a_task_in_both_suites_is_refused_by_name() -> None:
    with pytest.raises(RefusedError, match="test/t000 is in the test suite and"):
        judge(BETTER, BETTER, GUARDED)


def test_arms_that_ran_different_tasks_are_refused_with_what_differs() -> None:
    with pytest.raises(RefusedError, match=r"only base ran a/1; only tuned ran a/3"):
        pair_arms(
            {"a/1": Count(1, 2), "a/2": Count(1, 2)}, {"a/2": Count(2, 2), "a/3": Count(0, 2)}
        )


def test_arms_that_ran_the_same_tasks_become_rows() -> None:
    rows = pair_arms({"a/2": Count(1, 4)}, {"a/2": Count(2, 5)})
    assert rows == (TaskResult("a/2", 1, 4, 2, 5),)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([TaskResult("a/1", 0, 0, 1, 2), TaskResult("a/2", 1, 2, 1, 2)], "no finished run of a/1"),
        ([TaskResult("a/1", 1, 2, 3, 2), TaskResult("a/2", 1, 2, 1, 2)], "tuned counts more passe"),
        ([TaskResult("a/1", 1, 2, 1, 2)] * 2, "more than one row for a/1"),
        ([TaskResult("a/1", 1, 2, 1, 2)], "at least 2 tasks"),
        ([], "at least 2 tasks"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(rows: list[TaskResult], message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        summarise("a", rows)


def test_tasks_count_equally_however_often_they_ran() -> None:
    result = summarise("a", [TaskResult("a/1", 0, 1, 1, 1), TaskResult("a/2", 5, 10, 5, 10)])
    assert (result.base_rate, result.tuned_rate, result.delta) == (0.25, 0.75, 0.5)
    assert result.won == ("a/1",)


counts = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30)


@given(counts)
def test_exchanging_the_arms_never_keeps_both_ways(pairs: list[tuple[int, int]]) -> None:
    forth = judge(suite("test", pairs), None, ALONE)
    back = judge(suite("test", [(tuned, base) for base, tuned in pairs]), None, ALONE)
    assert {forth.verdict, back.verdict} != {Verdict.KEEP}
    if forth.verdict is Verdict.KEEP:
        assert back.verdict is Verdict.ROLLBACK


@given(counts)
def test_the_order_of_tasks_changes_nothing(pairs: list[tuple[int, int]]) -> None:
    rows = [TaskResult(f"a/{n}", base, 5, tuned, 5) for n, (base, tuned) in enumerate(pairs)]
    assert summarise("a", rows) == summarise("a", rows[::-1])
