"""What was spent, what may be, and what costs money while it exists."""

from __future__ import annotations

from dataclasses import dataclass

from core.costs.history import PastForecast, load_history
from core.costs.sample import Sample
from core.doors.door import Door
from core.errors import UsageError
from core.leases import account
from core.leases import operations as leases
from core.operation import operation
from core.rollouts import operations as rollouts
from core.rollouts.sampling import sample_run
from core.store.charges import ChargeRow, list_charges
from core.store.ledger import LedgerBy, LedgerLine, Measured, measure_run, sum_ledger
from core.store.spending import WORKSPACE, find_limit, sum_spent


@dataclass(frozen=True, slots=True)
class Purse:
    """The workspace's money at this moment."""

    spent_microusd: int
    unseen_microusd: int
    """At most so much more: for calls that were never answered, and for charges still open."""
    ceiling_microusd: int | None
    """None: no ceiling is set."""
    n_leases: int = 0
    """Endpoints that are not known to have ended."""
    leases_per_hour_microusd: int = 0
    """Of those that are billed at this moment."""
    leases_microusd: int = 0
    """What those that have not ended came to so far."""
    n_leftovers: int = 0
    """Those that nobody sees to."""
    n_strangers: int = 0
    """Endpoints that cost money on the account, by the last look, and that no open lease made."""
    strangers_per_hour_microusd: int = 0


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """What the finished rollouts of a run took."""

    run_id: str
    measured: Measured


class CostsDoor(Door):
    """The ledger and the ceilings."""

    @operation(only_reads=True)
    async def purse(self) -> Purse:
        """What is spent of how much, and what costs money while it exists."""
        spent = await sum_spent(self.context.store)
        ceiling = await find_limit(self.context.store, WORKSPACE)
        held = await leases.leases(self.context, open_only=True)
        seen = account.last_seen(self.context)
        return Purse(
            spent_microusd=spent.settled,
            unseen_microusd=spent.unseen,
            ceiling_microusd=ceiling,
            n_leases=len(held),
            leases_per_hour_microusd=leases.total_per_hour(held),
            leases_microusd=sum(lease.cost_microusd for lease in held),
            n_leftovers=sum(lease.is_leftover for lease in held),
            n_strangers=seen.n_billed if seen else 0,
            strangers_per_hour_microusd=seen.per_hour_microusd if seen else 0,
        )

    @operation(only_reads=True)
    async def ledger(self, by: LedgerBy = LedgerBy.RUN) -> list[LedgerLine]:
        """What all stored calls and charges come to, by run, model, task, stage or day."""
        return await sum_ledger(self.context.store, by)

    @operation(only_reads=True)
    async def charges(self, owner_id: str = "") -> list[ChargeRow]:
        """Training jobs and endpoints that cost something, as each stands."""
        return await list_charges(self.context.store, owner_id)

    @operation(only_reads=True)
    async def forecasts(self) -> list[PastForecast]:
        """What runs were said to come to when they began, beside what they came to."""
        return await load_history(self.context.store)

    @operation(only_reads=True)
    async def sample_run(self, run_id: str = "latest", arm_id: str = "") -> Sample:
        """What the rollouts of a run, or of one of its arms, say of a scenario's inputs."""
        return await sample_run(self.context, run_id, arm_id)

    @operation(only_reads=True)
    async def measure_run(self, run_id: str = "latest") -> MeasuredRun:
        """What the rollouts of a run took, to hold a forecast against."""
        run = await rollouts.get_run(self.context, run_id)
        measured = await measure_run(self.context.store, run.run_id)
        if measured is None:
            raise UsageError(f"{run.run_id} has no finished rollout yet: nothing can be measured.")
        return MeasuredRun(run.run_id, measured)
