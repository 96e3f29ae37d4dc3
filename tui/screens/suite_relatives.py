"""Related tasks: a list with what is urgent first, and two tasks beside each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from core.errors import GemelError
from core.text import clean, one_line
from tui.keymap import same_keys
from tui.offer import Offer
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.splits.questions import Relation, Relations
    from core.suites.browse import TaskView

COLUMNS = (
    Column("standing", 9),
    Column("one", 0),
    Column("other", 0),
    Column("found by", 24, from_width=110),
)
EMPTY = "Nothing is related but bugs of one program, which always stay together."
NOT_COMPARED = "The tasks were not compared yet: L compares them."

_LONGEST = 400
_MOST_ROWS = 6

Fetch = Callable[[str], Awaitable["TaskView"]]


class RelativesPane(Vertical):
    """Shows the evidence on which two tasks are, or may be, related."""

    DEFAULT_CSS = """
    RelativesPane #relations { height: 7; }
    RelativesPane #evidence { height: auto; max-height: 4; padding: 0 2; color: $secondary; }
    RelativesPane .one { width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    RelativesPane .one Static { height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [same_keys("open", "open")]

    class TaskOpened(Message):
        """Enter on a relation, or on one of its two tasks."""

        def __init__(self, task_id: str) -> None:
            super().__init__()
            self.task_id = task_id

    def __init__(self, glyphs: Glyphs, fetch: Fetch, *, id: str | None = None) -> None:
        """`fetch` gets a task by its id."""
        super().__init__(id=id)
        self._glyphs = glyphs
        self._fetch = fetch
        self._rows: tuple[Row, ...] = ()
        self._is_filled = False
        self.found: Relations | None = None
        """What is listed."""

    def compose(self) -> ComposeResult:
        """List, evidence, two tasks."""
        yield VirtualList(COLUMNS, self._glyphs, empty=EMPTY, id="relations")
        yield Static(id="evidence", markup=False)
        with Horizontal():
            for name in ("one", "other"):
                with VerticalScroll(id=name, classes="one"):
                    yield Static(markup=False)

    @property
    def relation(self) -> Relation | None:
        """The relation under the cursor."""
        row = self.list.row
        return cast("Relation | None", row.item if row is not None else None)

    @property
    def list(self) -> VirtualList:
        """The relations."""
        return self.query_one("#relations", VirtualList)

    async def show(self, found: Relations) -> None:
        """Show relations; the cursor stays on its row."""
        self.found = found
        self._rows = tuple(relation_row(row, self._glyphs) for row in found.rows)
        self.list.styles.height = 2 + min(max(len(self._rows), 1), _MOST_ROWS)
        self.list.empty = EMPTY if found.is_compared else NOT_COMPARED
        if self._is_filled:
            await self.list.reload()
        else:
            await self.list.show(self._page)
        self._is_filled = True
        self._follow()

    def offer(self) -> Offer | None:
        """The relation under the cursor, with its evidence."""
        row = self.relation
        if row is None:
            return None

        async def whole(engine: Engine) -> str:
            views = [await engine.task_view(name) for name in (row.one, row.other)]
            tasks = [f"{v.item.task_id}\n{v.description.strip()}\n\n{v.program}" for v in views]
            return "\n\n".join(("\n".join(lines_of(row)), *tasks))

        return Offer("the relation", f"{row.one} {row.other}", whole)

    def action_open(self) -> None:
        """Open the task that is read, or the first of the relation."""
        row = self.relation
        if row is not None:
            is_other = self.query_one("#other").has_focus
            self.post_message(self.TaskOpened(row.other if is_other else row.one))

    @on(VirtualList.Opened)
    def _opened(self, message: VirtualList.Opened) -> None:
        message.stop()
        self.action_open()

    @on(VirtualList.Highlighted)
    def _highlighted(self, message: VirtualList.Highlighted) -> None:
        message.stop()
        self._follow()

    async def _page(self, offset: int, limit: int) -> Page:
        return Page(self._rows[offset : offset + limit], len(self._rows))

    def _follow(self) -> None:
        row = self.relation
        lines = lines_of(row)[1:] if row is not None else []
        evidence = Content("\n").join(Content(one_line(line, _LONGEST)) for line in lines)
        self.query_one("#evidence", Static).update(evidence)
        self._show_texts(row)

    @work(group="texts", exclusive=True)
    async def _show_texts(self, row: Relation | None) -> None:
        for name in ("one", "other"):
            content = Content("")
            if row is not None:
                task_id, side = (
                    (row.one, row.one_side) if name == "one" else (row.other, row.other_side)
                )
                try:
                    content = _task(await self._fetch(task_id), side)
                except GemelError as error:
                    content = Content(clean(str(error)))
            self.query_one(f"#{name} Static", Static).update(content)


def relation_row(row: Relation, glyphs: Glyphs) -> Row:
    """A relation in a list."""
    words = {
        "certain": (f"{glyphs.done} certain", "$secondary"),
        "open": ("? unsure", "$warning"),
        "yes": (f"{glyphs.done} same", "$foreground"),
        "no": (f"{glyphs.idle} apart", "$secondary"),
    }
    word = (f"{glyphs.failed} leak", "$state-failed") if row.is_leak else words[row.standing]
    kinds = ", ".join(row.kinds)
    cells = (word, _place(row.one, row.one_side), _place(row.other, row.other_side), kinds)
    return Row(f"{row.one} {row.other}", cells, row)


def lines_of(row: Relation) -> Sequence[str]:
    """A relation in words, the tasks first."""
    said = {"yes": "they were said to be one task", "no": "they were said to be different tasks"}
    places = ((row.one, row.one_side), (row.other, row.other_side))
    lines = [" and ".join(clean(f"{name} ({side or 'no side'})") for name, side in places)]
    lines += [clean(evidence) for evidence in row.evidence]
    if (word := said.get(row.standing)) is not None:
        lines.append(f"{word}: {clean(row.reason)}" if row.reason else word)
    return lines


def _place(task_id: str, side: str) -> str:
    return one_line(clean(f"{side or '-'}: {task_id}"), _LONGEST)


def _task(view: TaskView, side: str) -> Content:
    contract = "\n".join(line for line in clean(view.description).splitlines() if line.strip())
    title = one_line(clean(f"{view.item.task_id}, {side or 'no side'}"), _LONGEST)
    return Content("\n").join(
        [
            Content.styled(title, "bold $primary"),
            Content.styled(contract, "$secondary"),
            Content(""),
            Content(clean(view.program).rstrip("\n")),
        ]
    )
