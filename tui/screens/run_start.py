"""A new run: its form, what it would come to, and its start."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from tui.model_check import refuse_policies
from tui.screens.form import FormScreen
from tui.screens.mode import ModeScreen
from tui.screens.run_form import RunWish, fields_with, question_of, read_run

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.rollouts.preview import RunPreview
    from core.splits.operations import SplitReport


class RunStart:
    """One per screen."""

    def __init__(self, screen: ModeScreen) -> None:
        self._screen = screen

    def begin(self, values: Mapping[str, str] | None = None) -> None:
        """Fill in a run, see what it would cost, start it; `values` stand in the form."""
        self._screen.ask(
            "start", lambda engine: engine.list_splits(), then=partial(self._fill_in, values or {})
        )

    def _fill_in(self, values: Mapping[str, str], splits: list[SplitReport]) -> None:
        read = partial(read_run, sides=splits[0].sides if splits else {})
        form = FormScreen("start a run", fields_with(values), read)
        self._screen.app.push_screen(form, self._preview)

    def _preview(self, wish: object) -> None:
        if isinstance(wish, RunWish):

            async def look(engine: Engine) -> RunPreview:
                await refuse_policies(engine, self._screen.say, *wish.options.policies)
                return await engine.preview_run(wish.options, "latest", wish.side)

            self._screen.ask("run", look, then=partial(self._confirm, wish))

    def _confirm(self, wish: RunWish, preview: RunPreview) -> None:
        self._screen.ask(
            "run",
            lambda engine: engine.run_rollouts(wish.options, "latest", wish.side),
            question=question_of(preview),
        )
