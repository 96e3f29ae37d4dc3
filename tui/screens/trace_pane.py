"""One rollout: a step at a time or all of them, or the change that it made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.rollouts.record import answer_text, step_text
from core.text import clean
from tui.offer import Offer
from tui.screens.trace_file import rollout_offer
from tui.screens.trace_text import Fold, Line, Look, all_lines, heading, step_lines
from tui.widgets.cells import ASCII, Glyphs
from tui.widgets.diff_lines import Side
from tui.widgets.diff_look import look_at
from tui.widgets.diff_view import DiffView

if TYPE_CHECKING:  # importing these for real loads the database
    from core.chat import Message
    from core.engine import Engine
    from core.rollouts.patch import RolloutPatch
    from core.rollouts.trace import RolloutTrace

_ABOVE = 3
"""Lines kept above what is gone to."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A rollout to be shown; without an id there is none to show."""

    rollout_id: str
    label: str
    task_id: str = ""


class TracePane(Vertical):
    """Some lines about the rollout, then what is looked at."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._states: dict[str, tuple[Message, ...]] = {}
        self._at = 0
        self._fold = Fold.NOTHING
        self._is_whole = False
        self._other: RolloutTrace | None = None
        self._label = ""
        self._lines: list[Line] = []
        self._found = -1
        self._patch_of = ""
        self.trace: RolloutTrace | None = None
        """The rollout; None while there is none."""

    def compose(self) -> ComposeResult:
        """Three lines, then the step or steps."""
        yield Static(markup=False, classes="about")
        with VerticalScroll():
            yield Static(markup=False, classes="step")
        patch = DiffView(self._glyphs, old=Side.LEFT)
        patch.display = False
        yield patch

    async def open(self, engine: Engine, traced: Traced) -> None:
        """Fetch and show a rollout from its first step."""
        self.trace, self._other, self._at, self._found = None, None, 0, -1
        self._patch_of = ""
        self._label = clean(traced.label)
        if not traced.rollout_id:
            self._about(Content(f"{self._label}\nno rollout"))
            self._show_lines([])
            return
        self.trace = await engine.show_rollout(traced.rollout_id)
        await self.go(engine, 0)

    async def set_beside(self, engine: Engine, other: RolloutTrace, at: int) -> None:
        """Mark what the other answers otherwise, and go to a step."""
        self._other = other
        await self.go(engine, at - self._at)

    async def go(self, engine: Engine, n_steps: int) -> None:
        """To another step, as far as there is one."""
        trace = self.trace
        if trace is None:
            return
        self._at = min(max(self._at + n_steps, 0), max(len(trace.calls) - 1, 0))
        if self._is_whole:
            self._tell()
        else:
            await self._show(engine)
        self._scroll_to_step()

    async def look(self, engine: Engine, fold: Fold, *, is_whole: bool) -> None:
        """Show more or less of each step, of one step or of all."""
        self._fold, self._is_whole = fold, is_whole
        await self._show(engine)
        self._scroll_to_step()

    async def turn(self, engine: Engine, *, is_patch: bool) -> str:
        """The change that was made in the end, or the steps; returns why there is none."""
        self.patch.display, self.query_one(VerticalScroll).display = is_patch, not is_patch
        rollout_id = self.rollout_id
        if not is_patch or not rollout_id or rollout_id == self._patch_of:
            return ""
        if self.trace is not None and not self.trace.is_finished:
            return "its change is shown once it is finished"
        found = await engine.show_patch(rollout_id)
        self._patch_of = rollout_id
        before, after = (_joined(found, name) for name in ("before", "after"))
        is_python = all(file.path.endswith(".py") for file in found.files)
        # In a thread: two long programs may take longer than a key should wait.
        difference, syntax = await asyncio.to_thread(look_at, before, after, is_python)
        named = clean(", ".join(file.path for file in found.files))
        shown = difference if found.files else None
        self.patch.show(shown, f"{named} before", f"after, {found.outcome}", syntax)
        return clean(found.problem)

    async def find(self, engine: Engine, text: str, direction: int) -> bool:
        """Go to the next line that holds the text, over all steps, round about once."""
        trace = self.trace
        if trace is None or not trace.calls:
            return False
        await self._load(engine, *(call.state for call in trace.calls))
        n_steps = 1 if self._is_whole else len(trace.calls)
        for n in range(n_steps + 1):
            at = (self._at + n * direction) % n_steps if not self._is_whole else self._at
            # What is folded is looked through as well, and opened where it holds the text.
            lines = self._made(at, Fold.NOTHING)
            order = range(len(lines)) if direction > 0 else range(len(lines) - 1, -1, -1)
            for number in order:
                is_further = (number - self._found) * direction > 0 or self._found < 0
                if (n or is_further) and text.lower() in lines[number].text.lower():
                    self._at, self._found = at, number
                    self._tell()
                    self._show_lines(lines)
                    self._go_to(number)
                    return True
        return False

    @property
    def patch(self) -> DiffView:
        """Where the change is shown."""
        return self.query_one(DiffView)

    @property
    def rollout_id(self) -> str:
        """What is shown; empty while nothing is."""
        return self.trace.rollout.rollout_id if self.trace is not None else ""

    def offer(self) -> Offer | None:
        """The line that was found, else the answer of this step; the editor gets the whole."""
        trace = self.trace
        if trace is None or not trace.calls:
            return None
        whole = rollout_offer(trace.rollout.rollout_id).whole
        if self._found >= 0:
            return Offer("the line", self._lines[self._found].text, whole, "rollout.md")
        call = trace.calls[self._at]
        name = f"the answer of step {self._at + 1}"
        return Offer(name, answer_text(call), whole, "rollout.md")

    def on_resize(self) -> None:
        """Wrap anew."""
        if self.trace is not None and self.trace.calls:
            self._found = -1
            self._show_lines(self._made(self._at, self._fold))

    async def _show(self, engine: Engine) -> None:
        trace = self.trace
        if trace is None:
            return
        self._tell()
        if trace.calls:
            shown = trace.calls if self._is_whole else trace.calls[self._at : self._at + 1]
            await self._load(engine, *(call.state for call in shown))
            self._found = -1
            self._show_lines(self._made(self._at, self._fold))

    def _tell(self) -> None:
        trace = self.trace
        assert trace is not None
        ending, style, took = heading(trace, self._glyphs)
        name = step_text(trace.calls, self._at) if trace.calls else "no call was made"
        label = (f"{self._label}  ", "bold $foreground")
        self._about(Content.assemble(label, (ending, style), f"\n{took}\n{name}"))

    def _made(self, at: int, fold: Fold) -> list[Line]:
        assert self.trace is not None
        gutter = 2 if self._other is not None else 0
        width = max(self.size.width - 3 - gutter, 20)
        look = Look(width, self._glyphs, fold, self._other)
        if self._is_whole:
            return all_lines(self.trace, lambda name: self._states.get(name, ()), look)
        state = self._states.get(self.trace.calls[at].state, ())
        return step_lines(self.trace, at, state, look)

    async def _load(self, engine: Engine, *states: str) -> None:
        for state in states:
            if state not in self._states:
                self._states[state] = await engine.show_state(state)

    def _scroll_to_step(self) -> None:
        first = next((n for n, line in enumerate(self._lines) if line.step == self._at), 0)
        self.query_one(VerticalScroll).scroll_to(y=first, animate=False)

    def _go_to(self, number: int) -> None:
        y = max(number - _ABOVE, 0)
        self.query_one(VerticalScroll).scroll_to(y=y, animate=False)

    def _show_lines(self, lines: list[Line]) -> None:
        self._lines = lines
        content = Content("\n").join(map(self._painted, range(len(lines))))
        self.query_one(".step", Static).update(content)

    def _painted(self, number: int) -> Content:
        line = self._lines[number]
        style = f"{line.style} reverse" if number == self._found else line.style
        if self._other is None:
            return Content.styled(line.text, style)
        sign = ("! " if self._glyphs is ASCII else "≠ ") if line.differs else "  "
        return Content.assemble((sign, "bold $accent"), (line.text, style))

    def _about(self, content: Content) -> None:
        self.query_one(".about", Static).update(content, layout=False)


def _joined(patch: RolloutPatch, which: Literal["before", "after"]) -> str:
    """The files below each other, each under its name where there are several."""
    texts = {
        file.path: clean(file.before if which == "before" else file.after) for file in patch.files
    }
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "".join(f"{clean(path)}\n{text}\n" for path, text in texts.items())
