"""A store with two suites: checked, quarantined and unchecked tasks, a split, one task held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.agent.state import Baseline
from core.digest import digest
from core.store.splits import MemberRow, SplitRow
from core.store.suites import CheckRow, ReferenceRow, SuiteRow, TaskRow
from core.suites.oracle import Learned
from core.task import Case, Oracle, Reference, SourceFile, Task
from tests.tui.rows import at, store_rows

SPLIT_ID = "5f" * 32
_BUGGY = '"""Add {n}."""\n\n\ndef add_{n}(x):\n    return x - {n}\n'
_CASES = tuple(Case(f"({x},)", "{}", shown=x < 3) for x in range(5))
_SIDES = ("train", "train", "train", "validation", "test")
_FAILURE = "add(1)\nexpected 2\ngot 0"


def made_task(suite: str, n: int, description: str = "Add a number to x.") -> Task:
    """A task whose real bug is in line 5."""
    return Task(
        task_id=f"{suite}/add_{n}",
        suite=suite,
        program=f"add_{n}",
        entry_point=f"add_{n}",
        target=SourceFile(f"add_{n}.py", _BUGGY.format(n=n)),
        description=description,
        oracle=Oracle.CASES,
        cases=tuple(Case(case.args, str(x + n), shown=case.shown) for x, case in enumerate(_CASES)),
        origin="operator in line 5",
        licence="MIT",
    )


def _suite(name: str, tasks: Sequence[Task]) -> dict[str, Sequence[Any]]:
    encode = msgspec.json.encode
    references = [
        Reference(task.task_id, task.target.text.replace("x - ", "x + ")) for task in tasks
    ]
    return {
        "tasks": [
            TaskRow(t.task_id, name, t.program, digest(t), encode(t).decode()) for t in tasks
        ],
        "task_references": [ReferenceRow(r.task_id, encode(r).decode()) for r in references],
        "suites": [SuiteRow(name, "forge", f"programs of {name}", 0, at(0))],
    }


def _checks(tasks: Sequence[Task], reason: str = "", n_rounds: int = 1) -> dict[str, Sequence[Any]]:
    status = "quarantined" if reason else "admitted"
    learned = Learned(Baseline(3, 3, _FAILURE, "5:3/0"), (0, 1, 2), n_rounds=n_rounds)
    body = msgspec.json.encode(learned).decode()
    return {
        "task_checks": [
            CheckRow(
                t.task_id, t.suite, digest(t), status, reason, 0, "failed", "passed", 0.1, body,
                at(1),
            )
            for t in tasks
        ]
    }  # fmt: skip


async def store_suites(
    directory: Path,
    description: str = "Add a number to x.",
    n_per_program: int = 1,
    n_rounds: int = 1,
) -> None:
    """Tasks of kata: 1 to 5 are split, 6 is quarantined, 7 unchecked; and one of `more`.

    With several per program their families are called `sum0`, `sum1`, ...
    """
    kata = [made_task("kata", n, description) for n in range(1, 8)]
    families = [
        f"kata/{task.program}" if n_per_program == 1 else f"kata/sum{n // n_per_program}"
        for n, task in enumerate(kata)
    ]
    more = [made_task("more", 9)]
    members = [
        MemberRow(SPLIT_ID, task.task_id, family, side)
        for task, family, side in zip(kata, families, _SIDES, strict=False)
    ]
    split: dict[str, Sequence[Any]] = {
        "split_members": members,
        "splits": [SplitRow(SPLIT_ID, "kata", 1, "0.6,0.2,0.2", at(2))],
    }
    await store_rows(
        directory, _suite("kata", kata), _suite("more", more),
        _checks(kata[:5], "", n_rounds), _checks(more),
        _checks(kata[5:6], "its buggy program passes the tests", n_rounds), split,
    )  # fmt: skip
