"""How outcomes and panes look on every screen that has them: sign, word, colour, widths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from core.outcome import UNCOUNTED
from tui.widgets.cells import Glyphs
from tui.widgets.heat_grid import Mark, Tone

STYLES = {
    Tone.PLAIN: "$foreground",
    Tone.GOOD: "$state-passed",
    Tone.BAD: "$state-failed",
    Tone.ODD: "$state-stopped",
    Tone.BUSY: "$state-running",
}
WIDTHS = [(0, "-narrow"), (110, "-wide")]
"""From the second on, panes stand side by side."""
_LETTERS = {"limit": "-", "tampered": "!", "invalid": "?", "error": "E", "ungraded": "o"}
_TONES = {"passed": Tone.GOOD, "failed": Tone.BAD, "limit": Tone.BAD}
DRAINING = "draining"
"""Of a run that finishes what is begun, and then stops."""
_RUN_TONES = {DRAINING: Tone.ODD, "finished": Tone.GOOD, "running": Tone.BUSY, "failed": Tone.BAD}


def mark_of(outcome: str, glyphs: Glyphs) -> Mark:
    """The mark of an outcome; infrastructure is in no tally, nor what nobody has judged yet."""
    signs = {"passed": glyphs.done, "failed": glyphs.failed}
    sign = signs.get(outcome) or _LETTERS.get(outcome, glyphs.idle)
    return Mark(sign, _TONES.get(outcome, Tone.ODD), is_counted=outcome not in UNCOUNTED)


def busy_mark(glyphs: Glyphs) -> Mark:
    """The mark of a rollout that is running."""
    return Mark(glyphs.next, Tone.BUSY, is_counted=False)


def aside_mark(glyphs: Glyphs) -> Mark:
    """The mark of a rollout that was put aside."""
    return Mark(glyphs.idle, Tone.ODD, is_counted=False)


def style_of(outcome: str) -> str:
    """The colour of an outcome."""
    return STYLES[_TONES.get(outcome, Tone.ODD)]


def outcome_counts(counts: Mapping[str, int], glyphs: Glyphs) -> Content:
    """`✓ 3 passed  - 1 limit`: counts that also explain the signs."""
    parts: list[tuple[str, str]] = []
    for outcome in _in_order(counts):
        text = f"{mark_of(outcome, glyphs).sign} {counts[outcome]:,} {outcome}   "
        parts.append((text, style_of(outcome)))
    return Content.assemble(*parts) if parts else Content.styled("no rollout yet", "$secondary")


def status_cell(status: str, glyphs: Glyphs) -> tuple[str, str]:
    """A run's or job's state: sign and word, with its colour."""
    signs = {"finished": glyphs.done, "running": glyphs.next, "failed": glyphs.failed}
    return f"{signs.get(status, glyphs.idle)} {status}", STYLES[_RUN_TONES.get(status, Tone.ODD)]


def _in_order(counts: Iterable[str]) -> list[str]:
    known = ["passed", "failed", "limit", "tampered", "invalid", "ungraded", "error"]
    return [name for name in known if name in counts]
