"""How far a job got: the steps it reached, folded from their rows.

The row of a step is written before the next step is begun. So whoever goes on with a job knows
what is done; what may have been done without a row is looked for before it is done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from core.context import Context
from core.store.remote_jobs import RemoteStepRow, load_steps
from core.training.remote.sizing import BookPrice, JobSizes


class Step(StrEnum):
    """The steps, in order; `restarted` may come any number of times."""

    VALIDATED = "validated"
    UPLOADED = "uploaded"
    """Once for each file."""
    ACCEPTED = "server-validated"
    ESTIMATED = "estimated"
    CONFIRMED = "confirmed"
    CREATED = "created"
    RESTARTED = "restarted"
    """The service began it again under another id."""
    ENDED = "ended"


class Role(StrEnum):
    """What a file is for."""

    TRAINING = "training"
    VALIDATION = "validation"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that is uploaded, as it is kept here."""

    role: Role
    name: str
    """In the workspace's directory of training files."""
    sha: str
    n_rows: int
    n_tokens: int
    """As estimated here."""


@dataclass(frozen=True, slots=True)
class Validated:
    """All rows keep the service's rules."""

    files: tuple[LocalFile, ...]
    sizes: JobSizes
    price: BookPrice


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file has an id there."""

    role: Role
    file_id: str
    sha: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service has validated the files."""

    n_rows: dict[str, int | None]
    """By role, as counted there."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """The service has said what it expects, and what the job is held to."""

    estimate_microusd: int | None
    n_train_tokens: int | None
    n_eval_tokens: int | None
    account_limit_microusd: int | None
    worst_microusd: int
    """The larger of the estimate and the book's price."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A person has said yes to an amount, and it is set aside."""

    amount_microusd: int


@dataclass(frozen=True, slots=True)
class Created:
    """The job has an id there."""

    remote_id: str
    how: str
    """`created`; `found` after an answer that was lost; `attached` when it is another's."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """It goes on under another id."""

    remote_id: str
    before: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing will come any more."""

    status: str
    price_microusd: int | None
    """As billed; None when nobody said."""
    note: str


_BODIES: dict[Step, type[Any]] = {
    Step.VALIDATED: Validated,
    Step.UPLOADED: Uploaded,
    Step.ACCEPTED: Accepted,
    Step.ESTIMATED: Estimated,
    Step.CONFIRMED: Confirmed,
    Step.CREATED: Created,
    Step.RESTARTED: Restarted,
    Step.ENDED: Ended,
}
_STEPS = {body: step for step, body in _BODIES.items()}


@dataclass(slots=True)
class Reached:
    """One job's steps."""

    steps: list[tuple[Step, datetime]] = field(default_factory=list)
    validated: Validated | None = None
    uploaded: dict[Role, Uploaded] = field(default_factory=dict)
    accepted: Accepted | None = None
    estimated: Estimated | None = None
    confirmed: Confirmed | None = None
    created: Created | None = None
    remote_ids: list[str] = field(default_factory=list)
    """Of all its attempts there, the newest last."""
    ended: Ended | None = None

    @property
    def newest(self) -> Step | None:
        """The last of them."""
        return self.steps[-1][0] if self.steps else None

    @property
    def remote_id(self) -> str:
        """Under which it goes on there; empty while it does not exist."""
        return self.remote_ids[-1] if self.remote_ids else ""

    @property
    def is_ours(self) -> bool:
        """Whether it was bought from here."""
        return self.created is None or self.created.how != "attached"

    def file_id(self, role: Role) -> str:
        """The id of a file there; empty when there is none."""
        return self.uploaded[role].file_id if role in self.uploaded else ""

    def take(self, step: Step, body: Any, at: datetime) -> None:
        """One more step."""
        self.steps.append((step, at))
        match body:
            case Validated():
                self.validated = body
            case Uploaded():
                self.uploaded[body.role] = body
            case Accepted():
                self.accepted = body
            case Estimated():
                self.estimated = body
            case Confirmed():
                self.confirmed = body
            case Created():
                self.created = body
                self.remote_ids.append(body.remote_id)
            case Restarted():
                self.remote_ids.append(body.remote_id)
            case Ended():
                self.ended = body


def fold(rows: Iterable[RemoteStepRow]) -> Reached:
    """All steps of a job."""
    reached = Reached()
    for row in rows:
        step = Step(row.step)
        reached.take(step, msgspec.json.decode(row.body, type=_BODIES[step]), row.reached_at)
    return reached


async def load_reached(context: Context, job_id: str) -> Reached:
    """How far a job got."""
    return fold(await load_steps(context.store, job_id))


def step_rows(context: Context, job_id: str, bodies: Sequence[Any]) -> list[RemoteStepRow]:
    """Rows of steps that are reached now."""
    now = context.now()
    return [
        RemoteStepRow(job_id, _STEPS[type(body)].value, msgspec.json.encode(body).decode(), now)
        for body in bodies
    ]
