"""A pair as text that leaves the app: to the clipboard, to an editor."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from core.pairs.queue import PairView
from core.text import clean
from tui.screens.pair_words import texts, title
from tui.widgets.cells import ASCII


def copies(view: PairView) -> dict[str, str]:
    """What can be copied of a pair, by name."""
    return {
        "patch": as_text(view),
        "chosen": clean(view.chosen.answer),
        "rejected": clean(view.rejected.answer),
        "pair id": view.pair_id,
        "state": state_text(view),
        "command": f"gemel pairs show {view.pair_id}",
    }


def state_text(view: PairView) -> str:
    """The messages that both sides answer."""
    return "\n\n".join(f"[{m.role}]\n{clean(m.content)}" for m in view.messages)


def whole_text(view: PairView) -> str:
    """All of a pair for an editor: the difference, both answers, the state."""
    parts = [as_text(view)]
    for name, text in (
        ("chosen", view.chosen.answer),
        ("rejected", view.rejected.answer),
        ("state", state_text(view)),
    ):
        parts.append(f"{'=' * 20} {name}\n{clean(text)}")
    return "\n\n".join(parts)


def as_text(view: PairView) -> str:
    """The pair as a file: what leads from the rejected program to the chosen one."""
    return "\n".join(_file_lines(view)) + "\n"


def _file_lines(view: PairView) -> Iterator[str]:
    yield f"{clean(view.task_id)}  {view.kind}  pair {view.pair_id}"
    for name, side in (("chosen", view.chosen), ("rejected", view.rejected)):
        yield title(name, side, ASCII)
    chosen, rejected = (text.splitlines() for text in texts(view))
    yield from difflib.unified_diff(rejected, chosen, "rejected", "chosen", lineterm="")
    for name, side in (("chosen", view.chosen), ("rejected", view.rejected)):
        if side.failures:
            yield from ("", f"failing tests of {name}", *clean(side.failures).splitlines())
