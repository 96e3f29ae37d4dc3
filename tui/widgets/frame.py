"""What stands around every screen: a title bar above, a status line and the keys below."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer, Static

from tui.widgets.cells import Glyphs, cut_head


class TitleBar(Widget):
    """Where one is, and the figure worth watching; one line, repainted without layout."""

    DEFAULT_CSS = """
    TitleBar { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, name: str, place: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._heading = name
        self._place = place
        self._glyphs = glyphs
        self._figures = ""

    def show_figures(self, text: str) -> None:
        """Replace what stands at the right end."""
        if text != self._figures:
            self._figures = text
            self.refresh()

    def render(self) -> Content:
        """The line, the place cut first when it is too long."""
        heading = f" {self._heading}  "
        room = self.size.width - cell_len(heading) - cell_len(self._figures) - 3
        place = cut_head(self._place, room, self._glyphs.ellipsis)
        gap = " " * max(room - cell_len(place) + 2, 1)
        return Content.assemble(
            (heading, "bold $primary"), (place, "$foreground"), gap, (self._figures, "$secondary")
        )


class StatusLine(Static):
    """The last thing that happened; at the same place until the next thing does."""

    DEFAULT_CSS = """
    StatusLine { dock: bottom; height: auto; max-height: 4; padding: 0 1; margin-bottom: 1; }
    StatusLine.-warning { color: $warning; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message; the caller has cleaned it."""
        self.set_class(is_warning, "-warning")
        self.update(Content(text))


def frame(name: str, place: str, glyphs: Glyphs) -> Iterator[Widget]:
    """The widgets of the frame, for a screen to compose before its own."""
    yield TitleBar(name, place, glyphs)
    yield Footer(show_command_palette=False, compact=True)
    yield StatusLine()
