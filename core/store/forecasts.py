"""What runs were said to come to before they began, and what they came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One figure of a run, foretold when it began."""

    run_id: str
    figure: str
    unit: str
    low: float
    mean: float
    high: float
    worst: float
    """When every rollout goes to its limits."""
    basis: str
    """What it rests on."""
    n_rollouts: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ForecastGradeRow:
    """What one figure came to when the run was finished; the newest counts."""

    run_id: str
    figure: str
    actual: float
    n_rollouts: int
    graded_at: datetime


@dataclass(frozen=True, slots=True)
class GradedRow:
    """A forecast beside what came; `actual` is of all attempts, retried ones included."""

    run_id: str
    status: str
    figure: str
    unit: str
    low: float
    mean: float
    high: float
    worst: float
    basis: str
    n_rollouts: int
    made_at: datetime
    actual: float | None
    """None until the run is finished."""
    n_rollouts_done: int | None

    @property
    def error(self) -> float | None:
        """How far the actual value is from the mean that was foretold, as a share of it."""
        if self.actual is None:
            return None
        if self.mean == 0.0:
            return 0.0 if self.actual == 0.0 else None
        return self.actual / self.mean - 1.0

    @property
    def is_inside(self) -> bool | None:
        """Whether it lies in the interval that was foretold."""
        return None if self.actual is None else self.low <= self.actual <= self.high


async def find_forecast(store: Store, run_id: str) -> list[ForecastRow]:
    """The figures that were foretold of a run."""
    return await store.load(ForecastRow, "forecasts", "WHERE run_id = ? ORDER BY rowid", run_id)


async def forecast_history(store: Store) -> list[GradedRow]:
    """Every forecast with its grade, the newest run first, its figures in their order."""
    rows = await store.fetch(
        "SELECT f.run_id, s.status, f.figure, f.unit, f.low, f.mean, f.high, f.worst, f.basis, "
        "f.n_rollouts, f.made_at, g.actual, g.n "
        "FROM forecasts f "
        "JOIN (SELECT run_id, arg_max(status, rowid) AS status FROM run_states GROUP BY run_id) s "
        "USING (run_id) "
        "LEFT JOIN (SELECT run_id, figure, arg_max(actual, rowid) AS actual, "
        "arg_max(n_rollouts, rowid) AS n FROM forecast_grades GROUP BY run_id, figure) g "
        "ON g.run_id = f.run_id AND g.figure = f.figure AND s.status = 'finished' "
        "ORDER BY f.made_at DESC, f.run_id, f.rowid"
    )
    return [GradedRow(*row) for row in rows]
