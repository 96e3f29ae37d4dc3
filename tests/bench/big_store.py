"""A store as large as a year of use: 10,000 rollouts, 5,000 pairs and a million calls.

`python -m tests.bench.big_store DIRECTORY` makes one to look at with the app. The rows are the
engine's own records; only the texts in them are made up.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from core.chat import Message, Role
from core.digest import digest
from core.edits.block import EditBlock
from core.rollouts.arm import make_arm
from core.rollouts.plan import RunPlan, Slot, slots
from core.store.database import Store
from core.store.decisions import Choice, DecisionRow
from core.store.pairs import BuildRow, DroppedRow, PairRow
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
from core.store.suites import SuiteRow, TaskRow
from core.task import Oracle, SourceFile, Task
from tests.tui.rows import at
from tests.tui.run_store import evaluation_parts, event_parts, job_parts

RUN, BUILD = "run-20261123-120000-b16b", "build-20261123-120000-b16b"
_OUTCOMES = ("limit", "limit", "limit", "failed", "passed", "invalid", "error")
_CHUNK = 20_000
_ARM = make_arm()
_CODE = Path(__file__).read_text("utf-8").splitlines()


@dataclass(frozen=True, slots=True)
class Scale:
    """How large."""

    n_tasks: int = 100
    n_seeds: int = 100
    n_calls: int = 100
    """Of each rollout."""
    n_pairs: int = 5_000
    n_decided: int = 500


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class Maker:
    """Makes the rows of one store, the same ones every time."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._chance = random.Random(1)
        self._names = tuple(f"kata/price_list-{n:03}" for n in range(scale.n_tasks))
        self._plan = RunPlan((_ARM.arm_id,), self._names, tuple(range(scale.n_seeds)), "split")
        self._slots = list(slots(RUN, self._plan))
        self._replies = [self._text(8) for _ in range(2_000)]

    def small(self) -> dict[str, Sequence[Any]]:
        """What stands around the run."""
        members = [MemberRow("split", name, name, "train") for name in self._names]
        return {
            "suites": [SuiteRow("kata", "builtin", "", 0, at(0))],
            "tasks": [self._task(name) for name in self._names],
            "splits": [SplitRow("split", "kata", 0, "0.6,0.1,0.3", at(1))],
            "split_members": members,
            "arms": [ArmRow(_ARM.arm_id, _ARM.policy, _json(_ARM), at(1))],
            "runs": [RunRow(RUN, "rollouts", _json(self._plan), at(8))],
            "run_states": [RunStateRow(RUN, "stopped", "asked for by the app", at(9))],
            "pair_builds": [BuildRow(BUILD, RUN, "{}", at(10))],
            "dropped_candidates": [
                DroppedRow(BUILD, name, "tie", "a", "b") for name in self._names for _ in range(50)
            ],
        }

    def rollouts(self) -> Iterator[RolloutRow]:
        """All finished."""
        n_calls = self._scale.n_calls
        for n, slot in enumerate(self._slots):
            outcome = _OUTCOMES[n % len(_OUTCOMES)]
            yield RolloutRow(
                slot.rollout_id, RUN, slot.arm_id, slot.task_id, slot.seed, outcome, "", n_calls,
                _state(slot, 1), "", "", 8 if outcome == "passed" else 3, 8, 900 * n_calls,
                90 * n_calls, 120 * n_calls, 12.5, "none", at(n),
            )  # fmt: skip

    def calls(self) -> Iterator[CallRow]:
        """In the order of a run with all rollouts of a seed side by side."""
        for slot, n in self._steps():
            reply = self._replies[(int(slot.rollout_id, 16) + n) % len(self._replies)]
            yield CallRow(
                RUN, slot.rollout_id, n, 1, "builtin", _state(slot, n), "answered", "stop", reply,
                900, 90, 300, 0, 120, 0.4, at(slot.seed) + timedelta(milliseconds=n),
            )  # fmt: skip

    def iterations(self) -> Iterator[IterationRow]:
        """One of each call."""
        for slot, n in self._steps():
            yield IterationRow(
                RUN, slot.rollout_id, n, "x - 1", "x + 1", "3 of 8 tests fail", "failed", 3, 8,
                f"price_list([{n}], 0)\nexpected 3\ngot -3", 0.02,
            )  # fmt: skip

    def states(self) -> Iterator[StateRow]:
        """Each is shared by all seeds of a task."""
        for task_id in self._names:
            for n in range(1, self._scale.n_calls + 1):
                messages = (Message(Role.SYSTEM, "repair"), Message(Role.USER, self._text(60)))
                yield StateRow(f"{task_id}:{n}", _json(messages))

    def pairs(self) -> Iterator[PairRow]:
        """Of the run's own rollouts."""
        passed = self._slots[4 :: len(_OUTCOMES)]
        for n in range(self._scale.n_pairs):
            good, bad = passed[n % len(passed)], self._slots[(n * 7) % len(self._slots)]
            chosen, rejected = (
                EditBlock("program.py", "    return x - 1", text).render()
                for text in (f"    return x + {n}", self._text(4))
            )
            yield PairRow(
                BUILD, digest([n, rejected]), good.task_id, good.task_id, "patch", _state(good, 1),
                chosen, rejected, good.rollout_id, 1, bad.rollout_id, 1, (n % 100) / 100,
            )  # fmt: skip

    def decisions(self, pairs: Sequence[PairRow]) -> list[DecisionRow]:
        """On some of the pairs."""
        choices = (Choice.KEEP, Choice.DROP, Choice.FLAG)
        chosen = self._chance.sample(pairs, self._scale.n_decided)
        return [
            DecisionRow(
                n, choices[n % 3].value, n, row.pair_id, "undecided", False, "",
                choices[n % 3].value, False, "", at(20),
            )
            for n, row in enumerate(chosen, 1)
        ]  # fmt: skip

    def _steps(self) -> Iterator[tuple[Slot, int]]:
        n_tasks = self._scale.n_tasks
        for first in range(0, len(self._slots), n_tasks):
            for n in range(1, self._scale.n_calls + 1):
                for slot in self._slots[first : first + n_tasks]:
                    yield slot, n

    def _task(self, name: str) -> TaskRow:
        program = SourceFile("program.py", "def program(x):\n    return x - 1\n")
        task = Task(name, "kata", "program", "program", program, "Add.", Oracle.CASES)
        return TaskRow(name, "kata", "program", digest(task), _json(task))

    def _text(self, n_lines: int) -> str:
        return "\n".join(self._chance.choices(_CODE, k=n_lines))


def _state(slot: Slot, iteration: int) -> str:
    return f"{slot.task_id}:{iteration}"


async def fill(directory: Path, scale: Scale | None = None) -> None:
    """Make the store; its directory may have an empty one."""
    maker = Maker(scale or Scale())
    store = Store.open(directory)
    try:
        parts = (maker.small(), job_parts(), event_parts(), evaluation_parts())
        for part in parts:
            for table, rows in part.items():
                await store.insert(table, rows)
        await _insert(store, "rollouts", maker.rollouts())
        await _insert(store, "states", maker.states())
        await _insert(store, "calls", maker.calls())
        await _insert(store, "iterations", maker.iterations())
        pairs = list(maker.pairs())
        await store.insert("pairs", pairs)
        await store.insert("decisions", maker.decisions(pairs))
    finally:
        store.close()


async def _insert(store: Store, table: str, rows: Iterator[Any]) -> None:
    while chunk := list(islice(rows, _CHUNK)):
        await store.insert(table, chunk)


if __name__ == "__main__":
    began = time.process_time()
    asyncio.run(fill(Path(sys.argv[1])))
    sys.stdout.write(f"{time.process_time() - began:.0f} s of CPU\n")
