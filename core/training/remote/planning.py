"""A job before it is begun: what would be sent, its size and price, warnings and refusals."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from core.context import Context
from core.costs.book import PriceBook, load_book
from core.costs.plan_warnings import PlanWarning
from core.errors import ServiceError, UsageError
from core.lines import RowProblem
from core.money import usd
from core.store.decisions import DecisionCounts
from core.together.fine_tuning import FineTuning
from core.together.training_file import Lengths
from core.together.tuning_records import ModelLimits
from core.training.remote import refusals
from core.training.remote.given import Contents, RemoteGiven, divide
from core.training.remote.origins import find_origin
from core.training.remote.settings import JobSettings, JobWish
from core.training.remote.sizing import (
    BookPrice,
    JobSizes,
    Origin,
    book_price,
    room_of,
    settle,
    sizes_of,
)
from core.training.remote.warnings import Facts, find_warnings

_N_SHOWN = 100
_N_OFFERED = 8


@dataclass(frozen=True, slots=True)
class RemotePreflight:
    """A job at Together before it starts; nothing was sent."""

    source_id: str
    """The build of pairs, or the run whose demonstrations are taken."""
    settings: JobSettings
    sizes: JobSizes
    price: BookPrice
    limits: ModelLimits | None
    """None when the service was not asked or does not train the model."""
    decisions: DecisionCounts
    n_tasks: int
    n_validation_tasks: int
    lengths: Lengths
    n_side_tokens: int | None
    n_problems: int
    reasons: dict[str, int]
    """Rows that may not be uploaded, by reason."""
    problems: tuple[RowProblem, ...]
    left_out: dict[str, int]
    """What made no row, by reason."""
    warnings: tuple[PlanWarning, ...]
    refusals: tuple[str, ...]
    """Why the job would be refused; empty when it may start."""
    why_not_asked: str
    """Why nothing is known of the model's limits; empty when the service answered."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The same with the rows themselves."""

    preflight: RemotePreflight
    contents: Contents


@dataclass(frozen=True, slots=True)
class Known:
    """What the service said of a job's start."""

    origin: Origin
    limits: ModelLimits | None
    refusal: str
    why_not_asked: str


async def ask(context: Context, wish: JobWish, tuning: FineTuning | None, why_not: str) -> Known:
    """Where the job starts and what the model allows; without a service, what can be known."""
    if tuning is None:
        return Known(await find_origin(context, wish, None), None, "", why_not)
    try:
        origin = await find_origin(context, wish, tuning)
        start = origin.from_checkpoint.partition(":")[0] or origin.model
        limits = await tuning.limits(start)
        refusal = "" if limits is not None else await _instead(start, tuning, _book(context))
    except ServiceError as error:
        return Known(await find_origin(context, wish, None), None, "", str(error))
    return Known(origin, limits, refusal, "")


async def plan(
    context: Context, given: RemoteGiven, wish: JobWish, known: Known, suffix: str
) -> Plan:
    """Everything that can be said without sending anything."""
    if wish.kind is not given.kind:
        raise UsageError(f"These rows are for {given.kind}, the job is {wish.kind}.")
    room = room_of(wish, known.limits)
    share = wish.validation_share if wish.n_evals != 0 else 0.0
    contents = await asyncio.to_thread(
        divide, given, share, wish.seed, room, skips_bad=wish.skips_bad
    )
    settings = settle(wish, known.origin, contents, known.limits, suffix)
    sizes = sizes_of(settings, contents)
    price = book_price(settings, sizes.n_billed_tokens, _book(context))
    facts = Facts(given, contents, settings, sizes, price)
    warnings = await asyncio.to_thread(find_warnings, facts)
    no = [
        *filter(None, [known.refusal, known.why_not_asked]),
        *refusals.of_rows(given, contents, skips_bad=wish.skips_bad),
        *refusals.of_settings(settings),
        *(refusals.of_limits(settings, known.limits) if known.limits is not None else ()),
    ]
    ceiling = await _over_ceiling(context, price)
    return Plan(
        _preflight(facts, known, (*warnings, *ceiling), tuple(no)),
        contents,
    )


def _preflight(
    facts: Facts, known: Known, warnings: tuple[PlanWarning, ...], no: tuple[str, ...]
) -> RemotePreflight:
    given, training, validation = (
        facts.given,
        facts.contents.training,
        facts.contents.validation,
    )
    parts = [part.report for part in (training, validation) if part is not None]
    reasons: dict[str, int] = {}
    for report in parts:
        for why, n in report.reasons.items():
            reasons[why] = reasons.get(why, 0) + n
    held = validation.rows if validation is not None else ()
    return RemotePreflight(
        source_id=given.source_id,
        settings=facts.settings,
        sizes=facts.sizes,
        price=facts.price,
        limits=known.limits,
        decisions=given.decisions,
        n_tasks=len({row.task_id for row in training.rows}),
        n_validation_tasks=len({row.task_id for row in held}),
        lengths=training.report.lengths,
        n_side_tokens=training.report.n_side_tokens,
        n_problems=sum(report.n_problems for report in parts),
        reasons=reasons,
        problems=tuple(p for report in parts for p in report.problems)[:_N_SHOWN],
        left_out=given.left_out,
        warnings=warnings,
        refusals=no,
        why_not_asked=known.why_not_asked,
    )


async def _over_ceiling(context: Context, price: BookPrice) -> tuple[PlanWarning, ...]:
    ceiling = await context.spending.of_workspace(context.store)
    worst = price.price_microusd
    if worst is None or ceiling.limit is None:
        return ()
    left = max(0, ceiling.limit - ceiling.spent - ceiling.reserved)
    if worst <= left:
        return ()
    says = f"The job may cost {usd(worst)}, and {usd(left)} are left below the ceiling."
    return (PlanWarning("W-CEILING", says, "raise it with `gemel cost ceiling`"),)


async def _instead(model: str, tuning: FineTuning, book: PriceBook) -> str:
    """A refusal that names what there is."""
    names = await tuning.tunable()
    shown = ", ".join(names[:_N_OFFERED]) or "none"
    gone = next((row for (_, name), row in book.retired.items() if name == model), None)
    retired = f" It was retired on {gone.since}; use {gone.replacement}." if gone else ""
    return f"{model} cannot be trained.{retired} There are: {shown}."


def _book(context: Context) -> PriceBook:
    return load_book(context.workspace.directory)
