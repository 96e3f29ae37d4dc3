"""Forecasts of past runs, each figure beside what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from core.store.database import Store
from core.store.forecasts import GradedRow, forecast_history


@dataclass(frozen=True, slots=True)
class PastFigure:
    """One figure of a run."""

    figure: str
    unit: str
    low: float
    mean: float
    high: float
    worst: float
    """When every rollout goes to its limits."""
    actual: float | None
    """Of all attempts, retried ones included; None until the run is finished."""
    error: float | None
    """How far that is from the mean, as a share of it."""
    is_inside: bool | None
    """Whether it lies in the interval."""


@dataclass(frozen=True, slots=True)
class PastForecast:
    """What was said of a run when it began, and what it came to."""

    run_id: str
    status: str
    basis: str
    n_rollouts: int
    n_rollouts_done: int | None
    made_at: datetime
    figures: tuple[PastFigure, ...]


async def load_history(store: Store) -> list[PastForecast]:
    """All of them, the newest first."""
    rows = await forecast_history(store)
    grouped = [list(each) for _, each in groupby(rows, key=lambda row: row.run_id)]
    return [
        PastForecast(
            run_id=first.run_id,
            status=first.status,
            basis=first.basis,
            n_rollouts=first.n_rollouts,
            n_rollouts_done=first.n_rollouts_done,
            made_at=first.made_at,
            figures=tuple(map(_figure, each)),
        )
        for each in grouped
        for first in each[:1]
    ]


def _figure(row: GradedRow) -> PastFigure:
    return PastFigure(
        row.figure, row.unit, row.low, row.mean, row.high, row.worst, row.actual, row.error,
        row.is_inside,
    )  # fmt: skip
