"""Pairs of 12,000 rollouts whose edits are all different, so that nothing is looked at twice."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from core.pairs.building import build_pairs
from core.pairs.candidates import PairOptions
from core.store.runs import RolloutRow
from core.suites.programs import builtin_programs
from core.task import Task
from tests.bench.figures import Figures, slowness

_N_ROLLOUTS = 12_000
_WHEN = datetime.fromisoformat("2026-01-01")


@pytest.mark.bench
def test_pairs_of_12000_rollouts_take_seconds(figures: Figures) -> None:
    tasks = builtin_programs()[:40]
    rows = [_row(n, tasks[n % len(tasks)]) for n in range(_N_ROLLOUTS)]
    known = {task.task_id: (task, task.program) for task in tasks}
    slow, began_s = slowness(), time.process_time()
    built = build_pairs("build", rows, known, PairOptions())
    spent_s = time.process_time() - began_s
    figures.add("machine slower than the budgets' kind", slow, "x")
    figures.add("12,000 distinct edits to pairs", spent_s, "CPU s", 10.0 * slow)
    assert len(built.pairs) + len(built.dropped) == _N_ROLLOUTS - len(tasks)
    figures.check()


def _row(n: int, task: Task) -> RolloutRow:
    lines = task.target.text.rstrip("\n").split("\n")
    last = "\n".join(lines[-3:])
    outcome = "passed" if n // 40 % 7 == 0 else "failed"
    return RolloutRow(
        f"r{n}", "run", "arm", task.task_id, n, outcome, "", 1, task.task_id, last,
        f"{last}\n\n\nANSWER = {n}",
        3, 4, 10, 10, 0, 0.1, "none", _WHEN,
    )  # fmt: skip
