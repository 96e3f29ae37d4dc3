"""What keys do to runs and rollouts. What may be done is judged by what the engine says then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.live import LiveRun, RunStatus
from core.money import parse_usd, usd
from core.text import plural
from tui.screens.form import Field, FormScreen
from tui.screens.run_form import amount_of, at_once_form

if TYPE_CHECKING:
    from core.rollouts.board import RunGrid
    from core.rollouts.operations import RunReport
    from core.rollouts.preview import RunPreview
    from core.rollouts.spending import SpendingView
    from tui.screens.rollouts import RolloutsScreen

_BY = "the app"


@dataclass(frozen=True, slots=True)
class _Limit:
    microusd: int | None


class RunDesk:
    """One per screen; everything goes to the run, or the rollout, under the cursor."""

    def __init__(self, screen: RolloutsScreen) -> None:
        self._screen = screen

    def pause(self, run_id: str) -> None:
        """Hold a run, or let it go on."""

        def turn(live: LiveRun) -> None:
            if live.status is RunStatus.PAUSED:
                self._screen.ask("continue", lambda engine: engine.continue_run(run_id, _BY))
            else:
                self._screen.ask("pause", lambda engine: engine.pause_run(run_id, _BY))

        self._control(run_id, "pause", turn)

    def stop(self, run_id: str) -> None:
        """Stop a run, paused or not."""
        question = f"Stop {run_id}? What is finished stays; R goes on with the rest."
        self._control(
            run_id,
            "stop",
            lambda _: self._screen.ask(
                "stop", lambda engine: engine.stop_run(run_id, _BY), question=question
            ),
        )

    def drain(self, run_id: str) -> None:
        """Let a run finish what is begun and begin nothing new; then it stops."""

        def begin(live: LiveRun) -> None:
            n_left = plural(len(live.rollouts), "rollout")
            self._screen.ask(
                "drain",
                lambda engine: engine.drain_run(run_id, _BY),
                question=f"Drain {run_id}? {n_left} in flight are finished, then it stops.",
            )

        self._control(run_id, "drain", begin)

    def requeue(self, rollout_id: str, grid: RunGrid) -> None:
        """Do a rollout again that was put aside or that infrastructure ended."""

        def confirm(preview: RunPreview) -> None:
            self._screen.ask(
                "again",
                lambda engine: engine.requeue_rollout(rollout_id),
                then=self._requeued,
                question=f"Do rollout {rollout_id} again, {amount_of(preview)}",
            )

        self._screen.ask(
            "again",
            lambda engine: engine.preview_resume(grid.run_id, rollout_id=rollout_id),
            then=confirm,
        )

    def _requeued(self, report: RunReport) -> None:
        is_open = report.status in (RunStatus.RUNNING, RunStatus.PAUSED)
        self._screen.say(f"{report.run_id} does it again" if is_open else report.reason)
        self._screen.reload()

    def resume(self, run_id: str) -> None:
        """Do what is missing of a run."""
        if run_id:
            self._screen.ask("resume", lambda engine: engine.run_grid(run_id), then=self._resume)

    def at_once(self, run_id: str) -> None:
        """Choose how many rollouts of a run go on at once."""

        def ask(live: LiveRun) -> None:
            self._screen.app.push_screen(at_once_form(live.n_concurrent), take)

        def take(n: object) -> None:
            if isinstance(n, int):
                self._screen.ask("at once", lambda engine: engine.set_concurrency(n, run_id))

        self._control(run_id, "at once", ask)

    def ceiling(self, run_id: str) -> None:
        """Choose what a run may spend; one that goes on obeys from its next call on."""
        if run_id:
            self._screen.ask("ceiling", lambda engine: engine.spending(run_id), then=self._limit)

    def put_aside(self, rollout_id: str) -> None:
        """End a running rollout for now."""
        self._screen.ask(
            "put aside",
            lambda engine: engine.put_rollout_aside(rollout_id),
            question=f"Put {rollout_id} aside? A resume does it later, from where it stood.",
        )

    def _control(self, run_id: str, what: str, do: Callable[[LiveRun], None]) -> None:
        """Do something to a run that is going on, if the engine says that it is."""

        def judge(runs: tuple[LiveRun, ...]) -> None:
            live = next((run for run in runs if run.run_id == run_id), None)
            if live is None:
                self._screen.say(f"{what}: the run under the cursor is not going on")
            else:
                do(live)

        self._screen.ask(what, lambda engine: engine.live_runs(), then=judge)

    def _resume(self, grid: RunGrid) -> None:
        n_errors = sum(cell.outcome == "error" for cell in grid.cells)
        is_over = grid.status == RunStatus.FINISHED
        n_left = 0 if is_over else grid.n_planned - len(grid.cells)
        if grid.status in (RunStatus.RUNNING, RunStatus.PAUSED):
            self._screen.say("resume: the run under the cursor goes on; space holds it, X stops it")
            return
        if not n_left and (not n_errors or grid.kind != "rollouts"):
            self._screen.say("resume: nothing is missing of the run under the cursor")
            return
        retries = not n_left

        def confirm(preview: RunPreview) -> None:
            ended = " ended by infrastructure" if retries else ""
            which = f"{plural(preview.n_rollouts, 'rollout')}{ended}"
            self._screen.ask(
                "resume",
                lambda engine: engine.resume_run(grid.run_id, retries_errors=retries),
                question=f"Resume {grid.run_id}: {which}, {amount_of(preview)}",
            )

        self._screen.ask(
            "resume",
            lambda engine: engine.preview_resume(grid.run_id, retries_errors=retries),
            then=confirm,
        )

    def _limit(self, found: SpendingView) -> None:
        run_id = found.run_id

        def take(limit: object) -> None:
            if isinstance(limit, _Limit):
                self._screen.ask(
                    "ceiling",
                    lambda engine: engine.set_ceiling(limit.microusd, run_id),
                    then=self._limited,
                )

        self._screen.app.push_screen(_ceiling_form(found), take)

    def _limited(self, now: SpendingView) -> None:
        may = "without a ceiling" if now.limit is None else f"at most {usd(now.limit)}"
        self._screen.say(f"{now.run_id} may spend {may}; {usd(now.spent)} are spent")
        self._screen.reload()


def _ceiling_form(found: SpendingView) -> FormScreen:
    """Asks for the limit of a run; closes with it."""
    unseen = f", at most {usd(found.unseen)} more unanswered" if found.unseen else ""
    now = "" if found.limit is None else f"{found.limit / 1e6:g}"
    heading = f"Ceiling of {found.run_id}: {usd(found.spent)} spent{unseen}"
    field = Field("limit", "ceiling $", now, "dollars; empty: no limit of its own")

    def read(values: Mapping[str, str]) -> _Limit:
        return _Limit(parse_usd(values["limit"]))

    return FormScreen(heading, [field], read)
