"""How a lease looks: as a row, and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from core.money import usd
from core.text import clean
from tui.lease_words import price_words
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing it for real loads the database
    from core.leases.account import Stranger
    from core.leases.lease import LeaseView

COLUMNS = (
    Column("state", 11),
    Column("model", 0),
    Column("machine", 22, from_width=100),
    Column("since", 6, from_width=70),
    Column("deadline", 8),
    Column("cost", 9, is_right=True),
    Column("per hour", 9, is_right=True),
    Column("seen to by", 12),
)
_STYLES = {
    "ready": "$state-running",
    "starting": "$state-running",
    "degraded": "bold $warning",
    "stopping": "$state-stopped",
    "ended": "$secondary",
}


def lease_row(lease: LeaseView, glyphs: Glyphs) -> Row:
    """One line; a leftover is told by word and colour."""
    state = lease.status.value
    sign = glyphs.next if lease.is_billed else glyphs.idle
    is_over = state == "ended"
    holder = "" if is_over else lease.holder.value
    return Row(
        lease.lease_id,
        (
            (f"{sign} {state}", _STYLES.get(state, "$foreground")),
            clean(lease.model),
            clean(lease.machine),
            f"{lease.created_at:%H:%M}",
            "" if is_over else f"{lease.deadline_at:%H:%M}",
            usd(lease.cost_microusd),
            usd(lease.per_hour_microusd) if lease.is_billed else "",
            (holder, "bold $warning") if lease.is_leftover else holder,
        ),
        lease,
    )


def row_id_of(stranger: Stranger) -> str:
    """No lease has such an id."""
    return f"endpoint {stranger.endpoint}"


def stranger_row(stranger: Stranger, glyphs: Glyphs) -> Row:
    """One line of what costs money on the account although no open lease made it."""
    sign = glyphs.next if stranger.is_billed else glyphs.idle
    per_hour = price_words(stranger) if stranger.is_billed else ""
    return Row(
        row_id_of(stranger),
        (
            (f"{sign} {clean(stranger.state)}", "bold $warning"),
            clean(stranger.endpoint),
            clean(stranger.hardware),
            "",
            "",
            "",
            per_hour,
            ("ended here" if stranger.lease_id else "not ours", "bold $warning"),
        ),
        stranger,
    )


def stranger_page(stranger: Stranger) -> Content:
    """Everything that is known of one."""
    return _page(
        ("endpoint", stranger.endpoint),
        ("state", stranger.state),
        ("machine", stranger.hardware),
        ("per hour", price_words(stranger)),
        ("whose", stranger.owner),
        ("end it", f"X, or gemel lease reap {stranger.endpoint}"),
    )


def lease_page(lease: LeaseView) -> Content:
    """Everything that is known of one."""
    return _page(
        ("model", lease.model),
        ("state", f"{lease.status.value}: {lease.note}"),
        ("machine", lease.machine),
        ("served as", lease.serving),
        ("since", f"{lease.created_at:%Y-%m-%d %H:%M} UTC"),
        ("deadline", f"{lease.deadline_at:%Y-%m-%d %H:%M} UTC"),
        ("cost so far", f"{usd(lease.cost_microusd)} for {lease.n_minutes} minutes"),
        ("per hour", usd(lease.per_hour_microusd)),
        ("seen to by", lease.holder.value),
        ("rented for", lease.owner_id or "a person"),
        ("endpoint", lease.endpoint),
        ("lease", lease.lease_id),
    )


def _page(*lines: tuple[str, str]) -> Content:
    shown = [
        Content.assemble((f"{name:<13}", "$secondary"), (clean(text), "$foreground"))
        for name, text in lines
    ]
    return Content("\n").join(shown)
