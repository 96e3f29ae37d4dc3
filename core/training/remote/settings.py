"""What a job at Together is asked for: the wish, where much is left open, and the settings.

Settings are complete: nothing that changes a job is left to a default of the service or of its
client library, which differ from each other (the library's own command line trains adapters at
a hundred times the learning rate of the library).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from core.errors import UsageError
from core.together.message_rules import Kind

MAX_SAFE_RATE = 5e-5
"""Above it, repair models got worse at perfect reward accuracy (CodeAlign: 2e-4)."""
_RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-12, 1.0),
    "n_epochs": (1, 1000),
    "batch_size": (1, 100_000),
    "accumulation": (1, 10_000),
    "beta": (1e-6, 100.0),
    "rpo_alpha": (0.0, 100.0),
    "lora_rank": (1, 100_000),
    "lora_alpha": (1, 1_000_000),
    "lora_dropout": (0.0, 0.999),
    "max_seq_tokens": (1, 10_000_000),
    "validation_share": (0.0, 0.5),
    "n_evals": (0, 10_000),
    "n_checkpoints": (1, 10_000),
    "seed": (0, 2**31 - 1),
    "warmup_ratio": (0.0, 1.0),
    "min_lr_ratio": (0.0, 1.0),
    "n_cycles": (1e-6, 1000.0),
    "max_grad_norm": (0.0, 1e6),
    "weight_decay": (0.0, 100.0),
    "early_patience": (1, 1000),
    "early_min_delta": (0.0, 1e6),
    "early_warmup_evals": (0, 1000),
}
_CHOICES = {"scheduler": ("cosine", "linear")}


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a job is looked at; the service has no other way to hear of it."""

    running_s: float = 20.0
    queued_s: float = 60.0
    short_s: float = 5.0
    """Between questions on the way to a job: is the file validated, is the price known."""

    def __post_init__(self) -> None:
        for value in (self.running_s, self.queued_s, self.short_s):
            if not math.isfinite(value) or value <= 0:
                raise UsageError("A job is looked at every so many seconds, more than 0.")


@dataclass(frozen=True, slots=True)
class JobWish:
    """A job as a person asks for it; None is chosen from the data and the model's limits."""

    model: str = ""
    """Name of the model to tune; empty when the job goes on from another."""
    kind: Kind = Kind.DPO
    from_job: str = ""
    """A job to go on from, here or there, perhaps with `:STEP` of a checkpoint."""
    learning_rate: float = 1e-5
    n_epochs: int | None = None
    """None: enough for a hundred steps, three at most."""
    batch_size: int | None = None
    """None: the most that the model allows."""
    accumulation: int = 1
    """Batches of one optimiser step."""
    beta: float = 0.1
    """How strongly the policy is held to its parent."""
    rpo_alpha: float = 0.5
    """Weight of the chosen answer's likelihood: without it, small edits lose it on both sides."""
    normalises_length: bool | None = None
    """None: only when preferred and other answers differ much in length."""
    lora_rank: int | None = None
    """None: the model's own default, 64 at most."""
    lora_alpha: int | None = None
    """None: twice the rank."""
    lora_dropout: float = 0.0
    lora_modules: str = "all-linear"
    packing: bool | None = None
    """Several rows in one window. None: only from 5,000 rows on, since it leaves few steps."""
    max_seq_tokens: int | None = None
    """None: the next multiple of 512 that holds the longest row."""
    validation_share: float = 0.1
    """Of the tasks that are held back from training, to measure on."""
    n_evals: int | None = None
    """None: five where something is held back."""
    n_checkpoints: int | None = None
    """None: one for each evaluation."""
    seed: int = 42
    warmup_ratio: float = 0.1
    scheduler: str = "cosine"
    min_lr_ratio: float = 0.0
    n_cycles: float = 0.5
    max_grad_norm: float = 1.0
    weight_decay: float = 0.0
    stops_early: bool = False
    early_patience: int = 2
    early_min_delta: float = 0.0
    early_warmup_evals: int = 1
    trains_on_inputs: bool = False
    """Of demonstrations: learn the prompts, too."""
    skips_bad: bool = False
    """Leave rows out that may not be uploaded, instead of refusing all."""
    allows_high_rate: bool = False
    pace: Pace = Pace()

    def __post_init__(self) -> None:
        refuse_out_of_range(self)
        high = self.kind is Kind.DPO and self.learning_rate > MAX_SAFE_RATE
        if high and not self.allows_high_rate:
            raise UsageError(
                f"A learning rate of {self.learning_rate:g} has made repair models worse; at most "
                f"{MAX_SAFE_RATE:g} is taken for preferences. --allow-high-rate takes it anyway."
            )


@dataclass(frozen=True, slots=True)
class JobSettings:
    """A job with nothing left open; its JSON is the job's `body`."""

    kind: Kind
    model: str
    """What the first job of its line started from."""
    from_checkpoint: str
    """`ft-...`, perhaps with a step; empty when it starts from the model itself."""
    parent: str
    """The policy that it starts from, by the name that an arm has for it."""
    suffix: str
    """Ends the name of the model it makes, and is by what the job is found again."""
    learning_rate: float
    n_epochs: int
    batch_size: int
    accumulation: int
    beta: float
    rpo_alpha: float
    normalises_length: bool
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    lora_modules: str
    packing: bool
    max_seq_tokens: int
    n_evals: int
    n_checkpoints: int
    validation_share: float
    seed: int
    warmup_ratio: float
    scheduler: str
    min_lr_ratio: float
    n_cycles: float
    max_grad_norm: float
    weight_decay: float
    stops_early: bool
    early_patience: int
    early_min_delta: float
    early_warmup_evals: int
    trains_on_inputs: bool
    pace: Pace = Pace()

    def request(self, training_file: str, validation_file: str) -> dict[str, object]:
        """The job as the client library is asked for it."""
        asked: dict[str, object] = {
            "training_file": training_file,
            "validation_file": validation_file,
            "n_epochs": self.n_epochs,
            "n_evals": self.n_evals,
            "n_checkpoints": self.n_checkpoints,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "lr_scheduler_type": self.scheduler,
            "min_lr_ratio": self.min_lr_ratio,
            "scheduler_num_cycles": self.n_cycles,
            "warmup_ratio": self.warmup_ratio,
            "max_grad_norm": self.max_grad_norm,
            "weight_decay": self.weight_decay,
            "lora": True,
            "lora_r": self.lora_rank,
            "lora_alpha": self.lora_alpha,
            "lora_dropout": self.lora_dropout,
            "lora_trainable_modules": self.lora_modules,
            "packing": self.packing,
            "max_seq_length": self.max_seq_tokens,
            "suffix": self.suffix,
            "random_seed": self.seed,
            "training_method": self.kind.value,
            **self._of_kind(),
            **self._of_stopping(),
        }
        if self.accumulation > 1:
            asked["gradient_accumulation_steps"] = self.accumulation
        start = ("from_checkpoint", self.from_checkpoint) if self.from_checkpoint else None
        name, value = start or ("model", self.model)
        return {**asked, name: value}

    def _of_kind(self) -> dict[str, object]:
        if self.kind is Kind.SFT:
            return {"train_on_inputs": True if self.trains_on_inputs else "auto"}
        return {
            "dpo_beta": self.beta,
            "dpo_normalize_logratios_by_length": self.normalises_length,
            "rpo_alpha": self.rpo_alpha,
        }

    def _of_stopping(self) -> dict[str, object]:
        if not self.stops_early:
            return {"early_stopping_enabled": False}
        return {
            "early_stopping_enabled": True,
            "early_stopping_patience": self.early_patience,
            "early_stopping_min_delta": self.early_min_delta,
            "early_stopping_warmup_evals": self.early_warmup_evals,
        }


def refuse_out_of_range(wish: JobWish) -> None:
    """Raise `UsageError` naming the first option that no job can have."""
    for field in fields(wish):
        value = getattr(wish, field.name)
        if field.name in _CHOICES and value not in _CHOICES[field.name]:
            known = " or ".join(_CHOICES[field.name])
            raise UsageError(f"{_words(field.name)} is {known}, not {value!r}.")
        if field.name in _RANGES and value is not None:
            low, high = _RANGES[field.name]
            if not math.isfinite(value) or not low <= value <= high:
                raise UsageError(f"{_words(field.name)} is from {low:g} to {high:g}, not {value}.")


def _words(name: str) -> str:
    return name.removeprefix("n_").replace("_", " ").capitalize()
