"""What a job on the loopback service makes: the built-in policy, really trained on the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.chat import Message, Role
from core.policies.theta import Theta
from core.training.dpo import StepMetrics, run_steps
from core.training.dpo_examples import DpoPair, prepare
from core.training.dpo_options import DpoOptions

_BUILTIN_RATE, _REMOTE_RATE = 0.1, 1e-5
"""The same step in both worlds: a language model's weights are moved far less."""
_BUILTIN_ALPHA, _REMOTE_ALPHA = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Tuned:
    """A model of the registry."""

    model_object_id: str
    model_revision_id: str
    adapter_object_id: str
    adapter_revision_id: str
    output_name: str
    base_model: str
    theta: Theta


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of a job's training."""

    theta: Theta
    rows: list[dict[str, float]]
    """As the service reports metrics."""


def train(content: bytes, evals: bytes | None, request: dict[str, Any], start: Theta) -> Trained:
    """Do what the request says; a file that is not of the built-in policy leaves it as it was."""
    method = request["training_method"]
    pairs = list(_pairs(content)) if method["method"] == "dpo" else []
    examples = prepare(pairs)
    if not examples.n_pairs:
        return Trained(start, list(_made_up(content, request)))
    options = DpoOptions(
        beta=method["dpo_beta"],
        n_epochs=request["n_epochs"],
        batch_size=request["batch_size"],
        learning_rate=min(10.0, _BUILTIN_RATE * request["learning_rate"] / _REMOTE_RATE),
        rpo_alpha=_BUILTIN_ALPHA * method["rpo_alpha"] / _REMOTE_ALPHA,
        seed=request.get("random_seed", 42),
    )
    steps = list(run_steps(examples, options, start))
    rows = [_row(step.metrics) for step in steps]
    for n in range(request["n_evals"] if evals else 0):
        rows.append(_eval_row(steps[(n + 1) * len(steps) // request["n_evals"] - 1].metrics))
    return Trained(steps[-1].theta, sorted(rows, key=lambda row: row["train/global_step"]))


def n_rows(content: bytes) -> int:
    """Lines of a file."""
    return len(content.splitlines())


def _pairs(content: bytes) -> Iterator[DpoPair]:
    for line in content.splitlines():
        row = json.loads(line)
        messages = [Message(Role(m["role"]), m["content"]) for m in row["input"]["messages"]]
        sides = (row[name][0]["content"] for name in ("preferred_output", "non_preferred_output"))
        yield DpoPair(tuple(messages), *sides)


def _row(metrics: StepMetrics) -> dict[str, float]:
    return {
        "train/global_step": metrics.step,
        "train/epoch": metrics.epoch,
        "train/loss": metrics.loss,
        "train/grad_norm": metrics.grad_norm,
        "train/learning_rate": metrics.learning_rate,
        "train/reward/accuracy": metrics.accuracy,
        "train/reward/margin": metrics.margin,
        "train/logps/chosen": metrics.logps_chosen,
        "train/logps/rejected": metrics.logps_rejected,
        "timestamp": 1_764_000_000e9 + metrics.step * 1e9,
    }


def _eval_row(metrics: StepMetrics) -> dict[str, float]:
    return {
        "train/global_step": metrics.step,
        "eval/loss": metrics.loss,
        "eval/reward/accuracy": metrics.accuracy,
        "eval/approx. KL/chosen": metrics.rewards_chosen,
        "eval/approx. KL/rejected": metrics.rewards_rejected,
    }


def _made_up(content: bytes, request: dict[str, Any]) -> Iterator[dict[str, float]]:
    size = request["batch_size"] if isinstance(request["batch_size"], int) else 8
    n_steps = request["n_epochs"] * max(1, -(-n_rows(content) // size))
    for step in range(1, n_steps + 1):
        yield {
            "train/global_step": step,
            "train/epoch": step / n_steps * request["n_epochs"],
            "train/loss": 0.7 / (1 + step / 10),
            "train/grad_norm": 1.0,
            "train/learning_rate": request["learning_rate"],
            "timestamp": 1_764_000_000e9 + step * 1e9,
        }
