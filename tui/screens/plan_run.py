"""A scenario and runs: its inputs out of a run's rollouts, and a run out of its inputs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from core.agent.limits import MOST_REFLECTIONS
from core.errors import GemelError
from core.money import usd
from core.text import plural
from tui.keymap import Group
from tui.screens.choice import ChoiceScreen
from tui.screens.mode import ModeScreen
from tui.screens.whatif import WhatIfPanel
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # loaded after the first paint
    from core.costs.sample import Sample
    from core.costs.whatif import Forecast
    from core.store.runs import RunSummary

_COLUMNS = (
    Column("run", 0),
    Column("rollouts", 8, is_right=True),
    Column("passed", 7, is_right=True),
    Column("cost", 9, is_right=True),
    Column("state", 10, from_width=60),
)


class PlanRun:
    """What goes between the scenario that a panel shows and the runs of the workspace."""

    def __init__(self, screen: ModeScreen, panel: WhatIfPanel) -> None:
        self._screen = screen
        self._panel = panel

    def measure(self) -> None:
        """Ask for a run, and take what its rollouts took for inputs."""
        self._screen.ask("from a run", lambda engine: engine.list_runs(), then=self._choose)

    def start(self) -> None:
        """Hand the scenario to Rollouts, which asks before anything is called."""
        found = self._panel.forecast
        if found is not None:
            self._screen.app.call_later(partial(self._hand_over, run_values(found)))

    async def _hand_over(self, values: dict[str, str]) -> None:
        from tui.screens.rollouts import RolloutsScreen

        await self._screen.app.switch_mode(Group.ROLLOUTS)
        if isinstance(screen := self._screen.app.screen, RolloutsScreen):
            screen.propose(values)

    def _choose(self, runs: list[RunSummary]) -> None:
        measured = [run for run in runs if run.n_rollouts and run.kind == "rollouts"]
        if not measured:
            self._screen.say("no run has a finished rollout yet: there is nothing to measure")
            return
        rows = [
            Row(run.run_id, (run.run_id, f"{run.n_rollouts:,}", f"{run.n_passed:,}",
                             usd(run.cost_microusd), run.status))
            for run in measured
        ]  # fmt: skip
        heading = "Take tokens, turns and pass rate from the rollouts of"
        screen = ChoiceScreen(heading, _COLUMNS, rows, self._screen.glyphs)
        self._screen.app.push_screen(screen, self._sample)

    def _sample(self, run_id: str | None) -> None:
        if run_id is not None:
            self._screen.ask(
                "from a run", lambda engine: engine.sample_run(run_id), then=self._take
            )

    def _take(self, sample: Sample) -> None:
        from core.costs.scenario import with_values

        base = self._panel.scenario
        if base is None:
            return
        name = base.name.rstrip("*")
        n_rollouts, n_tasks = plural(sample.n_rollouts, "rollout"), plural(sample.n_tasks, "task")
        try:
            self._panel.take(
                replace(
                    with_values(base, sample.inputs),
                    name=f"{name}-{sample.run_id.rpartition('-')[2]}*",
                    says=f"{name} as {n_rollouts} of {n_tasks} measure it",
                )
            )
        except GemelError as error:
            self._screen.say(str(error), is_warning=True)
            return
        self._screen.say(
            sample.warning or f"inputs measured on {n_rollouts} of {n_tasks}; s saves them",
            is_warning=bool(sample.warning),
        )


def run_values(found: Forecast) -> dict[str, str]:
    """The values that the form of a run begins with; it may spend what the rollouts may cost."""
    from core.policies.remote import is_remote

    scenario, ceiling = found.scenario, found.bill.ceiling_microusd
    if scenario.budget:
        ceiling = min(ceiling, scenario.budget) if ceiling else scenario.budget
    policy = scenario.generator
    is_named = is_remote(policy) or policy.partition(":")[0] == "builtin"
    return {
        "policy": policy if is_named else f"together:{policy}",
        "tasks": str(scenario.n_tasks),
        "seeds": str(scenario.n_rollouts_per_task),
        "iterations": str(scenario.max_iterations),
        "reflections": str(min(scenario.max_reflections, MOST_REFLECTIONS)),
        "ceiling": f"{ceiling / 1e6:.2f}" if ceiling else "",
    }
