"""Pairs of a file as a build of their own, and what can be known of where they come from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.context import Context
from core.digest import digest
from core.errors import RefusedError, UsageError
from core.lines import MAX_SHOWN, RowProblem
from core.pairs.candidates import PairKind, changed_share
from core.pairs.intake import FilePair, Intake, read_file
from core.store.pairs import BuildRow, BuildSummary, PairRow, save_build
from core.store.runs import StateRow
from core.store.splits import MemberRow

_UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an imported build comes from; its JSON is the build's `body`."""

    file: str
    format: str
    sha: str
    """Of the pairs that were taken."""
    n_left_out: int
    """Lines that were no pair."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a file holds."""

    path: str
    format: str
    """together, trl or gemel; empty when no line could be told."""
    n_pairs: int
    n_prompts: int
    """Distinct ones: the number that counts."""
    n_tasks: int
    """Distinct tasks that the lines name."""
    n_unnamed: int
    """Pairs that name no task: whether they leak cannot be known."""
    n_problems: int
    problems: tuple[RowProblem, ...]
    """The first of them."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """A file that became a build."""

    build_id: str
    is_new: bool
    """False when the same pairs were there already."""
    file: CheckReport
    n_outside: int
    """Pairs of tasks that the newest split does not have on its train side alone, or not at all."""


async def check(path: Path) -> CheckReport:
    """Read a file and say what is wrong with it, line by line."""
    return _report(path, await asyncio.to_thread(read_file, path))


async def import_file(
    context: Context, path: Path, members: Mapping[str, MemberRow], *, skip_bad: bool
) -> ImportReport:
    """Store a file's pairs; refuses a file with bad lines unless they are to be left out."""
    intake = await asyncio.to_thread(read_file, path)
    file = _report(path, intake)
    _refuse(file, skip_bad=skip_bad)
    sha = digest([(pair.pair_id, pair.task_id) for pair in intake.pairs])
    build_id = digest(["file", sha])[:16]
    rows = await asyncio.to_thread(_rows, build_id, intake, members)
    source = Source(path.name, intake.format, sha, file.n_problems)
    body = msgspec.json.encode(source).decode()
    build = BuildRow(build_id, "", body, context.now())
    is_new = await save_build(context.store, build, rows, (), _states(intake))
    train = {name for name, member in members.items() if member.side == "train"}
    n_outside = sum(pair.task_id not in train for pair in rows)
    return ImportReport(build_id, is_new, file, n_outside)


def source_of(build: BuildSummary) -> Source | None:
    """Where an imported build comes from; None for one that was built from a run."""
    return None if build.run_id else msgspec.json.decode(build.body, type=Source)


def _refuse(file: CheckReport, *, skip_bad: bool) -> None:
    first = next(iter(file.problems), None)
    where = f"line {first.line}: {first.reason}" if first else "it is empty"
    if not file.n_pairs:
        raise UsageError(f"{file.path} has no pair ({where}).")
    if file.n_problems and not skip_bad:
        raise RefusedError(
            f"{file.n_problems} lines of {file.path} are no pairs ({where}). Nothing was stored; "
            "`gemel pairs check` shows them all, --skip-bad leaves them out."
        )


def _report(path: Path, intake: Intake) -> CheckReport:
    tasks = {pair.task_id for pair in intake.pairs}
    return CheckReport(
        path=str(path),
        format=intake.format,
        n_pairs=len(intake.pairs),
        n_prompts=len({pair.state for pair in intake.pairs}),
        n_tasks=len(tasks - {""}),
        n_unnamed=sum(not pair.task_id for pair in intake.pairs),
        n_problems=len(intake.problems),
        problems=intake.problems[:MAX_SHOWN],
    )


def _rows(build_id: str, intake: Intake, members: Mapping[str, MemberRow]) -> list[PairRow]:
    pairs = sorted(intake.pairs, key=lambda pair: (pair.task_id, pair.line))
    return [_row(build_id, pair, members) for pair in pairs]


def _row(build_id: str, pair: FilePair, members: Mapping[str, MemberRow]) -> PairRow:
    member = members.get(pair.task_id)
    return PairRow(
        build_id=build_id,
        pair_id=pair.pair_id,
        # Pairs on one prompt are of one task, whatever it is called.
        task_id=pair.task_id or f"{_UNNAMED}/{pair.state[:12]}",
        family=member.family if member else "",
        kind=PairKind.IMPORTED.value,
        state=pair.state,
        chosen=pair.chosen,
        rejected=pair.rejected,
        chosen_rollout="",
        chosen_iteration=0,
        rejected_rollout="",
        rejected_iteration=0,
        changed_share=changed_share(pair.chosen, pair.rejected),
        tools=pair.tools,
    )


def _states(intake: Intake) -> list[StateRow]:
    bodies = {pair.state: pair.messages for pair in intake.pairs}
    return [StateRow(name, msgspec.json.encode(body).decode()) for name, body in bodies.items()]
