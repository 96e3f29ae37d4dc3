"""A new job: every setting with what it is for, and what comes of them all while they are typed.

Nothing is spent here. The preflight follows each change after a short pause; starting asks with
the amount. What was filled in is kept for the next time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from core.errors import GemelError, UsageError
from core.text import clean, one_line
from tui.keymap import Group, bindings
from tui.screens.job_settings import Outlook, Setting, Trainer
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS
from tui.screens.page import PageScreen
from tui.widgets.frame import frame
from tui.widgets.input_list import Field, InputList

_RETRY_S = 1.0
"""While the app is not connected."""
_TRAINER = "trainer"
_LONGEST = 400
_CHOOSES = "auto"
"""Stands where a setting is left to be chosen."""

Drafts = dict[str, dict[str, str]]
"""What was filled in, by trainer and setting."""


class JobForm(Screen[None]):
    """Stands above the training screen until it is left or a job begins."""

    CSS_PATH = "job_form.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.NEW_JOB)]

    def __init__(
        self, owner: ModeScreen, trainers: Sequence[Trainer], drafts: Drafts, trainer: str
    ) -> None:
        """`owner` asks the engine, since it outlives the form."""
        super().__init__()
        self._owner = owner
        self._trainers = {trainer.name: trainer for trainer in trainers}
        self._drafts = drafts
        self._by = trainer
        self._outlook: Outlook | None = None
        self._is_stale = True
        """Whether something was changed since; what was found before stays on the screen."""
        self._complaint = ""
        self._begins_soon = False
        self._timer: asyncio.TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """The settings, and beside them what the one under the cursor is for and what follows."""
        yield from frame(self._owner.group, self._owner.glyphs)
        yield Static(id="summary", markup=False)
        with Horizontal():
            yield InputList(self._owner.glyphs)
            with Vertical(id="told"):
                yield Static(id="explains", markup=False)
                with VerticalScroll(id="results"):
                    yield Static(id="outcome", markup=False)

    def on_mount(self) -> None:
        """Show the drafts, and what comes of them."""
        self._owner.host.show_frame()
        self.query_one(InputList).focus()
        self._changed()

    def on_unmount(self) -> None:
        """Nothing is asked for any more."""
        if self._timer is not None:
            self._timer.cancel()

    def on_input_list_stepped(self, message: InputList.Stepped) -> None:
        """The next choice, or a little less or more."""
        setting = self._setting(message.name)
        if setting is None:
            return
        value = self._texts[setting.name]
        if value == _CHOOSES and self._outlook is not None and not setting.choices:
            value = self._outlook.chosen.get(setting.name, value)
        if setting.choices:
            known = setting.choices.index(value) if value in setting.choices else 0
            moved: str | None = setting.choices[(known + message.direction) % len(setting.choices)]
        else:
            moved = setting.step(value, message) if setting.step is not None else None
        if moved is not None:
            self._put(setting, moved)

    def on_input_list_typed(self, message: InputList.Typed) -> None:
        """Follow what is typed; what makes no sense yet is said and kept."""
        setting = self._setting(message.name)
        if setting is not None:
            self._put(setting, message.text.strip() or setting.default)

    def on_input_list_moved(self) -> None:
        """Explain the setting under the cursor."""
        self._explain()

    def action_default(self) -> None:
        """Give the setting under the cursor its default again."""
        setting = self._setting(self.query_one(InputList).selected)
        if setting is not None:
            self._put(setting, setting.default)

    def action_preflight(self) -> None:
        """All that is known of the job, as a page."""
        content = Content("\n").join(self._all())
        host = self._owner.host
        self.app.push_screen(PageScreen(self._owner.group, "the preflight", content, host))

    def action_begin(self) -> None:
        """Ask with the amount, then start."""
        self._begins_soon = False
        if self._complaint:
            self._owner.say(self._complaint, is_warning=True)
        elif self._outlook is None or self._is_stale:
            self._begins_soon = True  # as soon as the preflight has come
        elif self._outlook.refusals:
            self._owner.say(f"train: {self._outlook.refusals[0]}", is_warning=True)
        else:
            wish = self._trainer.read(self._values)
            self._trainer.begin(self._owner, wish, self._outlook, self._close)

    @property
    def _trainer(self) -> Trainer:
        return self._trainers[self._by]

    @property
    def _values(self) -> Mapping[str, str]:
        draft = self._drafts.get(self._by, {})
        return {each.name: draft.get(each.name, each.default) for each in self._trainer.settings}

    @property
    def _texts(self) -> Mapping[str, str]:
        return {**self._values, _TRAINER: self._by}

    @property
    def _settings(self) -> list[Setting]:
        names = tuple(self._trainers)
        explains = (
            "Who trains: builtin is the built-in policy, here and for nothing; together tunes a "
            "language model of Together, for money."
        )
        choice = Setting(_TRAINER, "trainer", names[0], explains, names)
        return [choice, *self._trainer.settings] if len(names) > 1 else [*self._trainer.settings]

    def _setting(self, name: str) -> Setting | None:
        return next((each for each in self._settings if each.name == name), None)

    def _put(self, setting: Setting, text: str) -> None:
        if setting.name == _TRAINER:
            self._by = text if text in self._trainers else self._by
            self._outlook = None
        else:
            self._drafts.setdefault(self._by, {})[setting.name] = text
        self._changed()

    def _changed(self) -> None:
        """Say at once what makes no sense; ask the engine of the rest after a pause."""
        self._is_stale, self._complaint, self._begins_soon = True, "", False
        if self._timer is not None:
            self._timer.cancel()
        try:
            wish = self._trainer.read(self._values)
        except UsageError as error:
            self._complaint = str(error)
        else:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._trainer.pause_s, self._ask, wish)
        self._show()

    def _ask(self, wish: object) -> None:
        if self.is_attached:
            self.run_worker(self._look(wish), group="look", exclusive=True)

    async def _look(self, wish: object) -> None:
        engine = self._owner.engine
        if engine is None:
            self._complaint = "there is no engine to ask yet"
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_RETRY_S, self._ask, wish)
        else:
            self._complaint = ""
            try:
                self._outlook = await self._trainer.look(engine, wish)
                self._is_stale = False
            except GemelError as error:
                self._complaint = str(error)
        self._show()
        if self._begins_soon:
            self.action_begin()

    def _close(self) -> None:
        if self.app.screen is self:
            self.app.pop_screen()

    def _show(self) -> None:
        if not self.is_attached:
            return
        chosen = self._outlook.chosen if self._outlook is not None else {}
        values, fields = self._texts, []
        for setting in self._settings:
            value = one_line(clean(values[setting.name]), _LONGEST)
            if value == _CHOOSES and setting.name in chosen:
                value = f"{_CHOOSES}: {clean(chosen[setting.name])}"
            fields.append(Field(setting.name, setting.label, value))
        self.query_one(InputList).show(fields)
        self.query_one("#summary", Static).update(self._summary(), layout=False)
        self.query_one("#outcome", Static).update(Content("\n").join(self._all()))
        self._explain()

    def _explain(self) -> None:
        setting = self._setting(self.query_one(InputList).selected)
        if setting is None:
            return
        is_stepped = setting.step is not None or bool(setting.choices)
        choices = f", of {' or '.join(setting.choices)}" if setting.choices else ""
        content = Content.assemble(
            (setting.label, "bold $primary"),
            (f"  default {setting.default}{choices}\n", "$secondary"),
            (setting.explains, "$foreground"),
            ("\nleft and right step, enter types" if is_stepped else "\nenter types", "$secondary"),
        )
        self.query_one("#explains", Static).update(content)

    def _summary(self) -> Content:
        parts: list[tuple[str, str]] = [(f"new job, {self._by}  ", "bold $primary")]
        found = self._outlook
        if self._complaint:
            parts.append((one_line(clean(self._complaint), _LONGEST), "$warning"))
        elif found is None or self._is_stale:
            parts.append((f"preflight{self._owner.glyphs.ellipsis}", "$secondary"))
        elif found.refusals:
            failed = self._owner.glyphs.failed
            parts.append((f"{failed} refused: ", "bold $state-failed"))
            parts.append((one_line(clean(found.refusals[0]), _LONGEST), "$state-failed"))
        else:
            steps = f"{found.n_steps:,} steps  " if found.n_steps is not None else ""
            parts.append((f"{steps}{found.price}  ", "bold $foreground"))
            if found.notes:
                parts.append((f"! {len(found.notes)} to know before it starts", "$warning"))
        return Content.assemble(*parts)

    def _all(self) -> Iterator[Content]:
        if self._complaint:
            yield Content.styled(clean(self._complaint), "$warning")
        found = self._outlook
        if found is None:
            return
        for refusal in found.refusals:
            yield Content.styled(
                f"{self._owner.glyphs.failed} refused: {clean(refusal)}", "$state-failed"
            )
        for line in found.lines:
            yield Content.styled(clean(line), "$foreground")
        for note in found.notes:
            yield Content("")
            yield Content.styled(f"! {note.note_id}: {clean(note.says)}", "$warning")
            yield Content.styled(f"  {clean(note.change)}", "$accent")
