"""What comes of scenarios, as lines: one with its intervals, or several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from core.money import usd
from core.text import clean, one_line
from tui.screens.whatif_inputs import is_money
from tui.widgets.cells import cut_head, fit

if TYPE_CHECKING:  # importing these for real loads the database
    from core.costs.grade import GradedFigure, GradedForecast
    from core.costs.scenario import Scenario
    from core.costs.whatif import Forecast

DIFFERS = "*"
"""Behind what is not as in the first column."""

_NAME, _CELL, _WIDEST = 20, 10, 24
_LONGEST = 400


def outcome(found: Forecast) -> Iterator[Content]:
    """One scenario, the most important first."""
    bill, gain, wanted = found.bill, found.gain, found.scenario.n_pairs_wanted
    yield _row("est.", ("low", "mean", "high"), "$secondary")
    for part in (bill.total, *bill.parts):
        if part.high_microusd or part is bill.total:
            amounts = (part.low_microusd, part.mean_microusd, part.high_microusd)
            style = "bold $foreground" if part is bill.total else "$foreground"
            yield _row(part.name, tuple(map(usd, amounts)), style)
    if wanted:
        says = f"of {wanted:,}, {gain.n_steps:,} steps"
        yield _fact("usable pairs", f"{gain.pairs.n_usable:,.0f}", says)
    if gain.mde is not None:
        yield _fact("detects", f"{100 * gain.mde:.1f}", "points or more")
    yield _fact("at limits", usd(bill.ceiling_microusd), "for rollouts")


def notes(found: Forecast) -> Iterator[Content]:
    """What to know before spending, and which prices that rests on."""
    for warning in found.warnings:
        yield Content.styled(clean(f"! {warning.says} {warning.change}"), "$warning")
    for stamp in found.prices:
        since = f"{stamp.as_of}, " if stamp.as_of is not None else ""
        text = one_line(clean(f"{stamp.what}: {since}{stamp.source}"), _LONGEST)
        yield Content.assemble(("price of ", "$secondary"), (text, "$secondary"))


def side_by_side(
    found: Sequence[Forecast], labels: Mapping[str, str], width: int
) -> Iterator[Content]:
    """Means in columns, the first what others are held against; then inputs that differ."""
    cell = min(max((width - _NAME) // len(found), _CELL), _WIDEST)
    names = [cut_head(clean(each.scenario.name), cell - 1, "~") for each in found]
    yield _line("est., mean", names, cell, "$secondary")
    for number, part in enumerate(found[0].bill.parts):
        amounts = [each.bill.parts[number].mean_microusd for each in found]
        if any(amounts):
            yield _compared(part.name, list(map(usd, amounts)), cell)
    totals = [usd(each.bill.total.mean_microusd) for each in found]
    yield _compared("total", totals, cell, "bold $foreground")
    yield _compared("at limits", [usd(each.bill.ceiling_microusd) for each in found], cell)
    usable = [f"{each.gain.pairs.n_usable:,.0f}" for each in found]
    yield _compared("usable pairs", usable, cell)
    yield _compared("steps", [f"{each.gain.n_steps:,}" for each in found], cell)
    yield _compared("detects, points", [_points(each.gain.mde) for each in found], cell)
    yield _compared("warnings", [str(len(each.warnings)) for each in found], cell)
    different = list(_differing([each.scenario for each in found], labels, cell))
    if different:
        yield Content.styled("inputs that differ", "$secondary")
        yield from different


def graded_lines(graded: GradedForecast) -> Iterator[Content]:
    """A forecast against what a run took."""
    run_id = one_line(clean(graded.run_id), 30)
    yield Content.styled(f"a rollout of {run_id}, {graded.n_rollouts:,} done", "$secondary")
    yield _row("", ("est.", "came to", ""), "$secondary")
    for figure in graded.figures:
        verdict = "inside" if figure.is_inside else "outside !"
        texts = (figure_text(figure, figure.forecast), figure_text(figure, figure.measured))
        style = "$foreground" if figure.is_inside else "$warning"
        yield _row(figure.name, (*texts, verdict), style)
    amounts = (usd(graded.forecast_microusd), usd(graded.ledger_microusd), "")
    yield _row("all of them", amounts, "bold $foreground")


def figure_text(figure: GradedFigure, value: float) -> str:
    """A figure in its unit, short."""
    if figure.unit == "micro-dollars":
        return f"${value / 1e6:.4f}"
    return f"{value:.2f}" if figure.unit == "share" else f"{value:,.0f}"


def _differing(
    scenarios: Sequence[Scenario], labels: Mapping[str, str], cell: int
) -> Iterator[Content]:
    for name, label in labels.items():
        values = [getattr(each, name) for each in scenarios]
        if any(value != values[0] for value in values):
            yield _compared(label, [_plain(name, value) for value in values], cell)


def _plain(name: str, value: object) -> str:
    if value is None:
        return "book"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_money(name):
        return usd(int(str(value)))
    return f"{value:,}" if isinstance(value, int) else clean(str(value))


def _compared(name: str, texts: list[str], cell: int, style: str = "$foreground") -> Content:
    marked = [
        text if n == 0 or text == texts[0] else f"{text[: cell - 2]}{DIFFERS}"
        for n, text in enumerate(texts)
    ]
    return _line(name, marked, cell, style)


def _line(name: str, texts: Sequence[str], cell: int, style: str) -> Content:
    parts = [(fit(name, _NAME, "~"), style)]
    for n, text in enumerate(texts):
        # The mark stands outside the column of figures, so that they stay in line.
        is_marked = text.endswith(DIFFERS)
        shown = text if is_marked else f"{text} "
        parts.append((f"{shown:>{cell}}", "bold $accent" if is_marked and n else style))
    return Content.assemble(*parts)


def _points(mde: float | None) -> str:
    return "-" if mde is None else f"{100 * mde:.1f}"


def _row(name: str, amounts: tuple[str, ...], style: str) -> Content:
    return Content.styled(f"{name:<14}" + "".join(f"{a:>10}" for a in amounts), style)


def _fact(name: str, figure: str, meaning: str) -> Content:
    return Content.assemble((f"{name:<14}{figure:>10} ", "$foreground"), (meaning, "$secondary"))
