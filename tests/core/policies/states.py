"""Questions for the built-in policy, filled by the agent's own template."""

from __future__ import annotations

from core.agent.state import Attempt, Baseline, build_state, load_prompts
from core.chat import ChatRequest, Decoding, Message
from core.edits.block import EditBlock
from core.task import Oracle, SourceFile, Task

PATH = "pkg/fill_cup.py"
PROGRAM = """def fill_cup(cups, low, high):
    total = 0
    for n in range(1, len(cups)):
        if cups[n] > low and cups[n] < high:
            total = total + cups[n] - 1
    return total
"""
COVERAGE = "2:2/3 3:2/3 4:2/2 5:2/1 6:2/3"


def state(
    program: str = PROGRAM,
    attempts: tuple[Attempt, ...] = (),
    *,
    coverage: str = COVERAGE,
    failures: str = "fill_cup([1], 0, 2)\nexpected 1, got 0",
    description: str = "Add up.\n\nAll of them.",
) -> tuple[Message, ...]:
    task = Task(
        task_id="t/1",
        suite="t",
        program="fill_cup",
        entry_point="fill_cup",
        target=SourceFile(PATH, program),
        description=description,
        oracle=Oracle.CASES,
    )
    return build_state(task, Baseline(2, 5, failures, coverage), attempts, load_prompts())


def tried(block: EditBlock, note: str = "2 of 5 tests fail") -> Attempt:
    return Attempt(note, block)


def ask(messages: tuple[Message, ...], seed: int = 0, temperature: float = 1.0) -> ChatRequest:
    return ChatRequest(messages, seed, Decoding(temperature=temperature))
