"""What a plan would cost and yield, moving with every value that is stepped or typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from core.errors import GemelError
from core.text import clean, one_line
from tui.screens.whatif_inputs import as_written, labels, rates_of, shown, stepped
from tui.screens.whatif_text import View, graded_lines, notes, outcome, side_by_side
from tui.widgets.cells import Glyphs
from tui.widgets.input_list import Field, InputList

if TYPE_CHECKING:  # loaded after the first paint
    from core.costs.book import PriceBook
    from core.costs.grade import GradedForecast
    from core.costs.scenario import Scenario
    from core.costs.whatif import Forecast
    from core.store.ledger import Measured

_FIRST = "student-as-generator"
_LONGEST = 400
_WIDE = 150
"""From here on remarks have a column of their own."""
_MOST_HELD = 3
"""Beside the one that is shown: four in all."""
_BOTH_FROM = 66
"""Cells of the results from which on bars stand beside their amounts."""


class WhatIfPanel(Vertical):
    """Inputs of one scenario beside what comes of them; nothing is called or spent."""

    ALLOW_MAXIMIZE = True
    DEFAULT_CSS = """
    WhatIfPanel { height: 1fr; }
    WhatIfPanel #scenario { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    WhatIfPanel InputList { width: 33; height: 1fr; }
    WhatIfPanel VerticalScroll { width: 1fr; scrollbar-size-vertical: 1; padding: 0 0 0 1; }
    WhatIfPanel #outcome { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }
    WhatIfPanel #below, WhatIfPanel #notes { height: auto; }
    WhatIfPanel.-wide #below { display: none; }
    WhatIfPanel #results { max-width: 90; }
    WhatIfPanel #remarks { display: none; max-width: 90; }
    WhatIfPanel.-wide #remarks { display: block; }
    WhatIfPanel.-wide InputList { width: 44; }
    WhatIfPanel.-wide #results { max-width: 100; }
    """

    def __init__(self, directory: Path, glyphs: Glyphs) -> None:
        super().__init__()
        self._directory = directory
        self._glyphs = glyphs
        self._scenario: Scenario | None = None
        self._book: PriceBook | None = None
        self._rates: dict[str, int] = {}
        """What the prices that are not set come to."""
        self._found: Forecast | None = None
        self._held: list[Forecast] = []
        """Set beside the scenario that is shown."""
        self._graded: GradedForecast | None = None
        self._wants_bars = False
        self._shown: dict[str, Content] = {}

    def compose(self) -> ComposeResult:
        """A heading, and two columns."""
        yield Static(id="scenario", markup=False)
        with Horizontal():
            yield InputList(self._glyphs)
            with VerticalScroll(id="results"):
                yield Static(id="outcome", markup=False)
                yield Static(id="below", markup=False)
            with VerticalScroll(id="remarks"):
                yield Static(id="notes", markup=False)

    def on_mount(self) -> None:
        """Load prices and scenarios once the screen stands."""
        self.call_after_refresh(self._open)

    def on_resize(self, event: Resize) -> None:
        """Use the width there is."""
        self.set_class(event.size.width >= _WIDE, "-wide")
        self._show_outcome()

    @property
    def scenario(self) -> Scenario | None:
        """The inputs as they stand; a changed one ends in `*`."""
        return self._scenario

    @property
    def forecast(self) -> Forecast | None:
        """What comes of them."""
        return self._found

    @property
    def n_held(self) -> int:
        """Scenarios that are set beside."""
        return len(self._held)

    def next_preset(self) -> None:
        """Go to the next scenario, shipped or saved."""
        from core.costs.library import scenario_names

        names = scenario_names(self._directory)
        known = self._scenario.name.rstrip("*") if self._scenario is not None else ""
        self.load(names[(names.index(known) + 1) % len(names)] if known in names else _FIRST)

    def load(self, name: str) -> None:
        """Show a scenario by its name."""
        from core.costs.library import load_scenario

        try:
            self.take(load_scenario(name, self._directory))
        except GemelError as error:
            self._complain(error)

    def turn_bars(self) -> None:
        """Bars in place of amounts where there is no room for both."""
        self._wants_bars = not self._wants_bars
        self._show_outcome()

    def set_beside(self) -> None:
        """Keep what is shown as a column; the oldest of too many goes."""
        if self._found is not None:
            self._held = [*self._held, self._found][-_MOST_HELD:]
            self._show_outcome()

    def clear_beside(self) -> None:
        """Show one scenario alone again."""
        self._held = []
        self._show_outcome()

    def grade(self, run_id: str, measured: Measured) -> None:
        """Hold what is shown against what a run took."""
        from core.costs.grade import grade

        if self._found is not None:
            self._graded = grade(self._found, run_id, measured)
            self._show_outcome()

    def on_input_list_stepped(self, message: InputList.Stepped) -> None:
        """Make a value a little more or less."""
        message.stop()
        if self._scenario is not None:
            now = getattr(self._scenario, message.name)
            value = stepped(self._rates.get(message.name) if now is None else now, message)
            if value is not None:
                self._try(message.name, value)

    def on_input_list_typed(self, message: InputList.Typed) -> None:
        """Follow what is typed, as far as it makes sense."""
        message.stop()
        if message.text:
            self._try(message.name, as_written(message.text))

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
            self.take(replace(changed, name=own))
        except GemelError as error:
            self._complain(error)

    def take(self, scenario: Scenario) -> None:
        """Show a scenario and what comes of it."""
        from core.costs.whatif import forecast
        from core.evaluation.planning import STATISTICS

        if self._book is None:
            return
        self._found = forecast(scenario, self._book, STATISTICS)
        self._scenario, self._rates = scenario, rates_of(scenario, self._book)
        self._graded = None
        named, rates = labels(), self._rates
        fields = [Field(n, label, shown(scenario, n, rates)) for n, label in named.items()]
        self.query_one(InputList).show(fields)
        self._show_outcome()

    def _show_outcome(self) -> None:
        found = self._found
        if found is None:
            return
        is_wide, results = self.has_class("-wide"), self.query_one("#results")
        width = results.scrollable_content_region.width
        view = View.BARS if self._wants_bars else View.AMOUNTS
        view = View.BOTH if width >= _BOTH_FROM else view
        if self._held:
            lines = list(side_by_side([*self._held, found], labels(), width))
        else:
            lines = list(outcome(found, view, width, self._glyphs))
        if self._graded is not None:
            lines += [Content(""), *graded_lines(self._graded)]
        self.query_one("#scenario", Static).update(self._heading(found), layout=False)
        self._put("#outcome", lines)
        self._put("#notes" if is_wide else "#below", list(notes(found)))

    def _put(self, name: str, lines: list[Content]) -> None:
        """Show lines, unless they are there: wrapping them anew takes longer than a key may."""
        content = Content("\n").join(lines)
        if not content.is_same(self._shown.get(name, Content(""))):
            self._shown[name] = content
            self.query_one(name, Static).update(content)

    def _heading(self, found: Forecast) -> Content:
        n_warnings, scenario = len(found.warnings), found.scenario
        place = "beside" if self.has_class("-wide") else "below, tab scrolls"
        return Content.assemble(
            ("    what if     ", "$secondary"),
            (one_line(clean(scenario.name), 64), "bold $primary"),
            (f"  ! {n_warnings} {place}" if n_warnings else "", "$warning"),
            (f"  {one_line(clean(scenario.says), _LONGEST)}", "$secondary"),
        )

    def _complain(self, error: GemelError) -> None:
        text = one_line(clean(str(error)), _LONGEST)
        self.query_one("#scenario", Static).update(Content.styled(f" {text}", "$warning"))
