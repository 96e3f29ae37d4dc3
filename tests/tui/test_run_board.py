"""The state behind meter and grid: what events do to it, and what it concludes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from textual.content import Content

from core.events import CallsMade, RolloutFinished, RolloutRequeued
from core.live import LiveCost, LiveRollout, LiveRun, LiveStage
from core.rollouts.board import GridArm, RunGrid
from core.rollouts.operations import RunReport
from core.store.verdicts import OutcomeRow
from tui.screens.run_board import RunBoard, Slot
from tui.screens.run_grid_view import GridView
from tui.screens.run_meter import clock, meter_lines
from tui.widgets.cells import UNICODE

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)  # as stored


def _board() -> RunBoard:
    """Four tasks, two arms, three seeds; one rollout is finished."""
    arms = (GridArm("base", "builtin"), GridArm("tuned", "builtin:x"))
    cells = (OutcomeRow("r0", "base", "a", 5, "passed", 3),)
    grid = RunGrid(
        "run", "rollouts", "running", arms, ("a", "b", "c", "d"), (5, 6, 7), "train", 20, cells
    )
    report = RunReport("run", "rollouts", "running", 24, 1, {"passed": 1}, 1.0, 3, 900, 40)
    return RunBoard.of(grid, report)


def _finished(
    task_id: str, seed: int, outcome: str, arm_id: str = "base", run_id: str = "run"
) -> RolloutFinished:
    return RolloutFinished(run_id, f"{task_id}{seed}", task_id, arm_id, seed, outcome, 4, 100, 7)


def _live(*seeds: int) -> LiveRun:
    rollouts = tuple(
        LiveRollout(f"a{n}", "a", "base", n, LiveStage.CALLING, 1, 10, 0, _NOW, _NOW) for n in seeds
    )
    return LiveRun("run", "rollouts", _NOW, 24, {}, 9, 800, 100, 200, 55, rollouts)


def _meter(board: RunBoard, slot: Slot | None = None) -> list[str]:
    return [line.plain for line in meter_lines(GridView(board, UNICODE), 80, slot)]


def test_every_cell_of_the_grid_belongs_to_one_slot() -> None:
    board = _board()
    view = GridView(board, UNICODE)
    slots = [
        (t, a.arm_id, s) for t in board.grid.task_ids for a in board.grid.arms for s in (5, 6, 7)
    ]
    places = [place for slot in slots if (place := view.place_of(slot))]
    assert len(set(places)) == 24
    assert [view.slot_at(place) for place in places] == slots


def test_a_rollout_counts_once_and_only_in_its_run() -> None:
    board = _board()
    assert board.finish(_finished("b", 6, "limit")) == ("b", "base", 6)
    assert board.finish(_finished("b", 6, "limit")) is None
    assert board.finish(_finished("b", 7, "limit", run_id="other")) is None
    assert (board.n_done, board.counts["limit"]) == (2, 1)


def test_contrast_needs_a_pass_and_a_failure_and_no_broken_machine() -> None:
    board = _board()
    board.finish(_finished("a", 6, "error"))
    assert board.n_contrast == 0
    board.finish(_finished("a", 7, "tampered"))
    assert board.n_contrast == 1


def test_rate_and_end_follow_the_last_seconds_only() -> None:
    board = _board()
    board.tick(0.0)
    assert board.rate is None
    for n, seed in enumerate((5, 6), 1):
        board.finish(_finished("c", seed, "limit"))
        board.tick(100.0 + n)
    assert board.rate == pytest.approx(1.0)
    assert board.eta_s == pytest.approx(21.0)
    assert [clock(s) for s in (21.0, 125.0, 3723.0)] == ["0:21", "2:05", "1:02:03"]


def test_the_time_of_a_pause_is_in_no_rate() -> None:
    board = _board()
    for n, seed in enumerate((5, 6, 7)):
        board.finish(_finished("c", seed, "limit"))
        board.tick(float(n))
    assert board.rate == pytest.approx(1.0)
    board.stand("paused")
    board.tick(5.0)
    assert (board.rate, board.eta_s) == (None, None)
    board.stand("running")
    board.tick(600.0)
    board.finish(_finished("d", 5, "limit"))
    board.tick(601.0)
    assert board.rate == pytest.approx(1.0)
    board.stand("running")
    assert board.rate == pytest.approx(1.0)


def test_the_meter_says_why_a_run_does_not_go_on() -> None:
    board = _board()
    board.stand("paused")
    board.reason = "asked for by [/b] \x1b[2J"
    said = _meter(board)
    assert "· paused" in said[0]
    assert said[3].endswith("   asked for by [/b] ␛[2J")


def test_a_slot_is_busy_from_one_look_to_the_next() -> None:
    board = _board()
    assert board.watch(_live(6, 7)) == {("a", "base", 6), ("a", "base", 7)}
    assert board.watch(_live(7)) == {("a", "base", 6)}
    assert board.watch(None) == {("a", "base", 7)}


def test_the_meter_tells_tokens_by_kind_once_calls_are_told() -> None:
    board = _board()
    assert "900 tokens" in _meter(board)[3]
    board.spend(CallsMade("other", 1, 1, 1, 1, 99_000_000))
    board.spend(CallsMade("run", 9, 1_234_567, 45_678, 12, 2_500_000))
    assert _meter(board)[3] == ("$2.50   9 calls   1.2M in, 45.7k out, 12 cached")
    assert _meter(board, ("a", "base", 5))[2] == "a  seed 5  ✓ passed after 3 iterations"


def test_the_meter_says_what_the_whole_will_cost_and_at_the_worst() -> None:
    board = _board()
    board.limit_microusd = 2_000_000
    cost = LiveCost(23, 500_000, 900_000, 1_300_000, 1_950_000, 9)
    board.watch(replace(_live(6), cost=cost))
    board.spend(CallsMade("run", 9, 800, 100, 0, 1_700_000))
    money = _meter(board)[3]
    assert money.startswith("$1.70 of $2.00   est. $0.90 [$0.50, $1.30], at most $1.95   9 calls")
    board.watch(replace(_live(6), cost=replace(cost, low_microusd=None, high_microusd=None)))
    assert "   est. $0.90, at most $1.95   " in _meter(board)[3]
    board.watch(replace(_live(6), cost=replace(cost, mean_microusd=None)))
    assert "$2.00   at most $1.95   " in _meter(board)[3]
    board.watch(_live(6))
    assert "at most" not in _meter(board)[3]


def test_what_may_have_been_billed_unseen_is_said_and_warns_like_what_was_spent() -> None:
    board = _board()
    board.limit_microusd = 1_000_000
    board.spend(CallsMade("run", 9, 800, 100, 0, 400_000))

    def money() -> Content:
        return meter_lines(GridView(board, UNICODE), 80, None)[3]

    assert "meter-" not in money().markup
    board.watch(replace(_live(6), unseen_microusd=400_000))
    assert money().plain.startswith("$0.40, at most $0.40 more, of $1.00   9 calls")
    assert "$meter-near" in money().markup
    board.watch(replace(_live(6), unseen_microusd=600_000))
    assert "$meter-over" in money().markup
    board.watch(None)
    assert "at most $0.60 more" in money().plain


def test_what_waits_aside_is_shown_and_a_requeued_error_counts_no_more() -> None:
    board = _board()
    slot = board.finish(_finished("a", 6, "error"))
    assert slot is not None
    assert board.requeue(RolloutRequeued("run", "a6", *slot[:2], slot[2])) == slot
    assert (board.counts["error"], board.n_done, slot in board.aside) == (0, 1, True)
    assert board.requeue(RolloutRequeued("run", "a6", *slot[:2], slot[2])) is None
    aside = board.rollout_id_of(("b", "tuned", 7))
    changed = board.watch(replace(_live(), aside=(aside,), is_draining=True))
    assert changed == {slot, ("b", "tuned", 7)}
    assert "draining" in _meter(board)[0]
    view = GridView(board, UNICODE)
    assert view.mark_of(("b", "tuned", 7)).sign == "·"
    assert "put aside, A does it again" in _meter(board, ("b", "tuned", 7))[2]
