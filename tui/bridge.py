"""Between core and the screens: reads the store in a thread of its own, for milliseconds.

The store is opened, read and closed at once, so that commands in other terminals can have
it. What the reading needs of core is imported inside that thread: the app has long painted.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ErrorKind, GemelError, StoreLockedError, boundary
from core.workspace import Workspace

if TYPE_CHECKING:  # importing these for real loads the database
    from core.store.evaluations import EvaluationSummary
    from core.store.jobs import JobSummary
    from core.store.overview import Overview
    from core.store.pairs import BuildSummary
    from core.store.runs import RunSummary
    from core.store.splits import SplitRow
    from core.store.suites import SuiteSummary


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a workspace is, as of its last commit; lists have the newest first."""

    overview: Overview
    suites: tuple[SuiteSummary, ...]
    splits: tuple[SplitRow, ...]
    runs: tuple[RunSummary, ...]
    """Without those of evaluations."""
    builds: tuple[BuildSummary, ...]
    jobs: tuple[JobSummary, ...]
    evaluations: tuple[EvaluationSummary, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no store, and looking made none."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Another process has the store."""

    owner: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The store could not be read."""

    message: str


Reading = Standing | Absent | Locked | Unreadable


async def read(workspace: Workspace) -> Reading:
    """Look at a workspace without keeping it; a failure is an answer, too."""
    if not workspace.exists:
        return Absent()
    return await asyncio.to_thread(_read, workspace.directory)


def _read(directory: Path) -> Reading:
    try:
        with boundary(ErrorKind.STORE, "the store could not be read"):
            return asyncio.run(_standing(directory))
    except StoreLockedError as error:
        owner = re.search(r"process (\d+)", str(error))
        return Locked(owner[1] if owner else "unknown")
    except GemelError as error:
        return Unreadable(str(error))


async def _standing(directory: Path) -> Standing:
    from core.store.database import Store
    from core.store.evaluations import list_evaluations
    from core.store.jobs import list_jobs
    from core.store.overview import load_overview
    from core.store.pairs import list_builds
    from core.store.runs import list_runs
    from core.store.splits import list_splits
    from core.store.suites import list_suites

    store = Store.open(directory)
    try:
        runs = await list_runs(store)
        return Standing(
            overview=await load_overview(store),
            suites=tuple(await list_suites(store)),
            splits=tuple(await list_splits(store)),
            runs=tuple(run for run in runs if run.kind == "rollouts"),
            builds=tuple(await list_builds(store)),
            jobs=tuple(await list_jobs(store)),
            evaluations=tuple(await list_evaluations(store)),
        )
    finally:
        store.close()
