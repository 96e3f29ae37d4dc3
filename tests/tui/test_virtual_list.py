"""A list of any length: pages, a cursor that stays on its row, and hostile text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tui.widgets.cells import UNICODE
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

COLUMNS = (
    Column("task", 0),
    Column("state", 10),
    Column("cost", 6, True),
    Column("wide", 8, from_width=60),
)


class Source:
    """Rows, and the pages that were asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.asked: list[int] = []

    async def fetch(self, offset: int, limit: int) -> Page:
        self.asked.append(offset)
        names = self.names[offset : offset + limit]
        return Page([row(name) for name in names], len(self.names))


def row(name: str, state: str = "✓ passed") -> Row:
    return Row(name, (f"task {name}", (state, "bold"), "1.25", "extra"))


class ListApp(App[None]):
    def __init__(self, source: Source, *, theme: str = "textual-dark") -> None:
        super().__init__()
        self.animation_level = "none"
        self.theme = theme
        self.source = source
        self.told: list[str | None] = []
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield VirtualList(COLUMNS, UNICODE, empty="none; press x")

    async def on_mount(self) -> None:
        await self.queue.show(self.source.fetch)
        self.queue.focus()

    @property
    def queue(self) -> VirtualList:
        return self.query_one(VirtualList)

    def lines(self) -> list[str]:
        return [self.queue.render_line(y).text for y in range(self.queue.size.height)]

    def on_virtual_list_highlighted(self, event: VirtualList.Highlighted) -> None:
        self.told.append(event.row.row_id if event.row else None)

    def on_virtual_list_opened(self, event: VirtualList.Opened) -> None:
        assert event.row is not None
        self.opened.append(event.row.row_id)


async def until(pilot: Pilot[None], is_true: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_true():
            return
        await pilot.pause(0.01)
    raise AssertionError("did not come true")


def numbered(n: int) -> Source:
    return Source([f"{i:05}" for i in range(n)])


async def test_only_the_pages_in_sight_are_fetched() -> None:
    app = ListApp(numbered(10_000))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.pause()
        assert app.source.asked == [0]
        await pilot.press("G")
        await until(pilot, lambda: app.queue.row is not None)
        assert app.queue.row == row("09999")
        assert app.told == ["00000", "09999"]
        assert len(app.source.asked) <= 3
        assert "10,000/10,000" in app.lines()[0]
        assert "task 09999" in app.lines()[-1]


async def test_the_cursor_stays_on_its_row_when_rows_come_before_it() -> None:
    app = ListApp(numbered(300))
    async with app.run_test(size=(50, 10)) as pilot:
        app.queue.move_to(20)
        at = next(y for y, line in enumerate(app.lines()) if "task 00020" in line)
        app.source.names[:0] = ["new-1", "new-2", "new-3"]
        await app.queue.reload()
        await pilot.pause()
        assert app.queue.row == row("00020")
        assert app.queue.cursor == 23
        assert "task 00020" in app.lines()[at]
        assert app.told == ["00000", "00020"]


async def test_a_row_that_is_gone_leaves_the_cursor_at_its_place() -> None:
    app = ListApp(numbered(3))
    async with app.run_test(size=(50, 10)) as pilot:
        app.queue.move_to(2)
        app.source.names.pop()
        await app.queue.reload()
        assert app.queue.row == row("00001")
        app.source.names.clear()
        await app.queue.reload()
        await pilot.pause()
        assert app.queue.row is None
        assert app.told == ["00000", "00002", "00001", None]
        assert "none; press x" in "\n".join(app.lines())


async def test_keys_move_by_row_page_and_edge_and_enter_opens() -> None:
    app = ListApp(numbered(100))
    async with app.run_test(size=(50, 11)) as pilot:
        await pilot.press("j", "down", "k", "pagedown")
        assert app.queue.cursor == 10
        await pilot.press("ctrl+u", "enter", "G", "g")
        assert app.queue.cursor == 0
        assert app.opened == ["00001"]


async def test_one_row_is_replaced_where_it_stands() -> None:
    app = ListApp(numbered(5))
    async with app.run_test(size=(50, 10)):
        app.queue.put(row("00003", "✗ failed"))
        changed = [line for line in app.lines() if "failed" in line]
        assert len(changed) == 1
        assert "task 00003" in changed[0]


async def test_columns_keep_their_width_whatever_is_in_them() -> None:
    names = [
        "plain",
        "漢字" * 40,
        "\x1b[2J\x9b31m\x07bell\ttab\nline",
        "[/foo][@click=app.quit]x[/]",
        "e\u0301" * 60,
    ]
    app = ListApp(Source(names))
    async with app.run_test(size=(50, 10)):
        lines = app.lines()
        assert len({app.queue.render_line(y).cell_length for y in range(10)}) == 1
        assert all(line.isprintable() for line in lines)
        assert "[/foo][@cl" in lines[4]
        assert sum("1.25" in line for line in lines) == len(names)


async def test_a_column_for_wide_screens_is_left_out_of_narrow_ones() -> None:
    app = ListApp(numbered(3))
    async with app.run_test(size=(50, 10)) as pilot:
        assert "extra" not in app.lines()[1]
        await pilot.resize_terminal(70, 10)
        await pilot.pause()
        assert "extra" in app.lines()[1]
