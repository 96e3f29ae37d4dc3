"""The verdict: keep the tuned model, roll it back, or say that nobody knows yet.

A rule is fixed before the first call of an evaluation. `inconclusive` means base goes on
serving; it comes with what it would take to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import RefusedError
from core.evaluation.power import Design, plan_runs, plan_tasks
from core.evaluation.result import SuiteResult, run_noise

_N_TASKS_FOR_NARROW_MARGIN = 65
"""From here on five points are within reach of five runs a task; below, only ten are."""


class Verdict(StrEnum):
    """What to do with the tuned model."""

    KEEP = "keep"
    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a verdict will be reached."""

    margin: float
    """Loss on the held-out suite that would be accepted, as a share of 1."""
    heldout: bool
    """Whether a held-out suite takes part; it can then not be left out afterwards."""
    level: float = 0.95
    """Of the two-sided interval on the test suite and of every one-sided bound."""

    @classmethod
    def for_tasks(cls, n_tasks: int, heldout: bool) -> Rule:
        """The default rule for a comparison whose smallest suite has `n_tasks`."""
        return cls(0.10 if n_tasks < _N_TASKS_FOR_NARROW_MARGIN else 0.05, heldout)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Plain sentences, one per finding, estimates first."""
    strict_rule_rollback: bool
    """Whether the stricter rule "no loss beyond the margin must be possible" would roll back.
    For information: without many tasks it rejects most models that are truly better."""
    n_more_runs: int | None = None
    """Further runs per task and arm that would decide with 80 % chance if the estimates are
    true; None when decided, or when no number of runs can."""
    n_more_tasks: int | None = None
    """The same for further tasks at the present number of runs."""


def judge(test: SuiteResult, heldout: SuiteResult | None, rule: Rule) -> Judgement:
    """Apply a rule; refuses results that the rule was not made for."""
    _refuse_mismatch(test, heldout, rule)
    suites = [test] if heldout is None else [test, heldout]
    strict = any(suite.lower < -rule.margin for suite in suites)
    estimates = tuple(_estimate(suite) for suite in suites)
    worse = [suite for suite in suites if suite.upper < 0.0]
    if worse:
        reasons = tuple(
            f"{suite.suite}: tuned is worse; at best it loses {_points(-suite.upper)} points "
            f"({100 * rule.level:g} % one-sided)"
            for suite in worse
        )
        return Judgement(Verdict.ROLLBACK, estimates + reasons, strict)
    better, safe = test.ci_low > 0.0, heldout is None or heldout.lower >= -rule.margin
    reasons = estimates + _findings(test, heldout, rule)
    if better and safe:
        return Judgement(Verdict.KEEP, reasons, strict)
    needs = [] if better else [_need(test, abs(test.delta), 1.0 - rule.level)]
    if heldout is not None and not safe:
        needs.append(_need(heldout, heldout.delta + rule.margin, 2.0 * (1.0 - rule.level)))
    return Judgement(
        Verdict.INCONCLUSIVE,
        reasons,
        strict,
        n_more_runs=_largest([runs for runs, _ in needs]),
        n_more_tasks=_largest([tasks for _, tasks in needs]),
    )


def _refuse_mismatch(test: SuiteResult, heldout: SuiteResult | None, rule: Rule) -> None:
    if rule.heldout != (heldout is not None):
        wants, has = ("a", "none") if rule.heldout else ("no", "one")
        raise RefusedError(
            f"The rule was fixed with {wants} held-out suite, but the results have {has}. "
            "A rule cannot change after the evaluation began; start a new evaluation."
        )
    for suite in [test] if heldout is None else [test, heldout]:
        if suite.level != rule.level:
            raise RefusedError(
                f"{suite.suite} was estimated at level {suite.level}, the rule says {rule.level}"
            )
    if heldout is None:
        return
    both = {row.task_id for row in test.rows} & {row.task_id for row in heldout.rows}
    if both:
        raise RefusedError(f"{min(both)} is in the test suite and in the held-out suite")


def _estimate(suite: SuiteResult) -> str:
    direction = "more" if suite.delta >= 0.0 else "fewer"
    text = (
        f"{suite.suite}: tuned solves {_points(abs(suite.delta))} points {direction} than base "
        f"({100 * suite.level:g} % interval {_signed(suite.ci_low)} to {_signed(suite.ci_high)}, "
        f"p = {suite.p_value:.2g}, {len(suite.rows)} tasks, "
        f"{len(suite.won)} won, {len(suite.lost)} lost)"
    )
    return f"{text}; {suite.note}" if suite.note else text


def _findings(test: SuiteResult, heldout: SuiteResult | None, rule: Rule) -> tuple[str, ...]:
    """Which conditions of `keep` hold, one sentence each."""
    if test.ci_low > 0.0:
        found = [f"{test.suite}: the whole interval is above zero"]
        if test.p_value > 1.0 - rule.level:
            found.append(f"{test.suite}: the exact test does not confirm it; take it with care")
    else:
        found = [f"{test.suite}: no gain is shown, the interval reaches down to zero or below"]
    if heldout is not None:
        bound, margin = _signed(heldout.lower), _points(rule.margin)
        verb = "within" if heldout.lower >= -rule.margin else "beyond"
        found.append(
            f"{heldout.suite}: at worst {bound} points, {verb} the accepted loss of {margin}"
        )
    return tuple(found)


def _need(suite: SuiteResult, effect: float, alpha: float) -> tuple[int | None, int | None]:
    """More runs, more tasks that would settle one suite."""
    n_tasks = len(suite.rows)
    n_runs = min(min(row.base_n, row.tuned_n) for row in suite.rows)
    design = Design(alpha=alpha)
    noise = run_noise(suite)
    if noise is not None:
        design = Design(run_noise=noise, alpha=alpha)
    runs, tasks = plan_runs(effect, n_tasks, design), plan_tasks(effect, n_runs, design)
    # A plan that is already met failed by bad luck; a little more is still the answer.
    return (
        None if runs is None else max(runs - n_runs, 1),
        None if tasks is None else max(tasks - n_tasks, 1),
    )


def _largest(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def _points(rate: float) -> str:
    return f"{100.0 * rate:.1f}"


def _signed(rate: float) -> str:
    return f"{100.0 * rate:+.1f}"
