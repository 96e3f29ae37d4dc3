"""The first screen: how far the pipeline is, what the newest verdict says, what to do next.

It only looks. Commands run outside, as children of their own, so that nothing the app
does or suffers can touch their work; the screen reads the store again when they end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import platformdirs
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from core.money import usd
from core.text import clean, one_line
from core.workspace import Workspace
from tui.bridge import Absent, Locked, Reading, Standing, Unreadable, read
from tui.child import Command, run_in_terminal
from tui.keymap import Group, bindings
from tui.screens.stages import DEMO, FIRST_STEP, Progress, Stage, Step, lay_out, untouched
from tui.widgets.cells import Glyphs
from tui.widgets.frame import StatusLine, TitleBar, frame
from tui.widgets.stage_table import StageLine, StageTable

_INTRO = (
    "gemel makes preference pairs from a benchmark of bugs, trains a repair model on them "
    "with DPO, and measures whether the tuned model beats its base.\n\n"
)
_STYLES = {
    Progress.DONE: "bold $state-passed",
    Progress.NEXT: "bold $accent",
    Progress.WAITING: "$secondary",
    Progress.UNKNOWN: "$secondary",
}
_VERDICT_STYLES = {"keep": "$state-passed", "rollback": "$state-failed"}
_LONGEST = 400


class PipelineScreen(Screen[None]):
    """The stages of one workspace."""

    CSS_PATH = "pipeline.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.PIPELINE)]

    def __init__(self, workspace: Workspace, glyphs: Glyphs, problems: Sequence[str]) -> None:
        super().__init__()
        self._workspace = workspace
        self._glyphs = glyphs
        self._problems = problems
        self._known: Standing | None = None
        self._step: Step | None = None
        self._is_first_run = False
        self._is_reading = False

    def compose(self) -> ComposeResult:
        """The frame, and the body in reading order."""
        yield from frame("gemel", one_line(clean(_home(self._place)), _LONGEST), self._glyphs)
        with VerticalScroll(id="body"):
            yield Static(id="intro", markup=False)
            yield StageTable(self._glyphs)
            yield Static(id="verdict", markup=False)
            yield Static(id="next", markup=False)
            yield Static(id="problems", markup=False)

    def on_mount(self) -> None:
        """Paint what is known without the store, then read it."""
        self.query_one("#intro").display = False
        problems = self.query_one("#problems", Static)
        problems.display = bool(self._problems)
        problems.update(Content("\n".join(one_line(clean(p), _LONGEST) for p in self._problems)))
        self._show_standing()
        self._say("reading the store")

    def start(self) -> None:
        """Read for the first time; the app calls this when it has painted."""
        self.call_after_refresh(self._read, "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The demo is offered while there is nothing it could mix with."""
        return self._is_first_run if action == "run_demo" else True

    def action_reload(self) -> None:
        """Read the store again."""
        self._read("read again")

    def action_copy(self) -> None:
        """Copy the next command, by terminal and by file, since either may not arrive."""
        if self._step is None:
            self._say("there is nothing to copy yet", is_warning=True)
            return
        text = self._command(self._step).whole
        self.app.copy_to_clipboard(text)
        if self._workspace.exists:
            file = self._workspace.directory / "copied.txt"
        else:
            file = Path(platformdirs.user_state_dir("gemel")) / "copied.txt"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n", "utf-8")
        except OSError as error:
            self._say(f"sent to the clipboard; no file: {error}", is_warning=True)
        else:
            self._say(f"sent to the clipboard, and written to {_home(str(file))}")

    def action_run_next(self) -> None:
        """Run the next step; a new workspace starts with its suite."""
        step = FIRST_STEP if self._is_first_run else self._step
        if step is None:
            self._say("the next step is not known before the store is read; r tries again")
        else:
            self._run(step)

    def action_run_demo(self) -> None:
        """Run the demo into the workspace."""
        self._run(DEMO)

    def _run(self, step: Step) -> None:
        command = self._command(step)
        try:
            with self.app.suspend():
                ending = run_in_terminal(command)
        except SuspendNotSupported:
            self._say(f"this terminal is not handed over; in a shell: {command.whole}")
            return
        self._read(f"{command.short}: {ending}")

    def _read(self, afterwards: str) -> None:
        # A second opening in this process would find the store locked by the first.
        if not self._is_reading:
            self._is_reading = True
            self.run_worker(self._reload(afterwards), group="reading")

    async def _reload(self, afterwards: str) -> None:
        try:
            reading = await read(self._workspace)
        finally:
            self._is_reading = False
        self._say(afterwards)
        self._take(reading)

    def _take(self, reading: Reading) -> None:
        match reading:
            case Standing():
                self._known, self._is_first_run = reading, False
            case Absent():
                self._known, self._is_first_run = None, True
            case Locked(owner):
                self._say(f"in use by process {owner}; r tries again", is_warning=True)
            case Unreadable(message):
                self._say(message, is_warning=True)
        self.query_one("#intro").display = self._is_first_run
        if self._is_first_run:
            self._show_first_run()
        else:
            self._show_standing()
        self.refresh_bindings()

    def _show_first_run(self) -> None:
        self._step = DEMO
        place = clean(_home(self._place))
        intro = f"{_INTRO}Nothing is stored yet. The workspace would be {place}"
        self.query_one("#intro", Static).update(Content(intro))
        self._show_stages(untouched())
        self._show_verdict()
        hints = f"d runs it here; n starts step by step with {self._command(FIRST_STEP).short}"
        self._show_next(DEMO, hints)

    def _show_standing(self) -> None:
        stages, self._step = lay_out(self._known)
        self._show_stages(stages)
        self._show_verdict()
        self._show_next(self._step, "n runs it in this terminal; y copies it")
        if self._known is not None:
            overview = self._known.overview
            figures = f"{overview.n_calls:,} calls, spent {usd(overview.cost_microusd)}"
            self.query_one(TitleBar).show_figures(figures)

    def _show_stages(self, stages: Sequence[Stage]) -> None:
        self.query_one(StageTable).show([self._line(stage) for stage in stages])

    def _line(self, stage: Stage) -> StageLine:
        signs = {Progress.DONE: self._glyphs.done, Progress.NEXT: self._glyphs.next}
        return StageLine(
            glyph=signs.get(stage.progress, self._glyphs.idle),
            name=stage.name,
            state=stage.progress.value,
            count="" if stage.count is None else f"{stage.count:,}",
            unit=stage.unit,
            remark=one_line(clean(stage.remark), _LONGEST),
            command=stage.command,
            style=_STYLES[stage.progress],
        )

    def _show_verdict(self) -> None:
        content = Content.assemble((_label("verdict"), "$secondary"), *self._verdict())
        self.query_one("#verdict", Static).update(content)

    def _verdict(self) -> list[tuple[str, str]]:
        overview = self._known.overview if self._known is not None else None
        if overview is None or overview.last_verdict is None:
            return [("none yet", "$foreground")]
        verdict = overview.last_verdict
        signs = {"keep": self._glyphs.done, "rollback": self._glyphs.failed}
        word = f"{signs.get(verdict, self._glyphs.idle)} {one_line(clean(verdict), 20)}"
        parts = [(word, f"bold {_VERDICT_STYLES.get(verdict, '$state-stopped')}")]
        delta, low, high = overview.last_delta, overview.last_ci_low, overview.last_ci_high
        if delta is not None and low is not None and high is not None:
            text = f"   {100 * delta:+.1f} points, interval {100 * low:+.1f} to {100 * high:+.1f}"
            parts.append((text, "$foreground"))
        return parts

    def _show_next(self, step: Step | None, hints: str) -> None:
        if step is None:
            content = Content("")
        else:
            content = Content.assemble(
                (_label("next"), "$secondary"),
                (one_line(clean(self._command(step).short), _LONGEST), "bold $accent"),
                (f"\n{_label('')}{step.why}\n{_label('')}{hints}", "$secondary"),
            )
        self.query_one("#next", Static).update(content)

    def _command(self, step: Step) -> Command:
        return Command(step.words, self._workspace.directory)

    @property
    def _place(self) -> str:
        return str(self._workspace.directory)

    def _say(self, text: str, *, is_warning: bool = False) -> None:
        self.query_one(StatusLine).say(clean(text), is_warning=is_warning)


def _label(name: str) -> str:
    # As wide as the table's columns up to the state.
    return f"    {name:<12}"


def _home(path: str) -> str:
    """The path with `~` for the user's home."""
    home = str(Path.home())
    return "~" + path[len(home) :] if path.startswith(home + "/") else path
