"""Direct preference optimisation of the built-in policy, in plain arrays.

The loss of a pair is -log sigmoid(beta * ((log p(chosen) - log p(rejected)) - the same
under the reference)) + rpo_alpha * -log p(chosen), where p is the softmax over the
state's open candidates. Nothing here depends on the clock or on anything but its input.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.policies.features import FEATURES, Matrix
from core.policies.theta import Theta
from core.training.dpo_examples import (
    DpoPair,
    Examples,
    SkippedPair,
    Vector,
    prepare,
    require_pairs,
)
from core.training.dpo_options import DpoOptions

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one optimiser step reports, measured on its batch before the update."""

    step: int
    epoch: float
    """How much of the run, counted in passes over the pairs, is done after this step."""
    loss: float
    rewards_chosen: float
    rewards_rejected: float
    margin: float
    accuracy: float
    """Share of pairs whose chosen side has the higher reward; a tie counts half."""
    logps_chosen: float
    logps_rejected: float
    grad_norm: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Step:
    """The state of a run after one step; a caller may stop with any of them."""

    metrics: StepMetrics
    theta: Theta


@dataclass(frozen=True, slots=True)
class DpoSummary:
    """A finished run in numbers, over all pairs."""

    n_pairs: int
    n_skipped: int
    n_states: int
    n_steps: int
    loss_before: float
    loss_after: float
    margin_after: float
    accuracy_after: float
    logps_chosen_before: float
    logps_chosen_after: float
    distance: float
    """Euclidean distance of the weights from the reference."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of a run."""

    theta: Theta
    metrics: tuple[StepMetrics, ...]
    summary: DpoSummary
    skipped: tuple[SkippedPair, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """The loss of some pairs and its gradient."""

    loss: float
    gradient: Vector
    rewards_chosen: Vector
    rewards_rejected: Vector
    logps_chosen: Vector
    logps_rejected: Vector

    @property
    def margin(self) -> float:
        """Mean difference of the rewards."""
        return float(np.mean(self.rewards_chosen - self.rewards_rejected))

    @property
    def accuracy(self) -> float:
        """Share of pairs in the right order, ties half."""
        return float(np.mean((np.sign(self.rewards_chosen - self.rewards_rejected) + 1) / 2))


class Objective:
    """The loss of prepared pairs as a function of the weights."""

    def __init__(self, examples: Examples, options: DpoOptions, reference: Theta) -> None:
        require_pairs(examples)
        self._examples = examples
        self._options = options
        self._everything: Rows = np.arange(examples.n_pairs)
        self._reference = np.array(reference.weights)
        normaliser = np.array([_log_sum(matrix @ self._reference) for matrix in examples.states])
        normalisers = normaliser[examples.state_of]
        self._reference_chosen: Vector = examples.chosen @ self._reference - normalisers
        self._reference_rejected: Vector = examples.rejected @ self._reference - normalisers

    def at(self, weights: Vector, rows: Rows | None = None) -> Evaluated:
        """Loss, gradient and rewards of the pairs in `rows`, or of all."""
        rows = self._everything if rows is None else rows
        examples, beta, alpha = self._examples, self._options.beta, self._options.rpo_alpha
        chosen, rejected = examples.chosen[rows], examples.rejected[rows]
        normalisers, expected = self._normalise(weights, examples.state_of[rows])
        logps_chosen: Vector = chosen @ weights - normalisers
        logps_rejected: Vector = rejected @ weights - normalisers
        difference = chosen - rejected
        # The normalisers cancel; taking the difference first keeps the sum exact.
        logits = beta * (difference @ (weights - self._reference))
        pull = beta * _sigmoid(-logits)
        gradient: Vector = -(pull @ difference) / len(rows)
        loss = float(np.mean(np.logaddexp(0.0, -logits)))
        if alpha:
            gradient = gradient - alpha * np.mean(chosen - expected, axis=0)
            loss += alpha * float(-np.mean(logps_chosen))
        return Evaluated(
            loss,
            gradient,
            beta * (logps_chosen - self._reference_chosen[rows]),
            beta * (logps_rejected - self._reference_rejected[rows]),
            logps_chosen,
            logps_rejected,
        )

    def _normalise(self, weights: Vector, states: Rows) -> tuple[Vector, Matrix]:
        """For each pair: log normaliser, and expected features where the loss needs them."""
        unique, inverse = np.unique(states, return_inverse=True)
        normalisers = np.empty(len(unique))
        expected = np.zeros((len(unique), len(weights)))
        for n, state in enumerate(unique):
            matrix = self._examples.states[state]
            scores = matrix @ weights
            normalisers[n] = _log_sum(scores)
            if self._options.rpo_alpha:
                expected[n] = np.exp(scores - normalisers[n]) @ matrix
        return normalisers[inverse], expected[inverse]


def run_steps(examples: Examples, options: DpoOptions, reference: Theta) -> Iterator[Step]:
    """Train step by step; stopping the iteration stops the training."""
    objective = Objective(examples, options, reference)
    weights = np.array(reference.weights)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step, (epoch, rows) in enumerate(_batches(examples.n_pairs, options), 1):
        found = objective.at(weights, rows)
        first = options.adam_beta1 * first + (1 - options.adam_beta1) * found.gradient
        second = options.adam_beta2 * second + (1 - options.adam_beta2) * found.gradient**2
        mean = first / (1 - options.adam_beta1**step)
        scale = np.sqrt(second / (1 - options.adam_beta2**step)) + options.adam_epsilon
        weights = weights - options.learning_rate * mean / scale
        metrics = StepMetrics(
            step=step,
            epoch=epoch,
            loss=found.loss,
            rewards_chosen=float(np.mean(found.rewards_chosen)),
            rewards_rejected=float(np.mean(found.rewards_rejected)),
            margin=found.margin,
            accuracy=found.accuracy,
            logps_chosen=float(np.mean(found.logps_chosen)),
            logps_rejected=float(np.mean(found.logps_rejected)),
            grad_norm=float(np.linalg.norm(found.gradient)),
            learning_rate=options.learning_rate,
        )
        yield Step(metrics, Theta(FEATURES, tuple(weights.tolist())))


def n_steps(n_pairs: int, options: DpoOptions) -> int:
    """How many optimiser steps a run over `n_pairs` takes."""
    return options.n_epochs * -(-n_pairs // options.batch_size)


def train(pairs: Sequence[DpoPair], options: DpoOptions, reference: Theta) -> Trained:
    """Train to the end; raises `UsageError` when no pair can be used."""
    examples = prepare(pairs)
    steps = list(run_steps(examples, options, reference))
    theta = steps[-1].theta
    metrics = tuple(step.metrics for step in steps)
    summary = summarise(examples, options, (reference, theta), len(steps))
    return Trained(theta, metrics, summary, examples.skipped)


def summarise(
    examples: Examples, options: DpoOptions, thetas: tuple[Theta, Theta], n_done: int
) -> DpoSummary:
    """Compare the weights before and after on all pairs."""
    reference, theta = thetas
    objective = Objective(examples, options, reference)
    start, end = np.array(reference.weights), np.array(theta.weights)
    before, after = objective.at(start), objective.at(end)
    return DpoSummary(
        n_pairs=examples.n_pairs,
        n_skipped=len(examples.skipped),
        n_states=len(examples.states),
        n_steps=n_done,
        loss_before=before.loss,
        loss_after=after.loss,
        margin_after=after.margin,
        accuracy_after=after.accuracy,
        logps_chosen_before=float(np.mean(before.logps_chosen)),
        logps_chosen_after=float(np.mean(after.logps_chosen)),
        distance=float(np.linalg.norm(end - start)),
    )


def _batches(n_pairs: int, options: DpoOptions) -> Iterator[tuple[float, Rows]]:
    order = random.Random(options.seed)
    for epoch in range(options.n_epochs):
        rows = list(range(n_pairs))
        order.shuffle(rows)
        for start in range(0, n_pairs, options.batch_size):
            end = min(start + options.batch_size, n_pairs)
            yield epoch + end / n_pairs, np.array(rows[start:end], dtype=np.int64)


def _log_sum(scores: Vector) -> float:
    top = float(np.max(scores))
    return top + float(np.log(np.sum(np.exp(scores - top))))


def _sigmoid(x: Vector) -> Vector:
    positive: Vector = np.exp(-np.logaddexp(0.0, -x))
    return positive
