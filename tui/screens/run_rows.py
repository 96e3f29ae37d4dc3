"""Runs and running rollouts as rows of lists."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from core.live import LiveRollout, LiveRun, LiveStage
from core.money import usd
from core.text import clean
from tui.screens.outcomes import status_cell
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing it for real loads the database
    from core.store.runs import RunSummary

RUNS = (
    Column("run", 0),
    Column("done", 6, is_right=True),
    Column("passed", 7, is_right=True),
    Column("cost", 9, is_right=True, from_width=70),
    Column("kind", 10, from_width=84),
    Column("state", 12),
)
LIVE = (
    Column("running", 0),
    Column("seed", 5, is_right=True),
    Column("iter", 4, is_right=True),
    Column("tokens", 8, is_right=True),
    Column("cost", 8, is_right=True, from_width=60),
    Column("idle", 5, is_right=True),
    Column("stage", 13),
)


def run_row(run: RunSummary, live: LiveRun | None, glyphs: Glyphs) -> Row:
    """One run; what is live is newer than what was stored."""
    n_done, n_passed, cost = run.n_rollouts, run.n_passed, run.cost_microusd
    status = run.status
    if live is not None:
        status, cost = live.status.value, live.cost_microusd
        n_done, n_passed = sum(live.outcomes.values()), live.outcomes.get("passed", 0)
    figures = (f"{n_done:,}", f"{n_passed:,}", usd(cost))
    return Row(run.run_id, (clean(run.run_id), *figures, run.kind, status_cell(status, glyphs)))


def live_row(rollout: LiveRollout, now: datetime) -> Row:
    """One running rollout; idle is the time since its last answer or test result."""
    idle_s = max((now - rollout.active_at).total_seconds(), 0.0)
    idle = "" if rollout.stage is LiveStage.WAITING else f"{idle_s:.0f} s"
    cells = (
        clean(rollout.task_id),
        str(rollout.seed),
        str(rollout.n_iterations),
        f"{rollout.n_tokens:,}",
        usd(rollout.cost_microusd),
        idle,
        rollout.stage.value,
    )
    return Row(rollout.rollout_id, cells)
