"""Success read off at several budgets from the same rollouts, and what counts nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import RefusedError, UsageError
from core.evaluation.operations import EvaluationOptions, compare_at, freeze_rule
from core.store.runs import RolloutRow
from tests.core.pairs.test_candidates import rollout

_SUITE_OF = {f"s/{n}": "s" for n in range(4)} | {f"h/{n}": "h" for n in range(3)}
_RULE = freeze_rule(EvaluationOptions(budgets=(20, 5)), ["s"], "h", 3)


def _rollouts() -> list[RolloutRow]:
    """Tuned passes at iteration 3, base at iteration 9 in one seed of two."""
    return [
        replace(
            rollout(
                f"{task_id}-{arm}-{seed}", "passed" if arm == "tuned" or seed else "limit", "y"
            ),
            task_id=task_id,
            arm_id=arm,
            seed=seed,
            n_iterations=3 if arm == "tuned" else 9,
        )
        for task_id in _SUITE_OF
        for arm in ("base", "tuned")
        for seed in range(2)
    ]


def test_a_pass_counts_from_the_budget_that_reaches_it() -> None:
    at = [compare_at(b, _RULE, ("base", "tuned"), _rollouts(), _SUITE_OF) for b in (2, 5, 20)]
    assert [(r.test.base_rate, r.test.tuned_rate) for r in at] == [(0, 0), (0, 1), (0.5, 1)]
    assert [r.heldout.base_rate for r in at if r.heldout] == [0, 0, 0.5]


def test_suites_are_never_pooled() -> None:
    result = compare_at(20, _RULE, ("base", "tuned"), _rollouts(), _SUITE_OF)
    assert {row.task_id for row in result.test.rows} == {f"s/{n}" for n in range(4)}
    assert result.heldout is not None
    assert {row.task_id for row in result.heldout.rows} == {f"h/{n}" for n in range(3)}


def test_rollouts_lost_to_infrastructure_count_in_no_rate() -> None:
    rows = [
        replace(row, outcome="error") if row.arm_id == "base" and row.seed == 0 else row
        for row in _rollouts()
    ]
    result = compare_at(20, _RULE, ("base", "tuned"), rows, _SUITE_OF)
    assert result.test.base_rate == 1
    assert {row.base_n for row in result.test.rows} == {1}


def test_a_task_that_one_arm_never_finished_is_refused_by_name() -> None:
    rows = [row for row in _rollouts() if (row.task_id, row.arm_id) != ("s/2", "base")]
    with pytest.raises(RefusedError, match="s/2"):
        compare_at(20, _RULE, ("base", "tuned"), rows, _SUITE_OF)


def test_a_rule_needs_a_budget_and_knows_its_suites() -> None:
    assert _RULE.budgets == (5, 20)
    assert _RULE.suites == ("s", "h")
    assert _RULE.rule.heldout
    with pytest.raises(UsageError):
        freeze_rule(EvaluationOptions(budgets=()), ["s"], "", 3)
