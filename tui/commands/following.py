"""Follows a job in a terminal: its events, each once, until it has ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from rich.console import Console

from core.engine import Engine
from core.errors import EngineLost, StoppedError
from core.store.jobs import JobEventRow, JobSummary
from core.training.operations import JobView
from tui.commands.host import Answer, Common, run, write_json
from tui.commands.show import say

_PAUSE_S = 0.5
_EXIT_CODES = {"finished": 0}


def follow_job(job_id: str, common: Common) -> int:
    """Until it ends; exit code 0 when it finished, else 1."""
    follower = Follower(job_id, common)
    while True:
        try:
            hint = "The job goes on; `gemel train watch` follows it again."
            return run(common, follower.follow, hint=hint)
        except _EngineWent:
            continue  # it was part of the command that trained; the next one knows how that ended


class _EngineWent(Exception):
    """The engine that was asked is no more."""


@dataclass(slots=True)
class Follower:
    """Prints a job's events from whatever engine has the workspace."""

    job_id: str
    common: Common
    n_seen: int = 0
    _watching: asyncio.Task[JobSummary] | None = field(default=None, init=False)

    async def follow(self, engine: Engine) -> Answer:
        """Until the job has ended, or waits for a person."""
        try:
            view = await self._look(engine)
            while view.job.status == "running":
                self._have_watched(engine, view)
                await asyncio.sleep(_PAUSE_S)
                view = await self._look(engine)
        except (EngineLost, StoppedError) as error:
            raise _EngineWent from error
        finally:
            if self._watching is not None:
                self._watching.cancel()
        job = view.job
        code = _EXIT_CODES.get(job.status, 1)
        return Answer(job, lambda out: say(out, f"{job.job_id}: {job.status}"), code)

    def _have_watched(self, engine: Engine, view: JobView) -> None:
        """A remote job is looked at by an engine; where none does, this one shall."""
        if view.remote is None:
            return
        if self._watching is None and not view.remote.is_watched:
            self._watching = asyncio.create_task(engine.watch_job(view.job.job_id))
        elif self._watching is not None and self._watching.done():
            self._watching.result()

    async def _look(self, engine: Engine) -> JobView:
        view = await engine.show_job(self.job_id)
        self.job_id = view.job.job_id
        out = Console(soft_wrap=True)
        for event in view.events[self.n_seen :]:
            write_json(event) if self.common.json else say(out, event_line(event))
        self.n_seen = len(view.events)
        return view


def event_line(event: JobEventRow) -> str:
    """One event on one line."""
    step = f"step {event.step}: " if event.step is not None else ""
    mark = "" if event.level == "info" else f"{event.level}: "
    return f"{event.happened_at:%H:%M:%S} {event.kind:<9} {step}{mark}{event.text}"
