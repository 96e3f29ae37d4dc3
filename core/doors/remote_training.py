"""Training at a remote trainer: what may be sent there, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from core import guards, training_sets
from core.doors.door import Door
from core.lines import MAX_SHOWN
from core.operation import operation
from core.policies.tokens import estimate_prompt
from core.store.jobs import JobSummary
from core.together.message_rules import Kind
from core.together.training_file import FileReport, Room, check_training_file
from core.training import compare, lines
from core.training.compare import JobComparison
from core.training.lines import JobLine
from core.training.operations import JobView, show_job
from core.training.remote import attaching
from core.training.remote import operations as remote
from core.training.remote.given import RemoteGiven
from core.training.remote.planning import RemotePreflight
from core.training.remote.settings import JobWish, Pace


class RemoteTrainingDoor(Door):
    """Jobs at Together, and all jobs at a glance."""

    @operation(is_long=True, only_reads=True)
    async def check_training_file(
        self, path: Path, kind: Kind = Kind.DPO, n_window_tokens: int | None = None
    ) -> FileReport:
        """What a training file holds and which rows the service would reject; nothing is sent."""
        room = None if n_window_tokens is None else Room(n_window_tokens, kind)
        checking = asyncio.to_thread(check_training_file, path, kind, estimate_prompt, room)
        report = await checking
        return replace(report, problems=report.problems[:MAX_SHOWN])

    @operation  # stores the certificate of its leak check
    async def preflight_job(
        self, wish: JobWish, source_id: str = "latest", *, include_flagged: bool = False
    ) -> RemotePreflight:
        """What a job would send and come to: size, price, warnings, refusals; nothing is sent.

        The source is a build of pairs, or for demonstrations a run. How the model itself stands
        is `model_preflight`'s to say.
        """
        given = await self._given(wish, source_id, include_flagged=include_flagged, freezes=False)
        return await remote.preflight(self.context, given, wish)

    @operation(is_long=True)
    async def start_job(
        self, wish: JobWish, source_id: str = "latest", *, include_flagged: bool = False
    ) -> JobView:
        """Check, upload, have validated and price a job; it then waits for `confirm_job`."""
        given = await self._given(wish, source_id, include_flagged=include_flagged, freezes=True)
        await guards.refuse_untrainable(self.context, wish.model)
        job_id = await remote.begin(self.context, given, wish)
        await remote.go_on(self.context, job_id)
        return await show_job(self.context, job_id)

    @operation(is_long=True)
    async def confirm_job(self, job_id: str, amount_microusd: int) -> JobView:
        """Agree to what a priced job may cost, and have the service make it, once."""
        job = await remote.confirm(self.context, job_id, amount_microusd)
        return await show_job(self.context, job.job_id)

    @operation(is_long=True)
    async def resume_job(self, job_id: str) -> JobView:
        """Go on with a job from the step it reached; nothing is bought that was not agreed to."""
        job = await remote.resume(self.context, job_id)
        return await show_job(self.context, job.job_id)

    @operation(is_long=True, is_standing=True)
    async def watch_job(self, job_id: str) -> JobSummary:
        """Follow a remote job to its end, copying all it tells."""
        return await remote.watch(self.context, job_id)

    @operation
    async def attach_job(self, remote_id: str, pace: Pace = Pace()) -> JobView:
        """Take over a job that was started elsewhere: from now on it is watched here."""
        job = await attaching.attach(self.context, remote_id, pace)
        return await show_job(self.context, job.job_id)

    @operation(only_reads=True)
    async def list_training(self) -> list[JobLine]:
        """All jobs at a glance, newest first: stage, progress, price, what they made."""
        return await lines.list_lines(self.context)

    @operation(only_reads=True)
    async def compare_jobs(self, job_ids: tuple[str, ...]) -> JobComparison:
        """Jobs beside each other: the settings in which they differ, and their results."""
        return await compare.compare_jobs(self.context, job_ids)

    async def _given(
        self, wish: JobWish, source_id: str, *, include_flagged: bool, freezes: bool
    ) -> RemoteGiven:
        if wish.kind is Kind.SFT:
            return await training_sets.demonstrations(self.context, source_id, freezes=freezes)
        return await training_sets.preferences(
            self.context, source_id, include_flagged=include_flagged, freezes=freezes
        )
