"""The options of a job at Together, the same for every command that asks for one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

from cyclopts import Parameter

from core.together.message_rules import Kind
from core.training.remote.settings import JobWish, Pace

Flag = Annotated[bool, Parameter(negative="")]
_Choice = Annotated[bool | None, Parameter(show_default=False)]


class Trainer(StrEnum):
    """Who trains."""

    BUILTIN = "builtin"
    TOGETHER = "together"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Shared:
    """What both trainers are told; left out, each has a default of its own."""

    beta: float | None = None
    """How strongly the policy is held to its parent [default: 0.1]."""
    epochs: int | None = None
    """Passes over the data [default: 3; at Together enough for 100 steps, at most 3]."""
    batch_size: int | None = None
    """Pairs per step [default: 16; at Together the most that the model allows]."""
    learning_rate: float | None = None
    """Size of a step [default: 0.1; at Together 1e-5]."""
    rpo_alpha: float | None = None
    """Weight of the chosen answer's likelihood [default: 0.05; at Together 0.5]."""
    seed: int | None = None
    """Order of the data [default: 0; at Together 42]."""

    def given(self) -> dict[str, Any]:
        """What is not left out, by the trainers' own names."""
        values = {**asdict(self), "n_epochs": self.epochs}
        del values["epochs"]
        return {name: value for name, value in values.items() if value is not None}


@Parameter(name="*", group="At Together")
@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """What only a job at Together is told."""

    model: str = ""
    """Name of the model to tune."""
    from_job: str = ""
    """Go on from what another job made: its id here or there, or its policy; `:STEP` after it."""
    method: Kind = Kind.DPO
    """dpo: preferences. sft: the passing answers of a run, to teach the protocol first."""
    run_id: Annotated[str, Parameter(name="--run")] = "latest"
    """With sft: the run whose passing answers are taken."""
    packing: _Choice = None
    """Several rows in one window [default: only from 5,000 rows on]."""
    max_seq_tokens: int | None = None
    """Longest row [default: the next multiple of 512 that holds the longest]."""
    normalise_length: _Choice = None
    """Divide log-likelihoods by length [default: only where both sides differ in length]."""
    lora_rank: int | None = None
    """Rank of the adapter [default: the model's own, at most 64]."""
    lora_alpha: int | None = None
    """Its scale [default: twice the rank]."""
    lora_dropout: float = 0.0
    """Share of its inputs that are dropped."""
    lora_modules: str = "all-linear"
    """Layers that get one."""
    accumulation: int = 1
    """Batches of one optimiser step."""
    validation_share: float = 0.1
    """Share of the tasks that is held back to measure on."""
    evals: int | None = None
    """Measurements on what is held back [default: 5]."""
    checkpoints: int | None = None
    """Weights that are kept on the way [default: one for each measurement]."""
    scheduler: str = "cosine"
    """How the learning rate falls: cosine or linear."""
    warmup_ratio: float = 0.1
    """Share of the steps in which it rises first."""
    min_lr_ratio: float = 0.0
    """Where it ends, as a share of the highest."""
    weight_decay: float = 0.0
    """Pull of the weights towards 0."""
    max_grad_norm: float = 1.0
    """Longest gradient."""
    early_stopping: Flag = False
    """End when the loss on what is held back stops falling."""
    patience: int = 2
    """With early stopping: measurements without a gain that are borne."""
    min_delta: float = 0.0
    """With early stopping: the least that counts as a gain."""
    warmup_evals: int = 1
    """With early stopping: measurements before any counts."""
    train_on_inputs: Flag = False
    """With sft: learn the prompts, too."""
    skip_bad: Flag = False
    """Leave out rows that may not be uploaded, instead of refusing all."""
    allow_high_rate: Flag = False
    """Take a learning rate above 5e-5."""
    poll: float = 20.0
    """Seconds between looks at a job that runs."""
    poll_queued: float = 60.0
    """Seconds between looks at one that is queued."""

    def wish(self, shared: Shared) -> JobWish:
        """In the engine's words."""
        values: dict[str, Any] = {own: getattr(self, name) for name, own in _OWN.items()}
        values["pace"] = Pace(self.poll, self.poll_queued, min(_SHORT_S, self.poll))
        return JobWish(**values, **shared.given())


@Parameter(name="*", group="At Together")
@dataclass(frozen=True, slots=True)
class Looks:
    """How closely the models of a job's stages are looked at."""

    chat: Flag = False
    """Ask each model of the rollouts for one token, which costs a fraction of a cent."""
    record: Flag = False
    """Keep what the service answered in the workspace, with its date."""


_SHORT_S = 5.0
_OWN = {
    "model": "model",
    "from_job": "from_job",
    "method": "kind",
    "packing": "packing",
    "max_seq_tokens": "max_seq_tokens",
    "normalise_length": "normalises_length",
    "lora_rank": "lora_rank",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "lora_modules": "lora_modules",
    "accumulation": "accumulation",
    "validation_share": "validation_share",
    "evals": "n_evals",
    "checkpoints": "n_checkpoints",
    "scheduler": "scheduler",
    "warmup_ratio": "warmup_ratio",
    "min_lr_ratio": "min_lr_ratio",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
    "early_stopping": "stops_early",
    "patience": "early_patience",
    "min_delta": "early_min_delta",
    "warmup_evals": "early_warmup_evals",
    "train_on_inputs": "trains_on_inputs",
    "skip_bad": "skips_bad",
    "allow_high_rate": "allows_high_rate",
}
"""The options, by the names that the engine has for them."""
