"""Leases: the machines that cost money while they exist, wherever the app is.

Reached by a key from every screen; what they cost so far is read once a minute, and whenever
one of them changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from core.events import AccountCompared, Event, LeaseChanged
from core.money import usd
from core.text import clean, plural
from tui.keymap import Group, bindings
from tui.lease_words import plan_words, price_words
from tui.offer import Offer
from tui.screens.form import FormScreen
from tui.screens.lease_form import LeaseAsked, lease_fields, read_lease
from tui.screens.lease_rows import (
    COLUMNS,
    lease_page,
    lease_row,
    row_id_of,
    stranger_page,
    stranger_row,
)
from tui.screens.mode import ModeScreen
from tui.screens.page import PageScreen
from tui.widgets.virtual_list import Page, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.leases.account import OnAccount, Stranger
    from core.leases.lease import LeasePlan, LeaseView

_MORE_MINUTES = 30
_NOTHING = "nothing is rented: S rents a machine for a model"


class LeasesScreen(ModeScreen):
    """On top of whatever mode is shown."""

    group = Group.LEASES
    DEFAULT_CSS = """
    LeasesScreen #sum { dock: bottom; height: 1; padding: 0 1; margin-bottom: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.LEASES)]

    def __init__(self) -> None:
        super().__init__()
        self._leases: list[LeaseView] = []
        self._strangers: tuple[Stranger, ...] = ()
        self._shows_ended = False

    def compose_body(self) -> ComposeResult:
        """The list, and what it comes to."""
        yield VirtualList(COLUMNS, self.glyphs, empty=_NOTHING)
        yield Static(id="sum", markup=False)

    def on_mount(self) -> None:
        """The keys are the list's."""
        self._list.focus()

    async def load(self, engine: Engine) -> None:
        """Those that have not ended, or all, and what no lease stands for."""
        self._leases = await engine.list_leases(open_only=not self._shows_ended)
        seen = await engine.seen_on_account()
        self._strangers = seen.strangers if seen is not None else ()
        if self._list.row is None:
            await self._list.show(self._page)
        else:
            await self._list.reload()
        self.query_one("#sum", Static).update(self._sum(), layout=False)

    def take(self, events: Sequence[Event]) -> None:
        """Another state is read again."""
        if any(isinstance(event, LeaseChanged | AccountCompared) for event in events):
            self.reload()

    def offer(self) -> Offer | None:
        """What is under the cursor."""
        if (stranger := self._stranger()) is not None:
            return Offer(f"endpoint {clean(stranger.endpoint)}", stranger_page(stranger).plain)
        lease = self._selected()
        if lease is None:
            return None
        return Offer(f"lease {clean(lease.lease_id)}", lease_page(lease).plain)

    def action_ended(self) -> None:
        """Show those that have ended as well, or no longer."""
        self._shows_ended = not self._shows_ended
        self.reload()

    def action_start(self) -> None:
        """Fill in what is wanted, see what it costs, rent it."""
        form = FormScreen("rent a machine for a model", lease_fields(), read_lease)
        self.app.push_screen(form, self._plan)

    def action_stop(self) -> None:
        """End the lease under the cursor, or the endpoint that none stands for."""
        if (stranger := self._stranger()) is not None:
            self._end_stranger(stranger)
            return
        lease = self._selected()
        if lease is None or lease.status == "ended":
            self.say("no lease under the cursor goes on")
            return
        self.ask(
            "stop",
            lambda engine: engine.stop_lease(lease.lease_id, "the app"),
            question=(
                f"Stop {lease.model} on {lease.machine}? It has cost {usd(lease.cost_microusd)}, "
                f"{usd(lease.per_hour_microusd)} per hour."
            ),
        )

    def action_extend(self) -> None:
        """Move the deadline of the lease under the cursor."""
        lease = self._selected()
        if lease is None or lease.status == "ended":
            self.say("no lease under the cursor goes on")
            return
        more = usd(_MORE_MINUTES * lease.per_hour_microusd // 60)
        self.ask(
            "extend",
            lambda engine: engine.extend_lease(lease.lease_id, _MORE_MINUTES),
            then=lambda found: self.say(f"deadline {found.deadline_at:%H:%M} UTC"),
            question=(
                f"Keep {lease.model} for {_MORE_MINUTES} more minutes? "
                f"At most {more} more than until {lease.deadline_at:%H:%M} UTC."
            ),
        )

    def action_reap(self) -> None:
        """End what nobody sees to."""
        left = [lease for lease in self._leases if lease.is_leftover]
        forgotten = [each for each in self._strangers if each.lease_id]
        if not left and not forgotten:
            self.say("nothing is left over")
            return
        n, total = len(left) + len(forgotten), usd(sum(lease.cost_microusd for lease in left))
        self.ask(
            "reap",
            lambda engine: engine.reap_leases(all_of_them=True),
            then=lambda reaped: self.say(f"{len(reaped)} ended"),
            question=f"End {n} that nobody sees to? They have cost up to {total}.",
        )

    def action_compare(self) -> None:
        """Ask the account what is really there."""
        self.ask("compare", lambda engine: engine.compare_leases(), then=self._tell_account)

    @on(VirtualList.Opened)
    def _open(self) -> None:
        if (stranger := self._stranger()) is not None:
            page = PageScreen(Group.LEASES, stranger.endpoint, stranger_page(stranger), self.host)
            self.app.push_screen(page)
        elif (lease := self._selected()) is not None:
            page = PageScreen(Group.LEASES, lease.lease_id, lease_page(lease), self.host)
            self.app.push_screen(page)

    def _plan(self, asked: object) -> None:
        if isinstance(asked, LeaseAsked):
            self.ask(
                "rent",
                lambda engine: engine.plan_lease(asked.model, asked.wish()),
                then=partial(self._confirm, asked),
            )

    def _confirm(self, asked: LeaseAsked, plan: LeasePlan) -> None:
        self.ask(
            "rent",
            lambda engine: engine.start_lease(asked.model, asked.wish(plan.worst_microusd)),
            then=lambda lease: self.say(f"{lease.model} is {lease.status.value}"),
            question=f"{plan_words(plan)} Rent it?",
        )

    def _tell_account(self, found: OnAccount) -> None:
        n = len(found.strangers)
        if n:
            cost = usd(found.per_hour_microusd)
            self.say(f"{plural(n, 'endpoint')} without a lease here, {cost} per hour")
        else:
            self.say("the account has nothing without a lease")

    def _end_stranger(self, stranger: Stranger) -> None:
        self.ask(
            "end",
            lambda engine: engine.reap_leases((stranger.endpoint,)),
            then=lambda reaped: self.say(f"{len(reaped)} ended"),
            question=(
                f"End {clean(stranger.endpoint)}, {stranger.owner}? "
                f"It costs {price_words(stranger)} per hour."
            ),
        )

    @property
    def _list(self) -> VirtualList:
        return self.query_one(VirtualList)

    def _selected(self) -> LeaseView | None:
        row = self._list.row
        found = (lease for lease in self._leases if row and lease.lease_id == row.row_id)
        return next(found, None)

    def _stranger(self) -> Stranger | None:
        row = self._list.row
        found = (each for each in self._strangers if row and row.row_id == row_id_of(each))
        return next(found, None)

    async def _page(self, offset: int, limit: int) -> Page:
        rows = [lease_row(lease, self.glyphs) for lease in self._leases]
        rows += [stranger_row(each, self.glyphs) for each in self._strangers]
        return Page(rows[offset : offset + limit], len(rows))

    def _sum(self) -> Content:
        going = [lease for lease in self._leases if lease.status != "ended"]
        if not going and not self._strangers:
            return Content.styled("nothing costs money while it exists", "$secondary")
        per_hour = sum(lease.per_hour_microusd for lease in going if lease.is_billed)
        per_hour += sum(each.per_hour_microusd or 0 for each in self._strangers)
        so_far = usd(sum(lease.cost_microusd for lease in going))
        return Content.styled(f"{so_far} so far, {usd(per_hour)} per hour in all", "bold $warning")
