"""Whether the models of a stage can be had today, before anything is paid for.

The service is asked for its catalogue, the tuning limits and, on request, one token of a chat;
what it says is held against the price book. A model that is gone or unknown is a refusal that
names what there is instead.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from core.context import Context
from core.costs.book import ChatRow, PriceBook, Use, load_book
from core.errors import RefusedError, ServiceError, UsageError
from core.money import usd
from core.policies.remote import TOGETHER
from core.store.jobs import list_jobs
from core.store.probes import ProbeRow
from core.together.catalogue import (
    DEDICATED,
    SERVERLESS,
    Catalogue,
    Machine,
    OfferedModel,
    TuningLimits,
    read_catalogue,
    read_limits,
)
from core.together.client import Connection, connect
from core.together.identity import Identity, who
from core.together.trial import try_chat
from core.training.operations import show_job

_N_OFFERED = 8
_GONE = frozenset({"DEPRECATED", "HIDDEN"})
_NO_KEY = 401


class Stage(StrEnum):
    """What a model is wanted for."""

    ROLLOUTS = "rollouts"
    """Asked at the service's own endpoints, by the token."""
    TRAINING = "training"
    SERVING = "serving"
    """On an endpoint of one's own, by the minute."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model and what for."""

    stage: Stage
    model: str


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """How one model stands; prices in micro-dollars per million tokens."""

    stage: Stage
    model: str
    is_serverless: bool
    is_deployable: bool
    is_tunable: bool
    status: str
    """The service's own word; empty when it does not know the model."""
    context_length: int | None
    limits: TuningLimits | None
    adapter_modes: tuple[str, ...]
    live_prompt: int | None
    live_completion: int | None
    book_prompt: int | None
    book_completion: int | None
    book_as_of: str
    """Date of the price book's row; empty without one."""
    chat: str
    """Empty: not tried; else `answers`, or why not."""
    refusals: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MachineStanding:
    """A machine's price today against the book's; micro-dollars per hour of one replica."""

    name: str
    live_per_hour: int
    book_per_hour: int | None
    book_as_of: str


@dataclass(frozen=True, slots=True)
class ModelPreflight:
    """What the service said."""

    why_not_asked: str
    """Why nothing is known; empty when the service answered."""
    identity: Identity | None
    checked_at: datetime
    models: tuple[ModelStanding, ...] = ()
    machines: tuple[MachineStanding, ...] = ()
    n_offered: int = 0

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why the stages must not begin: also when nothing could be learned of the models."""
        found = tuple(text for model in self.models for text in model.refusals)
        return (self.why_not_asked, *found) if self.why_not_asked else found


async def look(
    context: Context, wanted: Sequence[Wanted], *, tries_chat: bool = False
) -> ModelPreflight:
    """Ask the service; without a key, or when it cannot be reached, say that and no more.

    Without wishes, the models of the price book are looked at.
    """
    book = load_book(context.workspace.directory)
    try:
        here = await connect()
    except UsageError as error:
        return ModelPreflight(str(error), None, context.now())
    try:
        identity = await who(here)
        catalogue = await read_catalogue(here)
        chosen = wanted or tuple(_of_book(book))
        models = [await _stand(here, each, catalogue, book, tries_chat) for each in chosen]
    except ServiceError as error:
        said = f"{error}. Nothing else was asked."
        if error.status == _NO_KEY:
            said = f"The key is not valid: {error}. Nothing was paid for."
        return ModelPreflight(said, None, context.now())
    finally:
        await here.close()
    for found in models:
        if not found.refusals:
            context.held.checked[place(found)] = context.now()
    machines = tuple(_machine(machine, book) for machine in catalogue.machines.values())
    return ModelPreflight(
        "", identity, context.now(), tuple(models), machines, len(catalogue.models)
    )


def refuse(report: ModelPreflight) -> None:
    """Raise when a stage must not begin."""
    if report.refusals:
        raise RefusedError(f"{' '.join(report.refusals)} Nothing was called that costs money.")


def place(wanted: Wanted | ModelStanding) -> tuple[str, str]:
    """By which it is remembered that a model was found to be there."""
    return wanted.stage.value, wanted.model


async def record(context: Context, report: ModelPreflight) -> int:
    """Keep what the service said as facts with their date; returns how many."""
    facts: list[tuple[str, str, object]] = await _of_jobs(context)
    if report.identity is not None:
        facts += [(f"model for {m.stage}", m.model, m) for m in report.models]
        facts += [("machine", machine.name, machine) for machine in report.machines]
    rows = [
        ProbeRow(what, subject, msgspec.json.encode(body).decode(), report.checked_at)
        for what, subject, body in facts
    ]
    await context.store.insert("probes", rows)
    return len(rows)


async def _of_jobs(context: Context) -> list[tuple[str, str, object]]:
    """What jobs showed that no page says: how tokens are counted, what metrics are called."""
    facts: list[tuple[str, str, object]] = []
    for job in await list_jobs(context.store):
        view = await show_job(context, job.job_id)
        if (remote := view.remote) is None:
            continue
        if remote.token_factor is not None:
            counted = {
                "here": remote.n_tokens_here,
                "there": remote.n_tokens_there,
                "factor": remote.token_factor,
            }
            facts.append(("token count of a job", remote.remote_id or job.job_id, counted))
        if view.series:
            names = {"names": sorted(view.series)}
            facts.append(("metric names of a job", remote.remote_id, names))
    return facts


def _of_book(book: PriceBook) -> Iterable[Wanted]:
    for name in book.chat:
        provider, colon, _ = name.partition(":")
        if not colon or provider == TOGETHER:
            yield Wanted(Stage.ROLLOUTS, name.removeprefix(f"{TOGETHER}:"))
    for name in dict.fromkeys(model for model, _ in book.training):
        yield Wanted(Stage.TRAINING, name)
        yield Wanted(Stage.SERVING, name)


async def _stand(
    here: Connection, wanted: Wanted, catalogue: Catalogue, book: PriceBook, tries_chat: bool
) -> ModelStanding:
    model = catalogue.models.get(wanted.model)
    products = model.products if model is not None else ()
    row = book.chat.get(wanted.model) or book.chat.get(f"{TOGETHER}:{wanted.model}")
    limits = None
    if wanted.stage is Stage.TRAINING and wanted.model in catalogue.tunable:
        limits = await read_limits(here, wanted.model)
    chat = ""
    refusals, remarks = _judge(wanted, model, catalogue, book)
    if tries_chat and wanted.stage is Stage.ROLLOUTS:
        trial = await try_chat(here, wanted.model)
        chat = trial.why_not or "answers"
        if not trial.is_answered:
            (remarks if trial.may_answer else refusals).append(f"{chat}.")
    if wanted.stage is Stage.ROLLOUTS and model is not None:
        dearer, other = _prices(model, row)
        refusals += dearer
        remarks += other
    return ModelStanding(
        stage=wanted.stage,
        model=wanted.model,
        is_serverless=SERVERLESS in products,
        is_deployable=DEDICATED in products and bool(model and model.profiles),
        is_tunable=wanted.model in catalogue.tunable,
        status=model.status if model is not None else "",
        context_length=model.context_length if model is not None else None,
        limits=limits,
        adapter_modes=tuple(sorted({p.adapter_mode for p in model.profiles})) if model else (),
        live_prompt=model.prompt if model is not None else None,
        live_completion=model.completion if model is not None else None,
        book_prompt=row.prompt if row is not None else None,
        book_completion=row.completion if row is not None else None,
        book_as_of=row.as_of.isoformat() if row is not None else "",
        chat=chat,
        refusals=tuple(refusals),
        remarks=tuple(remarks),
    )


def _judge(
    wanted: Wanted, model: OfferedModel | None, catalogue: Catalogue, book: PriceBook
) -> tuple[list[str], list[str]]:
    """Whether the model can be had for its stage: refusals and remarks."""
    can, word = _CAN[wanted.stage]
    if wanted.stage is Stage.TRAINING:
        is_there = wanted.model in catalogue.tunable
    else:
        is_there = model is not None and can(model)
    if not is_there:
        return [f"{wanted.model} {word}.{_instead(wanted, catalogue, book)}"], []
    if model is not None and model.status in _GONE:
        instead = _instead(wanted, catalogue, book)
        return [], [f"{wanted.model} is {model.status.lower()}: it will go away.{instead}"]
    return [], []


def _is_deployable(model: OfferedModel) -> bool:
    return DEDICATED in model.products and bool(model.profiles)


_CAN: dict[Stage, tuple[Callable[[OfferedModel], bool], str]] = {
    Stage.ROLLOUTS: (lambda model: SERVERLESS in model.products, "is not offered by the token"),
    Stage.TRAINING: (lambda model: True, "cannot be fine-tuned"),
    Stage.SERVING: (_is_deployable, "cannot be deployed on an endpoint of one's own"),
}


def _instead(wanted: Wanted, catalogue: Catalogue, book: PriceBook) -> str:
    """What exists for the stage, the named replacement first, then the likeliest names."""
    can, _ = _CAN[wanted.stage]
    names = [m.name for m in catalogue.models.values() if can(m) and m.status not in _GONE]
    if wanted.stage is Stage.TRAINING:
        names = sorted(catalogue.tunable)
    names = [name for name in names if name != wanted.model]
    near = difflib.get_close_matches(wanted.model, names, _N_OFFERED, cutoff=0.4)
    shown = [*near, *(name for name in names if name not in near)][:_N_OFFERED]
    use = Use.TRAINING if wanted.stage is Stage.TRAINING else Use.CHAT
    gone = book.retired_row(use, wanted.model)
    retired = ""
    if gone is not None:
        retired = f" It was retired on {gone.since}; its replacement is {gone.replacement}."
    offers = f" There are {', '.join(shown)}." if shown else " There is no other."
    return f"{retired}{offers}"


def _prices(model: OfferedModel, row: ChatRow | None) -> tuple[list[str], list[str]]:
    """Refusals and remarks about a price that is not the book's."""
    if model.prompt is None or model.completion is None:
        return [], [f"{model.name}: the service names no price."]
    live = f"{usd(model.prompt)} and {usd(model.completion)} per million tokens"
    refresh = "`gemel cost prices --refresh` writes today's to your price file."
    if row is None:
        return [], [f"{model.name} costs {live} today and has no row in the price book. {refresh}"]
    if (model.prompt, model.completion) == (row.prompt, row.completion):
        return [], []
    said = (
        f"{model.name} costs {live} today, the price book of {row.as_of} says "
        f"{usd(row.prompt)} and {usd(row.completion)}. {refresh}"
    )
    is_dearer = model.prompt > row.prompt or model.completion > row.completion
    return ([said], []) if is_dearer else ([], [said])


def _machine(machine: Machine, book: PriceBook) -> MachineStanding:
    row = book.hardware.get(machine.accelerator)
    return MachineStanding(
        name=machine.name,
        live_per_hour=machine.per_hour_microusd,
        book_per_hour=row.per_hour * machine.n_accelerators if row is not None else None,
        book_as_of=row.as_of.isoformat() if row is not None else "",
    )
