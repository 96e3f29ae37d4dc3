"""Looking at tasks: lists with oracle results, and one task exactly as an agent will meet it.

The view of a task also proves what it does not hold: the reference is read here for that
comparison alone, and only counts of it leave this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.agent.state import UNTESTED, build_state, load_prompts
from core.agent.tree import seen_files
from core.chat import Message
from core.context import Context
from core.errors import UsageError
from core.store.pair_pages import load_task
from core.store.suites import list_suites, load_checks, load_references
from core.store.task_pages import TaskItem, TaskPage, load_task_item, load_task_page
from core.store.task_tree import Folds, TreePage, load_tree_page
from core.suites.oracle import apply_check
from core.suites.patches import parse_patch
from core.task import Case, Oracle, Reference, Task

_MIN_TOLD = 12
"""Shorter texts, such as `missing logic`, stand in many a description by chance."""
_MIN_LINE = 6


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
    """Whether the reference as a whole stands in a message, or in a file that tools can read."""
    withheld: tuple[str, ...] = ()
    """Other fields of the suite's record that give the fix away and are kept back."""
    told: tuple[str, ...] = ()
    """Those of them whose text stands in a message all the same."""

    @property
    def is_hidden(self) -> bool:
        """Whether the reference is stored and nothing of it is shown."""
        is_told = self.is_text_shown or self.n_lines_shown or self.told
        return self.has_reference and not is_told


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
    description: str
    program: str
    """The file that a patch may change, with its bug."""
    cpu_limit_s: float = 0.0
    """What a run of its tests may use here, as the check calibrated it; 0 when it did not."""


async def task_page(context: Context, suite: str, text: str, offset: int, limit: int) -> TaskPage:
    """Some tasks of a suite; `text` stands in the id, status, reason, family or side."""
    if offset < 0 or limit < 1:
        raise UsageError("A page needs an offset of at least 0 and a limit of at least 1.")
    await _require(context, suite)
    return await load_task_page(context.store, suite, text, offset, limit)


async def tree_page(
    context: Context, suite: str, text: str, folds: Folds, place: tuple[int, int]
) -> TreePage:
    """Some lines of a suite's tree, from an offset on, at most so many."""
    if place[0] < 0 or place[1] < 1:
        raise UsageError("A page needs an offset of at least 0 and a limit of at least 1.")
    await _require(context, suite)
    return await load_tree_page(context.store, suite, text, folds, place)


async def _require(context: Context, suite: str) -> None:
    known = [row.suite for row in await list_suites(context.store)]
    if suite not in known:
        raise UsageError(
            f"There is no suite {suite!r} here (suites: {', '.join(known) or 'none yet'}). "
            "`gemel suite forge` makes the built-in one."
        )


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
    elif task.oracle is Oracle.OFFICIAL:  # no test of it is ever run here
        messages = build_state(task, UNTESTED, (), prompts)
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
        task.description,
        task.target.text,
        task.cpu_limit_s if messages and task.oracle is not Oracle.OFFICIAL else 0.0,
    )


def _hidden(task: Task, reference: Reference | None, messages: tuple[Message, ...]) -> Hidden:
    n_held_back = sum(not case.shown for case in task.cases)
    if reference is None:
        return Hidden(n_held_back, False, 0, 0, False)
    shown = {line for message in messages for line in _lines(message.content)}
    own = _own_lines(task, reference)
    texts = [text.strip("\n") for text in (reference.text, *(f.text for f in reference.others))]
    seen = [*(message.content for message in messages), *(f.text for f in seen_files(task))]
    # As whole lines: a bug may have left all of the right program, and more on its last line.
    is_text_shown = any(text.strip() and _stands_in(seen, f"\n{text}\n") for text in texts)
    kept = [file for file in reference.withheld if len(file.text.strip()) >= _MIN_TOLD]
    told = tuple(file.path for file in kept if _stands_in(seen, file.text.strip()))
    names = tuple(file.path for file in kept)
    n_shown = len(own & shown)
    return Hidden(n_held_back, True, len(own), n_shown, is_text_shown, names, told)


def _own_lines(task: Task, reference: Reference) -> set[str]:
    """Lines that only the reference has; of a patch those that it puts in, but no mere bracket."""
    if not reference.is_patch:
        known = {file.path: file.text for file in (*task.support, task.target)}
        right = {task.target.path: reference.text, **dict(reference.further)}
        return set[str]().union(*(_lines(right[p]) - _lines(known.get(p, "")) for p in right))
    added = (line for file in parse_patch(reference.text) for line in file.added)
    return {line for line in _lines("".join(added)) if len(line) >= _MIN_LINE}


def _stands_in(seen: Sequence[str], text: str) -> bool:
    return any(text in f"\n{each}\n" for each in seen)


def _lines(text: str) -> set[str]:
    """The lines that say something, without their indentation."""
    return {stripped for line in text.splitlines() if (stripped := line.strip())}
