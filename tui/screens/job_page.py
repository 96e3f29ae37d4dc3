"""A training job in full, with the one key that leads on from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from tui.keymap import same_keys
from tui.screens.mode import Host
from tui.screens.page import PageScreen


class JobPage(PageScreen):
    """The key that evaluates a job's policy works here, too."""

    BINDINGS: ClassVar[list[BindingType]] = [same_keys("evaluate-job", "evaluate")]

    def __init__(
        self, name: str, content: Content, host: Host, evaluate: Callable[[], None]
    ) -> None:
        super().__init__("training", name, content, host)
        self._evaluate = evaluate

    def action_evaluate(self) -> None:
        """Close, and be asked how."""
        self.app.pop_screen()
        self._evaluate()
