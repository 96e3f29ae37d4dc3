"""Pairs and what people decide about them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core import joins
from core.doors.door import Door
from core.operation import operation
from core.pairs import decisions, imports, queue
from core.pairs import operations as pairs
from core.pairs.candidates import PairOptions
from core.pairs.decisions import Action, Change
from core.pairs.formats import PairFormat
from core.pairs.imports import CheckReport, ImportReport
from core.pairs.operations import BuildReport, DatasetReport
from core.pairs.queue import Funnel, PairView
from core.rollouts import operations as rollouts
from core.splits import operations as splits
from core.store.dropped import DroppedPage
from core.store.pair_pages import EVERY_PAIR, PairFilter, PairPage, PairSort
from core.store.pairs import BuildSummary


class PairsDoor(Door):
    """From candidates to a file of preferences."""

    @operation(is_long=True)
    async def build_pairs(
        self, run_id: str = "latest", options: PairOptions = PairOptions()
    ) -> BuildReport:
        """Build the pairs of a run."""
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = {
            name: task for name, (task, _) in (await joins.tasks_of(self.context, plan)).items()
        }
        members = await splits.members_of(self.context, plan.split_id)
        async with self.context.live.turn("pairs"):
            return await pairs.build(self.context, run.run_id, tasks, members, options)

    @operation(only_reads=True)
    async def list_builds(self) -> list[BuildSummary]:
        """All builds of pairs."""
        return await pairs.builds(self.context)

    @operation(only_reads=True)
    async def show_build(self, build_id: str = "latest") -> BuildReport:
        """One build of pairs."""
        return await pairs.report(self.context, build_id)

    @operation(is_long=True)
    async def export_pairs(
        self,
        build_id: str,
        path: Path,
        kind: PairFormat,
        *,
        overwrite: bool = False,
        include_flagged: bool = False,
    ) -> DatasetReport:
        """Write a preference file; refuses a leak."""
        build = await joins.leak_free(self.context, build_id)
        async with self.context.live.turn("pairs"):
            report = await pairs.export(
                self.context,
                build.build_id,
                path,
                kind,
                overwrite=overwrite,
                include_flagged=include_flagged,
            )
        return replace(report, n_unknown=await joins.n_unknown(self.context, build))

    @operation(is_long=True, only_reads=True)
    async def check_pairs(self, path: Path) -> CheckReport:
        """What a preference file holds and what is wrong with it; nothing is stored."""
        return await imports.check(path)

    @operation(is_long=True)
    async def import_pairs(self, path: Path, *, skip_bad: bool = False) -> ImportReport:
        """Make a build of the pairs of a file."""
        members = await joins.newest_members(self.context)
        return await imports.import_file(self.context, path, members, skip_bad=skip_bad)

    @operation(only_reads=True)
    async def pairs_page(
        self,
        build_id: str = "latest",
        wanted: PairFilter = EVERY_PAIR,
        sort: PairSort = PairSort.TASK,
        offset: int = 0,
        limit: int = 50,
    ) -> PairPage:
        """Some rows of a build's queue."""
        return await queue.page(self.context, build_id, wanted, sort, (offset, limit))

    @operation(only_reads=True)
    async def show_pair(self, pair_id: str, build_id: str = "latest") -> PairView:
        """One pair in full."""
        return await queue.show(self.context, build_id, pair_id)

    @operation(only_reads=True)
    async def funnel(self, build_id: str = "latest") -> Funnel:
        """From candidates to a dataset, in counts."""
        return await queue.funnel(self.context, build_id)

    @operation(only_reads=True)
    async def dropped_candidates(
        self, build_id: str = "latest", reason: str = "", offset: int = 0, limit: int = 50
    ) -> DroppedPage:
        """Candidates that became no pair, all or those with a reason."""
        return await queue.dropped(self.context, build_id, reason, (offset, limit))

    @operation
    async def decide(self, pair_id: str, action: Action, note: str | None = None) -> Change:
        """Say what is to become of a pair; can be undone for ever."""
        return await decisions.decide(self.context, pair_id, action, note)

    @operation
    async def undo(self, n: int = 1) -> list[Change]:
        """Take back the newest decisions."""
        return await decisions.undo(self.context, n)

    @operation
    async def redo(self, n: int = 1) -> list[Change]:
        """Do again what was taken back."""
        return await decisions.redo(self.context, n)
