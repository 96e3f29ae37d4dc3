"""One task exactly as an agent will meet it, and the proof of what it will not see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from core.text import clean, one_line
from tui.offer import Offer
from tui.proof import Claim, claims
from tui.screens.mode import Host
from tui.screens.suite_rows import state
from tui.widgets.frame import frame

if TYPE_CHECKING:  # importing these for real loads the database
    from core.chat import Message
    from core.store.task_pages import TaskItem
    from core.suites.browse import TaskView

_LONGEST = 400
_UNKNOWN = "Not known before the suite is checked: q goes back, c checks."


class TaskScreen(Screen[None]):
    """A page of text; its own keys are those that work everywhere."""

    DEFAULT_CSS = """
    TaskScreen #task { padding: 0 1; scrollbar-size-vertical: 1; }
    TaskScreen #task Static { height: auto; }
    """

    def __init__(self, view: TaskView, host: Host) -> None:
        super().__init__()
        self._view = view
        self._host = host
        self._glyphs = host.glyphs

    def compose(self) -> ComposeResult:
        """The frame, and the page."""
        yield from frame("suites", self._glyphs)
        with VerticalScroll(id="task"):
            yield Static(self._content(), markup=False)

    def on_mount(self) -> None:
        """Fill the frame, too."""
        self._host.show_frame()

    def offer(self) -> Offer | None:
        """The task: its id to copy, the whole page to read."""
        task_id = self._view.item.task_id
        return Offer(f"task {task_id}", task_id, self._content().plain)

    def _content(self) -> Content:
        view = self._view
        parts = [*self._heading(), _title("what the agent will not see")]
        parts += [self._claim(claim) for claim in claims(view)]
        if not view.messages:
            parts += [_title("what the agent will see"), Content(_UNKNOWN)]
        for message in view.messages:
            parts += _message(message)
        parts.append(_title(f"cases the agent may see, {len(view.shown):,}"))
        parts += [Content(_line(f"{case.args} -> {case.expected}")) for case in view.shown]
        return Content("\n").join(parts)

    def _heading(self) -> Iterable[Content]:
        view, item = self._view, self._view.item
        word, style = state(item, self._glyphs)
        yield Content.assemble((_line(item.task_id), "bold $primary"), "  ", (word, style))
        place = (item.side or "no side", f"family {item.family or 'unknown'}", *_measured(item))
        yield Content.styled(_line(", ".join(place)), "$secondary")
        about = (view.path, view.origin, f"judged by {view.oracle}", view.licence)
        yield Content.styled(_line(", ".join(part for part in about if part)), "$secondary")
        if item.reason:
            yield Content.styled(_line(item.reason), "$state-failed")

    def _claim(self, claim: Claim) -> Content:
        sign = self._glyphs.done if claim.is_good else self._glyphs.failed
        style = "$state-passed" if claim.is_good else "$state-failed"
        return Content.assemble((f"{sign} ", style), (clean(claim.text), "$foreground"))


def _measured(item: TaskItem) -> Iterable[str]:
    if item.n_hung:
        yield f"{item.n_hung:,} of its tests hang"
    if item.n_rollouts:
        yield f"{item.n_passed:,} of {item.n_rollouts:,} rollouts of the newest run passed"


def _message(message: Message) -> Iterable[Content]:
    yield _title(f"the agent sees, as {message.role}")
    yield Content(clean(message.content).rstrip("\n"))


def _title(text: str) -> Content:
    return Content.styled(f"\n{text}", "bold $accent")


def _line(text: str) -> str:
    return one_line(clean(text), _LONGEST)
