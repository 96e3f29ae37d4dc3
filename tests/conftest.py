"""Workspaces for tests: prepared once, copied for each test that changes one."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import open_engine
from core.rollouts.operations import RunOptions
from core.workspace import Workspace

N_PROGRAMS = 72


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's terminal, workspace or keys reaches a test."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "GEMEL_WORKSPACE", "TOGETHER_API_KEY", "GEMEL_THEME"):
        monkeypatch.delenv(name, raising=False)


async def _prepare(directory: Path) -> None:
    async with open_engine(Workspace(directory)) as engine:
        await engine.forge(seed=5, n_per_program=1)
        await engine.check("kata")
        await engine.make_split(("kata",), seed=5)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace with a forged, checked and split suite; not to be changed."""
    directory = tmp_path_factory.mktemp("prepared") / "workspace"
    asyncio.run(_prepare(directory))
    return directory


async def _run(directory: Path) -> None:
    async with open_engine(Workspace(directory)) as engine:
        await engine.run_rollouts(RunOptions(n_seeds=3, limits=Limits(n_iterations=12)))
        await engine.build_pairs()


@pytest.fixture(scope="session")
def ran(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace that also has rollouts and pairs; not to be changed."""
    directory = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("ran") / "workspace"))
    asyncio.run(_run(directory))
    return directory


@pytest.fixture
def workspace_with_pairs(ran: Path, tmp_path: Path) -> Path:
    """A copy of the workspace with pairs, for one test."""
    return Path(shutil.copytree(ran, tmp_path / "workspace"))


@pytest.fixture
def workspace(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared workspace, for one test."""
    return Path(shutil.copytree(prepared, tmp_path / "workspace"))
