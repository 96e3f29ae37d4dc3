"""What a run will come to, said before its first call, and held against what it came to.

An arm that has run before is measured: a t interval over the means of its tasks, at today's
prices. Of one that has not, all that is known are its limits: the guess lies between one short
answer and all its calls, with the geometric mean in the middle.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from core.agent.state import Baseline
from core.chat import Usage
from core.costs.estimate import Estimate, over_tasks
from core.costs.prices import ChatPrice
from core.rollouts.plan import RunPlan
from core.rollouts.planner import Outlook, predict_unseen
from core.rollouts.worst import Priced, Use, call_use, first_tokens, likely, worst_use
from core.store.database import Store
from core.store.forecasts import ForecastGradeRow, ForecastRow, find_forecast
from core.store.runs import sum_calls
from core.store.usage import UsageRow, usage_of_arm
from core.store.verdicts import count_outcomes
from core.task import Task

UNITS = {"cost": "micro-dollars", "calls": "calls", "prompt": "tokens", "answer": "tokens"}
_SHORT_ANSWER = 120
_LEAST_TASKS = 2
"""That an arm must have run on to be measured."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """Low, mean, high and worst of a run, and what they rest on."""

    low: Use
    mean: Use
    high: Use
    worst: Use
    basis: str


@dataclass(frozen=True, slots=True)
class Size:
    """Rollouts of a run, or of what is left of it."""

    low: float
    mean: float
    high: float
    most: float

    @classmethod
    def of(cls, n: float) -> Size:
        """A number that is certain."""
        return cls(n, n, n, n)

    @classmethod
    def of_plan(cls, plan: RunPlan, outlook: Outlook | None) -> Size:
        """As its planner expects it, which may leave a part of its budget; else all of it."""
        if outlook is None:
            return cls.of(plan.n_rollouts)
        n = outlook.n_rollouts
        return cls(n.low, n.mean, n.high, plan.n_rollouts)


async def outlook_of(plan: RunPlan) -> Outlook | None:
    """What the planner of a run expects before it begins; None where none decides."""
    if plan.contrast is None:
        return None
    return await asyncio.to_thread(predict_unseen, plan.task_ids, plan.contrast)


async def foretell(
    store: Store,
    size: Size,
    arms: Mapping[str, Priced],
    tasks: Mapping[str, tuple[Task, Baseline]],
) -> Foretold:
    """Foretell so many rollouts, which the arms share alike."""
    found = Foretold(Use(), Use(), Use(), Use(), "")
    n_arms = len(arms)
    for arm_id, arm in arms.items():
        firsts = await asyncio.to_thread(first_tokens, tasks, arm.conditions)
        rows = await usage_of_arm(store, arm_id)
        n_tasks = len({row.task_id for row in rows})
        guess = _guess(arm, firsts)
        one = guess if n_tasks < _LEAST_TASKS else _measured(rows, arm.price, guess.worst)
        found = Foretold(
            found.low.plus(one.low.times(size.low / n_arms)),
            found.mean.plus(one.mean.times(size.mean / n_arms)),
            found.high.plus(one.high.times(size.high / n_arms)),
            found.worst.plus(one.worst.times(size.most / n_arms)),
            one.basis if found.basis in ("", one.basis) else f"{found.basis}; {one.basis}",
        )
    return found


async def foretell_run(
    store: Store,
    run_id: str,
    plan: RunPlan,
    arms: Mapping[str, Priced],
    tasks: Mapping[str, tuple[Task, Baseline]],
    now: datetime,
) -> None:
    """Store what a run will come to, before the first call of its first start."""
    if await find_forecast(store, run_id):
        return
    size = Size.of_plan(plan, await outlook_of(plan))
    found = await foretell(store, size, arms, tasks)
    await store.insert("forecasts", rows_of(run_id, found, round(size.mean), now))


def rows_of(run_id: str, found: Foretold, n_rollouts: int, now: datetime) -> list[ForecastRow]:
    """The forecast as it is stored."""
    low, mean, high, worst = map(asdict, (found.low, found.mean, found.high, found.worst))
    return [
        ForecastRow(
            run_id, name, unit, low[name], mean[name], high[name], worst[name], found.basis,
            n_rollouts, now,
        )
        for name, unit in UNITS.items()
    ]  # fmt: skip


async def grade_run(store: Store, run_id: str, now: datetime) -> None:
    """Store what a finished run came to; every attempt counts, also those without an answer."""
    if not await find_forecast(store, run_id):
        return
    sums, outcomes = await asyncio.gather(sum_calls(store, run_id), count_outcomes(store, run_id))
    n = sum(outcomes.values())
    actual = Use(sums.cost_microusd, sums.n_calls, sums.n_prompt_tokens, sums.n_completion_tokens)
    rows = [
        ForecastGradeRow(run_id, name, float(value), n, now)
        for name, value in asdict(actual).items()
    ]
    await store.insert("forecast_grades", rows)


def _guess(arm: Priced, firsts: Mapping[str, int]) -> Foretold:
    """Per rollout, from the limits alone."""
    n_first = math.ceil(sum(firsts.values()) / len(firsts))
    worst = worst_use(arm.price, arm.conditions, n_first)
    n_short = min(_SHORT_ANSWER, arm.conditions.decoding.max_tokens)
    low = call_use(arm.price, likely(n_first), n_short)
    one, most = asdict(low), asdict(worst)
    middle = Use(*(math.sqrt(one[f.name] * most[f.name]) for f in fields(Use)))
    return Foretold(low, middle, worst, worst, "a guess between one call and the limits")


def _measured(rows: Sequence[UsageRow], price: ChatPrice, worst: Use) -> Foretold:
    """Per rollout, from earlier rollouts of the arm."""
    found: dict[str, Estimate] = {}
    for name in UNITS:
        estimate = over_tasks((row.task_id, _value(row, name, price)) for row in rows)
        assert estimate is not None
        found[name] = estimate
    lows, highs = (
        Use(**{name: getattr(each, side) or 0.0 for name, each in found.items()})
        for side in ("low", "high")
    )
    n_tasks = found["cost"].n_tasks
    basis = f"{len(rows)} rollouts of {n_tasks} tasks"
    return Foretold(lows, Use(**{n: e.mean for n, e in found.items()}), highs, worst, basis)


def _value(row: UsageRow, name: str, price: ChatPrice) -> float:
    values = {"calls": row.n_calls, "prompt": row.n_prompt, "answer": row.n_completion}
    if name == "cost":
        return price.cost(Usage(row.n_prompt, row.n_completion, row.n_cached))
    return values[name]
