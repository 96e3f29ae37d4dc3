"""What the Pairs screen does beside deciding: builds, files, copies, and looks at losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.errors import EngineAbsentError
from core.pairs.imports import CheckReport, ImportReport, source_of
from core.pairs.operations import BuildReport, DatasetReport
from core.pairs.queue import PairView
from core.store.decisions import Choice
from core.store.dropped import DroppedItem
from core.store.pair_pages import PairSort
from core.store.pairs import BuildSummary
from core.text import clean, one_line
from tui.clipboard import copy
from tui.screens import pair_words as words
from tui.screens.outcomes import mark_of, style_of
from tui.screens.pair_files import Build, Export, build_form, export_form, import_form
from tui.screens.pair_list import ListScreen, held
from tui.screens.pair_text import copies
from tui.screens.trace import Traced, TraceScreen
from tui.widgets.virtual_list import Column, Fetch, Page, Row

if TYPE_CHECKING:
    from pathlib import Path

    from core.engine import Engine
    from tui.screens.pairs import PairsScreen

_LONGEST = 200
_BUILDS = (
    Column("build", 16),
    Column("from", 0),
    Column("pairs", 7, is_right=True),
    Column("tasks", 6, is_right=True),
    Column("dropped", 7, is_right=True),
    Column("built", 16, from_width=90),
)
_DROPPED = (
    Column("reason", 14),
    Column("task", 0),
    Column("ended", 10),
    Column("instead of", 10, from_width=80),
)
_COPIES = (Column("what", 10), Column("begins", 0))
_PROBLEMS = (Column("line", 8, is_right=True), Column("why it is no pair", 0))


class Errands:
    """One per screen."""

    def __init__(self, screen: PairsScreen) -> None:
        self._screen = screen

    def build(self) -> None:
        """Ask for run and options, and build pairs."""
        self._screen.put_form(build_form(self._screen.run_id), self._build)

    def _build(self, wanted: Build) -> None:
        screen = self._screen
        screen.say(f"building pairs from {wanted.run_id}")

        def then(report: BuildReport) -> None:
            screen.say(f"{report.n_pairs:,} pairs of {report.n_tasks:,} tasks from {report.run_id}")
            screen.choose(report.build_id)

        screen.ask(
            "build pairs",
            lambda engine: engine.build_pairs(wanted.run_id, wanted.options),
            then=then,
        )

    def choose_build(self) -> None:
        """Ask which build is to be shown."""
        screen = self._screen

        def put(builds: list[BuildSummary]) -> None:
            rows = [_build_row(build) for build in builds]
            heading = "Builds of pairs, the newest first"
            self._put_list(ListScreen(heading, _BUILDS, held(rows), screen.host), screen.choose)

        screen.ask("list builds", lambda engine: engine.list_builds(), then=put)

    def choose_order(self) -> None:
        """Ask for the order of the queue."""
        rows = [Row(sort.value, (sort.value.replace("-", " "),)) for sort in PairSort]
        columns = (Column("order", 0),)
        screen = ListScreen("Order of the pairs", columns, held(rows), self._screen.host)
        self._put_list(screen, lambda name: self._screen.order_by(PairSort(name)))

    def export(self) -> None:
        """Say what a file would hold, ask where, and write it."""
        if self._screen.funnel is None:
            self._screen.say(words.NO_PAIRS)
        else:
            self._screen.put_form(export_form(self._screen.funnel), self._export)

    def _export(self, wanted: Export) -> None:
        screen = self._screen

        def then(report: DatasetReport) -> None:
            known = ""
            if report.n_unknown:
                known = f"; of {report.n_unknown:,} nobody can know whether they leak"
            text = f"{report.n_pairs:,} pairs of {report.n_tasks:,} tasks are in {report.path}"
            screen.say(text + known)

        screen.ask(
            "export",
            lambda engine: engine.export_pairs(
                screen.build,
                wanted.path,
                wanted.format,
                overwrite=wanted.overwrite,
                include_flagged=wanted.include_flagged,
            ),
            then=then,
        )

    def import_file(self) -> None:
        """Ask for a file, check it, and import what is good in it."""
        self._screen.put_form(import_form(), self._check)

    def _check(self, path: Path) -> None:
        def put(report: CheckReport) -> None:
            if not report.n_problems or not report.n_pairs:
                self._import(path, report)
                return
            rows = [
                Row(str(problem.line), (f"{problem.line:,}", clean(problem.reason)))
                for problem in report.problems
            ]
            heading = f"{words.file_report(report)}; lines that are no pair: {report.n_problems:,}"
            screen = ListScreen(
                heading, _PROBLEMS, held(rows), self._screen.host, opens="imports the pairs"
            )
            self._put_list(screen, lambda _: self._import(path, report))

        self._screen.ask("check pairs", lambda engine: engine.check_pairs(path), then=put)

    def _import(self, path: Path, checked: CheckReport) -> None:
        screen = self._screen

        def then(report: ImportReport) -> None:
            rest = f", {report.n_outside:,} of unknown tasks" if report.n_outside else ""
            screen.say(f"{report.file.n_pairs:,} pairs came from {path.name}{rest}")
            screen.choose(report.build_id)

        screen.ask(
            "import pairs",
            lambda engine: engine.import_pairs(path, skip_bad=checked.n_problems > 0),
            then=then,
            question="" if checked.n_problems else f"{words.file_report(checked)}. Import them?",
        )

    def show_funnel(self) -> None:
        """Show what was dropped on the way, and why."""
        funnel = self._screen.funnel
        if funnel is None:
            self._screen.say(words.NO_PAIRS)
            return
        rows = words.funnel_rows(funnel)
        heading = f"From candidates to a dataset, build {funnel.build_id}"
        screen = ListScreen(
            heading,
            words.FUNNEL_COLUMNS,
            held(rows),
            self._screen.host,
            opens="shows examples",
            on_open=self._open_stage,
        )
        self._screen.app.push_screen(screen)

    def _open_stage(self, row: Row) -> None:
        kind, _, name = row.row_id.partition(":")
        if kind == "reason":
            heading = f"Candidates that are no pair: {clean(name)}"
            host = self._screen.host
            examples = ListScreen(
                heading,
                _DROPPED,
                self._dropped(name),
                host,
                opens="shows the rollout",
                on_open=self._open_rollout,
            )
            self._screen.app.push_screen(examples)
        elif kind == "choice":
            self._screen.app.pop_screen()
            self._screen.show_only(Choice(name))

    def _dropped(self, reason: str) -> Fetch:
        async def fetch(offset: int, limit: int) -> Page:
            engine = self._engine()
            page = await engine.dropped_candidates(self._screen.build, reason, offset, limit)
            return Page([self._dropped_row(item) for item in page.rows], page.n_total)

        return fetch

    def _dropped_row(self, item: DroppedItem) -> Row:
        outcome = item.rejected_outcome
        sign = mark_of(outcome, self._screen.glyphs).sign
        cells = (
            item.reason.replace("_", " "),
            one_line(clean(item.task_id), _LONGEST),
            (f"{sign} {outcome}", style_of(outcome)) if outcome else "",
            item.chosen_outcome or "",
        )
        return Row(f"{item.chosen_rollout} {item.rejected_rollout}", cells, item)

    def _open_rollout(self, row: Row) -> None:
        item = row.item
        assert isinstance(item, DroppedItem)
        traced = [Traced(item.rejected_rollout, f"{item.task_id}, {item.reason}")]
        if item.chosen_rollout:
            traced.append(Traced(item.chosen_rollout, f"{item.task_id}, the best"))
        self._screen.app.push_screen(TraceScreen([tuple(traced)]))

    def open_traces(self, view: PairView) -> None:
        """Show both rollouts, where they part."""
        sides = {"chosen": view.chosen, "rejected": view.rejected}
        if not all(side.outcome for side in sides.values()):
            self._screen.say("this pair came from a file: there is no rollout to open")
            return
        traced = [
            Traced(side.rollout_id, f"{name}, {view.task_id}", view.task_id)
            for name, side in sides.items()
        ]
        self._screen.app.push_screen(TraceScreen([tuple(traced)]))

    def copy(self, view: PairView) -> None:
        """Ask what of the pair to copy, by terminal and by file."""
        texts = copies(view)
        rows = [Row(name, (name, one_line(text, _LONGEST))) for name, text in texts.items()]
        screen = ListScreen("Copy of this pair", _COPIES, held(rows), self._screen.host)

        def take(name: str) -> None:
            self._screen.say(copy(self._screen.app, texts[name], name))

        self._put_list(screen, take)

    def _put_list(self, screen: ListScreen, then: Callable[[str], None]) -> None:
        def take(row: Row | None) -> None:
            if row is not None:
                then(row.row_id)

        self._screen.app.push_screen(screen, take)

    def _engine(self) -> Engine:
        if self._screen.engine is None:
            raise EngineAbsentError("there is no engine to ask yet; r tries again")
        return self._screen.engine


def _build_row(build: BuildSummary) -> Row:
    source = source_of(build)
    cells = (
        build.build_id,
        one_line(clean(source.file if source else build.run_id), _LONGEST),
        f"{build.n_pairs:,}",
        f"{build.n_tasks:,}",
        f"{build.n_dropped:,}",
        f"{build.created_at:%Y-%m-%d %H:%M}",
    )
    return Row(build.build_id, cells, build)
