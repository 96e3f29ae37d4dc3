"""What can be done with evaluations: freeze a rule, run both arms, judge, show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from core.agent.limits import Limits, Speech
from core.agent.state import Baseline
from core.chat import Decoding
from core.context import Context
from core.errors import UsageError
from core.evaluation.result import SuiteResult, pair_arms, run_noise, summarise
from core.evaluation.stats import Count
from core.evaluation.verdict import Judgement, Rule, judge
from core.outcome import Outcome
from core.selection import Selection
from core.store.evaluations import (
    EvaluationRow,
    EvaluationSummary,
    ResultRow,
    list_evaluations,
)
from core.store.runs import RolloutRow, load_rollouts
from core.task import Task


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How two arms are compared; budgets are iterations at which success is read off."""

    n_seeds: int = 4
    first_seed: int = 0
    n_tasks: int | None = None
    """Only so many tasks of the test side, families in turn; None takes all."""
    budgets: tuple[int, ...] = (5, 20)
    """The last one is the verdict's; a rollout's first iterations do not depend on its limit."""
    decoding: Decoding = Decoding()
    margin: float | None = None
    """Accepted loss on the held-out suite, as a share of 1; None goes by the number of tasks."""
    protocol: Speech = Speech.EDIT
    bounds: Limits = Limits()
    """Of each rollout, but for its iterations."""
    selection: Selection = Selection()
    """Which tasks of the test side; `n_tasks` draws from these."""

    @property
    def limits(self) -> Limits:
        """The limits of each rollout."""
        return replace(self.bounds, n_iterations=max(self.budgets))


@dataclass(frozen=True, slots=True)
class FrozenRule:
    """Everything the verdict depends on, stored before the first call."""

    rule: Rule
    budgets: tuple[int, ...]
    suites: tuple[str, ...]
    """The test suites first, then at most one held-out suite."""
    heldout: str


@dataclass(frozen=True, slots=True)
class BudgetResult:
    """The comparison at one budget."""

    budget: int
    test: SuiteResult
    heldout: SuiteResult | None


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """An evaluation that reached its verdict."""

    evaluation_id: str
    run_id: str
    base_arm: str
    tuned_arm: str
    rule: FrozenRule
    test: SuiteResult
    heldout: SuiteResult | None
    budgets: tuple[BudgetResult, ...]
    judgement: Judgement
    n_lost: int
    """Rollouts lost to infrastructure, in no count."""


Tasks = Mapping[str, tuple[Task, Baseline]]


def freeze_rule(
    options: EvaluationOptions, test: Iterable[str], heldout: str, n_tasks: int
) -> FrozenRule:
    """The rule of an evaluation, from its design alone."""
    if not options.budgets or min(options.budgets) < 1:
        raise UsageError("An evaluation needs budgets of at least one iteration.")
    rule = rule_of(options, n_tasks, has_heldout=bool(heldout))
    suites = (*sorted(test), *([heldout] if heldout else []))
    return FrozenRule(rule, tuple(sorted(set(options.budgets))), suites, heldout)


def rule_of(options: EvaluationOptions, n_tasks: int, *, has_heldout: bool) -> Rule:
    """The rule for a comparison whose smallest suite has `n_tasks`."""
    rule = Rule.for_tasks(n_tasks, has_heldout)
    if options.margin is None:
        return rule
    if not 0.0 <= options.margin <= 1.0:
        raise UsageError(f"A margin is from 0 to 100 points, not {100 * options.margin:g}.")
    return replace(rule, margin=options.margin)


async def begin(
    context: Context, run_id: str, base_arm: str, tuned_arm: str, rule: FrozenRule
) -> str:
    """Store the evaluation with its rule; returns its id."""
    evaluation_id = context.new_id("eval")
    frozen = msgspec.json.encode(rule).decode()
    row = EvaluationRow(evaluation_id, run_id, base_arm, tuned_arm, frozen, context.now())
    await context.store.insert("evaluations", [row])
    return evaluation_id


async def conclude(context: Context, evaluation_id: str, tasks: Tasks) -> EvaluationReport:
    """Judge a finished run by its frozen rule and store the result, once."""
    async with context.live.turn("verdict"):
        row = await get(context, evaluation_id)
        if row.body is not None:
            return msgspec.json.decode(row.body, type=EvaluationReport)
        return await _conclude(context, row, tasks)


async def _conclude(context: Context, row: EvaluationSummary, tasks: Tasks) -> EvaluationReport:
    rule = msgspec.json.decode(row.rule, type=FrozenRule)
    rollouts = await load_rollouts(context.store, row.run_id)
    suite_of = {task_id: task.suite for task_id, (task, _) in tasks.items()}
    arms = (row.base_arm, row.tuned_arm)
    results = tuple(compare_at(b, rule, arms, rollouts, suite_of) for b in rule.budgets)
    headline = results[-1]
    report = EvaluationReport(
        evaluation_id=row.evaluation_id,
        run_id=row.run_id,
        base_arm=row.base_arm,
        tuned_arm=row.tuned_arm,
        rule=rule,
        test=headline.test,
        heldout=headline.heldout,
        budgets=results,
        judgement=judge(headline.test, headline.heldout, rule.rule),
        n_lost=sum(r.outcome == Outcome.ERROR for r in rollouts),
    )
    body = msgspec.json.encode(report).decode()
    verdict = report.judgement.verdict.value
    await context.store.insert(
        "evaluation_results", [ResultRow(row.evaluation_id, verdict, body, context.now())]
    )
    return report


async def evaluations(context: Context) -> list[EvaluationSummary]:
    """All evaluations, newest first."""
    return await list_evaluations(context.store)


async def show(context: Context, evaluation_id: str) -> EvaluationReport:
    """A finished evaluation; `latest` is the newest."""
    row = await get(context, evaluation_id)
    if row.body is None:
        raise UsageError(
            f"{row.evaluation_id} is not finished: `gemel eval resume {row.evaluation_id}` goes on."
        )
    return msgspec.json.decode(row.body, type=EvaluationReport)


async def of_run(context: Context, run_id: str) -> EvaluationSummary:
    """The evaluation that a run belongs to."""
    found = [row for row in await list_evaluations(context.store) if row.run_id == run_id]
    if not found:
        raise UsageError(f"{run_id} belongs to no evaluation.")
    return found[0]


async def get(context: Context, evaluation_id: str) -> EvaluationSummary:
    """An evaluation by its id or the beginning of it; `latest` is the newest."""
    known = await list_evaluations(context.store)
    if evaluation_id == "latest" and not known:
        raise UsageError("There is no evaluation yet: `gemel eval run` starts one.")
    is_newest = evaluation_id == "latest"
    found = (
        known[:1]
        if is_newest
        else [row for row in known if row.evaluation_id.startswith(evaluation_id)]
    )
    if len(found) != 1:
        what = "More than one evaluation begins with" if found else "There is no evaluation"
        raise UsageError(f"{what} {evaluation_id}: `gemel eval list` shows them.")
    return found[0]


async def newest_unfinished(context: Context) -> EvaluationSummary:
    """The newest evaluation without a verdict."""
    open_ones = [row for row in await list_evaluations(context.store) if row.verdict is None]
    if not open_ones:
        raise UsageError("Every evaluation has its verdict: nothing is left to resume.")
    return open_ones[0]


async def measured_noise(context: Context) -> tuple[float, str] | None:
    """Run noise of both arms as the newest finished evaluation had it, and which that was."""
    for row in await list_evaluations(context.store):
        if row.body is not None:
            report = msgspec.json.decode(row.body, type=EvaluationReport)
            noise = run_noise(report.test)
            if noise is not None:
                return noise, row.evaluation_id
    return None


def compare_at(
    budget: int,
    rule: FrozenRule,
    arms: tuple[str, str],
    rollouts: Sequence[RolloutRow],
    suite_of: Mapping[str, str],
) -> BudgetResult:
    """Compare base and tuned arm as if each rollout had ended after `budget` iterations."""
    test = [r for r in rollouts if suite_of[r.task_id] != rule.heldout]
    heldout = [r for r in rollouts if suite_of[r.task_id] == rule.heldout]
    named = ",".join(suite for suite in rule.suites if suite != rule.heldout)

    def compare(suite: str, rows: list[RolloutRow]) -> SuiteResult:
        base, tuned = (_counts(rows, arm, budget) for arm in arms)
        return summarise(suite, pair_arms(base, tuned), rule.rule.level)

    extra = compare(rule.heldout, heldout) if rule.heldout else None
    return BudgetResult(budget, compare(named, test), extra)


def _counts(rollouts: Sequence[RolloutRow], arm_id: str, budget: int) -> dict[str, Count]:
    n_runs: Counter[str] = Counter()
    n_passed: Counter[str] = Counter()
    for r in rollouts:
        if r.arm_id == arm_id and r.outcome != Outcome.ERROR:
            n_runs[r.task_id] += 1
            n_passed[r.task_id] += r.outcome == Outcome.PASSED and r.n_iterations <= budget
    return {task_id: Count(n_passed[task_id], n) for task_id, n in n_runs.items()}
