"""The first screen: how far the pipeline is, the one next step, and what a plan would cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from core.events import Event, OperationEnded, OperationStarted
from core.text import clean, one_line
from tui.clipboard import copy, home
from tui.command_text import Command
from tui.keymap import Group, bindings
from tui.screens.mode import ModeScreen
from tui.screens.stages import DEMO, Progress, Stage, Step, lay_out
from tui.screens.steps import perform
from tui.screens.whatif import WhatIfPanel
from tui.widgets.frame import TitleBar
from tui.widgets.stage_table import StageLine, StageTable

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.overview import Standing

_INTRO = (
    "gemel makes preference pairs from a benchmark of bugs, trains a repair model on them "
    "with DPO, and measures whether the tuned model beats its base.\n\n"
    "d  tries it: the whole loop on built-ins, offline, a minute or two\n"
    "n  makes the built-in suite, the first of the steps below\n"
    "2  brings in bugs of your own: i there, or gemel suite import\n"
    "A key for remote models can wait: nothing here needs one."
)
_STYLES = {
    Progress.DONE: "bold $state-passed",
    Progress.NEXT: "bold $accent",
    Progress.WAITING: "$secondary",
    Progress.UNKNOWN: "$secondary",
}
_VERDICT_STYLES = {"keep": "$state-passed", "rollback": "$state-failed"}
_LONGEST = 400
_BUSY = "the engine is at work; the status line says how far it is"


class PlanScreen(ModeScreen):
    """The stages of one workspace."""

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.PLAN)]
    AUTO_FOCUS = "InputList"
    group = Group.PLAN

    def __init__(self) -> None:
        super().__init__()
        self._known: Standing | None = None
        self._step: Step | None = None
        self._is_busy = False

    def compose_body(self) -> ComposeResult:
        """Stages, the next step, and the panel below."""
        yield Static(_INTRO, id="intro", markup=False)
        yield StageTable(self.glyphs)
        yield Static(id="next", markup=False)
        yield WhatIfPanel(self.host.workspace.directory, self.glyphs)

    def on_mount(self) -> None:
        """Paint what is known without the engine."""
        place = one_line(clean(home(str(self.host.workspace.directory))), _LONGEST)
        self.query_one(TitleBar).show_figures(place)
        self._show()

    async def load(self, engine: Engine) -> None:
        """Read how far everything is."""
        self._known = await engine.standing()
        self._show()
        self.refresh_bindings()

    def take(self, events: Sequence[Event]) -> None:
        """What is next depends on what goes on; counts are read when that is over."""
        if any(isinstance(event, OperationStarted | OperationEnded) for event in events):
            self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The demo is offered while there is nothing it could mix with; scenarios after that."""
        match action:
            case "run_demo":
                return self._is_first_run
            case "next_preset":
                return not self._is_first_run
            case _:
                return True

    def action_copy(self) -> None:
        """Copy the next command."""
        if self._step is None:
            self.say("there is nothing to copy yet", is_warning=True)
        else:
            self.say(copy(self.app, self._command(self._step).whole))

    def action_run_next(self) -> None:
        """Do the next step."""
        if self.host.is_busy:
            self.say(_BUSY)
        elif self._step is None:
            self.say("the next step is not known before the engine is there", is_warning=True)
        elif self._step.words == ("eval", "show"):
            self.app.switch_mode(Group.EVALUATION)
        else:
            self._run(self._step)

    def action_run_demo(self) -> None:
        """Run the whole loop in this workspace."""
        self._run(DEMO)

    def action_next_preset(self) -> None:
        """Show another scenario."""
        self.query_one(WhatIfPanel).next_preset()

    @property
    def _is_first_run(self) -> bool:
        return self._known is not None and not self._known.suites

    def _run(self, step: Step) -> None:
        if self._is_busy:
            self.say(_BUSY)
            return
        self._is_busy = True
        short = self._command(step).short
        self.say(f"{short}: begun; it goes on when you leave")
        work = partial(perform, step, directory=self.host.workspace.directory)
        self.ask(short, work, then=self.say, after=self._free)

    def _free(self) -> None:
        self._is_busy = False

    def _show(self) -> None:
        self.query_one("#intro").display = self._is_first_run
        self.query_one(WhatIfPanel).display = not self._is_first_run
        stages, self._step = lay_out(self._known)
        self.query_one(StageTable).show([self._line(stage) for stage in stages])
        self.query_one("#next", Static).update(self._next(), layout=False)

    def _line(self, stage: Stage) -> StageLine:
        signs = {Progress.DONE: self.glyphs.done, Progress.NEXT: self.glyphs.next}
        return StageLine(
            glyph=signs.get(stage.progress, self.glyphs.idle),
            name=stage.name,
            state=stage.progress.value,
            count="" if stage.count is None else f"{stage.count:,}",
            unit=stage.unit,
            remark=one_line(clean(stage.remark), _LONGEST),
            command=stage.command,
            style=_STYLES[stage.progress],
        )

    def _next(self) -> Content:
        parts = [(_label("verdict"), "$secondary"), *self._verdict()]
        if self.host.is_busy:
            parts += [(f"\n{_label('now')}", "$secondary"), (_BUSY, "$foreground")]
        elif self._step is not None:
            short = one_line(clean(self._command(self._step).short), _LONGEST)
            parts += [
                (f"\n{_label('next')}", "$secondary"),
                (short, "bold $accent"),
                (f"\n{_label('')}{self._step.why}; n does it, y copies it", "$secondary"),
            ]
        return Content.assemble(*parts)

    def _verdict(self) -> list[tuple[str, str]]:
        overview = self._known.overview if self._known is not None else None
        if overview is None or overview.last_verdict is None:
            return [("none yet", "$foreground")]
        verdict = overview.last_verdict
        signs = {"keep": self.glyphs.done, "rollback": self.glyphs.failed}
        word = f"{signs.get(verdict, self.glyphs.idle)} {one_line(clean(verdict), 20)}"
        parts = [(word, f"bold {_VERDICT_STYLES.get(verdict, '$state-stopped')}")]
        delta, low, high = overview.last_delta, overview.last_ci_low, overview.last_ci_high
        if delta is not None and low is not None and high is not None:
            text = f"   {100 * delta:+.1f} points, interval {100 * low:+.1f} to {100 * high:+.1f}"
            parts.append((text, "$foreground"))
        return parts

    def _command(self, step: Step) -> Command:
        return Command(step.words, self.host.workspace.directory)


def _label(name: str) -> str:
    # As wide as the table's columns up to the state.
    return f"    {name:<12}"
