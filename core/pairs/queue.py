"""The pair queue: pages of rows, one pair in full, and the way from candidates to a dataset.

A swapped pair is shown exchanged everywhere, as a dataset would hold it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.chat import Message
from core.context import Context
from core.edits.block import InvalidAnswer, parse
from core.errors import UsageError
from core.pairs.decisions import Change, find_pair, history
from core.pairs.operations import load_messages
from core.pairs.replay import changed_path, text_after
from core.pairs.settled import show_swapped
from core.store.decisions import Decision, DecisionCounts, count_decisions, count_tasks
from core.store.dropped import DroppedPage, load_dropped
from core.store.pair_pages import (
    PairFilter,
    PairPage,
    PairSort,
    find_build_ids,
    load_page,
    load_pair,
    load_task,
)
from core.store.pairs import PairRow, count_dropped
from core.store.runs import IterationRow, find_arm, load_iterations, load_rollout
from core.task import SourceFile

_MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class PairSide:
    """One side of a pair and what is known of the rollout it came from."""

    answer: str
    """The text that a policy would learn."""
    program: str | None
    """The program after the edit; None when the program before is."""
    rollout_id: str
    iteration: int
    arm_id: str = ""
    """This and what follows is empty when the rollout is not in the store."""
    policy: str = ""
    outcome: str = ""
    reason: str = ""
    n_passed: int = 0
    n_tests: int = 0
    """All tests, also those held back from the agent; of a forked answer the shown ones alone."""
    failures: str = ""
    """Output of the shown tests that failed after this edit, as hostile code wrote it."""


@dataclass(frozen=True, slots=True)
class PairView:
    """One pair with everything a person needs to decide on it."""

    build_id: str
    pair_id: str
    task_id: str
    family: str
    kind: str
    changed_share: float
    state: str
    messages: tuple[Message, ...]
    path: str
    program: str | None
    """Before the edits; None when the task is gone or no longer the one in the state."""
    chosen: PairSide
    rejected: PairSide
    decision: Decision
    history: tuple[Change, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """How candidates became a dataset; each stage sums to the one before."""

    build_id: str
    n_candidates: int
    dropped: dict[str, int]
    """By reason: with `n_pairs` they make the candidates."""
    n_pairs: int
    n_pair_tasks: int
    decisions: DecisionCounts
    n_dataset: int
    """Kept and undecided pairs; flagged ones wait, unless a person includes them."""
    n_dataset_tasks: int
    """Distinct tasks: the number that counts."""


async def find_build(context: Context, build_id: str) -> str:
    """The full id of the one build whose id begins so; `latest` is the newest."""
    is_newest = build_id == "latest"
    found = await find_build_ids(context.store, "" if is_newest else build_id)
    if len(found) == 1 or (found and is_newest):
        return found[0]
    if is_newest:
        raise UsageError("There are no pairs yet: `gemel pairs build` makes them from a run.")
    raise UsageError(f"There is no single pair build {build_id!r}: `gemel pairs list` shows them.")


async def page(
    context: Context, build_id: str, wanted: PairFilter, sort: PairSort, window: tuple[int, int]
) -> PairPage:
    """One page of a build's queue; the window is its offset and its length."""
    offset, limit = _checked(window)
    name = await find_build(context, build_id)
    return await load_page(context.store, name, wanted, sort, offset, limit)


async def dropped(
    context: Context, build_id: str, reason: str, window: tuple[int, int]
) -> DroppedPage:
    """One page of a build's dropped candidates, of one reason or of all."""
    offset, limit = _checked(window)
    name = await find_build(context, build_id)
    known = await count_dropped(context.store, name)
    if reason and reason not in known:
        raise UsageError(f"No candidate was dropped as {reason!r}; there are {_listed(known)}.")
    return await load_dropped(context.store, name, reason, offset, limit)


async def show(context: Context, build_id: str, pair_id: str) -> PairView:
    """One pair of a build in full, named by its id or the beginning of it."""
    build = await find_build(context, build_id)
    name = await find_pair(context, pair_id, build)
    built = await load_pair(context.store, build, name)
    if built is None:
        raise UsageError(f"The pair {name} left the build {build} just now.")
    changes = tuple(await history(context, name))
    decision = changes[-1].after if changes else Decision()
    pair = show_swapped(built, decision)
    messages = (await load_messages(context, [pair]))[pair.state]
    target = await _target(context, pair, messages)
    path, program = (target.path, target.text) if target else ("", None)
    origins = (
        (pair.chosen_rollout, pair.chosen_iteration),
        (pair.rejected_rollout, pair.rejected_iteration),
    )
    programs = (_applied(target, pair.chosen), _applied(target, pair.rejected))
    if None in programs and (played := await _played(context, pair, origins)) is not None:
        path, program, programs = played
    return PairView(
        build_id=build,
        pair_id=name,
        task_id=pair.task_id,
        family=pair.family,
        kind=pair.kind,
        changed_share=pair.changed_share,
        state=pair.state,
        messages=messages,
        path=path,
        program=program,
        chosen=await _side(context, programs[0], pair.chosen, origins[0]),
        rejected=await _side(context, programs[1], pair.rejected, origins[1]),
        decision=decision,
        history=changes,
    )


async def funnel(context: Context, build_id: str) -> Funnel:
    """Counts of a build, stage by stage."""
    name = await find_build(context, build_id)
    dropped = await count_dropped(context.store, name)
    decided = await count_decisions(context.store, name)
    n_pair_tasks, n_dataset_tasks = await count_tasks(context.store, name)
    n_dataset = decided.n_kept + decided.n_undecided
    n_pairs = n_dataset + decided.n_dropped + decided.n_flagged
    return Funnel(
        build_id=name,
        n_candidates=n_pairs + sum(dropped.values()),
        dropped=dropped,
        n_pairs=n_pairs,
        n_pair_tasks=n_pair_tasks,
        decisions=decided,
        n_dataset=n_dataset,
        n_dataset_tasks=n_dataset_tasks,
    )


def _checked(window: tuple[int, int]) -> tuple[int, int]:
    offset, limit = window
    if offset < 0 or not 0 < limit <= _MAX_PAGE:
        raise UsageError(f"A page has 1 to {_MAX_PAGE} rows and begins at 0 or later.")
    return window


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


async def _target(
    context: Context, pair: PairRow, messages: tuple[Message, ...]
) -> SourceFile | None:
    """The file that both sides edit, when the task still has the one the policy saw."""
    task = await load_task(context.store, pair.task_id)
    if task is None:
        return None
    text = task.target.text.rstrip("\n")
    is_same = any(text in message.content for message in messages)
    return task.target if is_same else None


_Played = tuple[str, str | None, tuple[str | None, str | None]]


async def _played(
    context: Context, pair: PairRow, origins: tuple[tuple[str, int], tuple[str, int]]
) -> _Played | None:
    """Path, text before and texts after two changes with tools, as their rollouts made them."""
    task = await load_task(context.store, pair.task_id)
    found = [await load_rollout(context.store, name) for name, _ in origins if name]
    if task is None or len(found) < len(origins) or None in found:
        return None
    runs = [(row.run_id, row.rollout_id) for row in found if row is not None]
    steps = [await load_iterations(context.store, *run) for run in runs]
    path = changed_path(steps[0], origins[0][1])
    if not path:
        return None
    before = text_after(task, steps[0], origins[0][1] - 1, path)
    one, other = (
        text_after(task, each, at, path) for each, (_, at) in zip(steps, origins, strict=True)
    )
    return path, before, (one, other)


async def _side(
    context: Context, program: str | None, answer: str, origin: tuple[str, int]
) -> PairSide:
    rollout_id, iteration = origin
    rollout = await load_rollout(context.store, rollout_id) if rollout_id else None
    if rollout is None:
        return PairSide(answer, program, rollout_id, iteration)
    arm = await find_arm(context.store, rollout.arm_id)
    steps = await load_iterations(context.store, rollout.run_id, rollout_id)
    # An answer on the way has only the tests that were run on it then.
    step = next((s for s in steps if s.iteration == iteration < rollout.n_iterations), None)
    return PairSide(
        answer=answer,
        program=program,
        rollout_id=rollout_id,
        iteration=iteration,
        arm_id=rollout.arm_id,
        policy=arm.name if arm else "",
        outcome=rollout.outcome,
        reason=rollout.reason,
        n_passed=step.n_passed if step else rollout.n_passed,
        n_tests=step.n_tests if step else rollout.n_tests,
        failures=_failures(steps, iteration),
    )


def _applied(target: SourceFile | None, answer: str) -> str | None:
    if target is None:
        return None
    try:
        return parse(answer, target.path).apply(target.text)
    except InvalidAnswer:
        return None


def _failures(steps: list[IterationRow], iteration: int) -> str:
    """Of the last edit up to the iteration: after it a rollout may end on invalid answers."""
    edits = [s for s in steps if s.iteration <= iteration and (s.find or s.verdict)]
    return edits[-1].detail if edits else ""
