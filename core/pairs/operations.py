"""What can be done with pairs: build them from a run, list them, export a dataset."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.agent.limits import Speech
from core.chat import Message
from core.context import Context
from core.digest import digest
from core.errors import RefusedError, StoreError, UsageError
from core.outcome import Outcome
from core.pairs.building import WithTools, build_pairs
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat, lines
from core.pairs.settled import count, settle
from core.pairs.tools import Spoken
from core.store.decisions import Decision, DecisionCounts, count_decisions, load_decisions
from core.store.pairs import (
    ActionRow,
    BuildRow,
    BuildSummary,
    DatasetRow,
    PairRow,
    count_dropped,
    list_builds,
    load_actions,
    load_outputs,
    load_pairs,
    save_build,
    save_dataset,
)
from core.store.regrades import changed_verdicts
from core.store.runs import find_arm, load_rollouts, load_states
from core.store.splits import MemberRow
from core.task import Task


@dataclass(frozen=True, slots=True)
class BuildReport:
    """A build of pairs in numbers."""

    build_id: str
    run_id: str
    n_rollouts: int
    n_pairs: int
    n_tasks: int
    """Distinct tasks with a pair: the number that counts."""
    dropped: dict[str, int]
    median_changed_share: float
    decisions: DecisionCounts
    """What people have said of these pairs, in this build or an earlier one."""


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """A dataset that was written."""

    dataset_id: str
    path: str
    format: str
    n_pairs: int
    n_tasks: int
    decisions: DecisionCounts
    """Of all pairs of the build; the dropped ones are not in the file."""
    n_unknown: int = 0
    """Pairs of tasks that no split has: whether those leak cannot be known."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a build's pairs and the decisions on them come to."""

    row: DatasetRow
    pairs: list[PairRow]
    """Without the dropped ones, the swapped ones exchanged."""
    decisions: DecisionCounts


async def build(
    context: Context,
    run_id: str,
    tasks: Mapping[str, Task],
    members: Mapping[str, MemberRow],
    options: PairOptions,
) -> BuildReport:
    """Build the pairs of a run's finished rollouts; the same rollouts give the same build."""
    if options.n_per_task < 1:
        raise UsageError("At least one pair per task must be allowed.")
    if not 0 < options.min_margin <= 1:
        raise UsageError("The margin of graded pairs is a share of the tests, above 0 and up to 1.")
    rollouts = await load_rollouts(context.store, run_id)
    if not rollouts:
        raise UsageError(f"{run_id} has no finished rollout yet: `gemel rollouts resume {run_id}`.")
    outside = sorted({r.task_id for r in rollouts if members[r.task_id].side != "train"})
    if outside:
        raise RefusedError(
            f"{run_id} ran tasks that are not on the train side (first: {outside[0]}); "
            "pairs from them would leak. Nothing was built."
        )
    # Judged, graded again, or with tasks that are gone, the same rollouts give other pairs.
    content: list[object] = [run_id, options, [r.rollout_id for r in rollouts]]
    more = (
        [r.rollout_id for r in rollouts if r.outcome == Outcome.UNGRADED],
        await changed_verdicts(context.store, run_id),
        [["gone", task_id] for task_id in sorted({r.task_id for r in rollouts} - tasks.keys())],
    )
    build_id = digest([*content, *filter(None, more)])[:16]
    outputs = await load_outputs(context.store, run_id) if options.forks else []
    known = {name: (task, members[name].family) for name, task in tasks.items()}
    with_tools = await _with_tools(context, run_id, {row.arm_id for row in rollouts})
    built = await asyncio.to_thread(
        build_pairs, build_id, rollouts, known, options, outputs, with_tools
    )
    body = msgspec.json.encode(options).decode()
    row = BuildRow(build_id, run_id, body, context.now())
    await save_build(context.store, row, built.pairs, built.dropped)
    dropped = Counter(row.reason for row in built.dropped)
    decided = await count_decisions(context.store, build_id)
    ids = (build_id, run_id)
    return _report(ids, len(rollouts), built.pairs, dict(sorted(dropped.items())), decided)


async def _with_tools(context: Context, run_id: str, arms: set[str]) -> WithTools | None:
    """What the agents of a run did, if they worked with tools; all its arms speak alike."""
    row = await find_arm(context.store, min(arms))
    spoken = msgspec.json.decode(row.body, type=Spoken) if row else Spoken()
    if spoken.protocol is Speech.EDIT:
        return None
    actions: dict[str, list[ActionRow]] = defaultdict(list)
    for each in await load_actions(context.store, run_id):
        actions[each.rollout_id].append(each)
    return WithTools(spoken, actions)


async def builds(context: Context) -> list[BuildSummary]:
    """All builds, newest first."""
    return await list_builds(context.store)


async def get_build(context: Context, build_id: str) -> BuildSummary:
    """A stored build by id or its beginning; `latest` is the newest."""
    known = await list_builds(context.store)
    found = (
        known[:1]
        if build_id == "latest"
        else [row for row in known if row.build_id.startswith(build_id)]
    )
    if len(found) != 1:
        raise UsageError(
            f"There is no single pair build {build_id!r}: `gemel pairs build` makes one."
        )
    return found[0]


async def report(context: Context, build_id: str) -> BuildReport:
    """Counts of a stored build."""
    row = await get_build(context, build_id)
    rollouts = await load_rollouts(context.store, row.run_id)
    pairs = await load_pairs(context.store, row.build_id)
    dropped = await count_dropped(context.store, row.build_id)
    decided = await count_decisions(context.store, row.build_id)
    return _report((row.build_id, row.run_id), len(rollouts), pairs, dropped, decided)


async def task_ids(context: Context, build_id: str) -> set[str]:
    """The tasks that a build has pairs of."""
    return {pair.task_id for pair in await load_pairs(context.store, build_id)}


async def load_messages(context: Context, pairs: list[PairRow]) -> dict[str, tuple[Message, ...]]:
    """The messages of the pairs' states."""
    states = await load_states(context.store, sorted({pair.state for pair in pairs}))
    missing = {pair.state for pair in pairs} - states.keys()
    if missing:
        raise StoreError(f"{len(missing)} states of the pairs are not in the store.")
    return {
        name: msgspec.json.decode(body, type=tuple[Message, ...]) for name, body in states.items()
    }


async def freeze(context: Context, build_id: str, *, include_flagged: bool = False) -> Dataset:
    """The dataset of a build's pairs as people decided, named by the content of its lines."""
    built = await load_pairs(context.store, build_id)
    if not built:
        raise RefusedError(
            f"The build {build_id} has no pair: no task had both a pass and a failure. "
            "More rollouts per task, or other tasks, may give contrast."
        )
    states = await load_decisions(context.store, build_id)
    pairs = settle(built, states, include_flagged=include_flagged)
    members = [(p.pair_id, states.get(p.pair_id, Decision()).is_swapped) for p in pairs]
    content = sorted((pair.state, pair.chosen, pair.rejected) for pair in pairs)
    body = msgspec.json.encode(members).decode()
    row = DatasetRow(digest(content), build_id, len(pairs), body, context.now())
    await save_dataset(context.store, row)
    return Dataset(row, pairs, count(built, states))


async def export(
    context: Context,
    build_id: str,
    path: Path,
    kind: PairFormat,
    *,
    overwrite: bool,
    include_flagged: bool = False,
) -> DatasetReport:
    """Write a preference file, whole or not at all."""
    dataset = await freeze(context, build_id, include_flagged=include_flagged)
    pairs = dataset.pairs
    states = await load_messages(context, pairs)
    await asyncio.to_thread(_write, path, lines(pairs, states, kind), overwrite=overwrite)
    n_tasks = len({pair.task_id for pair in pairs})
    name = dataset.row.dataset_id
    return DatasetReport(name, str(path), kind.value, len(pairs), n_tasks, dataset.decisions)


def _write(path: Path, rows: Iterator[bytes], *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; nothing was written. Use --force to replace it.")
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(rows)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path} could not be written ({error}); the pairs are kept.") from error


def _report(
    ids: tuple[str, str],
    n_rollouts: int,
    pairs: list[PairRow],
    dropped: dict[str, int],
    decided: DecisionCounts,
) -> BuildReport:
    shares = sorted(pair.changed_share for pair in pairs)
    return BuildReport(
        *ids,
        n_rollouts,
        len(pairs),
        len({pair.task_id for pair in pairs}),
        dropped,
        shares[len(shares) // 2] if shares else 0.0,
        decided,
    )
