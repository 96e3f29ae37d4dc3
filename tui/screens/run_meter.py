"""A run in four lines: how far, with what outcomes, with how many pairs, for how much."""

from __future__ import annotations

from textual.content import Content

from core.live import RunStatus
from core.money import usd
from core.rollouts.planner import Span
from core.text import clean, one_line, plural
from tui.screens.outcomes import DRAINING, mark_of, outcome_counts, status_cell, style_of
from tui.screens.run_board import RunBoard, Slot
from tui.screens.run_grid_view import GridView
from tui.widgets.cells import Glyphs
from tui.widgets.meter import bar

_WIDE = 100
"""From here on a noun stands beside the number of rollouts."""
_NARROWEST_BAR, _WIDEST_BAR = 8, 40
_LONGEST_REASON = 120
_LONGEST_FILTER = 40
_NEAR = 0.8
"""Share of the ceiling from which on the line warns."""


def meter_lines(view: GridView, width: int, slot: Slot | None, wish: str = "") -> list[Content]:
    """The lines; `slot` is what the cursor stands on, `wish` the filter as people read it."""
    board, glyphs = view.board, view.glyphs
    return [
        _progress(board, glyphs, width),
        Content.assemble(outcome_counts(board.counts, glyphs), _filtered(view, wish)),
        _pairs(view) if slot is None else _cell(view, slot),
        _money(board),
    ]


def clock(seconds: float) -> str:
    """`1:02:03`, `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span_text(span: Span) -> str:
    """`31 [27, 36]`, or the one number that is certain."""
    if span.low == span.high:
        return f"{span.mean:,.0f}"
    return f"{span.mean:,.0f} [{span.low:,.0f}, {span.high:,.0f}]"


def _progress(board: RunBoard, glyphs: Glyphs, width: int) -> Content:
    is_draining = board.is_draining and board.status == RunStatus.RUNNING
    word, style = status_cell(DRAINING if is_draining else board.status, glyphs)
    share = board.n_done / board.n_planned if board.n_planned else 0.0
    noun = f" {'rollout' if board.n_planned == 1 else 'rollouts'}" if width >= _WIDE else ""
    done = f" {board.n_done:,}/{board.n_planned:,}{noun} {share:.0%}"
    if board.status == RunStatus.RUNNING and board.rate:
        left = f" {clock(board.eta_s)} left" if board.eta_s is not None else ""
        done += f" {board.rate:.1f}/s{left}"
    name = clean(board.grid.run_id)
    room = width - len(name) - len(word) - len(done) - 6
    cells = min(max(room, _NARROWEST_BAR), _WIDEST_BAR)
    return Content.assemble(
        (f"{name}  ", "bold $foreground"),
        (f"{word}  ", style),
        (bar(board.n_done, board.n_planned, cells, glyphs), "$meter-ok"),
        (done, "$foreground"),
    )


def _filtered(view: GridView, wish: str) -> tuple[str, str]:
    if not wish:
        return "", ""
    words = one_line(clean(wish), _LONGEST_FILTER)
    return f"only {words}: {view.n_admitted:,} of {plural(view.n_tasks, 'task')}", "bold $accent"


def _pairs(view: GridView) -> Content:
    board, contrast = view.board, view.contrast
    if not board.gives_pairs or not board.n_done:
        return Content("")
    tasks = f"contrast in {board.n_contrast:,} of {plural(len(board.grid.task_ids), 'task')}"
    parts = [(tasks, "$foreground")]
    if contrast is not None:
        parts.append((f"   {plural(contrast.n_pairs, 'usable pair')}", "$foreground"))
        expected = contrast.expected
        if expected is not None and expected.n_pairs.low != expected.n_pairs.high:
            parts.append((f"   est. {span_text(expected.n_pairs)} in the end", "bold $foreground"))
    return Content.assemble(*parts)


def _money(board: RunBoard) -> Content:
    spent, limit = board.spent, board.limit_microusd
    amount, style = usd(spent.cost_microusd), "$foreground"
    if board.unseen_microusd:
        amount += f", at most {usd(board.unseen_microusd)} more,"
    if limit is not None:
        counted = spent.cost_microusd + board.unseen_microusd
        amount += f" of {usd(limit)}"
        if counted >= _NEAR * limit:
            style = "$meter-over" if counted >= limit else "$meter-near"
    whole = _whole(board)
    why = f"   {one_line(clean(board.reason), _LONGEST_REASON)}" if board.reason else ""
    counts = f"   {plural(spent.n_calls, 'call')}   {_tokens(board)}"
    return Content.assemble(
        (amount, f"bold {style}"),
        (whole, "bold $foreground"),
        (counts, "$foreground"),
        (why, "$secondary"),
    )


def _whole(board: RunBoard) -> str:
    """What a run that goes on will have cost: expected, with its interval, and at the worst."""
    cost = board.cost
    if cost is None or not cost.worst_microusd:
        return ""
    most = f"at most {usd(cost.worst_microusd)}"
    if cost.mean_microusd is None:
        return f"   {most}"
    mean, low, high = cost.mean_microusd, cost.low_microusd, cost.high_microusd
    interval = "" if low is None or high is None else f" [{usd(low)}, {usd(high)}]"
    return f"   est. {usd(mean)}{interval}, {most}"


def _tokens(board: RunBoard) -> str:
    spent = board.spent
    if spent.n_prompt_tokens is None:
        return f"{_short(spent.n_tokens)} tokens"
    return (
        f"{_short(spent.n_prompt_tokens)} in, {_short(spent.n_completion_tokens or 0)} out, "
        f"{_short(spent.n_cached_tokens or 0)} cached"
    )


def _cell(view: GridView, slot: Slot) -> Content:
    board = view.board
    task_id, _, seed = slot
    outcome = board.outcomes.get(slot)
    if outcome is None:
        is_running, is_aside = slot in board.running, slot in board.aside
        said = "running" if is_running else "put aside, A does it again" if is_aside else "waiting"
        style = "$state-running" if is_running else "$secondary"
    else:
        style = style_of(outcome)
        n_iterations = plural(board.n_iterations[slot], "iteration")
        said = f"{mark_of(outcome, view.glyphs).sign} {outcome} after {n_iterations}"
    about = view.about(task_id)
    return Content.assemble(
        (f"{clean(task_id)}  seed {seed}  ", "$foreground"),
        (said, style),
        (f"   task: {about}" if about else "", "$secondary"),
    )


def _short(n: int) -> str:
    """`812`, `81.2k`, `8.1M`."""
    if n < 10_000:
        return f"{n:,}"
    return f"{n / 1e3:.1f}k" if n < 1_000_000 else f"{n / 1e6:.1f}M"
