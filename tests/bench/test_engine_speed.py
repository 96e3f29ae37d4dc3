"""What the engine adds to its calls: 64 rollouts at once, through the real client library."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

import pytest

from tests.bench.engine_load import (
    N_AT_ONCE,
    N_CALLS,
    Took,
    engine_on,
    options,
    policy_of,
    run_bare,
    run_engine,
)
from tests.bench.figures import Figures, p99
from tests.bench.loopback import loopback

_N_ROUNDS = 5
_STATE = [{"role": "system", "content": "x" * 800}, {"role": "user", "content": "y" * 2400}]
"""As long as a task's first state."""


async def _rounds(workspace: Path, latency_ms: int, n: int) -> tuple[list[Took], list[Took]]:
    """The engine and the bare library in turn, once for nothing; the same calls of the same run."""
    bare, engines = [], []
    with loopback(latency_ms) as url:
        name = policy_of(workspace, url)
        async with engine_on(workspace) as engine:
            for at in range(n + 1):
                bare.append(await run_bare(url, _STATE, N_AT_ONCE))
                wish = options(name, n_seeds=2, first_seed=10 * at)
                engines.append(await run_engine(engine, wish))
    return bare[1:], engines[1:]


@pytest.mark.bench
async def test_fast_replies_take_little_longer_than_by_the_library_alone(
    workspace: Path, figures: Figures
) -> None:
    bare, engine = await _rounds(workspace, 50, _N_ROUNDS)
    ideal_s = 0.05 * N_CALLS
    figures.add("wall of the bare library / ideal", _wall(bare) / ideal_s, "x")
    figures.add("CPU of a call, bare library", _cpu(bare), "ms")
    figures.add("CPU of a call, engine", _cpu(engine), "ms")
    figures.add("wall of the engine / bare library", _wall(engine) / _wall(bare), "x", 1.3)
    _add_lags(figures, bare, engine)
    figures.check()


@pytest.mark.bench
async def test_slow_replies_take_hardly_longer_than_the_service_does(
    workspace: Path, figures: Figures
) -> None:
    bare, engine = await _rounds(workspace, 500, 2)
    ideal_s = 0.5 * N_CALLS
    crowded = _wall(bare) / ideal_s  # hardly above 1 on a machine that does nothing else
    figures.add("wall of the bare library / ideal", crowded, "x")
    figures.add("wall of the engine / ideal", _wall(engine) / ideal_s, "x", max(1.10, crowded))
    _add_lags(figures, bare, engine)
    figures.check()


@pytest.fixture(name="workspace")
def _workspace(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "bench"))


def _wall(all_took: list[Took]) -> float:
    return median(took.wall_s for took in all_took)


def _cpu(all_took: list[Took]) -> float:
    return 1e3 * median(took.cpu_s for took in all_took) / (N_AT_ONCE * N_CALLS)


def _add_lags(figures: Figures, bare: list[Took], engine: list[Took]) -> None:
    """No later than 20 ms, or than half of it beside the bare library where that is later."""
    late, lags = (1e3 * p99([x for took in each for x in took.lags_s]) for each in (bare, engine))
    figures.add("event loop late, p99, bare library", late, "ms")
    figures.add("event loop late, p99, engine", lags, "ms", max(20.0, late / 2))
