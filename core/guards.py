"""Stops a stage before anything is paid for when a model that it needs cannot be had.

Here app and commands both pass: the stages themselves know no catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from core.context import Context
from core.leases.account import has_key
from core.pairs import operations as pairs
from core.policies.remote import TOGETHER
from core.preflight import Stage, Wanted, look, place, refuse
from core.rollouts import operations as rollouts
from core.store.runs import list_runs

_FRESH = timedelta(minutes=1)
_PREFIX = f"{TOGETHER}:"


async def refuse_policies(context: Context, policies: Iterable[str]) -> None:
    """Raise when a model of Together among these policies must not be asked for rollouts."""
    await _refuse_wanted(context, _asked(policies))


async def refuse_untrainable(context: Context, model: str) -> None:
    """Raise when a model must not be tuned: also when nothing could serve what is made of it."""
    name = model.removeprefix(_PREFIX)
    stages = (Stage.TRAINING, Stage.SERVING) if name else ()
    await _refuse_wanted(context, [Wanted(stage, name) for stage in stages])


async def stages_of_job(context: Context, model: str, source_id: str) -> tuple[Wanted, ...]:
    """What a job takes of the service: its rollouts' models, its training, and its serving."""
    run_id = source_id
    if not any(run.run_id == source_id for run in await list_runs(context.store)):
        run_id = (await pairs.get_build(context, source_id)).run_id
    arms = (await rollouts.load_plan(context, run_id)).arms if run_id else ()
    policies = [(await rollouts.load_arm(context, arm_id)).policy for arm_id in arms]
    return (*_asked(policies), Wanted(Stage.TRAINING, model), Wanted(Stage.SERVING, model))


async def _refuse_wanted(context: Context, wanted: Sequence[Wanted]) -> None:
    """Models that were found to be there moments ago are not asked for again.

    Without a key nothing is asked: whatever would call the service says that itself.
    """
    stale = [each for each in dict.fromkeys(wanted) if not _is_fresh(context, each)]
    if stale and has_key():
        refuse(await look(context, stale))


def _is_fresh(context: Context, wanted: Wanted) -> bool:
    seen_at = context.held.checked.get(place(wanted))
    return seen_at is not None and context.now() - seen_at < _FRESH


def _asked(policies: Iterable[str]) -> list[Wanted]:
    """The models of Together among policies."""
    names = dict.fromkeys(name for name in policies if name.startswith(_PREFIX))
    return [Wanted(Stage.ROLLOUTS, name.removeprefix(_PREFIX)) for name in names]
