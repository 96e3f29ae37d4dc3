"""A job of the loopback service and the ways it can go, one stage with each look at it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from core.policies.theta import Theta
from tests.core.together.tuned import Trained

_BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
TERMINAL = ("completed", "cancelled", "error", "user_error")


@dataclass(slots=True)
class TuneJob:
    """One job; `body` is what the service tells of it."""

    body: dict[str, Any]
    request: dict[str, Any]
    train: Callable[[], Trained]
    finish: Callable[[TuneJob, Theta], None]
    restart: Callable[[TuneJob], str]
    bill: Callable[[TuneJob], None]
    price_nano: int
    """Of the whole job."""
    events: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, float]] = field(default_factory=list)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    course: Iterator[None] = field(default_factory=lambda: iter(()))

    @property
    def status(self) -> str:
        return str(self.body["status"])

    def go_on(self) -> None:
        """One stage further."""
        if self.status == "cancel_requested":
            self.end("cancelled", share=self._share())
            self.tell("job_stopped", "Job was cancelled by the user")
        elif self.status not in TERMINAL or self.status == "error":
            next(self.course, None)  # after an error it may be begun again

    def tell(self, kind: str, message: str, level: str = "info", **more: Any) -> None:
        """Add an event, filled up as the service does."""
        when = _BEGIN + timedelta(seconds=len(self.events))
        self.events.append(
            {
                "object": "fine-tune-event",
                "created_at": when.isoformat().replace("+00:00", "Z"),
                "message": message,
                "type": kind,
                "level": level,
                "step": 0,
                "total_steps": 0,
                "token_count": 0,
                "checkpoint_path": "",
                **more,
            }
        )

    def be(self, status: str) -> None:
        self.body["status"] = status
        self.body["started_at"] = datetime.now(UTC).isoformat()

    def end(self, status: str, share: float = 0.0) -> None:
        """Be over, with a price for the share that was done."""
        self.be(status)
        self.body["total_price"] = math.ceil(self.price_nano * share)
        if share:
            self.bill(self)

    def run_to(self, trained: Trained, share: float) -> None:
        """Show the steps up to a share of the job."""
        n_steps = int(max(row["train/global_step"] for row in trained.rows))
        n_done = round(n_steps * share)
        self.be("running")
        self.metrics = [row for row in trained.rows if row["train/global_step"] <= n_done]
        self.body |= {
            "total_steps": n_steps,
            "steps_completed": n_done,
            "epochs_completed": int(share * self.request["n_epochs"]),
            "progress": {"estimate_available": True, "seconds_remaining": 600},
        }

    def _share(self) -> float:
        return float(self.body.get("steps_completed", 0) / max(self.body.get("total_steps", 1), 1))


Course = Callable[[TuneJob], Iterator[None]]


def success(job: TuneJob) -> Iterator[None]:
    """Queued, trained, uploaded."""
    yield from _start(job)
    trained = job.train()
    for share in (0.25, 0.5, 1.0):
        job.run_to(trained, share)
        _checkpoint(job, share)
        yield
    job.tell("training_complete", "Training completed")
    job.be("compressing")
    yield
    job.be("uploading")
    job.tell("model_uploading", "Uploading model")
    yield
    job.finish(job, trained.theta)
    job.end("completed", share=1.0)
    job.tell("job_complete", "Job finished successfully")
    yield


def quick(job: TuneJob) -> Iterator[None]:
    """Done at the second look."""
    yield from _start(job)
    trained = job.train()
    job.run_to(trained, 1.0)
    job.finish(job, trained.theta)
    job.end("completed", share=1.0)
    yield


def user_error(job: TuneJob) -> Iterator[None]:
    """The data turn out to be bad."""
    yield from _start(job)
    job.end("user_error")
    job.tell("JOB_USER_ERROR", "Line 3: tokenized sample is empty", "error")
    job.tell("refund", "Refunded $4.00")
    yield


def failure(job: TuneJob) -> Iterator[None]:
    """The service breaks."""
    yield from _start(job)
    job.run_to(job.train(), 0.5)
    yield
    job.end("error")
    job.tell("job_error", "Internal error", "error")
    job.tell("refund", "Refunded $4.00")
    yield


def restarted(job: TuneJob) -> Iterator[None]:
    """The service breaks, and begins again under another id, which then goes well."""
    yield from _start(job)
    job.run_to(job.train(), 0.5)
    yield
    yield from _begin_again(job, n_looks=0)


def restarted_late(job: TuneJob) -> Iterator[None]:
    """The same, told some looks after it broke."""
    yield from _start(job)
    yield from _begin_again(job, n_looks=5)


def broke(job: TuneJob) -> Iterator[None]:
    """The account's balance ends, and the service cancels."""
    yield from _start(job)
    job.run_to(job.train(), 0.5)
    yield
    job.tell("billing_limit", "The spending limit of the organization was reached", "warning")
    job.end("cancelled", share=0.5)
    yield


def strange(job: TuneJob) -> Iterator[None]:
    """Words and values that nobody has seen before, and it goes well all the same."""
    yield from _start(job)
    job.be("reticulating")
    job.tell("splines_reticulated", "Splines \x1b[31m reticulated", "notice")
    yield
    trained = job.train()
    job.run_to(trained, 1.0)
    last = max(n for n, row in enumerate(job.metrics) if "train/loss" in row)
    job.metrics[last] = {**job.metrics[last], "train/loss": math.nan, "train/ent.ropy": 1.5}
    yield
    job.finish(job, trained.theta)
    job.end("completed", share=1.0)
    yield


def endless(job: TuneJob) -> Iterator[None]:
    """Runs, and never gets further than a quarter."""
    yield from _start(job)
    trained = job.train()
    while True:
        job.run_to(trained, 0.25)
        yield


def _start(job: TuneJob) -> Iterator[None]:
    job.tell("job_pending", "Fine-tune request created")
    job.be("queued")
    job.body["queue_depth"] = 2
    yield
    job.be("running")
    job.body["queue_depth"] = 0
    job.tell("job_start", "Job started")
    job.tell("training_start", "Training started", token_count=job.body["token_count"])
    yield


def _begin_again(job: TuneJob, n_looks: int) -> Iterator[None]:
    job.end("error")
    job.tell("job_error", "Internal error", "error")
    for _ in range(n_looks):
        yield
    other = job.restart(job)
    job.tell("job_restarted", f"Restarted as {other}", "warning")
    job.tell("refund", "Refunded $4.00")
    yield


def _checkpoint(job: TuneJob, share: float) -> None:
    n = job.request["n_checkpoints"]
    if len(job.checkpoints) < int(share * n):
        step = job.body["steps_completed"]
        kind = f"Intermediate checkpoint, step {step}"
        job.checkpoints.append(
            {
                "checkpoint_type": kind,
                "checkpoint": "adapter",
                "created_at": _BEGIN.isoformat(),
                "path": f"s3://bucket/{job.body['id']}/{step}",
                "step": step,
                "object_id": f"ml_{job.body['id']}_{step}",
                "object_revision_id": "rv_1",
            }
        )
        job.tell("checkpoint_save", kind, step=step)
