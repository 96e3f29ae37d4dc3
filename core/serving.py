"""Policies that are served by endpoints of one's own: which leases they need, and for how long.

`deployed:MODEL` is a base model and `tuned:ARTIFACT` what a remote job made, both on a machine
that is rented by the minute. Those of one comparison stand on one build and one machine, where
possible as adapters of one deployment; with the run that rented them, they end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

import msgspec

from core.context import Context
from core.errors import RefusedError, ServiceError
from core.leases import keeping
from core.leases import operations as leases
from core.leases.books import plan_of
from core.leases.lease import LeasePlan, LeaseStatus, LeaseView
from core.leases.opening import Adapter, Opened, load_adapter
from core.leases.planning import LeaseWish, Served, alone, plan_policies
from core.money import usd
from core.policies.catalogue import find_remote_model
from core.rollouts.arm import Arm
from core.store.leases import StoredLease, load_leases
from core.store.probes import ProbeRow
from core.together.catalogue import try_chat
from core.together.endpoints import Site
from core.together.records import DEPLOYED, TUNED, is_leased


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """How some policies would be served."""

    project: str = ""
    of: dict[str, LeasePlan] = field(default_factory=dict)
    """The lease of each policy that needs one; equal plans are one lease."""
    served: tuple[Served, ...] = ()

    @property
    def plans(self) -> tuple[LeasePlan, ...]:
        """Each lease once."""
        return tuple(dict.fromkeys(self.of.values()))

    @property
    def worst_microusd(self) -> int:
        """If every lease is ready until its deadline."""
        return sum(plan.worst_microusd for plan in self.plans)

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
    return ServingPlan(market.project, plan_policies(market, wanted, wish), wanted)


def refuse_more(plan: ServingPlan, wish: LeaseWish) -> None:
    """Raise unless somebody agreed to what the machines may cost until their deadline."""
    if not plan.plans:
        return
    agreed = wish.most_microusd
    if agreed is None or plan.worst_microusd > agreed:
        said = "nobody agreed to that" if agreed is None else f"{usd(agreed)} were agreed to"
        raise RefusedError(
            f"The machines may cost {usd(plan.worst_microusd)} until their deadline, and {said}. "
            "Nothing was rented."
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
    context.held.serve((policy,), opened.model)
    return lease


def policy_of(model: str) -> str:
    """`MODEL` and `deployed:MODEL` are one."""
    return model if is_leased(model) else f"{DEPLOYED}:{model}"


@asynccontextmanager
async def serve(context: Context, plan: ServingPlan, run_id: str) -> AsyncIterator[None]:
    """The policies of a plan answer inside; the leases that were made for that end with it."""
    if not plan.of:
        yield
        return
    async with AsyncExitStack() as stack:
        for lease_plan in plan.plans:
            policies = [name for name, its in plan.of.items() if its == lease_plan]
            names = await _serve(context, stack, plan, lease_plan, policies, run_id)
            for name, model in names.items():
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
                context.held.serve((name,), opened.model)
    yield


async def _serve(
    context: Context,
    stack: AsyncExitStack,
    plan: ServingPlan,
    lease_plan: LeasePlan,
    policies: Sequence[str],
    run_id: str,
) -> dict[str, str]:
    """What a chat names as its model for each policy of one lease."""
    _, opened = await _rent(context, stack, plan.project, lease_plan, run_id)
    names = {name: opened.model for name in policies if not name.startswith(f"{TUNED}:")}
    if not lease_plan.adapters:
        return dict.fromkeys(policies, opened.model)
    async with keeping.on_account(plan.project) as site:
        for adapter in lease_plan.adapters:
            model, why = await _load(context, site, opened, adapter)
            await _learn(context, lease_plan, adapter, why)
            if why:
                instead = await _alone(context, stack, plan, lease_plan, adapter, run_id, why)
                names[adapter.policy] = instead
            else:
                names[adapter.policy] = model
    return names


async def _rent(
    context: Context, stack: AsyncExitStack, project: str, plan: LeasePlan, run_id: str
) -> tuple[LeaseView, Opened]:
    """The lease of a run: the one it had before a crash, one that a person holds, or a new one."""
    for lease in await load_leases(context.store, open_only=True):
        if lease.row.model != plan.model or not _is_alike(lease, plan):
            continue
        is_by_hand = not lease.row.owner_id and context.held.holds(lease.row.lease_id)
        if is_by_hand:
            return await leases.reopened(context, lease)
        if lease.row.owner_id != run_id:
            continue
        if lease.newest.status == LeaseStatus.STOPPING:
            await keeping.end(context, lease.row.lease_id, lease.newest.note)
        elif await keeping.hold(context, lease):
            stack.push_async_callback(_end, context, lease.row.lease_id)
            return await leases.reopened(context, lease)
    view_of, opened = await leases.start(context, plan, project, run_id)
    stack.push_async_callback(_end, context, view_of.lease_id)
    return view_of, opened


def _is_alike(lease: StoredLease, plan: LeasePlan) -> bool:
    old = plan_of(lease)
    return (old.serving, old.resource) == (plan.serving, plan.resource)


async def _end(context: Context, lease_id: str) -> None:
    await keeping.end(context, lease_id, "its evaluation has ended")


async def _load(context: Context, site: Site, opened: Opened, adapter: Adapter) -> tuple[str, str]:
    """How a chat names a loaded adapter, or why it cannot be served beside its base.

    No page says how; the forms that are met are tried with one token, which a rented machine
    answers for nothing (docs dedicated-endpoints/lora-adapter: `endpoint:adapter`).
    """
    poll_s = context.held.pace.poll_s
    if why := await load_adapter(site, opened, adapter, poll_s):
        return "", why
    name = await site.model_name(adapter.model_id)
    forms = [f"{opened.model}:{form}" for form in dict.fromkeys((name, name.rpartition("/")[2]))]
    for model in (*forms, name):
        if name and not (why := await try_chat(site.here, model)):
            return model, ""
    return "", why or "the registry does not name it"


async def _alone(
    context: Context,
    stack: AsyncExitStack,
    plan: ServingPlan,
    base: LeasePlan,
    adapter: Adapter,
    run_id: str,
    why: str,
) -> str:
    """A machine of its own for weights that could not be loaded; the same build and hardware."""
    served = next(each for each in plan.served if each.policy == adapter.policy)
    try:
        instead = alone(base, served, plan.project)
    except RefusedError as error:
        raise ServiceError(f"{adapter.policy} cannot be served: {why}. {error}") from error
    _, opened = await _rent(context, stack, plan.project, instead, run_id)
    return opened.model


async def _learn(context: Context, plan: LeasePlan, adapter: Adapter, why: str) -> None:
    """Whether adapters can be loaded beside their base is written nowhere: keep what is found."""
    said = why or "served beside its base model"
    facts = {"config": plan.config, "machine": plan.machine, "answer": said}
    body = msgspec.json.encode(facts).decode()
    row = ProbeRow("adapter beside its base", plan.model, body, context.now())
    await context.store.insert("probes", [row])


async def _served(context: Context, policy: str) -> Served:
    if policy.startswith(f"{DEPLOYED}:"):
        return Served(policy, policy.removeprefix(f"{DEPLOYED}:"))
    made = await find_remote_model(context.store, policy)
    return Served(policy, made.base_model, made)
