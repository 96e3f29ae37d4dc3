"""What a lease would be: which build on which machine, at which price, until when.

The price is the greater of the book's and the service's own of today, so that the ceiling
holds; without one in the book nothing is rented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from core.costs.book import PriceBook
from core.errors import RefusedError, UsageError
from core.leases.lease import LeasePlan, serving_of
from core.leases.opening import Adapter
from core.money import usd
from core.together.catalogue import Catalogue, Machine, OfferedModel, Profile
from core.together.records import RemoteModel

_MOST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class LeaseWish:
    """What a person asks for."""

    n_minutes: int = 60
    """Until it is ended, whatever happens."""
    machine: str = ""
    """Name of the instance type; empty takes the cheapest that serves the model."""
    without_adapters: bool = False
    """Serve tuned weights on a deployment of their own, although a base could load them."""
    most_microusd: int | None = None
    """What was agreed to; nothing is rented that could cost more, or without a word."""
    serving: str = ""
    """Only this build and machine, as an evaluation was begun with; empty takes any."""

    def __post_init__(self) -> None:
        if not 1 <= self.n_minutes <= _MOST_MINUTES:
            raise UsageError(f"A lease lasts from 1 to {_MOST_MINUTES} minutes.")


@dataclass(frozen=True, slots=True)
class Offer:
    """A profile with the machine it runs on, as they are offered today."""

    profile: Profile
    machine: Machine

    @property
    def serving(self) -> str:
        """The build and the machine, in words."""
        return serving_of(self.profile.config, self.machine.name, self.profile.quantization)


@dataclass(frozen=True, slots=True)
class Served:
    """A policy that is to be served: a base model, or what a job made of one."""

    policy: str
    base_model: str
    made: RemoteModel | None = None
    """None: the base model itself."""

    @property
    def model(self) -> str:
        """What the lease is called by."""
        return self.base_model if self.made is None else self.policy


@dataclass(frozen=True, slots=True)
class Market:
    """What is on offer, at which prices, in which project it would be made."""

    catalogue: Catalogue
    book: PriceBook
    project: str


def plan_policies(
    market: Market, served: Sequence[Served], wish: LeaseWish
) -> dict[str, LeasePlan]:
    """The lease that serves each policy, all on one build and machine; one lease may serve many.

    Adapters share the deployment of their base where its configuration loads them.
    """
    bases = {each.base_model for each in served}
    if len(bases) != 1:
        raise RefusedError(
            f"These were not made from one base model ({', '.join(sorted(bases))}): no build "
            "serves them all alike, so a difference would say nothing. Nothing was rented."
        )
    base_model = bases.pop()
    tuned = [each.made for each in served if each.made is not None]
    could_share = (
        len(served) > 1
        and not wish.without_adapters
        and all(made.adapter_object_id for made in tuned)
    )
    offer = _choose(_find(market.catalogue, base_model), market, wish, wants_adapters=could_share)
    base = _plan(offer, market.book, base_model, wish)
    if could_share and offer.profile.takes_adapters:
        adapters = tuple(
            Adapter(each.policy, each.made.adapter_object_id, each.made.adapter_revision_id)
            for each in served
            if each.made is not None
        )
        return dict.fromkeys((each.policy for each in served), replace(base, adapters=adapters))
    return {each.policy: alone(base, each, market.project) for each in served}


def plan_fallbacks(
    of: Mapping[str, LeasePlan], served: Sequence[Served], project: str
) -> dict[str, LeasePlan]:
    """For each policy that is to be an adapter: the machine of its own, if it cannot be loaded.

    None for one that has nothing but an adapter.
    """
    found: dict[str, LeasePlan] = {}
    for each in served:
        if of[each.policy].adapters and each.made is not None:
            with suppress(RefusedError):
                found[each.policy] = alone(of[each.policy], each, project)
    return found


def alone(base: LeasePlan, served: Served, project: str) -> LeasePlan:
    """On a deployment of its own, of the base's build and machine."""
    made = served.made
    if made is None:
        return replace(base, adapters=())
    if not made.model_object_id:
        raise RefusedError(
            f"{served.policy} has only an adapter, and {base.config} on {base.machine} cannot "
            "serve it alone. Nothing was rented; another `--machine` may load it beside its base."
        )
    revision = f"/revisions/{made.model_revision_id}" if made.model_revision_id else ""
    resource = f"projects/{project}/models/{made.model_object_id}{revision}"
    return replace(base, model=served.policy, resource=resource, adapters=())


def _find(catalogue: Catalogue, name: str) -> OfferedModel:
    model = catalogue.models.get(name)
    if model is None or not model.profiles:
        there = [other.name for other in catalogue.models.values() if other.profiles]
        raise RefusedError(
            f"{name} cannot be deployed on an endpoint of one's own; nothing was rented. "
            f"There are {', '.join(there[:8]) or 'none'}."
        )
    return model


def _choose(
    model: OfferedModel,
    market: Market,
    wish: LeaseWish,
    *,
    wants_adapters: bool,
) -> Offer:
    """The cheapest offer that the price book knows; one that loads adapters first when wanted."""
    offers = _offers(model, market.catalogue)
    chosen = [
        offer
        for offer in offers
        if wish.machine in ("", offer.machine.name) and wish.serving in ("", offer.serving)
    ]
    if not chosen and wish.serving:
        raise RefusedError(
            f"{model.name} is no longer offered as {wish.serving}, by which the first rollouts "
            "were served. Another build would not be the same conditions; nothing was rented."
        )
    if not chosen:
        names = ", ".join(sorted({offer.machine.name for offer in offers})) or "none today"
        raise RefusedError(
            f"{model.name} is not served on {wish.machine or 'any machine with a price'}; "
            f"nothing was rented. Machines: {names}."
        )

    def key(offer: Offer) -> tuple[bool, int, str]:
        is_second = wants_adapters and not offer.profile.takes_adapters
        return is_second, offer.machine.per_hour_microusd, offer.profile.config

    priced = [offer for offer in chosen if offer.machine.accelerator in market.book.hardware]
    return min(priced or chosen, key=key)


def _offers(model: OfferedModel, catalogue: Catalogue) -> Sequence[Offer]:
    found = ((p, _machine_of(p, catalogue)) for p in model.profiles if p.config)
    return [Offer(profile, machine) for profile, machine in found if machine is not None]


def _machine_of(profile: Profile, catalogue: Catalogue) -> Machine | None:
    """By its name, else by the accelerator in it: catalogues spell it in two ways."""
    if profile.machine in catalogue.machines:
        return catalogue.machines[profile.machine]
    count, _, kind = profile.machine.lower().partition("x")
    for machine in catalogue.machines.values():
        name = machine.name.lower()
        if kind and name.startswith(f"{count}x") and kind in name:
            return machine
    return None


def _plan(offer: Offer, book: PriceBook, model: str, wish: LeaseWish) -> LeasePlan:
    machine = offer.machine
    row = book.hardware_row(machine.accelerator)
    of_book = row.per_hour * machine.n_accelerators
    per_hour = max(of_book, machine.per_hour_microusd)
    note = f"{usd(per_hour)} per hour, {row.source}, as of {row.as_of}"
    if of_book != machine.per_hour_microusd:
        note = (
            f"{usd(per_hour)} per hour: the service asks {usd(machine.per_hour_microusd)} today, "
            f"the price book of {row.as_of} says {usd(of_book)}"
        )
    return LeasePlan(
        model=model,
        resource=offer.profile.model,
        config=offer.profile.config,
        machine=machine.name,
        quantization=offer.profile.quantization,
        takes_adapters=offer.profile.takes_adapters,
        per_hour_microusd=per_hour,
        price_note=note,
        n_minutes=wish.n_minutes,
    )
