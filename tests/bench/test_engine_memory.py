"""What an engine holds in memory after ten thousand rollouts; a process of its own tells."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from tests.bench.figures import Figures
from tests.bench.loopback import loopback

_N_ROLLOUTS = 10_000
_SCRIPT = """
import asyncio, os, sys
from dataclasses import replace
from pathlib import Path
from core.agent.limits import Limits
from tests.bench.engine_load import engine_on, options, policy_of
from tests.bench.processes import rss_mb

async def main():
    workspace, url, n = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    wish = options(policy_of(workspace, url), n_seeds=-(-n // 32))
    async with engine_on(workspace) as engine:
        before = rss_mb(os.getpid())
        report = await engine.run_rollouts(replace(wish, limits=Limits(n_iterations=1)))
        assert report.n_rollouts >= n
        print(before, rss_mb(os.getpid()))

asyncio.run(main())
"""


@pytest.mark.bench
async def test_ten_thousand_rollouts_leave_little_behind(
    prepared: Path, tmp_path: Path, figures: Figures
) -> None:
    workspace = Path(shutil.copytree(prepared, tmp_path / "bench"))
    with loopback(0) as url:
        words = (sys.executable, "-c", _SCRIPT, str(workspace), url, str(_N_ROLLOUTS))
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    assert process.returncode == 0
    before, after = map(float, out.split())
    figures.add("engine before the run", before, "MB")
    figures.add("engine after 10,000 rollouts", after, "MB", 300.0)
    figures.check()
