"""Loads an adapter beside the base of a running deployment, and finds how a chat names it.

Whether a configuration loads adapters, and by which name they answer, no page says: what is
found is kept as a fact.
"""

from __future__ import annotations

import msgspec

from core.context import Context
from core.errors import ServiceError
from core.leases.lease import LeasePlan
from core.leases.opening import Adapter, Opened
from core.store.probes import ProbeRow
from core.together.adapters import LOADING, READY, UNKNOWN, attach, load_state
from core.together.endpoints import Site
from core.together.trial import Trial, try_chat

_N_BUSY = 6
"""Rounds of trials while the service says that it is busy."""
_N_UNSEEN = 60
"""Rounds while nobody says how far an adapter is: it may still load."""


async def load(context: Context, site: Site, opened: Opened, adapter: Adapter) -> tuple[str, str]:
    """How a chat names a loaded adapter, or why it cannot be served beside its base."""
    poll_s = context.held.pace.poll_s
    try:
        state = await _load(site, opened, adapter, poll_s)
    except ServiceError as error:
        return "", str(error)
    if state not in (READY, UNKNOWN):
        return "", f"the adapter of {adapter.policy} is {state.lower()}"
    name = await site.model_name(adapter.model_id)
    if not name:
        return "", "the registry does not name it"
    forms = [f"{opened.model}:{form}" for form in dict.fromkeys((name, name.rpartition("/")[2]))]
    return await _name(site, [*forms, name], poll_s, is_loaded=state == READY)


async def learn(context: Context, plan: LeasePlan, why: str) -> None:
    """Keep whether an adapter could be loaded beside its base."""
    said = why or "served beside its base model"
    facts = {"config": plan.config, "machine": plan.machine, "answer": said}
    body = msgspec.json.encode(facts).decode()
    row = ProbeRow("adapter beside its base", plan.model, body, context.now())
    await context.store.insert("probes", [row])


async def _load(site: Site, opened: Opened, adapter: Adapter, poll_s: float) -> str:
    """The state that it came to, `UNKNOWN` when nobody says how far it is."""
    state = await attach(site, opened.place, adapter.model_id, adapter.revision_id)
    while state in LOADING:
        await site.pause(poll_s)
        found = await load_state(site, opened.place, adapter.model_id)
        state = "GONE" if found is None else found
    return state


async def _name(site: Site, forms: list[str], poll_s: float, *, is_loaded: bool) -> tuple[str, str]:
    """The first form that is answered, or why none is.

    The forms that are met are tried with one token, which a rented machine answers for nothing
    (docs dedicated-endpoints/lora-adapter: `endpoint:adapter`).
    """
    for n in range(_N_BUSY if is_loaded else _N_UNSEEN):
        trials: list[Trial] = []
        for model in forms:
            trials.append(await try_chat(site.here, model))
            if trials[-1].is_answered:
                return model, ""
        may_answer = any(trial.may_answer for trial in trials)
        if (is_loaded and not may_answer) or (may_answer and n >= _N_BUSY - 1):
            break
        await site.pause(poll_s)
    return "", trials[0].why_not
