"""The words of a filter of rollouts, and what a grid shows under one."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.events import RolloutFinished
from core.outcome import Outcome
from core.rollouts.board import GridArm, RunGrid
from core.rollouts.contrast import ContrastReport, TaskContrast
from core.rollouts.operations import RunReport
from core.store.rollout_pages import RolloutFilter
from core.store.verdicts import OutcomeRow
from tui.screens.run_board import RunBoard
from tui.screens.run_filter import RolloutWish, read_filter
from tui.screens.run_grid_view import GridView
from tui.screens.run_meter import meter_lines
from tui.widgets.cells import UNICODE
from tui.widgets.heat_grid import BLANK, Place

_ENDS = {("a", 0): "passed", ("a", 1): "failed", ("b", 0): "limit", ("b", 1): "limit"}


def _board() -> RunBoard:
    cells = tuple(
        OutcomeRow(f"{task}{seed}", "arm", task, seed, outcome, 3, "tokens")
        for (task, seed), outcome in _ENDS.items()
    )
    arms = (GridArm("arm", "builtin"),)
    grid = RunGrid("run", "rollouts", "running", arms, ("a", "b", "c"), (0, 1), "train", 9, cells)
    return RunBoard.of(grid, RunReport("run", "rollouts", "running", 6, 4, {}, 0.25, 9, 900, 40))


def _contrast() -> ContrastReport:
    tasks = (TaskContrast("a", 1, 1, 0, 1, 1, 1.2), TaskContrast("b", 0, 2, 0, 2, 0, 0.4))
    return ContrastReport("run", False, 6, 4, 3, 8, 1, 1, 0, 1, 40, None, None, tasks)


def test_words_name_a_task_outcomes_and_reasons() -> None:
    assert read_filter('frost is:failed is:limit why:"time out"', Outcome.PASSED) == RolloutFilter(
        "frost", ("failed", "limit"), "time out"
    )
    assert read_filter("", Outcome.ERROR) == RolloutFilter(outcomes=("error",))
    others = read_filter("not:error not:passed", None).outcomes
    assert set(others) == set(Outcome) - {Outcome.ERROR, Outcome.PASSED}
    for wrong in ("is:wrong", "two words", 'why:"open', "is:limit not:limit", "colour:red"):
        with pytest.raises(UsageError):
            read_filter(wrong, None)


def test_orders_go_round_and_what_is_filtered_is_said() -> None:
    wish = RolloutWish("frost", Outcome.LIMIT)
    seen = [wish := wish.in_next_order() for _ in range(9)]
    assert len({each.sort for each in seen}) == 6
    assert {each.shown for each in seen} == {"frost is:limit"}


def test_a_filter_leaves_rows_and_marks_out_but_no_place_wrong() -> None:
    board = _board()
    view = GridView(board, UNICODE, read_filter("is:limit", None))
    assert view.axes.labels == ("b",)
    assert view.place_of(("a", "arm", 0)) is None
    assert view.slot_at(Place(0, 1)) == ("b", "arm", 1)
    assert view.finished() == [("b", "arm", 0), ("b", "arm", 1)]
    assert (
        GridView(board, UNICODE, read_filter("is:passed", None)).mark_of(("a", "arm", 1)) == BLANK
    )
    slot = board.finish(RolloutFinished("run", "c0", "c", "arm", 0, "limit", 2, 9, 0, "calls"))
    assert slot is not None
    assert view.lacks(slot), "its row must be made"
    assert "only is:limit: 3 of 1 task" in meter_lines(view, 80, None, "is:limit")[1].plain


def test_each_row_says_whether_its_task_gives_pairs() -> None:
    board = _board()
    view = GridView(board, UNICODE)
    assert [note.text for note in view.notes().values()] == ["contrast", "no pass", ""]
    view.know(_contrast())
    assert [note.text for note in view.notes().values()] == ["1 pair", "no pass", ""]
    assert view.about("b") == "0 pairs, est. 0.4 in the end"
    said = meter_lines(view, 80, None)[2].plain
    assert said == "contrast in 1 of 3 tasks   1 usable pair"
