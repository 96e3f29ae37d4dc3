"""Policies that are served by endpoints of one's own: which leases they need, and for how long.

`deployed:MODEL` is a base model and `tuned:ARTIFACT` what a remote job made, both on a machine
that is rented by the minute. Those of one comparison stand on one build and one machine, where
possible as adapters of one deployment; with the run that rented them, they end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from core.context import Context
from core.errors import RefusedError, ServiceError
from core.leases import keeping
from core.leases import operations as leases
from core.leases.books import plan_of
from core.leases.lease import LeasePlan, LeaseStatus, LeaseView
from core.leases.loading import learn, load
from core.leases.opening import Opened
from core.leases.planning import LeaseWish, Served, plan_fallbacks, plan_policies
from core.money import usd
from core.policies.catalogue import find_remote_model
from core.rollouts.arm import Arm
from core.store.leases import StoredLease, load_leases
from core.together.records import DEPLOYED, is_leased


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """How some policies would be served."""

    project: str = ""
    of: dict[str, LeasePlan] = field(default_factory=dict)
    """The lease of each policy that needs one; equal plans are one lease."""
    fallbacks: dict[str, LeasePlan] = field(default_factory=dict)
    """For policies that are adapters: the machine of their own if they cannot be loaded."""

    @property
    def plans(self) -> tuple[LeasePlan, ...]:
        """Each lease once."""
        return tuple(dict.fromkeys(self.of.values()))

    @property
    def sure_microusd(self) -> int:
        """If every lease is ready until its deadline, and all adapters can be loaded."""
        return sum(plan.worst_microusd for plan in self.plans)

    @property
    def worst_microusd(self) -> int:
        """If no adapter can be loaded, and every lease is ready until its deadline."""
        return self.sure_microusd + sum(plan.worst_microusd for plan in self.fallbacks.values())

    def serving(self, policy: str) -> str:
        """The build and machine behind a policy; empty when it needs no lease."""
        return self.of[policy].serving if policy in self.of else ""


async def plan_serving(
    context: Context, policies: Sequence[str], wish: LeaseWish = LeaseWish()
) -> ServingPlan:
    """What serving these policies takes; asks nobody when none of them needs a lease."""
    wanted = tuple([await _served(context, name) for name in policies if is_leased(name)])
    if not wanted:
        return ServingPlan()
    market = await leases.market_of(context)
    of = plan_policies(market, wanted, wish)
    return ServingPlan(market.project, of, plan_fallbacks(of, wanted, market.project))


def refuse_more(plan: ServingPlan, wish: LeaseWish) -> None:
    """Raise unless somebody agreed to what the machines may cost until their deadline."""
    if plan.plans:
        _refuse_above(plan.sure_microusd, wish, "Nothing was rented.")


def _refuse_above(amount: int, wish: LeaseWish, kept: str) -> None:
    agreed = wish.most_microusd
    if agreed is None or amount > agreed:
        said = "nobody agreed to that" if agreed is None else f"{usd(agreed)} were agreed to"
        raise RefusedError(
            f"The machines may cost {usd(amount)} until their deadline, and {said}. {kept}"
        )


async def plan_again(context: Context, arms: Sequence[Arm], wish: LeaseWish) -> ServingPlan:
    """What arms that were frozen earlier are to be served by: the same build and machine."""
    builds = {arm.serving for arm in arms if is_leased(arm.policy)}
    if not builds:
        return ServingPlan()
    names = [arm.policy for arm in arms]
    return await plan_serving(context, names, replace(wish, serving=builds.pop()))


async def name_base(context: Context, base: str, tuned: str) -> str:
    """`deployed` alone is the base model that a tuned one was made from."""
    if base != DEPLOYED:
        return base
    made = await find_remote_model(context.store, tuned)
    return f"{DEPLOYED}:{made.base_model}"


async def plan_one(context: Context, model: str, wish: LeaseWish) -> LeasePlan:
    """The lease of a base model, or of `tuned:ARTIFACT`, held by a person."""
    policy = policy_of(model)
    return (await plan_serving(context, (policy,), wish)).of[policy]


async def start_by_hand(context: Context, model: str, wish: LeaseWish) -> LeaseView:
    """Rent a machine until its deadline."""
    policy = policy_of(model)
    plan = await plan_serving(context, (policy,), wish)
    refuse_more(plan, wish)
    lease, opened = await leases.start(context, plan.of[policy], plan.project)
    context.held.serve((policy,), opened.model, lease.lease_id)
    return lease


def policy_of(model: str) -> str:
    """`MODEL` and `deployed:MODEL` are one."""
    return model if is_leased(model) else f"{DEPLOYED}:{model}"


@asynccontextmanager
async def serve(
    context: Context, plan: ServingPlan, run_id: str, wish: LeaseWish
) -> AsyncIterator[None]:
    """The policies of a plan answer inside; the leases that were made for that end with it.

    No machine is rented beyond what `wish` says was agreed to.
    """
    if not plan.of:
        yield
        return
    async with AsyncExitStack() as stack:
        renting = _Renting(context, stack, plan, run_id, wish)
        for lease_plan in plan.plans:
            policies = [name for name, its in plan.of.items() if its == lease_plan]
            for name, model in (await renting.serve(lease_plan, policies)).items():
                context.held.serve((name,), model)
                stack.callback(context.held.unserve, (name,))
        yield


@asynccontextmanager
async def borrow(context: Context, policies: Sequence[str]) -> AsyncIterator[None]:
    """Policies on machines that a person has rented answer inside; no machine is rented."""
    for name in policies:
        if not is_leased(name) or context.held.served_by(name) is not None:
            continue
        model = name.removeprefix(f"{DEPLOYED}:")
        for lease in await load_leases(context.store, open_only=True):
            if lease.row.model == model and context.held.holds(lease.row.lease_id):
                _, opened = await leases.reopened(context, lease)
                context.held.serve((name,), opened.model, lease.row.lease_id)
    yield


@dataclass(frozen=True, slots=True)
class _Renting:
    """The machines of one run; what is rented ends with the stack."""

    context: Context
    stack: AsyncExitStack
    plan: ServingPlan
    run_id: str
    wish: LeaseWish
    fallen: list[LeasePlan] = field(default_factory=list)
    """Machines that were needed because an adapter could not be loaded."""

    async def serve(self, lease_plan: LeasePlan, policies: Sequence[str]) -> dict[str, str]:
        """What a chat names as its model for each policy of one lease."""
        opened = await self._rent(lease_plan)
        names = dict.fromkeys(policies, opened.model)
        if not lease_plan.adapters:
            return names
        async with keeping.on_account(self.plan.project) as site:
            for adapter in lease_plan.adapters:
                model, why = await load(self.context, site, opened, adapter)
                await learn(self.context, lease_plan, why)
                names[adapter.policy] = await self._alone(adapter.policy, why) if why else model
        return names

    async def _alone(self, policy: str, why: str) -> str:
        """A machine of its own for weights that could not be loaded, if that was agreed to."""
        instead = self.plan.fallbacks.get(policy)
        if instead is None:
            raise ServiceError(
                f"{policy} cannot be served: {why}. It has only an adapter, which no machine "
                "serves alone; another `--machine` may load it beside its base."
            )
        self.fallen.append(instead)
        amount = self.plan.sure_microusd + sum(each.worst_microusd for each in self.fallen)
        kept = (
            f"No machine was rented for {policy}, which cannot be served beside its base: {why}. "
            "`gemel eval resume` asks for the whole amount and goes on."
        )
        _refuse_above(amount, self.wish, kept)
        return (await self._rent(instead)).model

    async def _rent(self, plan: LeasePlan) -> Opened:
        """The lease it had before a crash, one that a person holds, or a new one."""
        context = self.context
        for lease in await load_leases(context.store, open_only=True):
            if lease.row.model != plan.model or not _is_alike(lease, plan):
                continue
            is_by_hand = not lease.row.owner_id and context.held.holds(lease.row.lease_id)
            if is_by_hand:
                return (await leases.reopened(context, lease))[1]
            if lease.row.owner_id != self.run_id:
                continue
            if lease.newest.status == LeaseStatus.STOPPING:
                await keeping.end(context, lease.row.lease_id, lease.newest.note)
            elif await keeping.hold(context, lease):
                self.stack.push_async_callback(_end, context, lease.row.lease_id)
                return (await leases.reopened(context, lease))[1]
        view_of, opened = await leases.start(context, plan, self.plan.project, self.run_id)
        self.stack.push_async_callback(_end, context, view_of.lease_id)
        return opened


def _is_alike(lease: StoredLease, plan: LeasePlan) -> bool:
    old = plan_of(lease)
    return (old.serving, old.resource) == (plan.serving, plan.resource)


async def _end(context: Context, lease_id: str) -> None:
    await keeping.end(context, lease_id, "its evaluation has ended")


async def _served(context: Context, policy: str) -> Served:
    if policy.startswith(f"{DEPLOYED}:"):
        return Served(policy, policy.removeprefix(f"{DEPLOYED}:"))
    made = await find_remote_model(context.store, policy)
    return Served(policy, made.base_model, made)
