"""A store with a run that was stopped, a job and an evaluation, all with fixed times and texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.chat import Message, Role
from core.evaluation.operations import EvaluationOptions, EvaluationReport, compare_at, freeze_rule
from core.evaluation.verdict import judge
from core.rollouts.arm import make_arm
from core.rollouts.plan import RunPlan, slots
from core.store.evaluations import EvaluationRow, ResultRow
from core.store.jobs import JobEventRow, JobInputRow, JobRow, JobStateRow, MetricRow
from core.store.runs import (
    ArmRow,
    CallRow,
    IterationRow,
    RolloutRow,
    RunRow,
    RunStateRow,
    StateRow,
)
from core.store.splits import MemberRow, SplitRow
from core.training.operations import TrainOptions
from tests.tui.rows import at, store_rows

RUN, EVAL_RUN = "run-20261123-120000-aaaa", "evalrun-20261123-130000-bbbb"
JOB, EVALUATION = "job-20261123-123000-cccc", "eval-20261123-130000-dddd"
TASKS = tuple(f"kata/sum_{name}-0{n}" for n, name in enumerate(("odd", "even", "top", "all")))
BASE, TUNED = make_arm(), make_arm("builtin:5afb7cdc1ed72d28")
_OUTCOMES = ("passed", "limit", "failed", "passed", "invalid", "error", "tampered")
_STATE = (Message(Role.SYSTEM, "You repair one bug."), Message(Role.USER, "Goal: sum [/b] \x1b[2J"))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _rollout(run_id: str, slot: Any, outcome: str, n_iterations: int = 2) -> RolloutRow:
    return RolloutRow(
        slot.rollout_id, run_id, slot.arm_id, slot.task_id, slot.seed, outcome, "", n_iterations,
        "state", "", "", 4 if outcome == "passed" else 1, 4, 1200, 60, 500, 0.25, "none", at(3),
    )  # fmt: skip


def _texts(run_id: str, rollout_id: str) -> tuple[list[CallRow], list[IterationRow]]:
    calls = [
        CallRow(
            run_id, rollout_id, n, 1, "builtin", "state", "ok", "stop", f"answer {n}: x = {n}",
            600, 30, 0, 0, 250, 0.1, at(3),
        )
        for n in (1, 2)
    ]  # fmt: skip
    steps = [
        IterationRow(
            run_id, rollout_id, 1, "x", "y", "3 of 4 tests fail", "failed", 1, 4, "got 7", 0.1
        ),
        IterationRow(run_id, rollout_id, 2, "x", "z", "0 of 4 tests fail", "passed", 4, 4, "", 0.1),
    ]
    return calls, steps


def run_parts(n_finished: int = 10) -> dict[str, Sequence[Any]]:
    """One arm over four tasks and three seeds; the last rollouts are missing."""
    plan = RunPlan((BASE.arm_id,), TASKS, (0, 1, 2), "split", "train")
    done = list(slots(RUN, plan))[:n_finished]
    texts = [_texts(RUN, slot.rollout_id) for slot in done]
    return {
        "arms": [ArmRow(arm.arm_id, arm.policy, _json(arm), at(0)) for arm in (BASE, TUNED)],
        "splits": [SplitRow("split", "kata", 0, "0.6,0.1,0.3", at(1))],
        "split_members": [MemberRow("split", name, name, "train") for name in TASKS],
        "runs": [RunRow(RUN, "rollouts", _json(plan), at(2))],
        "run_states": [RunStateRow(RUN, "stopped", "asked for by the app", at(3))],
        "rollouts": [
            _rollout(RUN, slot, _OUTCOMES[n % len(_OUTCOMES)]) for n, slot in enumerate(done)
        ],
        "calls": [call for calls, _ in texts for call in calls],
        "iterations": [step for _, steps in texts for step in steps],
        "states": [StateRow("state", _json(_STATE))],
    }


def job_parts(
    status: str = "finished", n_steps: int = 30, job_id: str = JOB
) -> dict[str, Sequence[Any]]:
    """A job whose loss falls while margin and accuracy rise."""
    values = [(n, n / n_steps) for n in range(1, n_steps + 1)]
    return {
        "jobs": [JobRow(job_id, "builtin", "data", _json(TrainOptions()), at(4))],
        "job_states": [JobStateRow(job_id, status, "", "5afb7cdc1ed72d28", at(5))],
        "job_metrics": [
            MetricRow(job_id, n, name, value)
            for n, x in values
            for name, value in (("loss", 0.7 - 0.4 * x), ("margin", x), ("accuracy", 0.5 + x / 2))
        ],
    }


def event_parts(status: str = "finished") -> dict[str, Sequence[Any]]:
    """What was given to the job and what happened to it, with hostile text among it."""
    ends = {
        "finished": ("info", "finished", "made the policy builtin:5afb7cdc1ed72d28", None),
        "failed": ("error", "failed", "the machine went away", None),
    }
    rows = (
        ("info", "dataset", "dataset data frozen: 40 pairs of 20 tasks", None),
        ("info", "JOB_STARTED", "on [/b] \x1b[2J a machine", None),
        ("warning", "alarm", "One batch of 40 holds all 40 pairs. Build more pairs.", None),
        ("info", "epoch", "pass 1 of 1: loss 0.300", 30),
        ends[status],
    )
    return {
        "job_inputs": [JobInputRow(JOB, "build", "data", 40, 20, 40, 30, 12, 3, 1, 24, 2)],
        "job_events": [
            JobEventRow(JOB, level, kind, text, step, "", at(4)) for level, kind, text, step in rows
        ],
    }


def evaluation_parts(n_won: int = 3) -> dict[str, Sequence[Any]]:
    """Base fails everywhere; tuned solves the first `n_won` of eight tasks."""
    tasks = tuple(f"kata/test_{n}" for n in range(8))
    plan = RunPlan((BASE.arm_id, TUNED.arm_id), tasks, (500, 501), "split", "test")
    rows = [
        _rollout(
            EVAL_RUN,
            slot,
            "passed" if slot.arm_id == TUNED.arm_id and slot.task_id in tasks[:n_won] else "limit",
            4 + tasks.index(slot.task_id),
        )
        for slot in slots(EVAL_RUN, plan)
    ]
    texts = [_texts(EVAL_RUN, row.rollout_id) for row in rows]
    rule = freeze_rule(EvaluationOptions(), ["kata"], "", len(tasks))
    report = _report(rule, rows, dict.fromkeys(tasks, "kata"))
    ids = (EVALUATION, EVAL_RUN, BASE.arm_id, TUNED.arm_id)
    return {
        "runs": [RunRow(EVAL_RUN, "evaluation", _json(plan), at(6))],
        "run_states": [RunStateRow(EVAL_RUN, "finished", "", at(7))],
        "rollouts": rows,
        "calls": [call for calls, _ in texts for call in calls],
        "iterations": [step for _, steps in texts for step in steps],
        "evaluations": [EvaluationRow(*ids, _json(rule), at(6))],
        "evaluation_results": [
            ResultRow(EVALUATION, report.judgement.verdict.value, _json(report), at(7))
        ],
    }


def _report(rule: Any, rows: list[RolloutRow], suites: dict[str, str]) -> EvaluationReport:
    arms = (BASE.arm_id, TUNED.arm_id)
    results = tuple(compare_at(budget, rule, arms, rows, suites) for budget in rule.budgets)
    return EvaluationReport(
        EVALUATION, EVAL_RUN, *arms, rule, results[-1].test, None, results,
        judge(results[-1].test, None, rule.rule), 0,
    )  # fmt: skip


async def store_runs(directory: Path) -> None:
    """All of it."""
    await store_rows(directory, run_parts(), job_parts(), event_parts(), evaluation_parts())
