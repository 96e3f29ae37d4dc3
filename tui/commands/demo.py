"""`gemel demo`: the whole loop on the built-ins, from programs to verdict, without a network."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from core.doors.demo import QUICK, DemoScale, DemoStages
from core.engine import Engine
from core.evaluation.operations import EvaluationReport
from core.evaluation.result import SuiteResult
from core.evaluation.verdict import Verdict
from core.money import usd
from core.suites.operations import BUILTIN_SUITE
from tui.commands.evaluate import EXIT_CODES
from tui.commands.host import Answer, Common, run
from tui.commands.pairs import show_build
from tui.commands.rollouts import show_run_report
from tui.commands.show import counts, evaluation, program, say
from tui.commands.train import show_training


@dataclass(frozen=True, slots=True)
class DemoSuite:
    """One suite's part of the demo, in numbers; rates are shares of 1."""

    suite: str
    tasks: int
    families: int
    rollouts: int
    pairs: int
    pairs_dropped: int
    steps: int
    base_rate: float
    tuned_rate: float
    delta: float
    ci_low: float
    ci_high: float
    p_value: float
    verdict: str


@dataclass(frozen=True, slots=True)
class BudgetRates:
    """Rates of a suite when only so many iterations count."""

    suite: str
    budget: int
    base_rate: float
    tuned_rate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class DemoReport(DemoSuite):
    """The demo in numbers: the trained suite's, and what goes beyond it."""

    heldout: DemoSuite | None
    seconds: float
    cost_microusd: int
    workspace: str
    dropped: dict[str, int]
    budgets: tuple[BudgetRates, ...]


def demo(
    *,
    seed: int = 1,
    sabotage: Annotated[bool, Parameter(negative="")] = False,
    quick: Annotated[bool, Parameter(negative="")] = False,
    heldout_quixbugs: Path | None = None,
    common: Common = Common(),
) -> int:
    """Run the whole loop on built-ins: suite, split, rollouts, pairs, training, verdict.

    Exit code 0: keep the tuned policy. 4: roll back. 5: inconclusive.

    Parameters
    ----------
    seed
        The same seed gives the same numbers.
    sabotage
        Exchange chosen and rejected, to see the verdict notice.
    quick
        Fewer tasks and shorter attempts: done in a third of the time, intervals are wider.
    heldout_quixbugs
        A QuixBugs checkout, as a second suite that is never trained on.
    """
    place = heldout_quixbugs.expanduser().absolute() if heldout_quixbugs else None
    if common.workspace is None:
        common = replace(common, workspace=tempfile.mkdtemp(prefix="gemel-demo-"))

    async def work(engine: Engine) -> Answer:
        started = time.monotonic()
        scale = QUICK if quick else DemoScale()
        stages = await engine.demo(seed, scale, sabotage=sabotage, quixbugs=place)
        where = (await engine.describe()).workspace
        report = _report(where, stages, time.monotonic() - started)
        code = EXIT_CODES[Verdict(report.verdict)]
        return Answer(report, lambda out: _show(out, stages, report), code)

    hint = f"They are in {common.workspace}; the same command with --workspace goes on there."
    return run(common, work, hint=hint)


def _report(workspace: str, stages: DemoStages, seconds: float) -> DemoReport:
    judged, build = stages.evaluation, stages.build
    test = judged.test
    return DemoReport(
        suite=BUILTIN_SUITE,
        tasks=stages.check.admitted,
        families=stages.split.n_families,
        rollouts=stages.run.n_rollouts,
        pairs=build.n_pairs,
        pairs_dropped=sum(build.dropped.values()),
        steps=stages.job.summary.n_steps,
        base_rate=test.base_rate,
        tuned_rate=test.tuned_rate,
        delta=test.delta,
        ci_low=test.ci_low,
        ci_high=test.ci_high,
        p_value=test.p_value,
        verdict=judged.judgement.verdict.value,
        heldout=_heldout(judged),
        seconds=round(seconds, 2),
        cost_microusd=stages.run.cost_microusd,
        workspace=workspace,
        dropped=build.dropped,
        budgets=tuple(
            BudgetRates(s.suite, at.budget, s.base_rate, s.tuned_rate, s.ci_low, s.ci_high)
            for at in judged.budgets
            for s in (at.test, at.heldout)
            if s is not None
        ),
    )


def _heldout(judged: EvaluationReport) -> DemoSuite | None:
    """The held-out suite alone, by its share of the rule."""
    found = judged.heldout
    if found is None:
        return None
    return DemoSuite(
        suite=found.suite,
        tasks=len(found.rows),
        families=len(found.rows),
        rollouts=sum(row.base_n + row.tuned_n for row in found.rows),
        pairs=0,
        pairs_dropped=0,
        steps=0,
        base_rate=found.base_rate,
        tuned_rate=found.tuned_rate,
        delta=found.delta,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        p_value=found.p_value,
        verdict=_alone(found, judged.rule.rule.margin).value,
    )


def _alone(suite: SuiteResult, margin: float) -> Verdict:
    if suite.upper < 0.0:
        return Verdict.ROLLBACK
    return Verdict.KEEP if suite.lower >= -margin else Verdict.INCONCLUSIVE


def _show(out: Console, stages: DemoStages, report: DemoReport) -> None:
    checks = [check for check in (stages.check, stages.heldout_check) if check is not None]
    for check in checks:
        say(
            out,
            f"{check.suite}: {check.admitted} tasks admitted, {len(check.quarantined)} quarantined",
        )
    say(out, f"split by {stages.split.n_families} families: {counts(stages.split.sides)} tasks")
    show_run_report(out, stages.run)
    show_build(out, stages.build)
    show_training(out, stages.job)
    evaluation(out, stages.evaluation)
    say(out, f"cost {usd(report.cost_microusd)}, {report.seconds:.0f} s")
    say(out, f"workspace: {report.workspace}")
    place = f"--workspace {report.workspace}"
    say(out, "next:")
    for words, why in (
        (place, "look at it"),
        (f"pairs export pairs.jsonl {place}", "take the pairs to a trainer"),
        ("demo --sabotage", "see a bad model rolled back"),
    ):
        say(out, f"  {program()} {words}   # {why}")
