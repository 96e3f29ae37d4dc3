"""Suites, tasks and splits."""

from __future__ import annotations

from pathlib import Path

from core.doors.door import Door
from core.operation import operation
from core.splits import operations as splits
from core.splits.operations import SplitColumns, SplitReport
from core.splits.sides import Ratios
from core.store.suites import SuiteSummary
from core.store.task_pages import TaskPage
from core.suites import browse
from core.suites import operations as suites
from core.suites.browse import TaskView
from core.suites.operations import CheckReport, ForgeReport, ImportReport


class SuitesDoor(Door):
    """Benchmarks in, and which side each task stands on."""

    @operation(is_long=True)
    async def forge(self, seed: int = 0, n_per_program: int = 5) -> ForgeReport:
        """Make the built-in suite from its programs."""
        with self.context.live.claim(f"The suite {suites.BUILTIN_SUITE}"):
            return await suites.forge_builtin(self.context, seed, n_per_program)

    @operation(is_long=True)
    async def import_quixbugs(self, path: Path) -> ImportReport:
        """Import a QuixBugs checkout."""
        with self.context.live.claim("The suite quixbugs"):
            return await suites.import_quixbugs(self.context, path)

    @operation(is_long=True)
    async def check(self, suite: str, n_rounds: int = 2, *, again: bool = False) -> CheckReport:
        """Prove a suite: bugs fail, references pass."""
        with self.context.live.claim(f"The suite {suite}"):
            return await suites.check_suite(self.context, suite, n_rounds, again=again)

    @operation
    async def list_suites(self) -> list[SuiteSummary]:
        """All suites."""
        return await suites.suites(self.context)

    @operation
    async def suite_tasks(
        self, suite: str, offset: int = 0, limit: int = 50, text: str = ""
    ) -> TaskPage:
        """Some tasks of a suite, with oracle results and places in the newest split."""
        return await browse.task_page(self.context, suite, text, offset, limit)

    @operation
    async def task_view(self, task_id: str) -> TaskView:
        """One task as an agent will meet it, and proof of what it will not see."""
        return await browse.task_view(self.context, task_id)

    @operation(is_long=True)
    async def make_split(
        self, names: tuple[str, ...], ratios: Ratios = (0.6, 0.1, 0.3), seed: int = 0
    ) -> SplitReport:
        """Split the admitted tasks of suites by family."""
        tasks = await suites.admitted_tasks(self.context, names)
        chosen = [task for task, _ in tasks.values()]
        async with self.context.live.turn("splits"):
            return await splits.make(self.context, names, chosen, ratios, seed)

    @operation
    async def list_splits(self) -> list[SplitReport]:
        """All splits."""
        return await splits.splits(self.context)

    @operation
    async def show_split(self, split_id: str) -> SplitReport:
        """One split."""
        return await splits.report(self.context, split_id)

    @operation
    async def split_columns(self, split_id: str = "latest") -> SplitColumns:
        """One split side by side, with families and what is held out."""
        return await splits.columns(self.context, split_id)
