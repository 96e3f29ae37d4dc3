"""Runs, running and finished rollouts as rows of lists, and how a row is opened."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from core.live import LiveRollout, LiveRun, LiveStage, RunStatus
from core.money import usd
from core.store.rollout_pages import RolloutItem
from core.text import clean, one_line
from tui.screens.outcomes import DRAINING, mark_of, status_cell, style_of
from tui.screens.run_board import RunBoard, Slot
from tui.screens.trace import Traced
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

EACH = (
    Column("rollout of", 0),
    Column("seed", 5, is_right=True),
    Column("outcome", 10),
    Column("iter", 5, is_right=True),
    Column("tokens", 7, is_right=True, from_width=70),
    Column("cost", 8, is_right=True),
    Column("took", 7, is_right=True, from_width=84),
    Column("why", 0, from_width=84),
)
_LONGEST = 200


def run_row(run: RunSummary, live: LiveRun | None, glyphs: Glyphs) -> Row:
    """One run; what is live is newer than what was stored."""
    n_done, n_passed, cost = run.n_rollouts, run.n_passed, run.cost_microusd
    status = run.status
    if live is not None:
        is_draining = live.is_draining and live.status is RunStatus.RUNNING
        status = DRAINING if is_draining else live.status.value
        cost = max(cost, live.cost_microusd)
        n_done, n_passed = sum(live.outcomes.values()), live.outcomes.get("passed", 0)
    figures = (f"{n_done:,}", f"{n_passed:,}", usd(cost))
    return Row(run.run_id, (clean(run.run_id), *figures, run.kind, status_cell(status, glyphs)))


def live_row(rollout: LiveRollout, now: datetime, rest_s: float = 0.0) -> Row:
    """One running rollout; idle is the time since its last answer or test result.

    `rest_s`: how long its model is left alone.
    """
    idle_s = max((now - rollout.active_at).total_seconds(), 0.0)
    is_waiting = rollout.stage is LiveStage.WAITING
    idle = "" if is_waiting else f"{idle_s:.0f} s"
    left = f" {rest_s:.0f} s" if is_waiting and rest_s else ""
    cells = (
        clean(rollout.task_id),
        str(rollout.seed),
        str(rollout.n_iterations),
        f"{rollout.n_tokens:,}",
        usd(rollout.cost_microusd),
        idle,
        f"{rollout.stage.value}{left}",
    )
    return Row(rollout.rollout_id, cells, rollout)


def each_row(item: RolloutItem, glyphs: Glyphs) -> Row:
    """One finished rollout."""
    sign = mark_of(item.outcome, glyphs).sign
    cells = (
        clean(item.task_id),
        str(item.seed),
        (f"{sign} {item.outcome}", style_of(item.outcome)),
        str(item.n_iterations),
        f"{item.n_tokens:,}",
        usd(item.cost_microusd),
        f"{item.wall_s:.1f} s",
        one_line(clean(item.reason), _LONGEST),
    )
    return Row(item.rollout_id, cells, item)


def traced_of(board: RunBoard, slot: Slot) -> Traced:
    """A rollout of a board, begun or finished, to be opened."""
    return _traced(board.rollout_id_of(slot), slot[0], slot[2])


def item_traced(row: Row | None) -> Traced | None:
    """The rollout of a row, finished or running, to be opened."""
    item = row.item if row is not None else None
    if not isinstance(item, RolloutItem | LiveRollout):
        return None
    return _traced(item.rollout_id, item.task_id, item.seed)


def _traced(rollout_id: str, task_id: str, seed: int) -> Traced:
    return Traced(rollout_id, f"{task_id}, seed {seed}", task_id)
