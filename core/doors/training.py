"""Training jobs."""

from __future__ import annotations

from core import joins
from core.doors.door import Door
from core.operation import operation
from core.store.jobs import JobSummary
from core.training import operations as training
from core.training.given import Preflight
from core.training.operations import JobView, TrainOptions, TrainReport


class TrainingDoor(Door):
    """Jobs at a trainer."""

    @operation(is_long=True)
    async def train(
        self,
        build_id: str = "latest",
        options: TrainOptions = TrainOptions(),
        *,
        include_flagged: bool = False,
    ) -> TrainReport:
        """Train the built-in policy on a build of pairs; refuses a leak."""
        given = await joins.training_set(self.context, build_id, include_flagged=include_flagged)
        return await training.train(self.context, given, options)

    @operation  # stores the certificate of its leak check
    async def preflight(
        self,
        build_id: str = "latest",
        options: TrainOptions = TrainOptions(),
        *,
        include_flagged: bool = False,
    ) -> Preflight:
        """What `train` would train on and come to, or why it would refuse."""
        return await joins.preflight(
            self.context, build_id, options, include_flagged=include_flagged
        )

    @operation(only_reads=True)
    async def list_jobs(self) -> list[JobSummary]:
        """All training jobs."""
        return await training.jobs(self.context)

    @operation(only_reads=True)
    async def show_job(self, job_id: str = "latest") -> JobView:
        """One training job with its metrics, events and alarms."""
        return await training.show_job(self.context, job_id)

    # Long, so that an engine that is part of the cancelled command stays to answer.
    @operation(is_long=True)
    async def cancel_job(self, job_id: str) -> JobSummary:
        """End a training job that is going on; what it measured is stored."""
        return await training.cancel_job(self.context, job_id)
