"""The statistics that a forecast of costs asks for."""

from __future__ import annotations

from core.costs.forecast import Statistics
from core.evaluation.power import Design, mde
from core.student import t_quantile


def _mde(n_tasks: int, n_runs: int, run_noise: float, task_spread: float) -> float:
    return mde(n_tasks, n_runs, Design(run_noise=run_noise, task_spread=task_spread))


STATISTICS = Statistics(mde=_mde, t_quantile=t_quantile)
