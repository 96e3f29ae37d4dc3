"""Suites and tasks."""

from __future__ import annotations

from pathlib import Path

from core.doors.door import Door
from core.operation import operation
from core.selection import Selection
from core.store.suites import SuiteSummary
from core.store.task_pages import TaskPage
from core.store.task_tree import Folds, TreePage
from core.suites import browse, importing, judging
from core.suites import operations as suites
from core.suites.browse import TaskView
from core.suites.importers import IMPORTERS
from core.suites.importing import ImportOptions, ImportReport
from core.suites.judging import ExportOptions, ExportReport, GradeOptions, GradeReport
from core.suites.operations import CheckOptions, CheckReport, ForgeOptions, ForgeReport


class SuitesDoor(Door):
    """Benchmarks in, with their proof."""

    @operation(is_long=True)
    async def forge(
        self, seed: int = 0, n_per_program: int = 5, selection: Selection = Selection()
    ) -> ForgeReport:
        """Make the built-in suite from its programs, or from the chosen ones of them."""
        options = ForgeOptions(suites.BUILTIN_SUITE, seed, n_per_program, selection)
        with self.context.live.claim(f"The suite {suites.BUILTIN_SUITE}"):
            return await suites.forge_builtin(self.context, options)

    @operation(is_long=True)
    async def forge_folder(self, path: Path, options: ForgeOptions = ForgeOptions()) -> ForgeReport:
        """Make a suite of bugs from the correct programs of a folder."""
        with self.context.live.claim(f"The suite {suites.forge_name(path, options)}"):
            return await suites.forge_folder(self.context, path, options)

    @operation(is_long=True)
    async def import_suite(
        self, name: str, path: Path, options: ImportOptions = ImportOptions()
    ) -> ImportReport:
        """Import a benchmark; `name` says which kind it is."""
        with self.context.live.claim(f"The suite {options.suite or name}"):
            return await importing.import_suite(self.context, name, path, options)

    @operation(only_reads=True)
    async def importers(self) -> dict[str, str]:
        """What can be imported: the kinds, each in a few words."""
        return {one.name: one.summary for one in IMPORTERS.values()}

    @operation(is_long=True)
    async def check(
        self,
        suite: str,
        n_rounds: int = 2,
        *,
        again: bool = False,
        selection: Selection = Selection(),
    ) -> CheckReport:
        """Prove a suite: bugs fail, references pass."""
        options = CheckOptions(n_rounds, again, selection)
        with self.context.live.claim(f"The suite {suite}"):
            return await suites.check_suite(self.context, suite, options)

    @operation(only_reads=True)
    async def pick_tasks(self, suite: str, selection: Selection) -> tuple[str, ...]:
        """The ids that a choice means, in order."""
        return await suites.pick_tasks(self.context, suite, selection)

    @operation(is_long=True)
    async def grade(
        self,
        suite: str,
        path: Path,
        *,
        again: bool = False,
        selection: Selection = Selection(),
    ) -> GradeReport:
        """Have a file of predictions, or those of some tasks, judged by a suite's own program.

        Rollouts that left these patches get their outcome. What was judged before is not asked
        about, unless `again`.
        """
        options = GradeOptions(again, selection)
        with self.context.live.claim(f"The suite {suite}"):
            return await judging.grade(self.context, suite, path, options)

    @operation(only_reads=True)
    async def export_predictions(
        self,
        suite: str,
        path: Path,
        run_id: str = "",
        seed: int = 0,
        selection: Selection = Selection(),
    ) -> ExportReport:
        """Write a run's patches for a suite's own program; without a run the references."""
        options = ExportOptions(run_id, seed, selection)
        return await judging.export_predictions(self.context, suite, path, options)

    @operation(only_reads=True)
    async def list_suites(self) -> list[SuiteSummary]:
        """All suites."""
        return await suites.suites(self.context)

    @operation(only_reads=True)
    async def suite_tasks(
        self, suite: str, offset: int = 0, limit: int = 50, text: str = ""
    ) -> TaskPage:
        """Some tasks of a suite, with oracle results and places in the newest split."""
        return await browse.task_page(self.context, suite, text, offset, limit)

    @operation(only_reads=True)
    async def suite_tree(
        self,
        suite: str,
        offset: int = 0,
        limit: int = 50,
        text: str = "",
        folds: Folds = Folds(),
    ) -> TreePage:
        """Some lines of a suite's tree: families in numbers, and their tasks."""
        return await browse.tree_page(self.context, suite, text, folds, (offset, limit))

    @operation(only_reads=True)
    async def task_view(self, task_id: str) -> TaskView:
        """One task as an agent will meet it, and proof of what it will not see."""
        return await browse.task_view(self.context, task_id)
