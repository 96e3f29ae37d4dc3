"""Passes on what the engine tells: to the status line, to the screen that is shown, to the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from core.errors import GemelError
from core.events import AccountCompared, LeaseChanged, OperationEnded, RunEnded
from core.money import usd
from core.text import clean, one_line, plural
from tui.activity import Activity, Money
from tui.keymap import Group
from tui.link import Link, LinkView
from tui.screens.mode import ModeScreen

if TYPE_CHECKING:  # importing it for real loads the database
    from core.service.picture import Snapshot, Told

_CHANGES = (RunEnded, OperationEnded, LeaseChanged, AccountCompared)
"""After these, what is stored is another."""


_TOLD = ("ready", "degraded", "ended")
"""States of a rented machine that are worth a message."""


class Place(Protocol):
    """Where news are shown."""

    link: Link

    def mode_screens(self) -> Sequence[ModeScreen]:
        """The mode that is shown, perhaps below help, log or a question, and those above it."""

    def count_minutes(self, is_wanted: bool) -> None:
        """Have `look_at_leases` called once a minute, or no longer."""

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message and keep it in the log."""

    def show_frame(self) -> None:
        """Repaint what changed of status and message."""

    def notice(self, text: str) -> None:
        """Call a user who looks elsewhere."""


class News:
    """The listener of one app's link."""

    def __init__(
        self, place: Place, activity: Activity, fail: Callable[[BaseException], None]
    ) -> None:
        self._place = place
        self._activity = activity
        self._fail = fail
        self._n_leftovers = self._n_strangers = 0

    def link_changed(self, view: LinkView) -> None:
        """The engine came or went."""
        self._place.show_frame()

    def engine_found(self, snapshot: Snapshot) -> None:
        """Show how things stand."""
        labels = {view.operation_id: view.label for view in snapshot.operations}
        progress = (each.made for each in snapshot.progress)
        self._activity.begin(
            labels, [*progress, *snapshot.steps, *snapshot.calls, *snapshot.paused]
        )
        self.reload()
        self._place.link.begin(self._look_at_account())

    def events_came(self, told: Sequence[Told]) -> None:
        """Pass a batch on to the screen that is shown."""
        events = [each.event for each in told]
        self._activity.take(events)
        for each in told:
            self._announce(each)
        self._place.show_frame()
        for screen in self._place.mode_screens():
            screen.take(events)
        if any(isinstance(event, _CHANGES) for event in events):
            self.reload()

    def engine_failed(self, message: str) -> None:
        """Say so; what is known stays on the screen."""
        self._place.say(message, is_warning=True)
        self._place.notice("the engine is gone")

    def work_failed(self, error: BaseException) -> None:
        """Something that was asked for ended in a way that nobody expected."""
        self._fail(error)

    def reload(self) -> None:
        """Fetch again what is shown."""
        self._place.link.begin(self._read_spent())
        for screen in self._place.mode_screens():
            screen.reload()

    def look_at_leases(self) -> None:
        """A minute more of what is rented."""
        self._place.link.begin(self._read_spent())
        for screen in self._place.mode_screens():
            if screen.group is Group.LEASES:
                screen.reload()

    async def _look_at_account(self) -> None:
        """What others left there costs money as well."""
        engine = self._place.link.engine
        if engine is not None:
            with suppress(GemelError):  # a start goes on without
                await engine.look_at_account()

    async def _read_spent(self) -> None:
        engine = self._place.link.engine
        if engine is not None:
            with suppress(GemelError):  # whoever reads next says it
                purse = await engine.purse()
                spent = purse.spent_microusd + purse.unseen_microusd
                money = Money(
                    spent_microusd=spent,
                    ceiling_microusd=purse.ceiling_microusd,
                    n_leases=purse.n_leases,
                    leases_per_hour_microusd=purse.leases_per_hour_microusd,
                    leases_microusd=purse.leases_microusd,
                    n_leftovers=purse.n_leftovers,
                    n_strangers=purse.n_strangers,
                    strangers_per_hour_microusd=purse.strangers_per_hour_microusd,
                )
                self._warn(money)
                self._activity.settle(money)
                self._place.count_minutes(money.n_leases > 0)
                self._place.show_frame()

    def _warn(self, money: Money) -> None:
        if money.n_leftovers > self._n_leftovers:
            noun = plural(money.n_leftovers, "rented machine")
            self._place.say(
                f"{noun} may cost money and nobody sees to the end; H shows it", is_warning=True
            )
        if money.n_strangers > self._n_strangers:
            noun = plural(money.n_strangers, "endpoint")
            self._place.say(
                f"{noun} without a lease here, "
                f"{usd(money.strangers_per_hour_microusd)} per hour on your account; H shows it",
                is_warning=True,
            )
        self._n_leftovers, self._n_strangers = money.n_leftovers, money.n_strangers

    def _announce(self, told: Told) -> None:
        match told.event:
            case RunEnded(run_id, status):
                self._place.say(f"run {run_id}: {status}", is_warning=status != "finished")
                self._place.notice(f"run {run_id}: {status}")
            case LeaseChanged(lease_id, status, note) if status in _TOLD:
                more = "" if note == status else f": {note}"
                self._place.say(f"{lease_id} {status}{more}")
            case OperationEnded(_, label, failure) if failure:
                if not self._place.link.owns(told.operation_id):  # who asked is told anyway
                    self._place.say(f"{label}: {failure}", is_warning=True)
                self._place.notice(f"{one_line(clean(label), 80)}: failed")
            case _:
                pass
