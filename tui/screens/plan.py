"""The first screen: how far the pipeline is, the one next step, and what a plan would cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from core.events import Event, OperationEnded, OperationStarted
from core.text import clean, one_line
from tui.clipboard import home
from tui.command_text import Command
from tui.keymap import KEYS, Group, bindings
from tui.offer import Offer
from tui.screens.api_key import KEY_NAME, key_form
from tui.screens.forecasts import history_content
from tui.screens.ledger import LedgerSums, ledger_content, read_ledger
from tui.screens.mode import ModeScreen
from tui.screens.page import PageScreen
from tui.screens.plan_run import PlanRun
from tui.screens.scenarios import ScenarioDesk
from tui.screens.stages import DEMO, Progress, Stage, Step, lay_out
from tui.screens.steps import perform
from tui.screens.whatif import WhatIfPanel
from tui.widgets.frame import TitleBar
from tui.widgets.stage_table import StageLine, StageTable

if TYPE_CHECKING:  # importing these for real loads the database
    from core.costs.history import PastForecast
    from core.doors.costs import MeasuredRun
    from core.engine import Engine
    from core.store.overview import Standing

_INTRO = (
    "gemel makes preference pairs from a benchmark of bugs, trains a repair model on them "
    "with DPO, and measures whether the tuned model beats its base.\n\n"
    "d  tries it: the whole loop on built-ins, offline, a minute or two\n"
    "n  makes the built-in suite, the first of the steps below\n"
    "i  brings in bugs of your own\n"
    "a  adds a key for remote models; it can wait, nothing here needs one"
)
_STYLES = {
    Progress.DONE: "bold $state-passed",
    Progress.NEXT: "bold $accent",
    Progress.WAITING: "$secondary",
    Progress.UNKNOWN: "$secondary",
}
_VERDICT_STYLES = {"keep": "$state-passed", "rollback": "$state-failed"}
_LONGEST = 400
_OTHER = ("run_next", "run_demo", "import", "add_key")
_SCENARIO_ACTIONS = frozenset(
    key.action for key in KEYS if key.group is Group.PLAN and key.action not in _OTHER
)
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
        if not self.is_attached:  # left meanwhile
            return
        self._show()
        self.refresh_bindings()

    def take(self, events: Sequence[Event]) -> None:
        """What is next depends on what goes on; counts are read when that is over."""
        if any(isinstance(event, OperationStarted | OperationEnded) for event in events):
            self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The demo is offered while there is nothing it could mix with; scenarios after that."""
        match action:
            case "run_demo" | "import":
                return self._is_first_run
            case _ if action in _SCENARIO_ACTIONS:
                return not self._is_first_run
            case _:
                return True

    def offer(self) -> Offer | None:
        """The next command."""
        if self._step is None:
            return None
        return Offer("the command", self._command(self._step).whole)

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

    def action_import(self) -> None:
        """Ask for a suite of the user's own, where suites are."""
        self.app.switch_mode(Group.SUITES)
        self.app.call_later(self.app.run_action, "screen.import")

    def action_add_key(self) -> None:
        """Ask for the key of a provider and keep it."""
        self.app.push_screen(key_form(), self._say_kept)

    def action_next_preset(self) -> None:
        """Show another scenario."""
        self._panel.next_preset()

    def action_choose(self) -> None:
        """Choose a scenario from the list."""
        self._desk.choose()

    def action_save(self) -> None:
        """Save the inputs as they stand."""
        self._desk.save()

    def action_duplicate(self) -> None:
        """Save a copy of what is shown, and go on with that."""
        self._desk.duplicate()

    def action_remove(self) -> None:
        """Delete the saved scenario that is shown."""
        self._desk.remove()

    def action_beside(self) -> None:
        """Keep this scenario as a column beside the next."""
        self._panel.set_beside()
        self.say("kept beside; p or o shows another scenario, B ends it")

    def action_alone(self) -> None:
        """Show one scenario alone again."""
        self._panel.clear_beside()

    def action_bars(self) -> None:
        """Bars in place of amounts, and back."""
        self._panel.turn_bars()

    def action_measure(self) -> None:
        """Take inputs from the rollouts of a run."""
        PlanRun(self, self._panel).measure()

    def action_start(self) -> None:
        """Hand the scenario to Rollouts, with its ceiling."""
        PlanRun(self, self._panel).start()

    def action_history(self) -> None:
        """Show what past runs were said to come to, beside what they came to."""
        self.ask("forecasts", lambda engine: engine.forecasts(), then=self._show_history)

    def action_grade(self) -> None:
        """Hold the forecast against what the newest run took."""
        self.ask("forecast against ledger", lambda engine: engine.measure_run(), then=self._graded)

    def action_ledger(self) -> None:
        """Show what all calls come to."""
        self.ask("ledger", read_ledger, then=self._show_ledger)

    @property
    def _is_first_run(self) -> bool:
        return self._known is not None and not self._known.suites

    @property
    def _panel(self) -> WhatIfPanel:
        return self.query_one(WhatIfPanel)

    @property
    def _desk(self) -> ScenarioDesk:
        return ScenarioDesk(self, self._panel)

    def _say_kept(self, file: object) -> None:
        if isinstance(file, Path):
            self.say(f"{KEY_NAME} is kept in {home(str(file))}; only you can read it")

    def _graded(self, taken: MeasuredRun) -> None:
        self._panel.grade(taken.run_id, taken.measured)

    def _show_ledger(self, sums: LedgerSums) -> None:
        page = PageScreen(Group.PLAN, "the ledger", ledger_content(sums), self.host)
        self.app.push_screen(page)

    def _show_history(self, past: list[PastForecast]) -> None:
        content = history_content(past, self.glyphs)
        self.app.push_screen(PageScreen(Group.PLAN, "the forecasts", content, self.host))

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
