"""Scenarios by name: the forms and questions around what the what-if panel shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from core.errors import GemelError
from core.money import usd
from core.text import clean, one_line
from tui.screens.choice import ChoiceScreen
from tui.screens.form import Field, FormScreen
from tui.screens.mode import ModeScreen
from tui.screens.whatif import WhatIfPanel
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # loaded after the first paint
    from core.costs.scenario import Scenario

_COLUMNS = (
    Column("name", 26),
    Column("kind", 8),
    Column("est. total", 12, is_right=True),
    Column("says", 0, from_width=70),
)
_LONGEST = 200


class ScenarioDesk:
    """What can be done with the scenario that a panel shows."""

    def __init__(self, screen: ModeScreen, panel: WhatIfPanel) -> None:
        self._screen = screen
        self._panel = panel
        self._directory = screen.host.workspace.directory

    def choose(self) -> None:
        """Show one of all scenarios."""

        def take(name: str | None) -> None:
            if name is not None:
                self._panel.load(name)

        from core.costs.library import is_shipped, scenario_names

        rows = [
            Row(name, (name, "shipped" if is_shipped(name) else "saved", *self._about(name)))
            for name in scenario_names(self._directory)
        ]
        screen = ChoiceScreen("Scenarios", _COLUMNS, rows, self._screen.glyphs)
        self._screen.app.push_screen(screen, take)

    def save(self) -> None:
        """Ask for a name and save the inputs as they stand."""

        def take(named: object) -> None:
            if named is not None:
                self._screen.run_worker(self._save(cast("Scenario", named)))

        if (scenario := self._panel.scenario) is not None:
            self._screen.app.push_screen(self._form(scenario), take)

    def duplicate(self) -> None:
        """Save a copy under the next free name, and show that."""
        from core.costs.library import free_name, save_scenario

        if (scenario := self._panel.scenario) is None:
            return
        copy = replace(scenario, name=free_name(scenario.name.rstrip("*"), self._directory))
        try:
            save_scenario(copy, self._directory)
        except GemelError as error:
            self._screen.say(str(error), is_warning=True)
        else:
            self._panel.take(copy)
            self._screen.say(f"{copy.name} is a copy of {scenario.name}")

    def remove(self) -> None:
        """Ask, then delete what is shown."""
        if (scenario := self._panel.scenario) is not None:
            self._screen.run_worker(self._remove(scenario.name.rstrip("*")))

    async def _save(self, scenario: Scenario) -> None:
        from core.costs.library import is_shipped, save_scenario, scenario_names

        names = scenario_names(self._directory)
        is_there = scenario.name in names and not is_shipped(scenario.name)
        question = f"{scenario.name} is saved already. Replace it?"
        if is_there and not await self._screen.confirm(question):
            return
        try:
            save_scenario(scenario, self._directory, replaces=is_there)
        except GemelError as error:
            self._screen.say(str(error), is_warning=True)
        else:
            self._panel.take(scenario)
            self._screen.say(f"saved as {scenario.name}")

    async def _remove(self, name: str) -> None:
        from core.costs.library import is_shipped, remove_scenario

        if is_shipped(name):
            self._screen.say(f"{name} is a shipped scenario and stays", is_warning=True)
            return
        if not await self._screen.confirm(f"Delete the scenario {name}?"):
            return
        try:
            remove_scenario(name, self._directory)
        except GemelError as error:
            self._screen.say(str(error), is_warning=True)
        else:
            self._panel.next_preset()
            self._screen.say(f"{name} is deleted")

    def _form(self, scenario: Scenario) -> FormScreen:
        from core.costs.library import free_name, is_shipped

        old = scenario.name.rstrip("*")
        name = free_name(old, self._directory) if is_shipped(old) else old
        fields = [
            Field("name", "name", name, "a-z 0-9 . _ -"),
            Field("says", "says", one_line(scenario.says, _LONGEST), "what it is"),
        ]

        def read(values: Mapping[str, str]) -> Scenario:
            return replace(scenario, name=values["name"], says=clean(values["says"]))

        form = FormScreen("Save these inputs", fields, read)
        form.add_class("-long")
        return form

    def _about(self, name: str) -> tuple[str, str]:
        """What a scenario would cost and says; a file that cannot be used says why."""
        from core.costs.book import load_book
        from core.costs.library import load_scenario
        from core.costs.whatif import forecast
        from core.evaluation.planning import STATISTICS

        try:
            scenario = load_scenario(name, self._directory)
            total = forecast(scenario, load_book(self._directory), STATISTICS).bill.total
        except GemelError as error:
            return "?", one_line(clean(str(error)), _LONGEST)
        return usd(total.mean_microusd), one_line(clean(scenario.says), _LONGEST)
