"""Asks a suite's official program: to prove its tasks, or to judge somebody's patches."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.agent.state import UNTESTED
from core.context import Context
from core.errors import RefusedError, SuiteError, UsageError
from core.selection import Selection, choose
from core.store.official import load_official, load_waiting, save_official
from core.store.runs import load_rollouts
from core.store.suites import (
    CheckRow,
    load_hashes,
    load_references,
    load_summary,
    load_tasks,
    save_checks,
)
from core.suites.defects4j_cli import Defects4J
from core.suites.official import Asked, Desk, Judge, Judged, Judgement
from core.suites.oracle import ADMITTED, QUARANTINED, Learned
from core.suites.patches import make_patch, parse_patch
from core.suites.progress import Progress
from core.suites.settling import name_of, official_row, patch_of, settle
from core.suites.swebench_cli import SweBench, write_predictions
from core.task import Oracle, Reference, Task
from core.text import clean, one_line

JUDGES: dict[str, Judge] = {"swebench": SweBench(), "defects4j": Defects4J()}
"""By the importer of the suite."""

_NO_FIXES = (
    "The rows of {suite} have no fixes, so that nothing can be proved of them: import a checkout "
    "of the suite. They can be divided as they are: `gemel split make {suite}`."
)
_MODEL_CHARS = 80
_FOLDER = "official"


@dataclass(frozen=True, slots=True)
class GradeReport:
    """What an official program says of a file of predictions."""

    suite: str
    model: str
    counts: dict[str, int]
    judged: tuple[Judged, ...]
    folder: str
    """Where its logs are."""
    n_known: int = 0
    """Patches that it had judged before, and was not asked about again."""
    n_settled: int = 0
    """Rollouts that waited for this, and now have their outcome."""


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """Which predictions of a file are judged."""

    again: bool = False
    """Also what was judged before."""
    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Which patches are written."""

    run_id: str = ""
    """The run that made them; the references' without one."""
    seed: int = 0
    """Of the run's rollouts: one file holds one patch a task."""
    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class ExportReport:
    """A file of predictions."""

    suite: str
    path: str
    n_predictions: int
    n_without: int
    """Tasks or rollouts that left no patch."""


async def prove(context: Context, suite: str, tasks: Sequence[Task]) -> None:
    """Check tasks of an official suite; each one's result is stored as it comes."""
    judge = await _judge_of(context, suite)
    references = await load_references(context.store, suite)
    hashes = await load_hashes(context.store, suite)
    known = [(task, references[task.task_id]) for task in tasks]
    asked = [Asked(task, reference, "") for task, reference in known if reference.text]
    if not asked:
        raise RefusedError(_NO_FIXES.format(suite=suite))
    await asyncio.to_thread(judge.preflight, [one.reference for one in asked])
    progress = Progress(context.emit, context.clock, f"check {suite}", len(asked))
    progress.begin()
    n_admitted = 0
    good = [one._replace(patch=one.reference.text) for one in asked]
    async for part, fixed in _in_parts(context, judge, good, "reference"):
        empty = [one._replace(patch="") for one in part]
        bugs: list[Judged | None] = [None] * len(part)
        if judge.proves_bugs():
            bugs = [*await _ask(context, judge, empty, "reference")]
        rows = [
            _row(context, hashes, (result, bug), one)
            for one, result, bug in zip(part, fixed, bugs, strict=True)
        ]
        # What could not be judged stays unchecked: nothing is known of it.
        await save_checks(context.store, [row for row in rows if row is not None])
        n_admitted += sum(row is not None and row.status == ADMITTED for row in rows)
        progress.step(f"{n_admitted} admitted", len(part))


async def grade(
    context: Context, suite: str, path: Path, options: GradeOptions = GradeOptions()
) -> GradeReport:
    """Have a file of predictions judged; what was judged before is asked again only if told.

    Each result is stored as it comes, with the outcome of the rollouts that left the patch.
    """
    judge = await _judge_of(context, suite)
    if not judge.holds_code and not context.sandbox.allows_unconfined:
        raise RefusedError(
            f"The program that judges {suite} runs patched programs without confinement. "
            "Nothing was run; `allow_unsandboxed = true` in the settings allows it."
        )
    model, patches = await asyncio.to_thread(read_predictions, path)
    asked = await _asked(context, suite, patches, options.selection)
    known = {} if options.again else await _known(context, asked)
    todo = [one for one in asked if name_of(one) not in known]
    if todo:
        await asyncio.to_thread(judge.preflight, [one.reference for one in todo])
    progress = Progress(context.emit, context.clock, f"grade {suite}", len(asked), len(known))
    progress.begin()
    found = [(one, known[name_of(one)]) for one in asked if name_of(one) in known]
    n_settled = await _keep(context, found, is_new=False)
    async for part, results in _in_parts(context, judge, todo, model):
        fresh = list(zip(part, results, strict=True))
        n_settled += await _keep(context, fresh, is_new=True)
        found += fresh
        n_resolved = sum(one.judgement is Judgement.RESOLVED for _, one in found)
        progress.step(f"{n_resolved} resolved", len(part))
    judged = tuple(one for _, one in found)
    counts = Counter(one.judgement.value for one in judged)
    place = str(_root(context))
    return GradeReport(
        suite, model, dict(sorted(counts.items())), judged, place, len(known), n_settled
    )


async def _known(context: Context, asked: Sequence[Asked]) -> dict[str, Judged]:
    """What was said of these patches before."""
    rows = await load_official(context.store, [name_of(one) for one in asked])
    return {
        name: Judged(row.task_id, Judgement(row.judgement), row.reason)
        for name, row in rows.items()
    }


async def _keep(context: Context, found: Sequence[tuple[Asked, Judged]], *, is_new: bool) -> int:
    """Store judgements and the outcomes that follow; how many rollouts that ended."""
    said = [(a, j) for a, j in found if j.judgement is not Judgement.NOT_JUDGED]
    tasks = {asked.task.task_id: asked.task for asked, _ in said}
    settled = settle(await load_waiting(context.store, list(tasks)), tasks, said)
    rows = [official_row(a, j, context.now()) for a, j in said] if is_new else []
    if rows or settled:
        await save_official(context.store, rows, settled)
    return len(settled)


async def export_predictions(
    context: Context, suite: str, path: Path, options: ExportOptions = ExportOptions()
) -> ExportReport:
    """Write the patches of a run's rollouts with one seed, or without a run the references'."""
    run_id, seed = options.run_id, options.seed
    every = await load_tasks(context.store, suite)
    if not every:
        raise UsageError(f"There is no suite {suite!r} here.")
    tasks = {task.task_id: task for task in choose(every, options.selection)}
    if run_id:
        rows = [row for row in await load_rollouts(context.store, run_id) if row.seed == seed]
        found = [(tasks[row.task_id], row) for row in rows if row.task_id in tasks]
        if not found:
            raise UsageError(f"{run_id} has no such rollouts of {suite} with seed {seed}.")
        patches = [(_name(task), patch_of(task, row)) for task, row in found]
    else:
        references = await load_references(context.store, suite)
        patches = [(_name(tasks[n]), _fix(tasks[n], references[n])) for n in tasks]
    kept = [(name, patch) for name, patch in patches if patch]
    model = one_line(f"{run_id}-seed-{seed}" if run_id else "reference", _MODEL_CHARS)
    try:
        await asyncio.to_thread(write_predictions, path, model, kept)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return ExportReport(suite, str(path), len(kept), len(patches) - len(kept))


def read_predictions(path: Path) -> tuple[str, dict[str, str]]:
    """The model and the patches by task; a `SuiteError` names the line that is none."""
    model, patches = "", dict[str, str]()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} cannot be read: {type(error).__name__}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, patch = row["instance_id"], row["model_patch"] or ""
            if not isinstance(name, str) or not isinstance(patch, str) or name in patches:
                raise ValueError("two of one id, or no text")
            parse_patch(patch)
        except (ValueError, KeyError, TypeError, RecursionError, SuiteError) as error:
            reason = one_line(clean(str(error)), _MODEL_CHARS)
            raise SuiteError(f"{path.name}:{number} is no prediction: {reason}") from error
        model = model or one_line(
            clean(str(row.get("model_name_or_path") or "model")), _MODEL_CHARS
        )
        patches[name] = patch
    return model, patches


async def _judge_of(context: Context, suite: str) -> Judge:
    row = await load_summary(context.store, suite)
    judge = JUDGES.get(row.kind) if row is not None else None
    if judge is None:
        raise UsageError(f"{suite!r} is no suite with an official program here.")
    return judge


async def _asked(
    context: Context, suite: str, patches: dict[str, str], selection: Selection
) -> list[Asked]:
    references = await load_references(context.store, suite)
    known = {_name(task): task for task in await load_tasks(context.store, suite)}
    strange = sorted(patches.keys() - known.keys())
    if strange or not patches:
        what = f"there is no task {clean(strange[0])}" if strange else "there are no predictions"
        raise UsageError(f"The file does not fit {suite}: {what}. Nothing was run.")
    tasks = choose([known[name] for name in patches], selection)
    return [Asked(task, references[task.task_id], patches[_name(task)]) for task in tasks]


async def _in_parts(
    context: Context, judge: Judge, asked: Sequence[Asked], model: str
) -> AsyncIterator[tuple[Sequence[Asked], list[Judged]]]:
    for at in range(0, len(asked), judge.n_at_once):
        part = asked[at : at + judge.n_at_once]
        yield part, await _ask(context, judge, part, model)


async def _ask(context: Context, judge: Judge, part: Sequence[Asked], model: str) -> list[Judged]:
    """In a thread; when nobody waits any more, the program is ended, and only then is this over."""
    over = threading.Event()
    folder = _root(context) / context.new_id("judged")
    folder.mkdir(parents=True)
    desk = Desk(folder, over.is_set, model)
    work = asyncio.create_task(asyncio.to_thread(judge.judge, part, desk))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        over.set()
        await asyncio.wait([work])
        raise


def _root(context: Context) -> Path:
    return context.workspace.directory / _FOLDER


def _row(
    context: Context, hashes: dict[str, str], results: tuple[Judged, Judged | None], one: Asked
) -> CheckRow | None:
    fixed, bug = results
    if Judgement.NOT_JUDGED in (fixed.judgement, bug.judgement if bug else None):
        return None
    reason = ""
    if fixed.judgement is not Judgement.RESOLVED:
        reason = f"its reference does not pass: {fixed.reason or fixed.judgement.value}"
    elif bug is not None and bug.judgement is Judgement.RESOLVED:
        reason = "its buggy program passes the tests"
    return CheckRow(
        task_id=one.task.task_id,
        suite=one.task.suite,
        task_hash=hashes[one.task.task_id],
        status=QUARANTINED if reason else ADMITTED,
        reason=reason,
        n_hung=0,
        buggy_verdict=bug.judgement.value if bug else "",
        reference_verdict=fixed.judgement.value,
        reference_cpu_s=0.0,
        body=msgspec.json.encode(Learned(UNTESTED)).decode(),
        checked_at=context.now(),
    )


def _name(task: Task) -> str:
    return task.twin if task.oracle is Oracle.OFFICIAL and task.twin else task.task_id


def _fix(task: Task, reference: Reference) -> str:
    if reference.is_patch:
        return reference.text
    old = {file.path: file.text for file in (*task.support, task.target)}
    right = ((task.target.path, reference.text), *reference.further)
    return "".join(make_patch(path, old.get(path, ""), text) for path, text in right)
