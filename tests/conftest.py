"""Workspaces for tests: prepared once, copied for each test that changes one."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from core.agent.limits import Limits
from core.engine import open_engine
from core.rollouts.operations import RunOptions
from core.workspace import Workspace

N_PROGRAMS = 72

# How long an example takes says more about the machine than about the code.
settings.register_profile("gemel", deadline=None)
settings.load_profile("gemel")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores: half of the time a test waits for others."""
    return 2 * (os.cpu_count() or 1)


_LONG = (
    "test_the_demo_ends_in_keep",
    "test_fifty_kills_lose",
    "test_spending_stays_below",
    "test_a_sabotaged_demo_ends",
    "test_no_acknowledged_row",
    "test_the_whole_loop",
    "test_a_run_is_started_held",
    "test_an_evaluation_that_was_killed",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every process begin its share with what is long, so that none is left for the end."""
    n = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ordered = [item for start in _LONG for item in items if item.name.startswith(start)]
    rest = iter([item for item in items if item not in ordered])
    shares: list[pytest.Item] = []
    for worker in range(n):
        size = (len(items) - len(shares)) // (n - worker)
        share = ordered[worker::n]
        shares += share + list(islice(rest, max(0, size - len(share))))
    items[:] = [*shares, *rest]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's terminal, workspace or keys reaches a test."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "GEMEL_WORKSPACE", "TOGETHER_API_KEY", "GEMEL_THEME"):
        monkeypatch.delenv(name, raising=False)


def _made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Coroutine[Any, Any, None]]
) -> Path:
    """A workspace that the first process of a test run makes and the others wait for."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    with (root / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_size == 0:  # not `tell`: it knows the size before the wait
            asyncio.run(make(root / name))
            lock.write("made")
    return root / name


async def _prepare(directory: Path) -> None:
    async with open_engine(Workspace(directory)) as engine:
        await engine.forge(seed=5, n_per_program=1)
        await engine.check("kata")
        await engine.make_split(("kata",), seed=5)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace with a forged, checked and split suite; not to be changed."""
    return _made_once(tmp_path_factory, "prepared", _prepare)


async def _run(prepared: Path, directory: Path) -> None:
    shutil.copytree(prepared, directory)
    async with open_engine(Workspace(directory)) as engine:
        await engine.run_rollouts(RunOptions(n_seeds=3, limits=Limits(n_iterations=12)))
        await engine.build_pairs()


@pytest.fixture(scope="session")
def ran(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace that also has rollouts and pairs; not to be changed."""
    return _made_once(tmp_path_factory, "ran", partial(_run, prepared))


@pytest.fixture
def workspace_with_pairs(ran: Path, tmp_path: Path) -> Path:
    """A copy of the workspace with pairs, for one test."""
    return Path(shutil.copytree(ran, tmp_path / "workspace"))


@pytest.fixture
def workspace(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared workspace, for one test."""
    return Path(shutil.copytree(prepared, tmp_path / "workspace"))
