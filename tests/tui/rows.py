"""A store with rows of every stage, written as the engine writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from core.agent.state import UNTESTED
from core.store.database import Store
from core.store.evaluations import EvaluationRow, ResultRow
from core.store.jobs import JobRow, JobStateRow
from core.store.pairs import BuildRow, DroppedRow, PairRow
from core.store.runs import CallRow, RolloutRow, RunRow, RunStateRow
from core.store.splits import SplitRow
from core.store.suites import CheckRow, SuiteRow, TaskRow
from core.suites.oracle import Learned
from core.task import Oracle, SourceFile, Task

_START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).replace(tzinfo=None)  # as stored
_BODY = '{"test": {"delta": 0.3, "ci_low": 0.231, "ci_high": 0.369}}'

_LEARNED = msgspec.json.encode(Learned(UNTESTED)).decode()


def at(minute: int) -> datetime:
    return _START + timedelta(minutes=minute)


def _task(name: str, suite: str) -> str:
    program = SourceFile("program.py", f"def program(x):\n    return x + {name[-1]!r}\n")
    task = Task(name, suite, "program", "program", program, "", Oracle.CASES)
    return msgspec.json.encode(task).decode()


def suite_rows(suite: str = "kata", n_tasks: int = 3) -> dict[str, Sequence[Any]]:
    names = [f"{suite}/task-{n}" for n in range(n_tasks)]
    return {
        "tasks": [TaskRow(name, suite, "program", "hash", _task(name, suite)) for name in names],
        "suites": [SuiteRow(suite, "builtin", "", 0, at(0))],
    }


def check_rows(suite: str = "kata", n_tasks: int = 3) -> dict[str, Sequence[Any]]:
    return {
        "task_checks": [
            CheckRow(
                f"{suite}/task-{n}", suite, "hash", "admitted" if n else "quarantined",
                "", 0, "failed", "passed", 0.1, _LEARNED, at(1),
            )
            for n in range(n_tasks)
        ]
    }  # fmt: skip


def admitted_rows(names: Sequence[str], suite: str = "kata") -> dict[str, Sequence[Any]]:
    """Tasks by name, checked and ready to be attempted."""
    return {
        "tasks": [TaskRow(name, suite, "program", "hash", _task(name, suite)) for name in names],
        "suites": [SuiteRow(suite, "builtin", "", 0, at(0))],
        "task_checks": [
            CheckRow(name, suite, "hash", "admitted", "", 0, "failed", "passed", 0.1, _LEARNED,
                     at(1))
            for name in names
        ],
    }  # fmt: skip


def split_rows(minute: int = 2) -> dict[str, Sequence[Any]]:
    return {"splits": [SplitRow(f"split-{minute}", "kata", 0, "0.6,0.1,0.3", at(minute))]}


def run_rows(status: str = "finished", minute: int = 3) -> dict[str, Sequence[Any]]:
    run_id = f"run-{minute}"
    return {
        "runs": [RunRow(run_id, "rollouts", "{}", at(minute))],
        "run_states": [RunStateRow(run_id, status, "", at(minute))],
        "rollouts": [
            RolloutRow(
                f"rollout-{seed}", run_id, "arm", "kata/task-1", seed,
                "passed" if seed else "limit", "", 1, "state", "", "", 3, 3, 100, 10, 0, 0.5,
                "none", at(minute),
            )
            for seed in range(4)
        ],
        "calls": [
            CallRow(
                run_id, f"rollout-{seed}", 1, 1, "builtin", "state", "answered", "stop", "", 100,
                10, 0, 0, 1_250_000, 0.1, at(minute),
            )
            for seed in range(4)
        ],
    }  # fmt: skip


def build_rows(n_pairs: int = 2, minute: int = 4) -> dict[str, Sequence[Any]]:
    pair = ("kata/task-1", "program", "patch", "state", "good", "bad", "a", 1, "b", 1, 0.1)
    return {
        "pairs": [PairRow("build", f"pair-{n}", *pair) for n in range(n_pairs)],
        "dropped_candidates": [DroppedRow("build", "kata/task-1", "tie", "a", "b")],
        "pair_builds": [BuildRow("build", f"run-{minute}", "{}", at(minute))],
    }


def job_rows(status: str = "finished", reason: str = "") -> dict[str, Sequence[Any]]:
    artifact = "5afb7cdc1ed72d28" if status == "finished" else ""
    return {
        "jobs": [JobRow("job", "builtin", "data", "{}", at(5))],
        "job_states": [JobStateRow("job", status, reason, artifact, at(5))],
    }


def evaluation_rows() -> dict[str, Sequence[Any]]:
    return {
        "runs": [RunRow("evalrun", "evaluation", "{}", at(6))],
        "run_states": [RunStateRow("evalrun", "finished", "", at(6))],
        "evaluations": [EvaluationRow("eval", "evalrun", "base", "tuned", "{}", at(6))],
    }


def result_rows(verdict: str = "keep") -> dict[str, Sequence[Any]]:
    return {"evaluation_results": [ResultRow("eval", verdict, _BODY, at(7))]}


PIPELINE = (
    suite_rows(), check_rows(), split_rows(), run_rows(), build_rows(), job_rows(),
    evaluation_rows(), result_rows(),
)  # fmt: skip


async def store_rows(directory: Path, *parts: dict[str, Sequence[Any]]) -> None:
    """Open the store, append, close: as another process would."""
    store = Store.open(directory)
    try:
        for part in parts:
            for table, rows in part.items():
                await store.insert(table, rows)
    finally:
        store.close()
