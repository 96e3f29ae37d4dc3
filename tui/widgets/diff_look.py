"""Two texts made ready for a `DiffView`; may take longer than a key should wait."""

from __future__ import annotations

from tui.widgets.diff_lines import Diff, Side, compare
from tui.widgets.diff_syntax import tokens_of
from tui.widgets.diff_view import Syntax


def look_at(left: str, right: str, is_python: bool) -> tuple[Diff, Syntax]:
    """Their difference, and what stands out in them."""
    difference = compare(left, right)
    if not is_python:
        return difference, {}
    return difference, {
        Side.LEFT: tokens_of(difference.left),
        Side.RIGHT: tokens_of(difference.right),
    }
