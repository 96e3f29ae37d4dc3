"""A question that is answered with y or n."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.text import clean


class ConfirmScreen(ModalScreen[bool]):
    """Asks before something spends or destroys; every other key is ignored."""

    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; background: $background 0%; }
    ConfirmScreen Static {
        width: auto; max-width: 76; height: auto; padding: 1 2;
        background: $panel; color: $foreground; border-left: outer $warning;
    }
    .-ascii ConfirmScreen Static { border-left: ascii $warning; }
    """
    # Fixed: whoever rebinds keys must still find these two where the question names them.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="confirm-yes"),
        Binding("n,q,escape", "answer(False)", "no", id="confirm-no"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        lines = Content(clean(self._question)), Content.styled("y yes   n no", "bold $accent")
        yield Static(Content("\n\n").join(lines), markup=False)

    def action_answer(self, is_sure: bool) -> None:
        """Close with the answer."""
        self.dismiss(is_sure)
