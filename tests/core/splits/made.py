"""Tasks made for tests: only what a split looks at."""

from __future__ import annotations

from core.task import Oracle, SourceFile, Task


def make_task(suite: str, program: str, text: str, n: int = 0) -> Task:
    """A task whose buggy program is `text`."""
    return Task(
        task_id=f"{suite}/{program}-{n}",
        suite=suite,
        program=program,
        entry_point="f",
        target=SourceFile(f"{program}.py", text),
        description="",
        oracle=Oracle.CASES,
    )


def program_text(n: int) -> str:
    """A program unlike that of any other number."""
    return f"def f(x):\n    return x + {n}\n"
