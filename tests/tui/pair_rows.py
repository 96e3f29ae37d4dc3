"""A store with a build of pairs whose tasks, states and rollouts are all there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from core.chat import Message, Role
from core.digest import digest
from core.edits.block import EditBlock
from core.rollouts.plan import RunPlan
from core.service.client import EngineClient
from core.service.connect import connect
from core.splits.sides import Member, Side, split_hash
from core.store.pairs import BuildRow, DroppedRow, PairRow
from core.store.runs import ArmRow, IterationRow, RolloutRow, RunRow, RunStateRow, StateRow
from core.store.splits import MemberRow, SplitRow
from core.store.suites import SuiteRow, TaskRow
from core.task import Oracle, SourceFile, Task
from core.workspace import Workspace
from tests.tui.rows import at, store_rows

N_PAIRS = 6
FAILURE = "total_{n}([1, 2], 0)\nexpected 3\ngot -3"
_PROGRAM = '''"""Add prices, less a discount of so many per cent."""


def total_{n}(prices, discount):
    amount = 0
    for price in prices:
        amount = price
    if discount > 100:
        return 0
    return amount * (100 - discount) / 100
'''


def _task(n: int) -> Task:
    program = SourceFile(f"total_{n}.py", _PROGRAM.format(n=n))
    name = f"total_{n}"
    return Task(f"kata/{name}", "kata", name, name, program, "Add prices.", Oracle.CASES)


def _answer(n: int, line: str) -> str:
    return EditBlock(f"total_{n}.py", "        amount = price", line).render()


def _side(n: int, name: str, *, is_good: bool, failure: str) -> list[Any]:
    outcome, n_passed = ("passed", 8) if is_good else ("failed", 3)
    rollout = RolloutRow(
        name, "run", "arm", f"kata/total_{n}", 0, outcome, "", 1, "", "", "", n_passed, 8, 90, 9,
        0, 0.5, "none", at(3),
    )  # fmt: skip
    detail = "" if is_good else failure
    step = IterationRow(
        "run", name, 1, "amount = price", "x", "", outcome, n_passed, 8, detail, 0.1
    )
    return [rollout, step]


def _rows(n: int, rejected: str, failure: str) -> dict[str, Sequence[Any]]:
    task = _task(n)
    messages = (Message(Role.SYSTEM, "repair"), Message(Role.USER, task.target.text))
    state = digest(messages)
    encode = msgspec.json.encode
    good, bad = (
        _side(n, f"rollout-{n}-{name}", is_good=name == "good", failure=failure.format(n=n))
        for name in ("good", "bad")
    )
    chosen = _answer(n, "        amount += price")
    pair = PairRow(
        "build", digest([n, rejected]), task.task_id, f"kata/total_{n}", "patch", state, chosen,
        _answer(n, rejected), f"rollout-{n}-good", 1, f"rollout-{n}-bad", 1, 0.05 * n,
    )  # fmt: skip
    return {
        "tasks": [TaskRow(task.task_id, "kata", "p", digest(task), encode(task).decode())],
        "states": [StateRow(state, encode(messages).decode())],
        "rollouts": [good[0], bad[0]],
        "iterations": [good[1], bad[1]],
        "pairs": [pair],
    }


async def store_pairs(
    directory: Path,
    n_pairs: int = N_PAIRS,
    rejected: str = "        amount -= price",
    failure: str = FAILURE,
) -> None:
    """A build of pairs, each of a task of its own; one candidate was dropped."""
    names = tuple(f"kata/total_{n}" for n in range(1, n_pairs + 1))
    members = [Member(name, name, Side.TRAIN) for name in sorted(names)]
    split = split_hash(members, 0, (0.6, 0.1, 0.3))
    plan = msgspec.json.encode(RunPlan(("arm",), names, (0,), split, "train")).decode()
    whole: dict[str, Sequence[Any]] = {
        "suites": [SuiteRow("kata", "builtin", "", 0, at(0))],
        "runs": [RunRow("run", "rollouts", plan, at(3))],
        "run_states": [RunStateRow("run", "finished", "", at(3))],
        "arms": [ArmRow("arm", "builtin", "{}", at(3))],
        "splits": [SplitRow(split, "kata", 0, "0.6,0.1,0.3", at(2))],
        "split_members": [MemberRow(split, m.task_id, m.family, m.side) for m in members],
        "dropped_candidates": [DroppedRow("build", "kata/total_1", "tie", "a", "b")],
        "pair_builds": [BuildRow("build", "run", "{}", at(4))],
    }
    parts = [_rows(n, rejected, failure) for n in range(1, n_pairs + 1)]
    merged: dict[str, Sequence[Any]] = {
        table: [row for part in parts for row in part[table]] for table in parts[0]
    }
    await store_rows(directory, whole, merged)


@asynccontextmanager
async def another(directory: Path) -> AsyncIterator[EngineClient]:
    """What another terminal has of the engine that serves a workspace."""
    client = await connect(Workspace(directory), start=False)
    try:
        yield client
    finally:
        await client.close()
