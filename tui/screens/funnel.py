"""The way from candidates to a dataset, with the reasons for every loss."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.pairs.queue import Funnel
from tui.keymap import same_keys
from tui.screens.pair_words import funnel_text


class FunnelScreen(ModalScreen[None]):
    """How candidates became pairs, and pairs a dataset."""

    BINDINGS: ClassVar[list[BindingType]] = [
        same_keys("back", "dismiss"),
        same_keys("funnel", "dismiss"),
    ]

    def __init__(self, funnel: Funnel) -> None:
        super().__init__()
        self._funnel = funnel

    def compose(self) -> ComposeResult:
        """The stages, one below the other."""
        keys = Content.styled("q back", "bold $accent")
        text = Content("\n\n").join([funnel_text(self._funnel), keys])
        yield Static(text, markup=False)
