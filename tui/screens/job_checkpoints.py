"""What a job kept on the way: each checkpoint with what was measured there, to go on from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.text import clean, one_line
from core.training.metric_names import MetricGroup, group_of
from tui.screens.choice import ChoiceScreen
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing these for real loads the database
    from core.training.operations import JobView, MetricPoint

_COLUMNS = (
    Column("step", 8, is_right=True),
    Column("kept as", 22),
    Column("eval loss", 13),
    Column("at", 16, from_width=72),
    Column("path", 0),
)
_LONGEST = 200


def checkpoints_screen(view: JobView, glyphs: Glyphs) -> ChoiceScreen | None:
    """The list; None when the job kept nothing."""
    rows = list(_rows(view))
    if not rows:
        return None
    heading = f"Checkpoints of {clean(view.job.job_id)}: enter trains on from one"
    return ChoiceScreen(heading, _COLUMNS, rows, glyphs)


def eval_loss(view: JobView, step: int) -> float | None:
    """What the rows that were held back lost at a step, or at the last measure before it."""
    for name, points in view.series.items():
        if group_of(name) is MetricGroup.LOSS and name.lower().startswith(("eval", "val")):
            return _at(points, step)
    return None


def _at(points: Sequence[MetricPoint], step: int) -> float | None:
    before = [point.value for point in points if point.step <= step and point.value is not None]
    return before[-1] if before else None


def _rows(view: JobView) -> Iterator[Row]:
    kept = view.remote.checkpoints if view.remote is not None else ()
    losses = {each.step: eval_loss(view, each.step) for each in kept}
    known = [loss for loss in losses.values() if loss is not None]
    for each in sorted(kept, key=lambda one: one.step):
        loss = losses[each.step]
        figure = "" if loss is None else f"{loss:.4f}"
        is_best = loss is not None and len(known) > 1 and loss == min(known)
        cells = (
            f"{each.step:,}",
            one_line(clean(each.label or each.kind), _LONGEST),
            (f"{figure} lowest", "$state-passed") if is_best else figure,
            one_line(clean(each.created_at), _LONGEST).replace("T", " ")[:16],
            one_line(clean(each.path), _LONGEST),
        )
        yield Row(f"{view.job.job_id}:{each.step}", cells)
