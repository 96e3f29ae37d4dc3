"""A workspace with small suites that count as checked, for tests of stored relations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from core.agent.state import UNTESTED
from core.engine import Engine, open_engine
from core.events import Emit, ignore
from core.store.suites import CheckRow, SuiteRow, hash_task, replace_suite, save_checks
from core.suites.oracle import Learned
from core.task import Case, Reference, Task
from core.workspace import Workspace
from tests.core.splits.made import make_task

NOW = datetime.fromisoformat("2026-01-01")
CASES = tuple(Case(f"({n},)", str(n * n + 1), True) for n in range(8))
ONE_CONTRACT = "Squares the petals of a tulip and adds the stalk."
ITS_LIKENESS = "Adds the stalk of a tulip to its squared petals."


def task_of(suite: str, program: str, n: int, text: str = "", description: str = "") -> Task:
    made = make_task(suite, program, text or f"def f(x):\n    return x + {n} # {suite}\n", n)
    return replace(made, description=description, cases=CASES)


def kata() -> list[Task]:
    """Six programs with two bugs each; `p0` may be a relative of `more/q0`."""
    tasks = [task_of("kata", f"p{n // 2}", 100 + n) for n in range(12)]
    return [
        replace(task, description=ONE_CONTRACT) if task.program == "p0" else task for task in tasks
    ]


def more() -> list[Task]:
    """A question about `q0`, and `q1`, which is a copy of `kata/p1`."""
    copied = kata()[2].target.text
    return [
        task_of("more", "q0", 50, description=ITS_LIKENESS),
        task_of("more", "q1", 51, copied),
        task_of("more", "q2", 52),
    ]


async def put(engine: Engine, tasks: Sequence[Task], fixes: Sequence[Reference] = ()) -> None:
    """Store a suite as checked and admitted."""
    store, suite = engine.context.store, tasks[0].suite
    await replace_suite(store, SuiteRow(suite, "folder", "", None, NOW), tuple(tasks), tuple(fixes))
    body = msgspec.json.encode(Learned(UNTESTED, cpu_limit_s=1.0)).decode()
    known = {fix.task_id: fix for fix in fixes}
    hashes = {t.task_id: hash_task(t, known.get(t.task_id)) for t in tasks}
    rows = [
        CheckRow(name, suite, checked, "admitted", "", 0, "failed", "passed", 0.1, body, NOW)
        for name, checked in hashes.items()
    ]
    await save_checks(store, rows)


@asynccontextmanager
async def opened(directory: Path, emit: Emit = ignore) -> AsyncIterator[Engine]:
    """An engine on a workspace that has both suites."""
    async with open_engine(Workspace(directory), emit, n_workers=1) as engine:
        await put(engine, kata())
        await put(engine, more())
        yield engine
