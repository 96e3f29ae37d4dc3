"""A split as four columns of families, each of which opens to its tasks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from core.text import clean, one_line
from tui.keymap import same_keys
from tui.offer import Offer
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Cell, Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.splits.reports import ColumnFamily, SplitColumn, SplitColumns

SIDES = ("train", "validation", "test", "heldout")

_COLUMNS = (
    Column("family", 0),
    Column("n", 3, is_right=True),
    Column("pass", 5, is_right=True, from_width=28),
)
_LONGEST = 400
_EMPTY = "none"


@dataclass(frozen=True, slots=True)
class Suspects:
    """Tasks that a leak or an open question concerns."""

    leaking: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()

    def mark(self, task_ids: Collection[str]) -> tuple[str, str]:
        """A sign for a family, and its style."""
        if self.leaking.intersection(task_ids):
            return "!", "$state-failed"
        if self.unsure.intersection(task_ids):
            return "?", "$warning"
        return "", ""


class SplitPane(Vertical):
    """The sides of one split beside each other."""

    DEFAULT_CSS = """
    SplitPane .side { width: 1fr; }
    SplitPane .head { height: 1; padding: 0 0 0 2; text-style: bold; color: $primary;
        text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        same_keys("left", "side(-1)"),
        same_keys("right", "side(1)"),
    ]

    class TaskOpened(Message):
        """Enter on a task, or on a family that is one."""

        def __init__(self, task_id: str) -> None:
            super().__init__()
            self.task_id = task_id

    class Moved(Message):
        """The cursor is on another family or task."""

    def __init__(self, glyphs: Glyphs, *, empty: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._empty = empty
        self._open: set[str] = set()
        self._suspects = Suspects()
        self._rows: dict[str, tuple[Row, ...]] = dict.fromkeys(SIDES, ())
        self._at = SIDES[0]
        self._is_filled = False
        self.view: SplitColumns | None = None
        """The split that is shown."""

    def compose(self) -> ComposeResult:
        """A head and a list for each side."""
        yield Static(self._empty, id="no-split", markup=False)
        with Horizontal():
            for side in SIDES:
                with Vertical(classes="side"):
                    yield Static(id=f"head-{side}", classes="head", markup=False)
                    yield VirtualList(_COLUMNS, self._glyphs, empty=_EMPTY, id=f"side-{side}")

    async def show(self, view: SplitColumns | None, suspects: Suspects = Suspects()) -> None:
        """Show a split; cursors stay on their rows."""
        self.view, self._suspects = view, suspects
        self.query_one("#no-split").display = view is None
        self.query_one(Horizontal).display = view is not None
        await self._fill()

    @property
    def family(self) -> ColumnFamily | None:
        """The family under the cursor, or that of the task under it."""
        row = self._list(self._at).row
        return cast("ColumnFamily | None", row.item if row is not None else None)

    @property
    def side(self) -> str:
        """The column with the cursor."""
        return self._at

    @property
    def task_id(self) -> str:
        """The task under the cursor; of a family the first one."""
        row = self._list(self._at).row
        if row is None or self.family is None:
            return ""
        kind, _, name = row.row_id.partition(" ")
        return name if kind == "task" else self.family.task_ids[0]

    def offer(self) -> Offer | None:
        """The family under the cursor, with its tasks."""
        family = self.family
        if family is None:
            return None
        return Offer(
            f"family {family.name}", family.name, "\n".join((family.name, *family.task_ids))
        )

    def focus_side(self) -> None:
        """Give the focus to the column that had it last."""
        self._list(self._at).focus()

    def action_side(self, n: int) -> None:
        """To a column further right or left."""
        self._at = SIDES[(SIDES.index(self._at) + n) % len(SIDES)]
        self.focus_side()
        self.post_message(self.Moved())

    def on_descendant_focus(self) -> None:
        """Remember the column."""
        focused = self.screen.focused
        for side in SIDES:
            if focused is self._list(side):
                self._at = side

    @on(VirtualList.Highlighted)
    def _highlighted(self, message: VirtualList.Highlighted) -> None:
        message.stop()
        self.post_message(self.Moved())

    @on(VirtualList.Opened)
    async def _opened(self, message: VirtualList.Opened) -> None:
        message.stop()
        family = self.family
        if message.row is None or family is None:
            return
        is_task = message.row.row_id.startswith("task ")
        if is_task or len(family.task_ids) == 1:
            self.post_message(self.TaskOpened(self.task_id))
        else:
            self._open ^= {family.name}
            await self._fill()

    async def _fill(self) -> None:
        columns = self.view.columns if self.view is not None else ()
        for column in columns:
            side = column.side.value
            self.query_one(f"#head-{side}", Static).update(Content(_head(column)), layout=False)
            suites = {family.name.partition("/")[0] for family in column.families}
            # Of one suite, its name beside every family would say nothing.
            is_mixed = len(suites) > 1
            self._rows[side] = tuple(
                row
                for family in column.families
                for row in self._family_rows(family, is_mixed=is_mixed)
            )
            lines = self._list(side)
            if self._is_filled:
                await lines.reload()
            else:
                await lines.show(partial(self._page, side))
        self._is_filled = self._is_filled or bool(columns)

    async def _page(self, side: str, offset: int, limit: int) -> Page:
        rows = self._rows[side]
        return Page(rows[offset : offset + limit], len(rows))

    def _family_rows(self, family: ColumnFamily, *, is_mixed: bool) -> list[Row]:
        is_open, n_tasks = family.name in self._open, len(family.task_ids)
        mark, style = self._suspects.mark(family.task_ids)
        sign = mark or (("-" if is_open else "+") if n_tasks > 1 else " ")
        suite, _, program = family.name.partition("/")
        # What tells families apart comes first: a narrow column cuts the end.
        name = f"{sign} {_line(f'{program} ({suite})' if is_mixed else program)}"
        rate = "" if family.pass_rate is None else f"{family.pass_rate:.0%}"
        cells: tuple[Cell, ...] = ((name, style) if style else name, f"{n_tasks:,}", rate)
        rows = [Row(f"family {family.name}", cells, family)]
        if is_open:
            rows += [
                Row(f"task {task_id}", (f"    {self._task_name(task_id, family)}", "", ""), family)
                for task_id in family.task_ids
            ]
        return rows

    def _task_name(self, task_id: str, family: ColumnFamily) -> str:
        """What tells a task from the others of its family."""
        own = task_id.removeprefix(family.name)
        return _line(f"{self._glyphs.ellipsis}{own}" if own not in ("", task_id) else task_id)

    def _list(self, side: str) -> VirtualList:
        return self.query_one(f"#side-{side}", VirtualList)


def _head(column: SplitColumn) -> str:
    return f"{column.side} {column.n_tasks:,} in {len(column.families):,}"


def _line(text: str) -> str:
    return one_line(clean(text), _LONGEST)
