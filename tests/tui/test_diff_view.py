"""The difference of two texts as it is drawn."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult

from tui.theme import VARIABLES, load_themes
from tui.widgets.cells import UNICODE
from tui.widgets.diff_lines import compare
from tui.widgets.diff_view import DiffView

LEFT = "\n".join(["def f(x):", *(f"    y = {n}" for n in range(60)), "    return x + 1"])
RIGHT = LEFT.replace("y = 30", "z = 30").replace("x + 1", "x - 1").replace("y = 2\n", "y = 2\n#\n")


class DiffApp(App[None]):
    def __init__(self, left: str = LEFT, right: str = RIGHT, theme: str = "dark") -> None:
        super().__init__()
        self.animation_level = "none"
        for found in load_themes(Path("/nowhere")).by_name.values():
            self.register_theme(found)
        self.theme = theme
        self.texts = (left, right)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(VARIABLES, "ansi_default")

    def compose(self) -> ComposeResult:
        yield DiffView(UNICODE)

    def on_mount(self) -> None:
        self.diff.show(compare(*self.texts), "one", "other")
        self.diff.focus()

    @property
    def diff(self) -> DiffView:
        return self.query_one(DiffView)

    def lines(self) -> list[str]:
        return [self.diff.render_line(y).text for y in range(self.diff.size.height)]


async def test_it_opens_at_the_first_difference_and_goes_round_to_the_others() -> None:
    app = DiffApp()
    async with app.run_test(size=(80, 11)) as pilot:
        assert "1/3" in app.lines()[0]
        assert any("▸" in line and "- #" in line for line in app.lines())
        app.diff.action_difference(1)
        await pilot.pause()
        assert "2/3" in app.lines()[0]
        at = next(n for n, line in enumerate(app.lines()) if "z = 30" in line)
        assert 4 <= at <= 6
        app.diff.action_difference(-1)
        assert any("- #" in line for line in app.lines())


async def test_both_sides_scroll_as_one() -> None:
    app = DiffApp()
    async with app.run_test(size=(120, 11)) as pilot:
        await pilot.press("g", "j")
        left, right = app.lines()[1].split("│")
        assert "y = 0" in left
        assert "y = 0" in right
        await pilot.press("G")
        left, right = app.lines()[-1].split("│")
        assert "+     return x + 1" in left
        assert "-     return x - 1" in right


async def test_narrow_views_put_the_sides_below_each_other_until_told_otherwise() -> None:
    app = DiffApp()
    async with app.run_test(size=(80, 11)) as pilot:
        assert not any("│" in line for line in app.lines())
        app.diff.action_toggle_split()
        assert all("│" in line for line in app.lines()[1:])
        app.diff.action_toggle_split()
        await pilot.resize_terminal(120, 11)
        await pilot.pause()
        assert not any("│" in line for line in app.lines())


async def test_wrapping_shows_the_whole_of_a_long_line() -> None:
    long = "value = [" + ", ".join(f"item_{n}" for n in range(40)) + "]"
    app = DiffApp(long, long + " # end")
    async with app.run_test(size=(60, 40)):
        assert not any("item_39" in line for line in app.lines())
        app.diff.action_toggle_wrap()
        shown = "".join(line[5:] for line in app.lines()[1:]).replace(" ", "")
        assert shown.count("item_39") == 2
        assert shown.endswith("#end") or "#end" in shown


async def test_long_lines_are_scrolled_sideways_on_both_sides() -> None:
    long = "".join(f"{n:03}," for n in range(100))
    app = DiffApp(long + "a", long + "b")
    async with app.run_test(size=(120, 8)) as pilot:
        left, right = app.lines()[1].split("│")
        assert "000,001" in left
        assert "000,001" in right
        await pilot.press("right")
        left, right = app.lines()[1].split("│")
        assert left[5:].startswith("002,003")
        assert right[5:].startswith("002,003")
        await pilot.press("left")
        assert "000,001" in app.lines()[1]


async def test_changed_words_are_underlined_also_where_colours_are_few() -> None:
    app = DiffApp(theme="ansi")
    async with app.run_test(size=(80, 11)):
        app.diff.action_difference(1)
        marked = [
            segment.text
            for y in range(1, 11)
            for segment in app.diff.render_line(y)
            if segment.style is not None and segment.style.underline
        ]
        assert marked == ["z", "y"]


async def test_whatever_the_texts_hold_each_line_is_as_wide_as_the_view() -> None:
    hostile = "\x1b[2J\x9b31m\x07 漢字漢字\t[/foo][@click=app.quit]x[/] \u202e e\u0301\u200b"
    app = DiffApp(f"a\n{hostile}\n漢" + "字" * 90, f"a\n{hostile} \n漢" + "字" * 91)
    async with app.run_test(size=(61, 12)) as pilot:
        for keys in ((), ("right",), ("v",)):
            for key in keys:
                app.diff.action_toggle_split() if key == "v" else await pilot.press(key)
            strips = [app.diff.render_line(y) for y in range(12)]
            assert {strip.cell_length for strip in strips} == {61}
            assert all(strip.text.isprintable() for strip in strips)


async def test_equal_texts_are_said_to_be_equal() -> None:
    app = DiffApp(LEFT, LEFT)
    async with app.run_test(size=(80, 11)):
        assert "no difference" in app.lines()[0]
        assert app.diff.place == (0, 0)
