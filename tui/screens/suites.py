"""Suites: benchmarks with their proof, their tasks, how a split divides them, what is related."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from core.errors import EngineLost, GemelError
from core.text import clean, one_line
from tui.keymap import Group, bindings, same_keys
from tui.offer import Offer
from tui.screens import split_words, split_work, suite_work
from tui.screens import suite_words as words
from tui.screens.mode import ModeScreen
from tui.screens.suite_forms import filter_form
from tui.screens.suite_relatives import RelativesPane
from tui.screens.suite_rows import SUITE_COLUMNS, page_of, suite_row
from tui.screens.suite_split import SplitPane, Suspects
from tui.screens.suite_tree import TREE_COLUMNS, Folding, about_line, family_of, tree_row
from tui.screens.task import TaskScreen
from tui.widgets.virtual_list import Page, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.splits.reports import SplitReport
    from core.store.suites import SuiteSummary
    from core.suites.browse import TaskView

_MOST_SUITES = 6
_TASKS, _SPLIT, _RELATIVES = "tasks", "split", "relatives"
_ONLY_IN = {
    "move": (_SPLIT,),
    "other": (_SPLIT, _RELATIVES),
    "answer": (_RELATIVES,),
    "undo": (_RELATIVES,),
    "compare": (_RELATIVES,),
    "filter": (_TASKS,),
    "fold": (_TASKS,),
    "forge": (_TASKS,),
    "make_split": (_TASKS, _SPLIT),
    "import": (_TASKS,),
    "check_as_asked": (_TASKS,),
    "export": (_TASKS,),
    "grade": (_TASKS,),
    "leave_view": (_SPLIT, _RELATIVES),
}
"""Actions that mean something in some views alone."""


class SuitesScreen(ModeScreen):
    """A list of suites above the tasks of one of them, or a split, or related tasks."""

    group = Group.SUITES
    CSS_PATH = "suites.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Group.SUITES),
        replace(same_keys("back", "leave_view"), description="back", show=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._suites: tuple[SuiteSummary, ...] = ()
        self._splits: tuple[SplitReport, ...] = ()
        self._split_id = ""
        self._suite = ""
        self._text = ""
        self._shown: tuple[str, str] | None = None
        self._folding = Folding()
        self._view = _TASKS
        self._is_filled = False

    def compose_body(self) -> ComposeResult:
        """The suites, and below them one of three views."""
        yield VirtualList(SUITE_COLUMNS, self.glyphs, empty=words.NO_SUITE, id="suites")
        yield Static(id="caption", markup=False)
        yield VirtualList(TREE_COLUMNS, self.glyphs, empty=words.NO_TASKS, id="tasks")
        yield SplitPane(self.glyphs, empty=split_words.NO_SPLIT, id="split")
        yield RelativesPane(self.glyphs, self._fetch_task, id="relatives")

    def on_mount(self) -> None:
        """Begin with the tasks."""
        self._show_view(_TASKS)
        self._list("suites").focus()

    async def load(self, engine: Engine) -> None:
        """Fetch suites, splits and relations; the list of tasks fetches its own pages."""
        self._suites = tuple(await engine.list_suites())
        self._splits = tuple(await engine.list_splits())
        self._list("suites").styles.height = 1 + min(len(self._suites) or 2, _MOST_SUITES)
        if self._is_filled:
            await self._list("suites").reload()
        else:
            await self._list("suites").show(self._suite_page)
        self._is_filled = True
        row = self._list("suites").row
        await self._show_tasks(row.row_id if row is not None else "")
        if self._view != _TASKS:
            await self._load_view(engine)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is offered in the views where it means something."""
        return self._view in _ONLY_IN.get(action, (self._view,))

    def offer(self) -> Offer | None:
        """What the view offers; lists offer their rows themselves."""
        if self._view == _SPLIT and self._split.has_focus_within:
            return self._split.offer()
        return self._relatives.offer() if self._view == _RELATIVES else None

    def action_switch(self, view: str) -> None:
        """Show a view in place of the tasks, or the tasks again."""
        is_above = self._list("suites").has_focus and view == _SPLIT
        self._show_view(_TASKS if self._view == view else view)
        if not is_above:
            self._focus_view()
        if self._view != _TASKS:
            self.reload()

    def action_leave_view(self) -> None:
        """Back to the tasks."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.action_switch(self._view)

    def action_check(self) -> None:
        """Prove a suite, or look for leaks, as the view has it."""
        if self._view == _TASKS:
            suite_work.check(self, self._chosen())
        elif self._splits:
            split_work.check_split(self, self._split_id or "latest", self._outside)
        else:
            self.say(split_words.NO_SPLIT, is_warning=True)

    def action_check_as_asked(self) -> None:
        """Ask how often and which tasks to check."""
        suite_work.check_as_asked(self, self._chosen())

    def action_export(self) -> None:
        """Write a run's patches for the suite's own program."""
        suite_work.export(self, self._chosen())

    def action_grade(self) -> None:
        """Have patches judged by the suite's own program."""
        suite_work.grade(self, self._chosen())

    def action_forge(self) -> None:
        """Make a suite from correct programs."""
        suite_work.forge(self)

    def action_import(self) -> None:
        """Ask what to import, then import it."""
        suite_work.import_suite(self)

    def action_make_split(self) -> None:
        """Ask for shares and seed, then divide suites."""
        suite = self._chosen()
        if suite is not None:
            self._split_id = ""
            split_work.make_split(self, suite.suite)

    def action_move(self) -> None:
        """Put the family under the cursor on another side."""
        self._split_id = ""
        split_work.move_family(self, self._split)

    def action_other(self, n: int) -> None:
        """Show an older split, or a newer one."""
        names = [report.split_id for report in self._splits]
        if not names:
            return
        at = names.index(self._split_id) if self._split_id in names else 0
        if 0 <= at + n < len(names):
            self._split_id = names[at + n]
            self.reload()
        else:
            self.say("there is no other split in this direction")

    def action_answer(self, is_same: bool) -> None:
        """Say whether two tasks are one."""
        split_work.answer(self, self._relatives, is_same=is_same)

    def action_undo(self) -> None:
        """Take back the newest answer."""
        split_work.undo(self)

    def action_compare(self) -> None:
        """Run the cases of each task on the references of the others."""
        split_work.compare(self, self._split_id or "latest", with_behaviour=True)

    def action_cancel(self) -> None:
        """Stop what goes on with suites and splits."""
        self.run_worker(split_work.cancel(self))

    def action_fold(self) -> None:
        """Fold all families, or none; enter folds the one under the cursor."""
        self._folding.toggle_all()
        self._list_tasks(self._suite)

    def action_filter(self) -> None:
        """Ask for a text that tasks must have."""
        self.app.push_screen(filter_form(self._text), self._filter)

    @on(VirtualList.Highlighted, "#suites")
    def _suite_changed(self, message: VirtualList.Highlighted) -> None:
        name = message.row.row_id if message.row is not None else ""
        if name != self._suite:
            self._list_tasks(name)

    @on(VirtualList.Opened, "#suites")
    def _suite_opened(self) -> None:
        self._focus_view()

    @on(VirtualList.Highlighted, "#tasks")
    def _task_changed(self) -> None:
        self._caption()

    @on(VirtualList.Opened, "#tasks")
    def _task_opened(self, message: VirtualList.Opened) -> None:
        if family := family_of(message.row):
            self._folding.toggle(family)
            self._list_tasks(self._suite)
        elif message.row is not None:
            self._open_task(message.row.row_id)

    @on(SplitPane.TaskOpened)
    def _split_task_opened(self, message: SplitPane.TaskOpened) -> None:
        self._open_task(message.task_id)

    @on(SplitPane.Moved)
    def _split_moved(self) -> None:
        self._caption()

    @on(RelativesPane.TaskOpened)
    def _relative_opened(self, message: RelativesPane.TaskOpened) -> None:
        self._open_task(message.task_id)

    @on(VirtualList.Failed)
    def _page_failed(self, message: VirtualList.Failed) -> None:
        self.say(str(message.error), is_warning=True)

    def _open_task(self, name: str) -> None:
        self.ask(f"show {name}", lambda e: e.task_view(name), then=self._show_task)

    def _show_task(self, view: TaskView) -> None:
        if self.is_current:
            self.app.push_screen(TaskScreen(view, self.host))

    async def _fetch_task(self, task_id: str) -> TaskView:
        if self.engine is None:
            raise EngineLost(words.NO_ENGINE)
        return await self.engine.task_view(task_id)

    async def _suite_page(self, offset: int, limit: int) -> Page:
        return page_of([suite_row(suite) for suite in self._suites], offset, limit)

    @work(group="tasks", exclusive=True)
    async def _list_tasks(self, suite: str) -> None:
        await self._show_tasks(suite)

    async def _show_tasks(self, suite: str) -> None:
        wanted = (suite, self._text)

        async def fetch(offset: int, limit: int) -> Page:
            if self.engine is None:
                raise EngineLost(words.NO_ENGINE)
            folds = self._folding.folds(wanted[1])
            found = await self.engine.suite_tree(suite, offset, limit, wanted[1], folds)
            rows = [tree_row(line, self.glyphs, folds) for line in found.lines]
            return Page(rows, found.n_total)

        tasks = self._list("tasks")
        tasks.empty = ""  # until it is known that there are none
        try:
            if wanted == self._shown:
                await tasks.reload()
            else:
                self._suite, self._shown = suite, wanted
                await tasks.show(fetch if suite else _no_page)
        except GemelError as error:
            self.say(str(error), is_warning=True)
        tasks.empty = words.NO_MATCH if self._text else words.NO_TASKS
        tasks.refresh()
        self._caption()

    async def _load_view(self, engine: Engine) -> None:
        known = {report.split_id for report in self._splits}
        name = self._split_id if self._split_id in known else "latest"
        found = await engine.list_relations((), name)
        if self._view == _SPLIT:
            rows = [row for row in found.rows if row.crosses]
            leaking = {task for row in rows if row.is_leak for task in (row.one, row.other)}
            unsure = {
                task
                for row in rows
                if row.standing.value == "open"
                for task in (row.one, row.other)
            }
            view = await engine.split_columns(name) if known else None
            await self._split.show(view, Suspects(frozenset(leaking), frozenset(unsure)))
        else:
            await self._relatives.show(found)
            if not found.is_compared and found.n_tasks and not self.host.is_busy:
                split_work.compare(self, name, with_behaviour=False)
        self._caption()

    def _filter(self, text: object) -> None:
        if isinstance(text, str) and text != self._text:
            self._text = text
            self._list_tasks(self._suite)

    def _show_view(self, view: str) -> None:
        self._view = view
        for name in (_TASKS, _SPLIT, _RELATIVES):
            self.query_one(f"#{name}").display = name == view
        self._list("suites").display = view != _RELATIVES
        self._caption()
        self.refresh_bindings()

    def _focus_view(self) -> None:
        match self._view:
            case "split":
                self._split.focus_side()
            case "relatives":
                self._relatives.list.focus()
            case _:
                self._list("tasks").focus()

    def _caption(self) -> None:
        match self._view:
            case "split":
                names = [report.split_id for report in self._splits]
                at = names.index(self._split_id) if self._split_id in names else 0
                about = split_words.about_split(self._split.view, (at + 1, len(names)))
                family = split_words.about_family(self._split.family)
                text = f"{about}\n{family}"
            case "relatives":
                text = split_words.about_relations(self._relatives.found)
            case _:
                about = about_line(self._list("tasks").row)
                text = words.about_tasks(self._suite, self._text, about)
        lines = [one_line(clean(line), 400) for line in text.split("\n")]
        self.query_one("#caption", Static).update(Content("\n".join(lines)))

    def _chosen(self) -> SuiteSummary | None:
        """The suite under the cursor; says what to do when there is none."""
        for suite in self._suites:
            if suite.suite == self._suite:
                return suite
        self.say(words.NO_SUITE, is_warning=True)
        return None

    @property
    def _outside(self) -> tuple[str, ...]:
        """Suites that the shown split does not have."""
        shown = next((r for r in self._splits if r.split_id == self._split_id), self._splits[0])
        named = shown.suites.split(",")
        return tuple(suite.suite for suite in self._suites if suite.suite not in named)

    @property
    def _split(self) -> SplitPane:
        return self.query_one(SplitPane)

    @property
    def _relatives(self) -> RelativesPane:
        return self.query_one(RelativesPane)

    def _list(self, name: str) -> VirtualList:
        return self.query_one(f"#{name}", VirtualList)


async def _no_page(offset: int, limit: int) -> Page:
    return Page((), 0)
