"""One pair in full: a line on it, its two programs, and its details."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.pairs.queue import PairView
from tui.screens import pair_words as words
from tui.widgets.cells import Glyphs
from tui.widgets.diff_look import look_at
from tui.widgets.diff_view import DiffView


class PairPane(Vertical):
    """Shows the pair it is given; the difference keeps its place while the programs stay."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self.diff = DiffView(glyphs, id="diff")
        """The two programs."""
        self.details = VerticalScroll(id="details")
        """Failing tests, origins, history."""
        self._summary = Static(id="summary", markup=False)
        self._text = Static(id="details-text", markup=False)
        self._texts: tuple[str, str] | None = None
        self._is_following = self._is_doubtful = False
        self.view: PairView | None = None
        """The pair that is shown."""

    def compose(self) -> ComposeResult:
        """The line, the difference, the details."""
        yield self._summary
        yield self.diff
        with self.details:
            yield self._text

    def shows(self, pair_id: str) -> bool:
        """Whether this pair is shown."""
        return self.view is not None and self.view.pair_id == pair_id

    def doubt(self) -> None:
        """What is shown may have changed in the store: `follow` is to fetch it again."""
        self._is_doubtful = True

    async def follow(
        self, wanted: Callable[[], str], fetch: Callable[[str], Awaitable[PairView]]
    ) -> None:
        """Fetch and show the wanted pair until it is the one that is shown; once at a time."""
        if self._is_following:
            return
        self._is_following = True
        try:
            while (name := wanted()) and (self._is_doubtful or not self.shows(name)):
                self._is_doubtful = False
                view = await fetch(name)
                if wanted() == name:
                    await self.show(view)
        finally:
            self._is_following = False

    async def show(self, view: PairView) -> None:
        """Show a pair."""
        self.view = view
        texts, titles = words.texts(view), words.titles(view, self._glyphs)
        if texts == self._texts:
            self.diff.retitle(*titles)
        else:
            # In a thread: two long programs may take longer than a key should wait.
            difference, syntax = await asyncio.to_thread(look_at, *texts, words.is_python(view))
            self._texts = texts
            self.diff.show(difference, *titles, syntax)
            self.details.scroll_home(animate=False)
        self._summary.update(words.summary(view, self._glyphs), layout=False)
        self._text.update(words.details(view, self._glyphs))

    def clear(self) -> None:
        """Show no pair."""
        self.view = self._texts = None
        self.diff.show(None)
        self._summary.update(Content(""), layout=False)
        self._text.update(Content(""))
