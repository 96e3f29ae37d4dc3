"""What Together tells of training, as plain records with unknown where it says nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DONE = "completed"
CANCELLED = "cancelled"
BROKEN = "error"
"""The service failed, and not the data; it may begin such a job again."""
FAILED = frozenset({BROKEN, "user_error"})
_OVER = FAILED | {DONE, CANCELLED}
Setting = str | float | int | bool
_WAITS = frozenset({"pending", "queued"})


class FileState(StrEnum):
    """How far the service is with a file."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    """Its validation broke, which says nothing of the file."""
    STATELESS = "stateless"
    """It is there, and nobody has begun to validate it."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """An uploaded file."""

    file_id: str
    state: FileState
    status: str
    """The service's own word."""
    n_bytes: int | None = None
    n_rows: int | None = None
    why: str = ""
    """What is wrong with it, in the service's words."""


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a job on a model may be; None where the service names no limit."""

    model: str
    default_rank: int | None = None
    max_rank: int | None = None
    min_batch_size: int | None = None
    max_batch_size: int | None = None
    max_batch_size_dpo: int | None = None
    min_learning_rate: float | None = None
    max_learning_rate: float | None = None
    max_epochs: int | None = None
    max_evals: int | None = None
    max_checkpoints: int | None = None
    max_tokens_sft: int | None = None
    max_tokens_dpo: int | None = None
    min_tokens: int | None = None
    """Shortest window that may be asked for."""
    default_accumulation: int | None = None
    merges_adapter: bool | None = None
    supports_reasoning: bool | None = None
    supports_tools: bool | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the service expects a job to cost."""

    is_available: bool
    why_not: str = ""
    price_microusd: int | None = None
    n_train_tokens: int | None = None
    n_eval_tokens: int | None = None
    is_allowed: bool | None = None
    limit_microusd: int | None = None
    """What the account may still spend."""


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as the service tells it."""

    remote_id: str
    status: str
    """The service's own word; one that is not known here is not the end."""
    model: str = ""
    suffix: str = ""
    from_checkpoint: str = ""
    training_file: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    """Begin of the current stage."""
    updated_at: datetime | None = None
    queue_depth: int | None = None
    n_steps: int | None = None
    n_steps_done: int | None = None
    n_epochs_done: int | None = None
    n_tokens: int | None = None
    seconds_remaining: int | None = None
    """As estimated at the begin of the current stage."""
    price_microusd: int | None = None
    output_name: str = ""
    model_object_id: str = ""
    model_revision_id: str = ""
    adapter_object_id: str = ""
    adapter_revision_id: str = ""
    stopped_early: bool | None = None
    best_step: int | None = None
    settings: dict[str, Setting] = field(default_factory=dict)
    """What it was asked for, as far as the service repeats it."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more."""
        return self.status in _OVER

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun."""
        return self.status in _WAITS


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """Something that happened to a job; the service gives it no name."""

    kind: str
    """In small letters; open."""
    level: str
    text: str
    at: str
    """As the service writes it."""
    happened_at: datetime | None
    step: int | None

    @property
    def name(self) -> str:
        """Equal for the same event in every answer."""
        return f"{self.at}|{self.kind}|{self.text}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one series."""

    step: int
    name: str
    value: float
    """May be no number."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Weights that were kept on the way."""

    step: int
    label: str
    kind: str
    path: str
    object_id: str
    revision_id: str
    created_at: str
