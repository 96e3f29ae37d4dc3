"""The curves' keys: read a step, zoom, pan, logarithms; and what the headings say of all that."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from tui.theme import VARIABLES
from tui.widgets.cells import ASCII, UNICODE, Glyphs
from tui.widgets.curve import Curves
from tui.widgets.panels import Panel, Series
from tui.widgets.plot import Window

FALLING = tuple((n, 1 / n) for n in range(1, 101))
LOSS = Panel("loss", (Series("loss", FALLING),), "should fall")
REWARDS = Panel("reward", (Series("chosen", ((1, 0.5), (100, 1.5))), Series("rejected", ())))


class _Counting(Curves):
    n_painted = 0

    def render(self) -> Content:
        self.n_painted += 1
        return super().render()


class CurvesApp(App[None]):
    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.curves = _Counting(glyphs)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(VARIABLES, "ansi_default")

    def compose(self) -> ComposeResult:
        yield self.curves


def _lines(curves: Curves) -> list[str]:
    return curves.render().plain.split("\n")


async def test_the_heading_reads_the_newest_value_and_the_cursors() -> None:
    app = CurvesApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.curves.show([LOSS], 100)
        assert _lines(app.curves)[0].startswith("loss     0.0100  from 1, step 100 of 100")
        await pilot.press("g")
        assert app.curves.at == 1
        await pilot.press("right")
        assert app.curves.at == 2
        heading, first_row = _lines(app.curves)[:2]
        assert heading.startswith("loss     0.5000  from 1, step 2 of 100")
        assert first_row.index("│") == 9 + round(1 / 99 * 70)
        await pilot.press("G")
        assert app.curves.at is None
        await pilot.press("left")
        assert app.curves.at == 99


async def test_zoom_keeps_the_cursors_place_and_the_cursor_moves_the_window_along() -> None:
    app = CurvesApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.curves.show([LOSS], 100)
        await pilot.press("i")
        assert app.curves.window == Window(50.5, 100)
        await pilot.press("i", "i", "i", "i", "i")
        assert app.curves.window == Window(96, 100), "four steps are the least"
        assert "zoom" in _lines(app.curves)[-1]
        await pilot.press("left", "left", "left", "left", "left", "left")
        assert app.curves.at == 94
        assert app.curves.window == Window(94, 98)
        await pilot.press("o")
        assert app.curves.window == Window(94, 102) or app.curves.window == Window(92, 100)
        await pilot.press("left_square_bracket")
        assert app.curves.window.reach == 8
        assert app.curves.window.last < 100
        await pilot.press("w")
        assert app.curves.window == Window(1, 100)
        await pilot.press("o", "right_square_bracket")
        assert app.curves.window == Window(1, 100), "there is nothing beyond"


async def test_a_log_scale_is_named_and_says_what_it_leaves_out() -> None:
    app = CurvesApp()
    async with app.run_test(size=(80, 12)) as pilot:
        margin = Panel("margin", (Series("margin", ((1, -0.5), (2, 0.0), (3, 0.5))),))
        app.curves.show([margin], 3)
        await pilot.press("L")
        lines = _lines(app.curves)
        assert "2 not above 0" in lines[0]
        assert lines[-1].strip().startswith("log")
        app.curves.show([Panel("margin", (Series("margin", ((1, -0.5),)),))], 3)
        assert "no value above 0" in _lines(app.curves)[0]


async def test_what_is_no_number_is_counted_and_read_as_such() -> None:
    app = CurvesApp(ASCII)
    async with app.run_test(size=(80, 12)) as pilot:
        loss = Panel("loss", (Series("loss", ((1, 0.5), (2, None), (3, 0.5))),))
        app.curves.show([loss], 3)
        assert "1 not a number" in _lines(app.curves)[0]
        await pilot.press("left")
        assert "no number" in _lines(app.curves)[0]
        assert "|" in _lines(app.curves)[1]


async def test_panels_that_have_no_room_come_by_turn() -> None:
    app = CurvesApp()
    async with app.run_test(size=(80, 9)):
        app.curves.show([LOSS, REWARDS, Panel("KL", ())], 100)
        lines = _lines(app.curves)
        assert lines[0].startswith("loss")
        assert lines[4].startswith("reward   a chosen 1.5000  b rejected -  step 100 of 100")
        app.curves.turn()
        assert _lines(app.curves)[0].startswith("KL        no value yet")
        app.curves.turn()
        assert _lines(app.curves)[0].startswith("loss")


async def test_the_same_lines_are_not_painted_again() -> None:
    app = CurvesApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.curves.show([LOSS], 100)
        await pilot.pause()
        before = app.curves.n_painted
        app.curves.show([LOSS], 100)
        await pilot.pause()
        assert app.curves.n_painted == before
        app.curves.show([LOSS], 101)
        await pilot.pause()
        assert app.curves.n_painted > before
