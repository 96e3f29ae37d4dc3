"""Suites: benchmarks with their proof, their tasks, and how a split divides them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from core.errors import EngineLost, GemelError
from core.text import clean, one_line
from tui.keymap import Group, bindings
from tui.screens import suite_words as words
from tui.screens.mode import ModeScreen
from tui.screens.suite_forms import IMPORTER, Shares, filter_form, import_form, split_form
from tui.screens.suite_rows import (
    SPLIT_COLUMNS,
    SUITE_COLUMNS,
    TASK_COLUMNS,
    n_unchecked,
    page_of,
    split_rows,
    suite_row,
    task_row,
)
from tui.screens.task import TaskScreen
from tui.widgets.virtual_list import Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.splits.operations import SplitColumns
    from core.store.suites import SuiteSummary
    from core.suites.browse import TaskView
    from core.suites.operations import ImportReport

T = TypeVar("T")

_BUILTIN = "kata"
_MOST_SUITES = 6


class SuitesScreen(ModeScreen):
    """A list of suites above the tasks of one of them, or the newest split."""

    group = Group.SUITES
    CSS_PATH = "suites.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.SUITES)]

    def __init__(self) -> None:
        super().__init__()
        self._suites: tuple[SuiteSummary, ...] = ()
        self._split: SplitColumns | None = None
        self._split_rows: tuple[Row, ...] = ()
        self._suite = ""
        self._text = ""
        self._shown: tuple[str, str] | None = None
        self._is_split = False
        self._is_filled = False

    def compose_body(self) -> ComposeResult:
        """The lists, of which the lower two take turns."""
        yield VirtualList(SUITE_COLUMNS, self.glyphs, empty=words.NO_SUITE, id="suites")
        yield Static(id="caption", markup=False)
        yield VirtualList(TASK_COLUMNS, self.glyphs, empty=words.NO_TASKS, id="tasks")
        yield VirtualList(SPLIT_COLUMNS, self.glyphs, empty=words.NO_SPLIT, id="split")

    def on_mount(self) -> None:
        """Begin with the tasks."""
        self._list("split").display = False
        self._list("suites").focus()

    async def load(self, engine: Engine) -> None:
        """Fetch suites and the newest split; the lists fetch their own pages."""
        self._suites = tuple(await engine.list_suites())
        self._split = await engine.split_columns() if await engine.list_splits() else None
        self._split_rows = () if self._split is None else split_rows(self._split)
        self._list("suites").styles.height = 1 + min(len(self._suites) or 2, _MOST_SUITES)
        if self._is_filled:
            await self._list("suites").reload()
            await self._list("split").reload()
        else:
            await self._list("suites").show(self._suite_page)
            await self._list("split").show(self._split_page)
        self._is_filled = True
        row = self._list("suites").row
        await self._show_tasks(row.row_id if row is not None else "")

    def action_switch(self) -> None:
        """Show the split in place of the tasks, or the tasks again."""
        self._is_split = not self._is_split
        is_above = self._list("suites").has_focus
        self._list("split").display = self._is_split
        self._list("tasks").display = not self._is_split
        if not is_above:
            self._lower.focus()
        self._caption()

    def action_check(self) -> None:
        """Check what is unchecked of a suite; when nothing is, ask to check all again."""
        suite = self._chosen()
        if suite is None:
            return
        is_done = not n_unchecked(suite)
        self.ask(
            f"check {suite.suite}",
            lambda engine: engine.check(suite.suite, again=is_done),
            then=lambda report: self.say(words.checked(report)),
            question=words.checks_again(suite) if is_done else "",
        )

    def action_forge(self) -> None:
        """Make the built-in suite; asks when there is one."""
        self._replace("forge", _BUILTIN, lambda engine: engine.forge(), words.forged)

    def action_import(self) -> None:
        """Ask what to import, then import it; asks when there is such a suite."""
        self.app.push_screen(import_form(), self._import)

    def action_make_split(self) -> None:
        """Ask for shares and seed, then divide the suite."""
        suite = self._chosen()
        if suite is None:
            return

        def take(shares: object) -> None:
            if isinstance(shares, Shares):
                self._make_split(suite.suite, shares)

        self.app.push_screen(split_form(suite.suite, suite.n_admitted), take)

    def action_filter(self) -> None:
        """Ask for a text that tasks must have."""
        self.app.push_screen(filter_form(self._text), self._filter)

    @on(VirtualList.Highlighted, "#suites")
    def _suite_changed(self, message: VirtualList.Highlighted) -> None:
        name = message.row.row_id if message.row is not None else ""
        if name != self._suite:
            self.run_worker(self._show_tasks(name), group="tasks", exclusive=True)

    @on(VirtualList.Opened, "#suites")
    def _suite_opened(self) -> None:
        self._lower.focus()

    @on(VirtualList.Opened, "#tasks")
    def _task_opened(self, message: VirtualList.Opened) -> None:
        if message.row is not None:
            name = message.row.row_id
            self.ask(f"show {name}", lambda e: e.task_view(name), then=self._show_task)

    @on(VirtualList.Failed)
    def _page_failed(self, message: VirtualList.Failed) -> None:
        self.say(str(message.error), is_warning=True)

    async def _suite_page(self, offset: int, limit: int) -> Page:
        return page_of([suite_row(suite) for suite in self._suites], offset, limit)

    async def _split_page(self, offset: int, limit: int) -> Page:
        return page_of(self._split_rows, offset, limit)

    async def _show_tasks(self, suite: str) -> None:
        wanted = (suite, self._text)

        async def fetch(offset: int, limit: int) -> Page:
            if self.engine is None:
                raise EngineLost(words.NO_ENGINE)
            found = await self.engine.suite_tasks(suite, offset, limit, wanted[1])
            return Page([task_row(row, self.glyphs) for row in found.rows], found.n_total)

        tasks = self._list("tasks")
        tasks.empty = ""  # until it is known that there are none
        try:
            if wanted == self._shown:
                await tasks.reload()
            else:
                self._suite, self._shown = suite, wanted
                await tasks.show(fetch if suite else self._no_page)
        except GemelError as error:
            self.say(str(error), is_warning=True)
        tasks.empty = words.NO_MATCH if self._text else words.NO_TASKS
        tasks.refresh()
        self._caption()

    async def _no_page(self, offset: int, limit: int) -> Page:
        return Page((), 0)

    def _show_task(self, view: TaskView) -> None:
        if self.is_current:
            self.app.push_screen(TaskScreen(view, self.host))

    def _import(self, path: object) -> None:
        if isinstance(path, Path):

            def work(engine: Engine) -> Awaitable[ImportReport]:
                return engine.import_quixbugs(path)

            self._replace("import", IMPORTER, work, words.imported)

    def _replace(
        self,
        verb: str,
        name: str,
        work: Callable[[Engine], Awaitable[T]],
        sentence: Callable[[T], str],
    ) -> None:
        """Make a suite; what is there at that moment is only replaced after a yes."""
        what = f"{verb} {name}"

        async def replace(engine: Engine) -> str:
            question = words.replaces(await engine.list_suites(), verb.capitalize(), name)
            if question and not await self.confirm(question):
                return f"{what}: not done"
            return sentence(await work(engine))

        self.ask(what, replace, then=self.say)

    def _make_split(self, suite: str, shares: Shares) -> None:
        self.ask(
            f"make split {suite}",
            lambda engine: engine.make_split((suite,), shares.ratios, shares.seed),
            then=lambda report: self.say(words.divided(report)),
        )

    def _filter(self, text: object) -> None:
        if isinstance(text, str) and text != self._text:
            self._text = text
            self.run_worker(self._show_tasks(self._suite), group="tasks", exclusive=True)

    def _caption(self) -> None:
        if self._is_split:
            text = words.about_split(self._split)
        else:
            text = words.about_tasks(self._suite, self._text)
        caption = self.query_one("#caption", Static)
        caption.update(Content(_line(text)), layout=False)

    def _chosen(self) -> SuiteSummary | None:
        """The suite under the cursor; says what to do when there is none."""
        for suite in self._suites:
            if suite.suite == self._suite:
                return suite
        self.say(words.NO_SUITE, is_warning=True)
        return None

    def _list(self, name: str) -> VirtualList:
        return self.query_one(f"#{name}", VirtualList)

    @property
    def _lower(self) -> VirtualList:
        return self._list("split" if self._is_split else "tasks")


def _line(text: str) -> str:
    return one_line(clean(text), 400)
