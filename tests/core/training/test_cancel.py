"""A running job can be watched and cancelled; one that is over cannot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.engine import open_engine
from core.errors import UsageError
from core.events import Event, StepTrained
from core.training.dpo_options import DpoOptions
from core.training.operations import TrainOptions
from core.workspace import Workspace


async def test_a_cancelled_job_keeps_what_it_measured(workspace_with_pairs: Path) -> None:
    steps: list[StepTrained] = []
    has_stepped = asyncio.Event()

    def take(event: Event) -> None:
        if isinstance(event, StepTrained):
            steps.append(event)
            has_stepped.set()

    endless = TrainOptions(DpoOptions(n_epochs=1000, batch_size=1))
    async with open_engine(Workspace(workspace_with_pairs), emit=take) as engine:
        training = asyncio.create_task(engine.train(options=endless))
        await has_stepped.wait()
        job_id = steps[0].job_id
        job = await engine.cancel_job(job_id)
        assert (job.status, job.artifact_id) == ("cancelled", "")
        with pytest.raises(asyncio.CancelledError):
            await training
        view = await engine.show_job()
        assert view.job.job_id == job_id
        assert view.options == endless
        assert view.series["loss"][0].value == steps[0].metrics["loss"]
        with pytest.raises(UsageError, match="not running"):
            await engine.cancel_job(job_id)
        with pytest.raises(UsageError, match="no job nonsense"):
            await engine.show_job("nonsense")
