"""Looking at tasks: lists with oracle results, and one task exactly as an agent will meet it.

The view of a task also proves what it does not hold: the reference is read here for that
comparison alone, and only counts of it leave this module.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.agent.state import build_state, load_prompts
from core.chat import Message
from core.context import Context
from core.errors import UsageError
from core.store.pair_pages import load_task
from core.store.suites import list_suites, load_checks, load_references
from core.store.task_pages import TaskItem, TaskPage, load_task_item, load_task_page
from core.suites.oracle import apply_check
from core.task import Case, Oracle, Reference, Task


@dataclass(frozen=True, slots=True)
class Hidden:
    """What the agent will not see, in counts."""

    n_held_back: int
    """Cases that only grade."""
    has_reference: bool
    n_reference_lines: int
    """Lines that only the reference has, not the buggy program."""
    n_lines_shown: int
    """How many of those stand as a line of a message all the same."""
    is_text_shown: bool
    """Whether the reference as a whole stands in a message."""

    @property
    def is_hidden(self) -> bool:
        """Whether the reference is stored and nothing of it is shown."""
        return self.has_reference and not self.is_text_shown and not self.n_lines_shown


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task, and what a rollout of it begins with."""

    item: TaskItem
    path: str
    """Of the file that a patch may change."""
    oracle: Oracle
    origin: str
    licence: str
    prompts: str
    """Version of the templates."""
    messages: tuple[Message, ...]
    """The first state; empty while no check has learned the task's baseline."""
    shown: tuple[Case, ...]
    """Cases that the agent may see."""
    hidden: Hidden


async def task_page(context: Context, suite: str, text: str, offset: int, limit: int) -> TaskPage:
    """Some tasks of a suite; `text` stands in the id, status, reason, family or side."""
    if offset < 0 or limit < 1:
        raise UsageError("A page needs an offset of at least 0 and a limit of at least 1.")
    known = [row.suite for row in await list_suites(context.store)]
    if suite not in known:
        raise UsageError(
            f"There is no suite {suite!r} here (suites: {', '.join(known) or 'none yet'}). "
            "`gemel suite forge` makes the built-in one."
        )
    return await load_task_page(context.store, suite, text, offset, limit)


async def task_view(context: Context, task_id: str) -> TaskView:
    """One task as an agent will meet it."""
    item = await load_task_item(context.store, task_id)
    task = await load_task(context.store, task_id)
    if item is None or task is None:
        raise UsageError(
            f"There is no task {task_id!r}: `gemel suite show SUITE` lists those of a suite."
        )
    check = (await load_checks(context.store, task.suite)).get(task_id)
    reference = (await load_references(context.store, task.suite)).get(task_id)
    prompts = load_prompts()
    messages: tuple[Message, ...] = ()
    if check is not None and check.reference_verdict:  # else it could not learn anything
        task, baseline = apply_check(task, check)
        messages = build_state(task, baseline, (), prompts)
    return TaskView(
        item,
        task.target.path,
        task.oracle,
        task.origin,
        task.licence,
        prompts.version,
        messages,
        tuple(case for case in task.cases if case.shown),
        _hidden(task, reference, messages),
    )


def _hidden(task: Task, reference: Reference | None, messages: tuple[Message, ...]) -> Hidden:
    n_held_back = sum(not case.shown for case in task.cases)
    if reference is None:
        return Hidden(n_held_back, False, 0, 0, False)
    shown = {line for message in messages for line in _lines(message.content)}
    own = _lines(reference.text) - _lines(task.target.text)
    text = reference.text.strip()
    is_text_shown = any(text in message.content for message in messages)
    return Hidden(n_held_back, True, len(own), len(own & shown), is_text_shown)


def _lines(text: str) -> set[str]:
    """The lines that say something, without their indentation."""
    return {stripped for line in text.splitlines() if (stripped := line.strip())}
