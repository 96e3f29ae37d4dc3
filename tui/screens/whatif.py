"""What a plan would cost and yield, moving with every value that is stepped or typed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.errors import GemelError
from core.money import usd
from core.text import clean, one_line
from tui.widgets.cells import Glyphs
from tui.widgets.input_list import Field, InputList

if TYPE_CHECKING:  # loaded after the first paint
    from core.costs.book import PriceBook
    from core.costs.scenario import Scenario
    from core.costs.whatif import Forecast

_SHOWN = {
    "n_tasks": "tasks",
    "n_rollouts_per_task": "rollouts per task",
    "iterations": "iterations, mean",
    "reflections": "reflections, mean",
    "prompt_tokens": "prompt tokens, first",
    "completion_tokens": "answer tokens",
    "observation_tokens": "test output tokens",
    "pass_rate": "pass rate",
    "n_pairs_wanted": "pairs wanted",
    "n_pairs_per_task": "pairs per task, most",
    "n_epochs": "epochs",
    "batch_size": "batch size",
    "packing": "packing",
    "n_eval_tasks": "evaluation tasks",
    "n_eval_runs": "evaluation runs",
    "generator": "generator",
    "student": "student",
    "prompt_price": "prompt, per M",
    "completion_price": "answer, per M",
    "training_price": "training, per M",
    "hour_price": "GPU, per hour",
    "budget": "budget",
}
_FIRST = "student-as-generator"
_LONGEST = 400


class WhatIfPanel(Vertical):
    """Inputs of one scenario beside what comes of them; nothing is called or spent."""

    DEFAULT_CSS = """
    WhatIfPanel { height: 1fr; }
    WhatIfPanel #scenario { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    WhatIfPanel InputList { width: 33; height: 1fr; }
    WhatIfPanel VerticalScroll { width: 1fr; scrollbar-size-vertical: 1; padding: 0 0 0 1; }
    WhatIfPanel #outcome { height: auto; }
    """

    def __init__(self, directory: Path, glyphs: Glyphs) -> None:
        super().__init__()
        self._directory = directory
        self._glyphs = glyphs
        self._scenario: Scenario | None = None
        self._book: PriceBook | None = None
        self._rates: dict[str, int] = {}
        """What the prices that are not set come to."""

    def compose(self) -> ComposeResult:
        """A heading, and two columns."""
        yield Static(id="scenario", markup=False)
        with Horizontal():
            yield InputList(self._glyphs)
            with VerticalScroll():
                yield Static(id="outcome", markup=False)

    def on_mount(self) -> None:
        """Load prices and scenarios once the screen stands."""
        self.call_after_refresh(self._open)

    def next_preset(self) -> None:
        """Go to the next scenario, shipped or saved."""
        from core.costs.library import load_scenario, scenario_names

        names = scenario_names(self._directory)
        known = self._scenario.name.rstrip("*") if self._scenario is not None else ""
        after = names[(names.index(known) + 1) % len(names)] if known in names else _FIRST
        try:
            self._take(load_scenario(after, self._directory))
        except GemelError as error:
            self._complain(error)

    def on_input_list_stepped(self, message: InputList.Stepped) -> None:
        """Make a value a little more or less."""
        message.stop()
        if self._scenario is not None:
            now = getattr(self._scenario, message.name)
            value = _stepped(self._rates.get(message.name) if now is None else now, message)
            if value is not None:
                self._try(message.name, value)

    def on_input_list_typed(self, message: InputList.Typed) -> None:
        """Follow what is typed, as far as it makes sense."""
        message.stop()
        if message.text:
            self._try(message.name, _as_money(message.name, message.text))

    def _open(self) -> None:
        from core.costs.book import load_book

        try:
            self._book = load_book(self._directory)
        except GemelError as error:
            self._complain(error)
        else:
            self.next_preset()

    def _try(self, name: str, value: object) -> None:
        from core.costs.scenario import with_values

        if self._scenario is None:
            return
        try:
            changed = with_values(self._scenario, {name: value})
            own = changed.name if changed.name.endswith("*") else f"{changed.name}*"
            self._take(replace(changed, name=own))
        except GemelError as error:
            self._complain(error)

    def _take(self, scenario: Scenario) -> None:
        from core.costs.whatif import forecast
        from core.evaluation.planning import STATISTICS

        if self._book is None:
            return
        found = forecast(scenario, self._book, STATISTICS)
        self._scenario, self._rates = scenario, _rates(scenario, self._book)
        self.query_one(InputList).show(
            [Field(name, label, self._shown(name)) for name, label in _SHOWN.items()]
        )
        n_warnings = len(found.warnings)
        heading = Content.assemble(
            ("    what if     ", "$secondary"),
            (one_line(clean(scenario.name), 64), "bold $primary"),
            (f"  ! {n_warnings} below, tab scrolls" if n_warnings else "", "$warning"),
            (f"  {one_line(clean(scenario.says), _LONGEST)}", "$secondary"),
        )
        self.query_one("#scenario", Static).update(heading, layout=False)
        self.query_one("#outcome", Static).update(Content("\n").join(_outcome(found)))

    def _shown(self, name: str) -> str:
        value = getattr(self._scenario, name)
        if value is None:
            return f"{usd(self._rates[name])} book" if name in self._rates else "book"
        if _is_money(name):
            return "none" if name == "budget" and not value else usd(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:,}" if isinstance(value, int) else clean(f"{value}")

    def _complain(self, error: GemelError) -> None:
        text = one_line(clean(str(error)), _LONGEST)
        self.query_one("#scenario", Static).update(Content.styled(f" {text}", "$warning"))


def _outcome(found: Forecast) -> Iterator[Content]:
    """The lines at the right, the most important first."""
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
    for warning in found.warnings:
        yield Content.styled(clean(f"! {warning.says} {warning.change}"), "$warning")


def _row(name: str, amounts: tuple[str, ...], style: str) -> Content:
    return Content.styled(f"{name:<14}" + "".join(f"{a:>10}" for a in amounts), style)


def _fact(name: str, figure: str, meaning: str) -> Content:
    return Content.assemble((f"{name:<14}{figure:>10} ", "$foreground"), (meaning, "$secondary"))


def _rates(scenario: Scenario, book: PriceBook) -> dict[str, int]:
    from core.costs.rates import find_rates

    rates = find_rates(scenario, book)
    return {
        "prompt_price": rates.prompt,
        "completion_price": rates.completion,
        "training_price": rates.training,
        "hour_price": rates.hour // scenario.n_accelerators,
    }


def _as_money(name: str, text: str) -> str:
    """Plain numbers are dollars where money is asked for; yes and no are words for a switch."""
    if text.endswith(" book"):
        return "book"
    word = {"yes": "true", "no": "false", "none": "0"}.get(text.strip(), text.strip())
    if _is_money(name) and word[:1].isdigit():
        return f"${word.replace(',', '')}"
    return word.replace(",", "") if word[:1].isdigit() else word


def _is_money(name: str) -> bool:
    return name.endswith("_price") or name == "budget"


def _stepped(value: object, message: InputList.Stepped) -> object | None:
    """A tenth of the value's size up or down; None where there is nothing to step."""
    direction = message.direction
    if isinstance(value, bool):
        return not value
    if not isinstance(value, int | float):
        return None
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
    if isinstance(value, int):
        return max(value + direction * max(round(size), 1), 0)
    return max(round(value + direction * size, 6), 0.0)
