"""Grid, meter and interval: what they draw, and that they repaint only what changed."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region

from tui.theme import VARIABLES
from tui.widgets.cells import ASCII, UNICODE, Glyphs
from tui.widgets.heat_grid import Axes, HeatGrid, Mark, Note, Place, Tone
from tui.widgets.interval import Estimate, draw, reach_of, scale
from tui.widgets.meter import Meter, bar

PASSED, LOST = Mark("✓", Tone.GOOD), Mark("E", Tone.ODD, is_counted=False)


class _Grid(HeatGrid):
    """Notes what it repaints."""

    def __init__(self) -> None:
        super().__init__(UNICODE)
        self.painted: list[Region] = []

    def refresh(self, *regions: Region, **options: Any) -> HeatGrid:  # type: ignore[override]
        self.painted += regions or (Region(0, 0, 999, 999),)
        return super().refresh(*regions, **options)


class _GridApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.grid = _Grid()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(VARIABLES, "ansi_default")

    def compose(self) -> ComposeResult:
        yield self.grid


def _text(grid: HeatGrid, y: int) -> str:
    return grid.render_line(y).text.rstrip()


async def test_a_mark_repaints_itself_and_its_tally_and_an_unseen_one_nothing() -> None:
    app = _GridApp()
    async with app.run_test(size=(60, 11)):
        app.grid.show(Axes(tuple(f"task {n}" for n in range(1000)), (("base", 3),)), {})
        app.grid.painted.clear()
        app.grid.put(Place(4, 1), PASSED)
        app.grid.put(Place(500, 0), PASSED)
        line = _text(app.grid, 5)
        assert line.split() == ["task", "4", "✓", "1/1"]
        mark, tally = app.grid.painted
        assert mark == Region(line.index("✓"), 5, 1, 1)
        assert tally.contains(line.index("1/1"), 5)
        assert (tally.right, tally.height) == (line.index("✓") + 11, 1)


async def test_a_note_stands_beside_its_label_and_repaints_its_row_alone() -> None:
    app = _GridApp()
    async with app.run_test(size=(60, 11)):
        axes = Axes(("task a", "task b"), (("base", 2),), "pairs")
        app.grid.show(axes, {Place(0, 0): PASSED}, {0: Note("all pass")})
        assert _text(app.grid, 0).split() == ["1/2", "pairs", "base"]
        assert _text(app.grid, 1).split() == ["▸", "task", "a", "all", "pass", "✓", "1/1"]
        app.grid.painted.clear()
        app.grid.note(1, Note("no pass"))
        app.grid.note(1, Note("no pass"))
        (painted,) = app.grid.painted
        assert painted.contains(_text(app.grid, 2).index("no pass"), 2)
        assert painted.area < 12


async def test_the_cursor_stays_on_its_row_when_rows_come_before_it() -> None:
    app = _GridApp()
    async with app.run_test(size=(60, 11)) as pilot:
        app.grid.show(Axes(("b", "c"), (("", 2),)), {})
        await pilot.press("j", "right")
        app.grid.show(Axes(("a", "b", "c"), (("", 2),)), {})
        assert app.grid.cursor == Place(2, 1)
        await pilot.press("g")
        assert app.grid.cursor == Place(0, 1)


async def test_more_columns_than_fit_are_reached_by_moving_the_cursor() -> None:
    app = _GridApp()
    async with app.run_test(size=(40, 5)) as pilot:
        last = Mark("!", Tone.ODD)
        app.grid.show(Axes(("task",), (("base", 50), ("tuned", 50))), {Place(0, 99): last})
        assert "!" not in _text(app.grid, 1)
        app.grid.action_move(0, 99)
        await pilot.pause()
        assert _text(app.grid, 1).split()[-2:] == ["!", "0/1"]


async def test_a_tally_counts_what_is_good_of_what_counts() -> None:
    app = _GridApp()
    async with app.run_test(size=(60, 11)):
        marks = {Place(0, 0): PASSED, Place(0, 1): Mark("✗", Tone.BAD), Place(0, 2): LOST}
        app.grid.show(Axes(("a",), (("", 3),)), marks)
        assert _text(app.grid, 1).endswith("✓ ✗ E  1/2")


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [1, 8, 40])
def test_a_bar_is_as_wide_as_asked_and_full_only_at_the_end(glyphs: Glyphs, width: int) -> None:
    full = bar(1, 1, width, glyphs)
    for n in range(1000):
        drawn = bar(n, 1000, width, glyphs)
        assert cell_len(drawn) == width
        assert drawn != full


@pytest.mark.parametrize("is_ascii", [True, False])
def test_an_interval_above_zero_is_drawn_right_of_zero(is_ascii: bool) -> None:
    zero, left, right, point = "|[]o" if is_ascii else "│├┤●"
    drawn = draw(Estimate("", 0.3, 0.2, 0.4), 0.5, 41, is_ascii=is_ascii)
    at = [drawn.index(sign) for sign in (zero, left, point, right)]
    assert at == [20, 28, 32, 36]
    across = draw(Estimate("", 0.0, -0.5, 0.5), 0.5, 41, is_ascii=is_ascii)
    assert (across[0], across[20], across[40]) == (left, point, right)


def test_the_scale_reaches_the_widest_end_and_has_zero_in_the_middle() -> None:
    estimates = [Estimate("", 0.1, -0.25, 0.2), Estimate("", 0.0, 0.0, 0.1)]
    assert reach_of(estimates) == 0.3
    assert scale(0.3, 21).index("0", 4) == 10
    assert scale(0.3, 21).split() == ["-30", "0", "+30"]


async def test_a_meter_that_shows_the_same_is_not_painted_again() -> None:
    class _Counting(Meter):
        n_painted = 0

        def render(self) -> Content:
            self.n_painted += 1
            return super().render()

    class _App(App[None]):
        def compose(self) -> ComposeResult:
            yield _Counting()

    app = _App()
    async with app.run_test(size=(40, 5)) as pilot:
        meter = app.query_one(_Counting)
        meter.show([Content("12 of 20")])
        await pilot.pause()
        before = meter.n_painted
        meter.show([Content("12 of 20")])
        await pilot.pause()
        assert meter.n_painted == before
        meter.show([Content("13 of 20")])
        await pilot.pause()
        assert meter.n_painted > before
