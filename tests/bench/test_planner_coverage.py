"""How often the contrast planner's 90 % interval holds, and what it finds at equal spend."""

from __future__ import annotations

import pytest

from tests.core.rollouts.planned import SUITES, run

_N_RUNS = 100
_LEAST_INSIDE = 0.88


@pytest.mark.bench
def test_the_interval_of_pairs_holds_in_five_hundred_runs() -> None:
    n_inside = 0
    for suite in SUITES:
        runs = [run(suite, seed) for seed in range(_N_RUNS)]
        inside = sum(p.outlook.n_pairs.low <= p.n_pairs <= p.outlook.n_pairs.high for p in runs)
        found, uniform, spent, pairs = (
            sum(getattr(planned, name) for planned in runs) / _N_RUNS
            for name in ("n_contrasting", "n_uniform_contrasting", "n_rollouts", "n_pairs")
        )
        print(  # noqa: T201
            f"{suite:<10} inside {inside}/{_N_RUNS}  contrasting {found:.1f} "
            f"(uniform {uniform:.1f})  pairs {pairs:.1f}  rollouts {spent:.0f}"
        )
        assert found >= uniform
        n_inside += inside
    assert n_inside >= _LEAST_INSIDE * _N_RUNS * len(SUITES)
