"""The fine-tune half of the loopback service: limits, prices, jobs with everything they tell.

Each look at a job takes it one stage further, so that no test waits for a clock. It bills:
`billed_nano` is what the account owes for each job, refunds included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from core.policies.builtin import BuiltinPolicy
from core.policies.theta import BASE_THETA, Theta
from tests.core.together.account import Account, Registered
from tests.core.together.files import Files
from tests.core.together.http import Answer
from tests.core.together.service import Call, Routes, error
from tests.core.together.tune_jobs import TERMINAL, Course, TuneJob, success
from tests.core.together.tuned import Trained, Tuned, train

MODEL = "Qwen/Qwen3.5-9B"
NANO = 1_000_000_000
_CREATED = "2026-11-20T12:00:00Z"
_REQUIRED = {
    *("training_file", "n_epochs", "learning_rate", "batch_size", "packing", "suffix"),
    *("n_evals", "n_checkpoints", "training_type", "training_method"),
}
_KNOWN = _REQUIRED | {
    *("validation_file", "model", "from_checkpoint", "max_seq_length", "random_seed"),
    *("gradient_accumulation_steps", "lr_scheduler", "warmup_ratio", "max_grad_norm"),
    *("weight_decay", "early_stopping_enabled", "early_stopping_patience"),
    *("early_stopping_min_delta", "early_stopping_warmup_evals"),
}


def limits_of(model: str) -> dict[str, Any]:
    """The limits that are told of a model."""
    batch = {"max_batch_size": 8, "max_batch_size_dpo": 8, "min_batch_size": 8}
    return {
        "model_name": model,
        "default_gradient_accumulation_steps": 1,
        "lora_training": {"default_rank": 64, "max_rank": 64, "target_modules": ["q"], **batch},
        "full_training": dict(batch),
        "min_learning_rate": 1e-9,
        "max_learning_rate": 0.1,
        "max_num_epochs": 20,
        "max_num_evals": 100,
        "max_num_checkpoints": 10,
        "max_seq_length_sft": 65536,
        "max_seq_length_dpo": 49152,
        "min_max_seq_length": 4096,
        "merge_output_lora": True,
        "supports_full_training": True,
        "supports_reasoning": True,
        "supports_tools": True,
        "supports_vision": False,
    }


@dataclass(slots=True)
class FineTunes(Routes):
    """All jobs of one account, and the models they made."""

    files: Files = field(default_factory=Files)
    account: Account = field(default_factory=Account)
    courses: list[Course] = field(default_factory=list)
    """Of the next jobs; afterwards all go well."""
    dollars_per_million: float = 0.84
    minimum: float = 4.0
    user_limit: float = 100.0
    limits: dict[str, Any] = field(default_factory=dict)
    """In place of what is told of every model otherwise."""
    n_estimates_away: int = 0
    """So many estimates are not available yet, whatever the file's state."""
    jobs: dict[str, TuneJob] = field(default_factory=dict)
    models: dict[str, Tuned] = field(default_factory=dict)
    """What jobs made, by the registry id of the merged model."""

    def __post_init__(self) -> None:
        self.add("GET", "/v1/fine-tunes/models/limits", self._limits)
        self.add("GET", "/v1/fine-tunes/models/supported", self._supported)
        self.add("POST", "/v1/fine-tunes/estimate-price", self._estimate)
        self.add("POST", "/v1/fine-tunes", self._create)
        self.add("GET", "/v1/fine-tunes", self._list)
        self.add("GET", "/v1/fine-tunes/{job}", self._show)
        self.add("DELETE", "/v1/fine-tunes/{job}", self._delete)
        self.add("POST", "/v1/fine-tunes/{job}/cancel", self._cancel)
        for name in ("events", "metrics", "checkpoints"):
            self.add("GET", f"/v1/fine-tunes/{{job}}/{name}", getattr(self, f"_{name}"))

    @property
    def billed_nano(self) -> dict[str, int]:
        """What each job costs so far."""
        return {name: job.body.get("total_price", 0) for name, job in self.jobs.items()}

    async def _limits(self, call: Call) -> Answer:
        name = call.query["model_name"]
        parent = self._parent(name)
        if name != MODEL and parent is None:
            return Answer.of_json({"message": f"model {name} is not supported"}, 404)
        return Answer.of_json({**limits_of(MODEL), **self.limits})

    async def _supported(self, call: Call) -> Answer:
        return Answer.of_json({"models": [MODEL, "Qwen/Qwen3.5-4B"]})

    async def _estimate(self, call: Call) -> Answer:
        asked = call.asked.json
        for name, file_id in (
            ("train", asked["training_file"]),
            ("eval", asked.get("validation_file")),
        ):
            file = self.files.stored.get(file_id) if file_id else None
            if file is not None and file.status == "INVALID_FORMAT":
                return _unavailable(f"{name}_file_invalid")
            if file_id and self.files.validated(file_id) is None:
                return _unavailable(f"{name}_file_not_validated")
        if self.n_estimates_away:
            self.n_estimates_away -= 1
            return _unavailable("train_file_not_validated")
        n_train, n_eval = self._tokens(asked)
        price = self._price(n_train + n_eval)
        return Answer.of_json(
            {
                "estimation_available": True,
                "allowed_to_proceed": price <= self.user_limit,
                "estimated_total_price": price,
                "estimated_train_token_count": n_train,
                "estimated_eval_token_count": n_eval,
                "user_limit": self.user_limit,
            }
        )

    async def _create(self, call: Call) -> Answer:
        asked = call.asked.json
        if wrong := self._wrong_with(asked):
            return error(400, wrong, "invalid_request")
        return Answer.of_json(self._made(asked).body)

    def _made(self, asked: dict[str, Any]) -> TuneJob:
        job_id = f"ft-{len(self.jobs) + 1:08x}"
        parent = self._parent(asked.get("from_checkpoint", ""))
        base = parent.base_model if parent is not None else asked["model"]
        start = parent.theta if parent is not None else BASE_THETA
        n_train, n_eval = self._tokens(asked)

        def do() -> Trained:
            evals = self.files.stored[asked["validation_file"]].content if n_eval else None
            content = self.files.stored[asked["training_file"]].content
            return train(content or b"", evals, asked, start)

        echo = {key: value for key, value in asked.items() if key != "model"}
        times = {"created_at": _CREATED, "updated_at": _CREATED}
        body = {"id": job_id, "status": "pending", "user_id": "u1", "model": base, **echo, **times}
        body |= {"token_count": n_train, "events": []}
        price = math.ceil(self._price(n_train + n_eval) * NANO)
        job = TuneJob(body, asked, do, self._finish, self._restart, self._bill, price)
        job.course = (self.courses.pop(0) if self.courses else success)(job)
        self.jobs[job_id] = job
        return job

    def _finish(self, job: TuneJob, theta: Theta) -> None:
        name, base = job.body["id"], job.body["model"]
        output = f"account/{base.split('/')[-1]}-{job.request['suffix']}-{name[3:]}"
        merged, adapter = (f"ml_{name}", "rv_1"), (f"ml_{name}a", "rv_2")
        job.body |= {
            "model_object_id": merged[0],
            "model_object_revision_id": merged[1],
            "adapter_object_id": adapter[0],
            "adapter_object_revision_id": adapter[1],
            "model_output_name": output,
        }
        self.models[merged[0]] = Tuned(*merged, *adapter, output, base, theta)
        policy = BuiltinPolicy(theta, output)
        bases = [one.model_id for one in self.account.registry.values() if one.name == base]
        for n, (model_id, _) in enumerate((merged, adapter)):
            made = Registered(model_id, output, policy, "".join(bases[:1]), is_adapter=bool(n))
            self.account.registry[model_id] = made

    def _bill(self, job: TuneJob) -> None:
        cost = -(-job.body["total_price"] // 1000)
        self.account.charge("fine-tuning", job.body["id"], job.body["token_count"], cost)

    def _restart(self, job: TuneJob) -> str:
        self.courses.insert(0, success)
        return str(self._made(job.request).body["id"])

    async def _list(self, call: Call) -> Answer:
        return Answer.of_json({"data": [_short(job) for job in self.jobs.values()]})

    async def _show(self, call: Call) -> Answer:
        if (job := self.jobs.get(call.names["job"])) is None:
            return error(404, "job not found")
        job.go_on()
        return Answer.of_json({**job.body, "events": job.events[:3]})

    async def _cancel(self, call: Call) -> Answer:
        if (job := self.jobs.get(call.names["job"])) is None:
            return error(404, "job not found")
        if job.status in TERMINAL:
            return error(400, f"job is already {job.status}")
        job.be("cancel_requested")
        job.tell("cancel_requested", "Cancellation requested")
        return Answer.of_json(_short(job))

    async def _delete(self, call: Call) -> Answer:
        self.jobs.pop(call.names["job"], None)
        return Answer.of_json({"message": "deleted"})

    async def _events(self, call: Call) -> Answer:
        job = self.jobs[call.names["job"]]
        return Answer.of_json({"data": [*job.events, *job.events[-1:]]})

    async def _metrics(self, call: Call) -> Answer:
        first = int(call.query.get("global_step_from", 0))
        rows = self.jobs[call.names["job"]].metrics
        return Answer.of_json(
            {"metrics": [row for row in rows if row["train/global_step"] >= first]}
        )

    async def _checkpoints(self, call: Call) -> Answer:
        return Answer.of_json({"data": self.jobs[call.names["job"]].checkpoints})

    def _parent(self, name: str) -> Tuned | None:
        """The model behind a job's id or an output's name."""
        asked = name.partition(":")[0]
        for model in self.models.values():
            if asked in (model.output_name, model.model_object_id.removeprefix("ml_")):
                return model
        return None

    def _tokens(self, asked: dict[str, Any]) -> tuple[int, int]:
        """Of training and evaluation: a token for four bytes, one side's prompt counted twice."""
        sizes = []
        for name in ("training_file", "validation_file"):
            file = self.files.stored.get(asked.get(name) or "")
            sizes.append(len(file.content or b"") // 2 if file is not None else 0)
        return asked["n_epochs"] * sizes[0], asked.get("n_evals", 0) * sizes[1]

    def _price(self, n_tokens: int) -> float:
        return max(self.minimum, n_tokens * self.dollars_per_million / 1e6)

    def _wrong_with(self, asked: dict[str, Any]) -> str:
        """Why no job is made of a request; empty when one is."""
        if unknown := asked.keys() - _KNOWN:
            return f"unknown fields {sorted(unknown)}"
        if missing := _REQUIRED - asked.keys():
            return f"missing fields {sorted(missing)}"
        if ("model" in asked) == ("from_checkpoint" in asked):
            return "exactly one of model and from_checkpoint is needed"
        if "from_checkpoint" in asked and self._parent(asked["from_checkpoint"]) is None:
            return f"checkpoint {asked['from_checkpoint']} not found"
        for name in ("training_file", "validation_file"):
            if asked.get(name) and self.files.validated(asked[name]) is None:
                return f"{name} {asked[name]} is not a validated file"
        limits, lora = {**limits_of(MODEL), **self.limits}, asked["training_type"]
        checks = {
            "batch_size": asked["batch_size"] in ("max", 8),
            "n_epochs": 1 <= asked["n_epochs"] <= limits["max_num_epochs"],
            "learning_rate": 0 < asked["learning_rate"] <= limits["max_learning_rate"],
            "lora_r": lora["lora_r"] <= limits["lora_training"]["max_rank"],
            "n_evals": bool(asked.get("validation_file")) or not asked["n_evals"],
            "suffix": 0 < len(asked["suffix"]) <= 40,
        }
        return next((f"{name} is out of range" for name, fits in checks.items() if not fits), "")


def _unavailable(reason: str) -> Answer:
    return Answer.of_json({"estimation_available": False, "unavailable_reason": reason})


def _short(job: TuneJob) -> dict[str, Any]:
    return {key: value for key, value in job.body.items() if key not in ("events", "token_count")}
