"""Fine-tuning jobs of an account: limits, prices, and what a job tells while it goes on.

Questions are asked again when the service is busy; making and cancelling a job is asked once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import ServiceError
from core.together.client import Connection
from core.together.failures import checked, entries, service
from core.together.fields import claim, moment, number, parse_moment, text, whole
from core.together.quiet import quiet
from core.together.tuning_records import (
    Checkpoint,
    Estimate,
    Measurement,
    ModelLimits,
    RemoteEvent,
    RemoteJob,
    Setting,
)

_MISSING = 404
_MAX_STEP = 2**31 - 1
_STEP = "train/global_step"
_NOT_SERIES = frozenset({_STEP, "timestamp"})
_LEVELS = {"warning": "warning", "iwarning": "warning", "error": "error", "ierror": "error"}
_ECHOED = (
    *("learning_rate", "n_epochs", "batch_size", "packing", "max_seq_length", "random_seed"),
    *("n_evals", "n_checkpoints", "warmup_ratio", "max_grad_norm", "weight_decay"),
)


@dataclass(slots=True)
class FineTuning:
    """The jobs of the account behind a connection."""

    here: Connection

    async def limits(self, model: str) -> ModelLimits | None:
        """What a job on a model may be; None when it cannot be trained."""
        what = f"the limits of {model} could not be read"
        try:
            with service(self.here.library, what):
                asked = self.here.read.fine_tuning.model_limits(model_name=model)
                return _limits(model, checked(what, await asked))
        except ServiceError as error:
            if error.status == _MISSING:
                return None
            raise

    async def tunable(self) -> tuple[str, ...]:
        """The models that can be trained."""
        what = "the trainable models could not be listed"
        with service(self.here.library, what):
            answer = await self.here.read.get("/v1/fine-tunes/models/supported", cast_to=object)
        return tuple(sorted(n for n in entries(what, answer, "models") if isinstance(n, str)))

    async def estimate(self, request: Mapping[str, Any]) -> Estimate:
        """The price of a job that is asked for with `request`."""
        what = "the price could not be estimated"
        with service(self.here.library, what):
            asked = self.here.read.fine_tuning.estimate_price(**_priced(request))
            return _estimate(checked(what, await asked))

    async def create(self, request: Mapping[str, Any]) -> RemoteJob:
        """Make a job; asked once, so a failure may leave a job behind."""
        what = "the job could not be created"
        start = request.get("model") or str(request["from_checkpoint"]).partition(":")[0]
        with service(self.here.library, what):
            asked = self.here.read.fine_tuning.model_limits(model_name=start)
            limits = checked(what, await asked)
        with quiet(), service(self.here.library, what):
            asked = self.here.write.fine_tuning.create(**request, model_limits=limits)
            return _job(checked(what, await asked, "id"))

    async def jobs(self) -> list[RemoteJob]:
        """All jobs of the account."""
        what = "the jobs of the account could not be listed"
        with service(self.here.library, what):
            answer = await self.here.read.fine_tuning.list()
        return [_job(raw) for raw in entries(what, answer)]

    async def job(self, remote_id: str) -> RemoteJob:
        """One job."""
        what = f"{remote_id} could not be looked at"
        with service(self.here.library, what):
            raw = await self.here.read.fine_tuning.retrieve(remote_id)
            return _job(checked(what, raw, "id"))

    async def cancel(self, remote_id: str) -> RemoteJob:
        """Ask a job to end."""
        what = f"{remote_id} could not be cancelled"
        with service(self.here.library, what):
            raw = await self.here.write.fine_tuning.cancel(remote_id)
            return _job(checked(what, raw, "id"))

    async def events(self, remote_id: str) -> list[RemoteEvent]:
        """All that happened to a job, in the order it is told."""
        what = f"the events of {remote_id} could not be read"
        with service(self.here.library, what):
            answer = await self.here.read.fine_tuning.list_events(remote_id)
        return [_event(raw) for raw in entries(what, answer)]

    async def metrics(self, remote_id: str, from_step: int = 0) -> list[Measurement]:
        """What was measured from a step on."""
        what = f"the metrics of {remote_id} could not be read"
        with service(self.here.library, what):
            asked = self.here.read.fine_tuning.list_metrics(remote_id, global_step_from=from_step)
            rows = entries(what, await asked, "metrics")
        return [point for row in rows if isinstance(row, Mapping) for point in _points(row)]

    async def checkpoints(self, remote_id: str) -> list[Checkpoint]:
        """The weights that were kept so far."""
        what = f"the checkpoints of {remote_id} could not be read"
        with service(self.here.library, what):
            answer = await self.here.read.fine_tuning.list_checkpoints(remote_id)
        return [_checkpoint(raw) for raw in entries(what, answer)]


def _limits(model: str, raw: Any) -> ModelLimits:
    lora = getattr(raw, "lora_training", None)
    return ModelLimits(
        model=model,
        default_rank=whole(lora, "default_rank"),
        max_rank=whole(lora, "max_rank"),
        min_batch_size=whole(lora, "min_batch_size"),
        max_batch_size=whole(lora, "max_batch_size"),
        max_batch_size_dpo=whole(lora, "max_batch_size_dpo"),
        min_learning_rate=number(raw, "min_learning_rate"),
        max_learning_rate=number(raw, "max_learning_rate"),
        max_epochs=whole(raw, "max_num_epochs"),
        max_evals=whole(raw, "max_num_evals"),
        max_checkpoints=whole(raw, "max_num_checkpoints"),
        max_tokens_sft=whole(raw, "max_seq_length_sft"),
        max_tokens_dpo=whole(raw, "max_seq_length_dpo"),
        min_tokens=whole(raw, "min_max_seq_length"),
        default_accumulation=whole(raw, "default_gradient_accumulation_steps"),
        merges_adapter=claim(raw, "merge_output_lora"),
        supports_reasoning=claim(raw, "supports_reasoning"),
        supports_tools=claim(raw, "supports_tools"),
    )


def _priced(request: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a job's request that its price depends on, in the form of the price call."""
    asked = {
        "training_file": request["training_file"],
        "model": request.get("model", ""),
        "n_epochs": request["n_epochs"],
        "n_evals": request["n_evals"],
        "training_type": {
            "type": "Lora",
            "lora_r": request["lora_r"],
            "lora_alpha": request["lora_alpha"],
            "lora_dropout": request["lora_dropout"],
            "lora_trainable_modules": request["lora_trainable_modules"],
        },
        "training_method": {"method": "sft", "train_on_inputs": "auto"},
    }
    if request["training_method"] == "dpo":
        names = ("dpo_beta", "dpo_normalize_logratios_by_length", "rpo_alpha")
        asked["training_method"] = {
            "method": "dpo",
            **{name: request[name] for name in names},
            "dpo_reference_free": False,
            "simpo_gamma": 0,
        }
    for name in ("validation_file", "from_checkpoint"):
        if request.get(name):
            asked[name] = request[name]
    return asked


def _estimate(raw: Any) -> Estimate:
    if claim(raw, "estimation_available") is False:
        return Estimate(False, text(raw, "unavailable_reason") or "no reason given")
    return Estimate(
        is_available=True,
        price_microusd=_dollars(raw, "estimated_total_price"),
        n_train_tokens=_count(raw, "estimated_train_token_count"),
        n_eval_tokens=_count(raw, "estimated_eval_token_count"),
        is_allowed=claim(raw, "allowed_to_proceed"),
        limit_microusd=_dollars(raw, "user_limit"),
    )


def _dollars(raw: Any, name: str) -> int | None:
    value = number(raw, name)
    return math.ceil(value * 1_000_000 - 1e-6) if value is not None and value >= 0 else None


def _count(raw: Any, name: str) -> int | None:
    value = number(raw, name)
    return math.ceil(value) if value is not None and value >= 0 else None


def _job(raw: Any) -> RemoteJob:
    progress = getattr(raw, "progress", None)
    left = whole(progress, "seconds_remaining") if claim(progress, "estimate_available") else None
    nano = whole(raw, "total_price")
    return RemoteJob(
        remote_id=text(raw, "id"),
        status=text(raw, "status").lower() or "unknown",
        model=text(raw, "model"),
        suffix=text(raw, "suffix"),
        from_checkpoint=text(raw, "from_checkpoint"),
        training_file=text(raw, "training_file"),
        created_at=moment(raw, "created_at"),
        started_at=moment(raw, "started_at"),
        updated_at=moment(raw, "updated_at"),
        queue_depth=whole(raw, "queue_depth"),
        n_steps=whole(raw, "total_steps"),
        n_steps_done=whole(raw, "steps_completed"),
        n_epochs_done=whole(raw, "epochs_completed"),
        n_tokens=whole(raw, "token_count"),
        seconds_remaining=left,
        # The estimate is in dollars, the bill in billionths of one.
        price_microusd=-(-nano // 1000) if nano is not None else None,
        output_name=text(raw, "x_model_output_name"),
        model_object_id=text(raw, "api_model_object_id"),
        model_revision_id=text(raw, "api_model_object_revision_id"),
        adapter_object_id=text(raw, "adapter_object_id"),
        adapter_revision_id=text(raw, "adapter_object_revision_id"),
        stopped_early=claim(raw, "early_stopped"),
        best_step=whole(raw, "early_stopping_best_step"),
        settings=_settings(raw),
    )


def _settings(raw: Any) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for name in _ECHOED:
        value = getattr(raw, name, None)
        if isinstance(value, bool | int | float | str):
            found[name] = value
    for part in ("training_method", "training_type"):
        to_dict = getattr(getattr(raw, part, None), "to_dict", None)
        for name, value in (to_dict() if to_dict is not None else {}).items():
            if isinstance(value, bool | int | float | str):
                found[name] = value
    return found


def _event(raw: Any) -> RemoteEvent:
    at = text(raw, "created_at")
    step = whole(raw, "step")
    return RemoteEvent(
        kind=text(raw, "type").lower() or "event",
        level=_LEVELS.get(text(raw, "level").lower().removeprefix("legacy_"), "info"),
        text=text(raw, "message"),
        at=at,
        happened_at=parse_moment(at),
        step=step or None,  # the service fills absent numbers with 0
    )


def _points(row: Mapping[Any, Any]) -> Iterator[Measurement]:
    step = row.get(_STEP)
    if not isinstance(step, int | float) or isinstance(step, bool) or not 0 <= step <= _MAX_STEP:
        return
    for name, value in row.items():
        if name not in _NOT_SERIES and isinstance(name, str) and _is_value(value):
            yield Measurement(int(step), name, float("nan") if value is None else float(value))


def _is_value(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _checkpoint(raw: Any) -> Checkpoint:
    return Checkpoint(
        step=whole(raw, "step") or 0,
        label=text(raw, "checkpoint_type"),
        kind=text(raw, "checkpoint"),
        path=text(raw, "path"),
        object_id=text(raw, "object_id"),
        revision_id=text(raw, "object_revision_id"),
        created_at=text(raw, "created_at"),
    )
