"""How a lease looks: as a row, and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from core.money import usd
from core.text import clean
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing it for real loads the database
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


def lease_page(lease: LeaseView) -> Content:
    """Everything that is known of one."""
    lines = (
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
    shown = [
        Content.assemble((f"{name:<13}", "$secondary"), (clean(text), "$foreground"))
        for name, text in lines
    ]
    return Content("\n").join(shown)
