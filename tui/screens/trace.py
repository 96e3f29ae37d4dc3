"""A finished rollout step by step; two of them side by side where they are to be compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from core.errors import GemelError
from core.rollouts.record import RecordFormat
from core.text import clean
from tui.clipboard import home
from tui.files import write_text
from tui.keymap import Group, bindings, same_keys
from tui.offer import Offer
from tui.screens.mode import Host
from tui.screens.outcomes import WIDTHS
from tui.screens.trace_file import export_form, rollout_offer, rollout_record
from tui.screens.trace_text import Line, heading, step_lines, step_name
from tui.widgets.cells import Glyphs
from tui.widgets.frame import frame

if TYPE_CHECKING:  # importing these for real loads the database
    from core.chat import Message
    from core.engine import Engine
    from core.rollouts.operations import RolloutTrace


@dataclass(frozen=True, slots=True)
class Traced:
    """A rollout to be shown; without an id there is none to show."""

    rollout_id: str
    label: str
    task_id: str = ""


class TracePane(Vertical):
    """One rollout, one step at a time."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._trace: RolloutTrace | None = None
        self._states: dict[str, tuple[Message, ...]] = {}
        self._at = 0
        self._lines: list[Line] = []
        self._found = -1

    def compose(self) -> ComposeResult:
        """Two lines about the rollout, then the step."""
        yield Static(markup=False, classes="about")
        with VerticalScroll():
            yield Static(markup=False, classes="step")

    async def open(self, engine: Engine, traced: Traced) -> None:
        """Fetch and show a rollout from its first step."""
        self._trace, self._at, self._found = None, 0, -1
        if not traced.rollout_id:
            self._about(Content(f"{clean(traced.label)}\nno finished rollout"))
            self._show_lines([])
            return
        self._trace = await engine.show_rollout(traced.rollout_id)
        self._label = clean(traced.label)
        await self.go(engine, 0)

    async def go(self, engine: Engine, n_steps: int) -> None:
        """Show another step, as far as there is one."""
        trace = self._trace
        if trace is None:
            return
        self._at = min(max(self._at + n_steps, 0), max(len(trace.calls) - 1, 0))
        self._found = -1
        ending, style, took = heading(trace, self._glyphs)
        name = "no call was made"
        if trace.calls:
            name = step_name(trace, self._at)
            await self._load(engine, trace.calls[self._at].state)
            self._show_lines(self._lines_of(self._at))
        label = (f"{self._label}  ", "bold $foreground")
        self._about(Content.assemble(label, (ending, style), f"\n{took}\n{name}"))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    async def find(self, engine: Engine, text: str, direction: int) -> bool:
        """Go to the next line that holds the text, over all steps, round about once."""
        trace = self._trace
        if trace is None or not trace.calls:
            return False
        for call in trace.calls:
            await self._load(engine, call.state)
        n_steps = len(trace.calls)
        for n in range(n_steps + 1):
            at = (self._at + n * direction) % n_steps
            lines = self._lines_of(at)
            order = range(len(lines)) if direction > 0 else range(len(lines) - 1, -1, -1)
            for number in order:
                is_further = (number - self._found) * direction > 0 or self._found < 0
                if (n or is_further) and text.lower() in lines[number].text.lower():
                    await self.go(engine, at - self._at)
                    self._found = number
                    self._show_lines(self._lines)
                    self.query_one(VerticalScroll).scroll_to(y=max(number - 3, 0), animate=False)
                    return True
        return False

    @property
    def rollout_id(self) -> str:
        """What is shown; empty while nothing is."""
        return self._trace.rollout.rollout_id if self._trace is not None else ""

    def offer(self) -> Offer | None:
        """The line that was found, else the answer of this step; the editor gets the whole."""
        trace = self._trace
        if trace is None or not trace.calls:
            return None
        whole = rollout_offer(trace.rollout.rollout_id).whole
        if self._found >= 0:
            return Offer("the line", self._lines[self._found].text, whole, "rollout.md")
        call = trace.calls[self._at]
        name = f"the answer of step {self._at + 1}"
        return Offer(name, call.reply or call.outcome, whole, "rollout.md")

    def on_resize(self) -> None:
        """Wrap anew."""
        if self._trace is not None and self._trace.calls:
            self._show_lines(self._lines_of(self._at))

    def _lines_of(self, at: int) -> list[Line]:
        assert self._trace is not None
        state = self._states.get(self._trace.calls[at].state, ())
        width = max(self.size.width - 3, 20)
        return step_lines(self._trace, at, state, width, self._glyphs)

    async def _load(self, engine: Engine, state: str) -> None:
        if state not in self._states:
            self._states[state] = await engine.show_state(state)

    def _show_lines(self, lines: list[Line]) -> None:
        self._lines = lines
        content = Content("\n").join(
            Content.styled(line.text, f"{line.style} reverse" if n == self._found else line.style)
            for n, line in enumerate(lines)
        )
        self.query_one(".step", Static).update(content)

    def _about(self, content: Content) -> None:
        self.query_one(".about", Static).update(content, layout=False)


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

    def action_search(self) -> None:
        """Ask what to look for."""
        search = self.query_one(SearchLine)
        search.display = True
        search.focus()

    def action_find(self, direction: int) -> None:
        """The next or previous place of what was looked for."""
        if not self._wanted:
            self._host.say("/ asks what to look for")
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

    @on(Input.Submitted)
    def _search(self, event: Input.Submitted) -> None:
        search = self.query_one(SearchLine)
        search.display = False
        self.query(VerticalScroll).first().focus()
        self._wanted = event.value
        if self._wanted:
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
        self._work(lambda pane, engine: pane.open(engine, traced[pane]))

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
