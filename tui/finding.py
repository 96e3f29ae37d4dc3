"""Finds what `y` copies and `e` opens, and the pane that `z` shows alone.

The screen is asked first, then the widget with focus and what it stands in; without an
answer the text of the widget, or of the whole screen, is taken as it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from tui.offer import Offer, Offering
from tui.widgets.frame import MessageLine, TitleBar
from tui.widgets.status import StatusBar

_FRAME = (TitleBar, StatusBar, MessageLine, Footer)


def find_offer(screen: Screen[object]) -> Offer | None:
    """What the cursor of a screen stands on; None when nothing is shown."""
    focused = screen.focused
    nodes = [screen, *(focused.ancestors_with_self if focused is not None else ())]
    for node in nodes:
        if isinstance(node, Offering) and (offer := node.offer()) is not None:
            return offer
    for node in (focused, screen):
        text = "\n".join(_shown(node)).strip("\n") if node is not None else ""
        if text.strip():
            return Offer("what is shown", text)
    return None


def pane_of(screen: Screen[object]) -> Widget | None:
    """What is maximised: around the focus, what allows it by name, else the widget itself."""
    focused = screen.focused or next(iter(screen.focus_chain), None)
    if focused is None:
        return None
    for node in focused.ancestors_with_self:
        if isinstance(node, Widget) and node is not screen and node.ALLOW_MAXIMIZE is True:
            return node
    return focused


def _shown(widget: Widget) -> Iterator[str]:
    """The text of a widget and of what stands in it, also where it is scrolled out of sight."""
    if not widget.display or isinstance(widget, _FRAME):
        return
    if isinstance(widget, Static):
        content = widget.content
        yield content.plain if isinstance(content, Content) else str(content)
    elif widget.children:
        for child in widget.children:
            yield from _shown(child)
    elif widget.size.area:
        lines = widget.render_lines(Region(0, 0, *widget.size))
        yield "\n".join(line.text.rstrip() for line in lines)
