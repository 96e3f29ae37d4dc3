"""The prices of one scenario: its own where it names them, else the book's, with their source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.costs.book import PriceBook
from core.costs.scenario import Scenario

OWN = "given in the scenario"


@dataclass(frozen=True, slots=True)
class PriceStamp:
    """Where a price that was used is from."""

    what: str
    source: str
    as_of: date | None
    """None for the scenario's own, which has no date."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Micro-dollars per million tokens, per job, or per hour."""

    prompt: int
    completion: int
    cached: int
    training: int
    minimum: int
    hour: int
    """Of the whole endpoint."""
    stamps: tuple[PriceStamp, ...]


def find_rates(scenario: Scenario, book: PriceBook) -> Rates:
    """All prices; raises `RefusedError` for one that is used, not given, and in no file."""
    chat, chat_stamp = _chat(scenario, book)
    training, minimum, training_stamp = _training(scenario, book)
    hour, hour_stamp = _hour(scenario, book)
    stamps = tuple(stamp for stamp in (chat_stamp, training_stamp, hour_stamp) if stamp)
    return Rates(*chat, training, minimum, hour * scenario.n_accelerators, stamps)


def _chat(scenario: Scenario, book: PriceBook) -> tuple[tuple[int, int, int], PriceStamp]:
    prompt, completion, cached = (
        scenario.prompt_price,
        scenario.completion_price,
        scenario.cached_price,
    )
    if prompt is not None and completion is not None:
        stamp = PriceStamp(scenario.generator, OWN, None)
        return (prompt, completion, prompt if cached is None else cached), stamp
    row = book.chat_row(scenario.generator)
    if cached is None:
        cached = row.cached if prompt is None else None
    prompt = row.prompt if prompt is None else prompt
    completion = row.completion if completion is None else completion
    stamp = PriceStamp(row.model, row.source, row.as_of)
    return (prompt, completion, prompt if cached is None else cached), stamp


def _training(scenario: Scenario, book: PriceBook) -> tuple[int, int, PriceStamp | None]:
    if scenario.n_pairs_wanted == 0:
        return 0, 0, None
    what = f"{scenario.training_method} of {scenario.student}"
    price, minimum = scenario.training_price, scenario.minimum_charge
    if price is not None:
        return price, minimum or 0, PriceStamp(what, OWN, None)
    row = book.training_row(scenario.student, scenario.training_method)
    least = row.minimum if minimum is None else minimum
    return row.per_million, least, PriceStamp(what, row.source, row.as_of)


def _hour(scenario: Scenario, book: PriceBook) -> tuple[int, PriceStamp | None]:
    if scenario.n_eval_tasks == 0:
        return 0, None
    if scenario.hour_price is not None:
        return scenario.hour_price, PriceStamp(scenario.hardware, OWN, None)
    row = book.hardware_row(scenario.hardware)
    return row.per_hour, PriceStamp(row.name, row.source, row.as_of)
