"""A run in three lines: how far, with what outcomes, for how much."""

from __future__ import annotations

from textual.content import Content

from core.money import usd
from core.text import clean, one_line, plural
from tui.screens.outcomes import mark_of, outcome_counts, status_cell, style_of
from tui.screens.run_board import RunBoard, Slot
from tui.widgets.cells import Glyphs
from tui.widgets.meter import bar

_NARROWEST_BAR = 8
_LONGEST_REASON = 120


def meter_lines(board: RunBoard, glyphs: Glyphs, width: int, slot: Slot | None) -> list[Content]:
    """The three lines; `slot` is what the cursor stands on."""
    counts = outcome_counts(board.counts, glyphs)
    return [
        _progress(board, glyphs, width),
        Content.assemble(counts, (_contrast(board), "$secondary")),
        _figures(board, glyphs, slot),
    ]


def clock(seconds: float) -> str:
    """`1:02:03`, `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _progress(board: RunBoard, glyphs: Glyphs, width: int) -> Content:
    word, style = status_cell(board.status, glyphs)
    share = board.n_done / board.n_planned if board.n_planned else 0.0
    done = f" {board.n_done:,}/{plural(board.n_planned, 'rollout')} {share:.0%}"
    name = clean(board.grid.run_id)
    room = width - len(name) - len(word) - len(done) - 6
    return Content.assemble(
        (f"{name}  ", "bold $foreground"),
        (f"{word}  ", style),
        (
            bar(board.n_done, board.n_planned, min(max(room, _NARROWEST_BAR), 40), glyphs),
            "$meter-ok",
        ),
        (done, "$foreground"),
    )


def _contrast(board: RunBoard) -> str:
    if len(board.grid.arms) > 1 or not board.n_done:
        return ""
    return f"contrast in {board.n_contrast:,} of {plural(len(board.grid.task_ids), 'task')}"


def _figures(board: RunBoard, glyphs: Glyphs, slot: Slot | None) -> Content:
    if slot is not None:
        return _cell(board, glyphs, slot)
    spent = board.spent
    if spent.n_prompt_tokens is None:
        tokens = f"{_short(spent.n_tokens)} tokens"
    else:
        tokens = (
            f"{_short(spent.n_prompt_tokens)} in, {_short(spent.n_completion_tokens or 0)} out, "
            f"{_short(spent.n_cached_tokens or 0)} cached"
        )
    parts = [f"{usd(spent.cost_microusd)}", plural(spent.n_calls, "call"), tokens]
    if board.status == "running" and board.rate:
        parts.append(f"{board.rate:.1f}/s")
        parts += [f"{clock(board.eta_s)} left"] if board.eta_s is not None else []
    why = f"   {one_line(clean(board.reason), _LONGEST_REASON)}" if board.reason else ""
    return Content.assemble(("   ".join(parts), "$foreground"), (why, "$secondary"))


def _cell(board: RunBoard, glyphs: Glyphs, slot: Slot) -> Content:
    task_id, _, seed = slot
    outcome = board.outcomes.get(slot)
    if outcome is None:
        state, style = (
            ("running", "$state-running") if slot in board.running else ("waiting", "$secondary")
        )
        said = state
    else:
        style = style_of(outcome)
        n_calls = plural(board.n_iterations[slot], "call")
        said = f"{mark_of(outcome, glyphs).sign} {outcome} after {n_calls}"
    return Content.assemble(
        (f"{clean(task_id)}  seed {seed}  ", "$foreground"),
        (said, style),
        ("  enter opens it" if outcome else "", "$secondary"),
    )


def _short(n: int) -> str:
    """`812`, `81.2k`, `8.1M`."""
    if n < 10_000:
        return f"{n:,}"
    return f"{n / 1e3:.1f}k" if n < 1_000_000 else f"{n / 1e6:.1f}M"
