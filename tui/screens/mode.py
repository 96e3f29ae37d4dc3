"""What the six screens have in common: the frame, loading, asking the engine, confirming."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import WorkType

from core.errors import GemelError
from core.events import Event
from core.workspace import Workspace
from tui.keymap import Group
from tui.link import Link
from tui.screens.confirm import ConfirmScreen
from tui.widgets.cells import Glyphs
from tui.widgets.frame import frame

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine


@runtime_checkable
class Host(Protocol):
    """What a screen needs of the app it stands in."""

    link: Link
    glyphs: Glyphs
    workspace: Workspace

    @property
    def is_busy(self) -> bool:
        """Whether the engine works on something that takes its time."""

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message and keep it in the log."""

    def show_frame(self) -> None:
        """Show status and newest message on the screen that is shown."""


class ModeScreen(Screen[None]):
    """One of the screens that the keys 1 to 6 switch between."""

    group: ClassVar[Group]

    def __init__(self) -> None:
        super().__init__()
        self._is_loading = False
        self._is_stale = False

    @property
    def host(self) -> Host:
        """The app."""
        app = self.app
        assert isinstance(app, Host)
        return app

    @property
    def glyphs(self) -> Glyphs:
        """The signs that this terminal can show."""
        return self.host.glyphs

    @property
    def engine(self) -> Engine | None:
        """The engine, None while the app is not connected."""
        return self.host.link.engine

    def compose(self) -> ComposeResult:
        """The frame around the body."""
        yield from frame(self.group, self.glyphs)
        yield from self.compose_body()

    def compose_body(self) -> ComposeResult:
        """To override: what stands between title and status."""
        yield from ()

    async def load(self, engine: Engine) -> None:
        """To override: fetch what is shown and show it. Never runs twice at once."""

    def take(self, events: Sequence[Event]) -> None:
        """To override: what a batch of events changes, cheaply and in memory."""

    def on_screen_resume(self) -> None:
        """Being looked at again, show what is true now."""
        self.host.show_frame()
        self.reload()

    def reload(self) -> None:
        """Have `load` run, once more if it is running; nothing without an engine."""
        if self._is_loading:
            self._is_stale = True
        elif self.engine is not None:
            self._is_loading = True
            # As a function: a screen that ends before its worker begins leaves no coroutine over.
            work: WorkType[None] = self._load
            self.run_worker(work, group="load")

    def ask(
        self,
        what: str,
        work: Callable[[Engine], Awaitable[object]],
        *,
        then: Callable[[Any], None] | None = None,
        question: str = "",
        after: Callable[[], None] | None = None,
    ) -> None:
        """Have an operation done; `question` is put first and must be answered with y.

        The operation goes on when the screen, or the app, is left. `then` gets its result,
        `after` is called however it ended.
        """
        task = self.host.link.begin(self._ask(what, work, then, question))
        if after is not None:
            task.add_done_callback(lambda _: after())

    async def confirm(self, question: str) -> bool:
        """Whether the answer is y; to be awaited in a worker or by `ask`, not in an action."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def take(is_sure: bool | None) -> None:
            if not answer.done():
                answer.set_result(bool(is_sure))

        self.app.push_screen(ConfirmScreen(question), take)
        return await answer

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message and keep it in the log."""
        self.host.say(text, is_warning=is_warning)

    async def _load(self) -> None:
        self._is_stale = True
        try:
            while self._is_stale and self.engine is not None:
                self._is_stale = False
                await self.load(self.engine)
        except GemelError as error:
            self.say(str(error), is_warning=True)
        except NoMatches:
            if self.children:  # else it was taken apart meanwhile, as when the app ends
                raise
        finally:
            self._is_loading = False

    async def _ask(
        self,
        what: str,
        work: Callable[[Engine], Awaitable[object]],
        then: Callable[[Any], None] | None,
        question: str,
    ) -> None:
        if question and not await self.confirm(question):
            self.say(f"{what}: not done")
            return
        if self.engine is None:
            self.say(f"{what}: there is no engine to ask yet; r tries again", is_warning=True)
            return
        try:
            result = await work(self.engine)
        except GemelError as error:
            if self.is_attached:
                self.say(f"{what}: {error}", is_warning=True)
            return
        if then is not None and self.is_attached:
            then(result)
