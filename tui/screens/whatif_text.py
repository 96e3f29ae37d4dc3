"""What comes of scenarios, as lines: one with its intervals, or several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.content import Content

from core.money import usd
from core.text import clean, one_line
from tui.screens.whatif_inputs import is_money
from tui.widgets.cells import ASCII, Glyphs, cut_head, fit

if TYPE_CHECKING:  # importing these for real loads the database
    from core.costs.grade import GradedFigure, GradedForecast
    from core.costs.model import Part
    from core.costs.scenario import Scenario
    from core.costs.whatif import Forecast

DIFFERS = "*"
"""Behind what is not as in the first column."""

_NAME, _CELL, _WIDEST = 20, 10, 24
_NARROW_NAME = 12
_LONGEST_BAR = 50
_SHADES = {False: ("█", "▒", "░"), True: ("#", "=", "-")}
_DOLLARS_FROM = 100_000_000
"""Micro-dollars from which on cents are left out where scenarios stand side by side."""
_LONGEST = 400


class View(StrEnum):
    """How the parts of a bill are shown."""

    AMOUNTS = "amounts"
    BARS = "bars"
    BOTH = "both"


def outcome(found: Forecast, view: View, width: int, glyphs: Glyphs) -> Iterator[Content]:
    """One scenario, the most important first."""
    bill, gain, wanted = found.bill, found.gain, found.scenario.n_pairs_wanted
    yield _heads(view, glyphs)
    most = max(part.high_microusd for part in (bill.total, *bill.parts))
    for part in (bill.total, *bill.parts):
        if part.high_microusd or part is bill.total:
            style = "bold $foreground" if part is bill.total else "$foreground"
            yield _part(part, most, style, view, width, glyphs)
    if wanted:
        says = f"of {wanted:,}, {gain.n_steps:,} steps"
        yield _fact("usable pairs", f"{gain.pairs.n_usable:,.0f}", says)
    if gain.mde is not None:
        yield _fact("detects", f"{100 * gain.mde:.1f}", "points or more")
    yield _fact("at limits", usd(bill.ceiling_microusd), "for rollouts")


def interval_bar(part: Part, most: int, width: int, glyphs: Glyphs) -> str:
    """Full up to the low, then likely up to the mean, then possible up to the high."""
    full, likely, possible = _SHADES[glyphs is ASCII]
    amounts = (part.low_microusd, part.mean_microusd, part.high_microusd)
    low, mean, high = (round(amount / most * width) if most else 0 for amount in amounts)
    # What costs anything at all is to be seen.
    high = max(high, 1 if part.high_microusd else 0)
    return full * low + likely * (mean - low) + possible * (high - max(mean, low))


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
    columns = _Columns.of(len(found), width)
    names = [cut_head(clean(each.scenario.name), columns.cell - 1, "~") for each in found]
    yield columns.line("est., mean", names, "$secondary")
    for number, part in enumerate(found[0].bill.parts):
        amounts = [each.bill.parts[number].mean_microusd for each in found]
        if any(amounts):
            yield columns.compared(part.name, list(map(_short_usd, amounts)))
    totals = [_short_usd(each.bill.total.mean_microusd) for each in found]
    yield columns.compared("total", totals, "bold $foreground")
    most = [_short_usd(each.bill.ceiling_microusd) for each in found]
    yield columns.compared("at limits", most)
    usable = [f"{each.gain.pairs.n_usable:,.0f}" for each in found]
    yield columns.compared("usable pairs", usable)
    yield columns.compared("steps", [f"{each.gain.n_steps:,}" for each in found])
    yield columns.compared("detects, points", [_points(each.gain.mde) for each in found])
    yield columns.compared("warnings", [str(len(each.warnings)) for each in found])
    different = list(_differing([each.scenario for each in found], labels, columns))
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
    amounts = (usd(graded.forecast_microusd), usd(graded.measured_microusd), "")
    yield _row("all of them", amounts, "bold $foreground")
    more = f"+{usd(graded.unseen_microusd)} at most" if graded.unseen_microusd else ""
    yield _row("ledger, run", ("", usd(graded.ledger_microusd), more), "$foreground")


def figure_text(figure: GradedFigure, value: float) -> str:
    """A figure in its unit, short."""
    if figure.unit == "micro-dollars":
        return f"${value / 1e6:.4f}"
    return f"{value:.2f}" if figure.unit == "share" else f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class _Columns:
    """Cells of the names, and of each scenario."""

    name: int
    cell: int

    @classmethod
    def of(cls, n: int, width: int) -> _Columns:
        name = _NAME if width >= _NAME + n * _CELL else _NARROW_NAME
        return cls(name, min(max((width - name) // n, _CELL - 2), _WIDEST))

    def compared(self, name: str, texts: list[str], style: str = "$foreground") -> Content:
        """A row whose later cells are marked where they are not as the first."""
        cut = [cut_head(text, self.cell - 1, "~") for text in texts]
        marked = [
            shown if text == texts[0] else f"{shown}{DIFFERS}"
            for shown, text in zip(cut, texts, strict=True)
        ]
        return self.line(name, marked, style)

    def line(self, name: str, texts: Sequence[str], style: str) -> Content:
        parts = [(fit(name, self.name, "~"), style)]
        for n, text in enumerate(texts):
            # The mark stands outside the column of figures, so that they stay in line.
            is_marked = text.endswith(DIFFERS)
            shown = text if is_marked else f"{text} "
            parts.append((f"{shown:>{self.cell}}", "bold $accent" if is_marked and n else style))
        return Content.assemble(*parts)


def _differing(
    scenarios: Sequence[Scenario], labels: Mapping[str, str], columns: _Columns
) -> Iterator[Content]:
    for name, label in labels.items():
        values = [getattr(each, name) for each in scenarios]
        if any(value != values[0] for value in values):
            yield columns.compared(label, [_plain(name, value) for value in values])


def _short_usd(amount: int) -> str:
    return f"${amount / 1e6:,.0f}" if amount >= _DOLLARS_FROM else usd(amount)


def _plain(name: str, value: object) -> str:
    if value is None:
        return "book"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_money(name):
        return usd(int(str(value)))
    return f"{value:,}" if isinstance(value, int) else clean(str(value))


def _points(mde: float | None) -> str:
    return "-" if mde is None else f"{100 * mde:.1f}"


def _heads(view: View, glyphs: Glyphs) -> Content:
    full, likely, possible = _SHADES[glyphs is ASCII]
    legend = f"  {full} low {likely} mean {possible} high"
    heads = ("mean",) if view is View.BARS else ("low", "mean", "high")
    row = _row("est.", heads, "$secondary")
    return row if view is View.AMOUNTS else row + Content.styled(legend, "$secondary")


def _part(part: Part, most: int, style: str, view: View, width: int, glyphs: Glyphs) -> Content:
    amounts = (part.low_microusd, part.mean_microusd, part.high_microusd)
    shown = amounts[1:2] if view is View.BARS else amounts
    row = _row(part.name, tuple(map(usd, shown)), style)
    if view is View.AMOUNTS:
        return row
    room = min(max(width - len(row.plain) - 3, 4), _LONGEST_BAR)
    return row + Content.styled(f"  {interval_bar(part, most, room, glyphs)}", "$series-1")


def _row(name: str, amounts: tuple[str, ...], style: str) -> Content:
    return Content.styled(f"{name:<14}" + "".join(f"{a:>10}" for a in amounts), style)


def _fact(name: str, figure: str, meaning: str) -> Content:
    return Content.assemble((f"{name:<14}{figure:>10} ", "$foreground"), (meaning, "$secondary"))
