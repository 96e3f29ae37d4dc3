"""Rows for a job, made by hand, and a context that needs no sandbox."""

from __future__ import annotations

import json
from typing import Any

from core.context import Context
from core.store.decisions import DecisionCounts
from core.store.jobs import JobSummary, list_jobs
from core.together.message_rules import Kind
from core.training.remote import operations as remote
from core.training.remote.given import RemoteGiven, TrainingRow
from core.training.remote.reached import load_reached
from core.training.remote.settings import JobWish
from core.training.remote.views import ENDS
from tests.core.training.remote.shop import wish


def row(n: int, **fields: Any) -> TrainingRow:
    """A preference of a task of its own."""
    talk = [{"role": "system", "content": "repair"}, {"role": "user", "content": f"program {n}"}]
    line = {
        "input": {"messages": talk},
        "preferred_output": [{"role": "assistant", "content": f"good answer {n}"}],
        "non_preferred_output": [{"role": "assistant", "content": f"bad answer {n}"}],
    }
    values: dict[str, Any] = {
        "line": json.dumps(line).encode() + b"\n",
        "task_id": f"s/t{n}",
        "family": f"fam{n}",
        "preferred": f"good answer {n}",
        "by": ("together:Qwen/Qwen3.5-9B",) * 2,
        "changed_share": 0.3,
    }
    return TrainingRow(**{**values, **fields})


def given(n: int = 40, **fields: Any) -> RemoteGiven:
    """So many rows, ready to be sent."""
    values: dict[str, Any] = {
        "kind": Kind.DPO,
        "source_id": "build-1",
        "dataset_id": "dataset-1",
        "rows": tuple(row(k) for k in range(n)),
        "decisions": DecisionCounts(n_undecided=n),
    }
    return RemoteGiven(**{**values, **fields})


async def to_the_end(context: Context, asked: JobWish | None = None) -> JobSummary:
    """Begin a job, or go on with the one there is, as a user would, until it is over."""
    known = await list_jobs(context.store)
    if known:
        job_id = known[0].job_id
        if known[0].status in ENDS:
            return known[0]
        await remote.resume(context, job_id)
    else:
        job_id = await remote.begin(context, given(), asked or wish())
        await remote.go_on(context, job_id)
    reached = await load_reached(context, job_id)
    if reached.created is None:
        assert reached.estimated is not None
        await remote.confirm(context, job_id, reached.estimated.worst_microusd)
    return await remote.watch(context, job_id)
