"""The leak check of large suites, in seconds of CPU, without running any program."""

from __future__ import annotations

import random
import time

import pytest

from core.splits.scan import scan_all
from core.suites.builtin import read_programs
from core.task import Oracle, Reference, SourceFile, Task

_BUDGET_S = 15.0
_WORDS = ("apple", "train", "river", "stone", "bridge", "letter", "clock", "queue", "prime")


def _suites(n_tasks: int) -> tuple[list[Task], list[Reference]]:
    """Programs of two suites, each from parts of two built-in ones, no two the same."""
    source = random.Random(1)
    programs = read_programs()
    tasks, references = [], []
    for n in range(2 * n_tasks):
        one, other = source.sample(programs, 2)
        rest = other.source.replace(other.entry_point, f"helper_{n}")
        text = f"{one.source}\n{rest}\n"
        words = " ".join(source.choices(_WORDS, k=30))
        suite = f"suite{n % 2}"
        task_id = f"{suite}/task-{n}"
        target = SourceFile("a.py", f"{text}LIMIT = {n}\n")
        description = f"{words} {one.description}"
        tasks.append(
            Task(task_id, suite, f"p{n}", one.entry_point, target, description, Oracle.CASES)
        )
        references.append(Reference(task_id, f"{text}LIMIT = {n + 1}\n"))
    return tasks, references


@pytest.mark.bench
@pytest.mark.parametrize("n_tasks", [200, 500])
def test_all_tests_but_behaviour_stay_within_the_budget(n_tasks: int) -> None:
    tasks, references = _suites(n_tasks)
    start = time.process_time()
    scan = scan_all(tasks, references)
    took_s = time.process_time() - start
    n_pairs = scan.tests[-1].n_compared
    print(f"{n_tasks} x {n_tasks}: {took_s:.1f} CPU s, {n_pairs:,} pairs")  # noqa: T201
    assert n_pairs == len(tasks) * (len(tasks) - 1) // 2
    assert took_s <= _BUDGET_S
