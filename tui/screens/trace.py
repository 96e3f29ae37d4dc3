"""Finished rollouts to be gone through, one at a time, or two of a task beside each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.screen import Screen
from textual.widgets import Input

from core.errors import GemelError
from core.rollouts.record import RecordFormat
from tui.clipboard import home
from tui.files import write_text
from tui.keymap import Group, bindings, same_keys
from tui.screens.mode import Host
from tui.screens.outcomes import WIDTHS
from tui.screens.trace_file import export_form, rollout_record
from tui.screens.trace_pane import Traced, TracePane
from tui.screens.trace_text import Fold
from tui.widgets.diff_view import DiffView
from tui.widgets.frame import frame

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine

__all__ = ["TraceScreen", "Traced"]


class SearchLine(Input):
    """Where the text to look for is typed; escape leaves only this."""

    BINDINGS: ClassVar[list[BindingType]] = [same_keys("back", "leave")]

    def action_leave(self) -> None:
        """Close without searching."""
        self.display = False
        self.screen.query(VerticalScroll).first().focus()


class TraceScreen(Screen[None]):
    """Opened from a grid or a table; shows one place of `traced` at a time."""

    AUTO_FOCUS = "VerticalScroll"
    CSS_PATH = "trace.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.TRACE)]

    def __init__(self, traced: Sequence[tuple[Traced, ...]], first: int = 0) -> None:
        super().__init__()
        self._traced = traced
        self._place = first
        self._wanted = ""
        self._fold = Fold.NOTHING
        self._is_whole = self._is_patch = False

    def compose(self) -> ComposeResult:
        """The frame, and a pane for each rollout of a place."""
        glyphs = self._host.glyphs
        yield from frame("trace", glyphs)
        search = SearchLine(placeholder="search all steps", compact=True)
        search.cursor_blink = False
        yield search
        with Container(id="panes"):
            for _ in self._traced[self._place]:
                yield TracePane(glyphs)

    def on_mount(self) -> None:
        """Fetch what is to be shown."""
        self.query_one(SearchLine).display = False
        self._host.show_frame()
        self._open()

    def action_step(self, n: int) -> None:
        """The next or previous step, in every pane."""
        self._work(lambda pane, engine: pane.go(engine, n))

    def action_other(self, n: int) -> None:
        """The next or previous rollout of those that were opened together."""
        place = self._place + n
        if 0 <= place < len(self._traced):
            self._place = place
            self._open()
        else:
            self._host.say("there is no other rollout in this direction")

    def action_fold(self) -> None:
        """Fold states, then all but titles, then nothing."""
        folds = list(Fold)
        self._fold = folds[(folds.index(self._fold) + 1) % len(folds)]
        self._show_as_wished()
        self._host.say(f"{self._fold.value}; c goes on")

    def action_whole(self) -> None:
        """All steps on one page, or one at a time."""
        self._is_whole = not self._is_whole
        if self._is_whole and self._fold is Fold.NOTHING:
            self._fold = Fold.STATES
        elif not self._is_whole:
            self._fold = Fold.NOTHING
        self._show_as_wished()

    def action_patch(self) -> None:
        """The change that was made in the end, or the steps again."""
        self._is_patch = not self._is_patch
        self._work(self._turn)

    def action_part(self) -> None:
        """Where two rollouts part: their first step that is another."""
        if len(self.query(TracePane)) < 2:
            self._host.say("two rollouts are needed: b in the grid marks one, then another")
        elif (engine := self._host.link.engine) is not None:
            self.run_worker(self._part(engine), exclusive=True)

    def action_search(self) -> None:
        """Ask what to look for."""
        search = self.query_one(SearchLine)
        search.display = True
        search.focus()

    def action_find(self, direction: int) -> None:
        """The next or previous place of what was looked for."""
        if not self._wanted:
            self._host.say("/ asks what to look for")
        elif self._is_patch:
            for view in self.query(DiffView):
                view.action_hit(direction)
        elif (engine := self._host.link.engine) is not None:
            self.run_worker(self._find(engine, direction), exclusive=True)

    def action_export(self) -> None:
        """Write the rollout with the focus, whole, to a file."""
        rollout_id = self._pane.rollout_id
        if rollout_id:
            self.app.push_screen(export_form(rollout_id), partial(self._export, rollout_id))
        else:
            self._host.say("there is no rollout to export here")

    def _export(self, rollout_id: str, path: object) -> None:
        engine = self._host.link.engine
        if isinstance(path, Path) and engine is not None:
            self.run_worker(self._write(engine, rollout_id, path))

    async def _write(self, engine: Engine, rollout_id: str, path: Path) -> None:
        try:
            text = await rollout_record(engine, rollout_id, RecordFormat(path.suffix[1:]))
            self._host.say(f"written to {home(str(write_text(path, text, overwrite=False)))}")
        except GemelError as error:
            self._host.say(f"export: {error}", is_warning=True)

    @property
    def _pane(self) -> TracePane:
        """The one with the focus, else the first."""
        panes = list(self.query(TracePane))
        held = [pane for pane in panes if pane.has_focus_within]
        return (held or panes)[0]

    @on(DiffView.SearchAsked)
    def _ask_for_text(self) -> None:
        self.action_search()

    @on(Input.Submitted)
    def _search(self, event: Input.Submitted) -> None:
        search = self.query_one(SearchLine)
        search.display = False
        self._focus_body()
        self._wanted = event.value
        if not self._wanted:
            return
        if self._is_patch:
            n_found = sum(view.search(self._wanted) for view in self.query(DiffView))
            self._host.say(f"{n_found:,} found; n and N go through them")
        else:
            self.action_find(1)

    @property
    def _host(self) -> Host:
        app = self.app
        assert isinstance(app, Host)
        return app

    async def _find(self, engine: Engine, direction: int) -> None:
        try:
            found = [
                await pane.find(engine, self._wanted, direction) for pane in self.query(TracePane)
            ]
        except GemelError as error:
            self._host.say(str(error), is_warning=True)
            return
        if not any(found):
            self._host.say(f"{self._wanted} is in no step")

    def _open(self) -> None:
        panes = list(self.query(TracePane))
        traced = dict(zip(panes, self._traced[self._place], strict=True))

        async def open_pane(pane: TracePane, engine: Engine) -> None:
            await pane.open(engine, traced[pane])
            if self._is_patch:
                await self._turn(pane, engine)
            if pane is panes[-1] and len(panes) == 2:
                await self._part(engine)

        self._work(open_pane)

    async def _part(self, engine: Engine) -> None:
        """Go to the first step that is another in each of two rollouts, and mark what is."""
        one, other = self.query(TracePane)
        if one.trace is None or other.trace is None:
            return
        found = (await engine.compare_rollouts(one.rollout_id, other.rollout_id)).divergence
        at = 0 if found.is_same else found.n_same
        await one.set_beside(engine, other.trace, at)
        await other.set_beside(engine, one.trace, at)
        if found.is_same:
            self._host.say("both rollouts are the same, step by step")
        elif found.has_same_state:
            self._host.say(f"they part at step {at + 1}, on the same state")
        else:
            self._host.say(f"they part at step {at + 1}")

    def _show_as_wished(self) -> None:
        async def show(pane: TracePane, engine: Engine) -> None:
            # Titles alone are an outline, which is of use only as a whole.
            is_whole = self._is_whole or self._fold is Fold.ALL
            await pane.look(engine, self._fold, is_whole=is_whole)

        self._work(show)

    async def _turn(self, pane: TracePane, engine: Engine) -> None:
        problem = await pane.turn(engine, is_patch=self._is_patch)
        if problem:
            self._host.say(problem)
        self._focus_body()

    def _focus_body(self) -> None:
        """Give the keys that scroll to what is shown, in the pane that has the focus."""
        pane = self._pane
        (pane.patch if self._is_patch else pane.query_one(VerticalScroll)).focus()

    def _work(self, do: Callable[[TracePane, Engine], Awaitable[None]]) -> None:
        engine = self._host.link.engine
        if engine is None:
            self._host.say("there is no engine to ask yet", is_warning=True)
        else:
            self.run_worker(self._each(do, engine), exclusive=True)

    async def _each(
        self, do: Callable[[TracePane, Engine], Awaitable[None]], engine: Engine
    ) -> None:
        try:
            for pane in self.query(TracePane):
                await do(pane, engine)
        except GemelError as error:
            self._host.say(str(error), is_warning=True)
