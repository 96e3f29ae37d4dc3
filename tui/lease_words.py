"""What would be rented and what it costs, in words for commands and screens alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.money import usd

if TYPE_CHECKING:  # importing these for real loads the database
    from core.leases.account import Stranger
    from core.leases.lease import LeasePlan
    from core.serving import ServingPlan


def plan_words(plan: LeasePlan) -> str:
    """One machine, in one line with the amount."""
    beside = ", its adapter beside it," if plan.adapters else ""
    return (
        f"{plan.model}{beside} on {plan.machine} for up to {plan.n_minutes} minutes: "
        f"{usd(plan.worst_microusd)} at most, {usd(plan.per_minute_microusd)} a minute "
        f"({plan.price_note})."
    )


def machines_words(plan: ServingPlan) -> str:
    """All machines of an evaluation, with the amount in all."""
    lines = [plan_words(lease) for lease in plan.plans]
    lines += [
        f"Should its adapter not load there, {name} gets a machine of its own: "
        f"{usd(lease.worst_microusd)} more."
        for name, lease in plan.fallbacks.items()
    ]
    return " ".join([*lines, f"{usd(plan.worst_microusd)} at most in all."])


def price_words(stranger: Stranger) -> str:
    """What an endpoint without a lease costs per hour."""
    if not stranger.is_billed:
        return "nothing"
    return "unknown" if stranger.per_hour_microusd is None else usd(stranger.per_hour_microusd)
