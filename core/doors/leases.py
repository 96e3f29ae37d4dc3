"""Endpoints that cost money while they exist."""

from __future__ import annotations

from core import comparison, serving
from core.doors.door import Door
from core.leases import account, leftovers
from core.leases import operations as leases
from core.leases.account import OnAccount
from core.leases.lease import LeasePlan, LeaseView
from core.leases.leftovers import Reaped
from core.leases.planning import LeaseWish
from core.operation import operation
from core.serving import ServingPlan


class LeasesDoor(Door):
    """Rent, watch over and end; the account is asked for nothing that nobody started."""

    @operation(only_reads=True)
    async def plan_lease(self, model: str, wish: LeaseWish = LeaseWish()) -> LeasePlan:
        """What renting a machine for a base model, or for `tuned:ARTIFACT`, would come to."""
        return await serving.plan_one(self.context, model, wish)

    @operation(is_long=True)
    async def start_lease(self, model: str, wish: LeaseWish = LeaseWish()) -> LeaseView:
        """Rent it until its deadline; refuses when it could cost more than was agreed to."""
        return await serving.start_by_hand(self.context, model, wish)

    @operation(only_reads=True)
    async def plan_serving(
        self, base: str, tuned: str, wish: LeaseWish = LeaseWish()
    ) -> ServingPlan:
        """Which machines an evaluation would rent; none, and nobody is asked, for most."""
        base = await serving.name_base(self.context, base, tuned)
        return await serving.plan_serving(self.context, (base, tuned), wish)

    @operation(only_reads=True)
    async def plan_resumption(
        self, evaluation_id: str = "latest", wish: LeaseWish = LeaseWish()
    ) -> ServingPlan:
        """Which machines the resumption of an evaluation would rent."""
        return await comparison.machines_to_resume(self.context, evaluation_id, wish)

    @operation(only_reads=True)
    async def list_leases(self, *, open_only: bool = False) -> list[LeaseView]:
        """Leases of this workspace with what they cost, the newest first; asks nobody."""
        return await leases.leases(self.context, open_only=open_only)

    @operation(only_reads=True)
    async def show_lease(self, lease_id: str = "latest") -> LeaseView:
        """One lease."""
        return await leases.show(self.context, lease_id)

    @operation(is_long=True)
    async def compare_leases(self) -> OnAccount:
        """Ask the account what is there, and store it."""
        await leftovers.take_notes(self.context)
        return await account.compare(self.context)

    @operation(only_reads=True)
    async def look_at_account(self) -> None:
        """Begin the same in the background, where there is a key; an event tells the result."""
        account.begin(self.context)

    @operation(only_reads=True)
    async def seen_on_account(self) -> OnAccount | None:
        """What the account was last seen to hold; None before anybody looked. Asks nobody."""
        return account.last_seen(self.context)

    @operation(is_long=True)
    async def stop_lease(self, lease_id: str, by: str = "") -> LeaseView:
        """End a lease; returns when nothing of it is left."""
        why = f"stopped by {by}" if by else "stopped by a person"
        return await leases.stop(self.context, lease_id, why)

    @operation
    async def extend_lease(self, lease_id: str, n_minutes: int) -> LeaseView:
        """Move a deadline further away; refuses what the ceiling does not allow."""
        return await leases.extend(self.context, lease_id, n_minutes)

    @operation(is_long=True)
    async def reap_leases(
        self, names: tuple[str, ...] = (), *, all_of_them: bool = False
    ) -> list[Reaped]:
        """End what is left over: leases that nobody sees to, or other endpoints that are named."""
        return await leftovers.reap(self.context, names, all_of_them=all_of_them)
