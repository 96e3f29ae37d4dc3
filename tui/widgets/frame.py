"""What stands around every screen: the modes above; message, status and keys below."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer, Static

from tui.widgets.cells import Glyphs, cut_head
from tui.widgets.status import StatusBar

NAMES = ("plan", "suites", "rollouts", "pairs", "training", "evaluation")
"""Of the modes, in the order of their keys."""


class TitleBar(Widget):
    """Which modes there are and which is shown; one line, repainted without layout."""

    DEFAULT_CSS = """
    TitleBar { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, name: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._name = name
        self._glyphs = glyphs
        self._figures = ""

    def show_figures(self, text: str) -> None:
        """Replace what stands at the right end."""
        if text != self._figures:
            self._figures = text
            self.refresh()

    def render(self) -> Content:
        """The line; the end of the figures is kept when there is no room."""
        parts: list[tuple[str, str]] = [(" gemel ", "$secondary")]
        for number, name in enumerate(NAMES, 1):
            is_here = name == self._name
            sign = self._glyphs.next if is_here else " "
            style = "bold $primary" if is_here else "$foreground"
            parts.append((f"{sign}{number} {name.capitalize()}", style))
        if self._name not in NAMES:
            parts.append((f" {self._glyphs.next}{self._name}", "bold $primary"))
        room = self.size.width - sum(cell_len(text) for text, _ in parts) - 3
        figures = cut_head(self._figures, max(room, 0), self._glyphs.ellipsis)
        gap = " " * max(room - cell_len(figures) + 2, 0)
        return Content.assemble(*parts, gap, (figures, "$secondary"))


class MessageLine(Static):
    """The last thing that was said; at the same place until the next thing is."""

    DEFAULT_CSS = """
    MessageLine { dock: bottom; height: auto; max-height: 3; padding: 0 1; margin-bottom: 2; }
    MessageLine.-warning { color: $warning; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._said: tuple[str, bool] = ("", False)

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message; the caller has cleaned it."""
        if self._said != (text, is_warning):
            self._said = (text, is_warning)
            self.set_class(is_warning, "-warning")
            self.update(Content(text))


def frame(name: str, glyphs: Glyphs) -> Iterator[Widget]:
    """The widgets of the frame, for a screen to compose before its own."""
    yield TitleBar(name, glyphs)
    yield Footer(show_command_palette=False, compact=True)
    yield StatusBar(glyphs)
    yield MessageLine()
