"""What runs were said to come to when they began, beside what they came to, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from core.money import usd
from core.text import clean, one_line, plural
from tui.widgets.cells import Glyphs

if TYPE_CHECKING:  # importing these for real loads the database
    from core.costs.history import PastFigure, PastForecast

_NONE = "no run has been foretold yet: a run of rollouts is, as it begins"
_LONGEST = 100
_MONEY = "micro-dollars"


def history_content(past: Sequence[PastForecast], glyphs: Glyphs) -> Content:
    """How well forecasts held altogether, then run by run, the newest first."""
    if not past:
        return Content.styled(_NONE, "$secondary")
    lines = [_summary(past), Content("")]
    for each in past:
        lines += [*_run(each, glyphs), Content("")]
    return Content("\n").join(lines)


def _summary(past: Sequence[PastForecast]) -> Content:
    graded = [figure for each in past for figure in each.figures if figure.is_inside is not None]
    n_inside = sum(bool(figure.is_inside) for figure in graded)
    said = f"{plural(len(past), 'run')} foretold"
    if graded:
        said += f"; {n_inside:,} of {plural(len(graded), 'figure')} came inside their interval"
    return Content.styled(said, "bold $foreground")


def _run(each: PastForecast, glyphs: Glyphs) -> Iterator[Content]:
    done = "" if each.n_rollouts_done is None else f"{each.n_rollouts_done:,} of "
    rollouts = plural(each.n_rollouts, "rollout")
    basis = one_line(clean(each.basis), _LONGEST)
    yield Content.assemble(
        (f"{clean(each.run_id)}  ", "bold $primary"),
        (f"{each.status}, {done}{rollouts}, {each.made_at:%Y-%m-%d %H:%M}", "$foreground"),
    )
    yield Content.styled(f"  from {basis}", "$secondary")
    heads = ("low", "est.", "high", "came to", "error")
    yield Content.styled(f"  {'':<8}" + "".join(f"{head:>10}" for head in heads), "$secondary")
    for figure in each.figures:
        yield _figure(figure, glyphs)


def _figure(figure: PastFigure, glyphs: Glyphs) -> Content:
    values = [_amount(value, figure.unit) for value in (figure.low, figure.mean, figure.high)]
    values.append("" if figure.actual is None else _amount(figure.actual, figure.unit))
    values.append("" if figure.error is None else f"{figure.error:+.0%}")
    said = {
        True: (f"  {glyphs.done} inside", "$state-passed"),
        False: (f"  {glyphs.failed} outside", "$state-failed"),
        None: ("  not finished", "$secondary"),
    }
    row = f"  {clean(figure.figure):<8}" + "".join(f"{value:>10}" for value in values)
    return Content.assemble((row, "$foreground"), said[figure.is_inside])


def _amount(value: float, unit: str) -> str:
    if unit == _MONEY:
        return usd(round(value))
    return f"{value:.2f}" if unit == "share" else f"{value:,.0f}"
