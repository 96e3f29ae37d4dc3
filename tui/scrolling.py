"""Scrolls the bodies of a screen that have no cursor of their own."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.screen import Screen


def scroll(screen: Screen[object], unit: str, n: int) -> None:
    """So many lines or pages on; with the unit `edge`, to the first line or the last."""
    for body in screen.query(VerticalScroll):
        match unit:
            case "line":
                body.scroll_relative(y=n, animate=False)
            case "page":
                body.scroll_relative(y=n * body.size.height, animate=False)
            case _:
                body.scroll_to(y=0 if n < 0 else body.max_scroll_y, animate=False)
