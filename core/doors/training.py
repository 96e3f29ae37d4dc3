"""Training jobs."""

from __future__ import annotations

from core import joins
from core.doors.door import Door
from core.operation import operation
from core.store.jobs import JobSummary
from core.training import operations as training
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
        dataset_id, examples = await joins.examples_of(
            self.context, build_id, include_flagged=include_flagged
        )
        return await training.train(self.context, dataset_id, examples, options)

    @operation
    async def list_jobs(self) -> list[JobSummary]:
        """All training jobs."""
        return await training.jobs(self.context)

    @operation
    async def show_job(self, job_id: str = "latest") -> JobView:
        """One training job with its metrics."""
        return await training.show_job(self.context, job_id)

    @operation
    async def cancel_job(self, job_id: str) -> JobSummary:
        """End a training job that is going on; what it measured is stored."""
        return await training.cancel_job(self.context, job_id)
