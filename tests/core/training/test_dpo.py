"""The trainer minimises the loss it names, and nothing but its input decides the result."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from core.errors import UsageError
from core.policies.builtin import BuiltinPolicy
from core.policies.features import FEATURES
from core.policies.theta import BASE_THETA, Theta
from core.training.dpo import Objective, n_steps, run_steps, train
from core.training.dpo_examples import prepare
from core.training.dpo_options import DpoOptions
from tests.core.policies.states import ask
from tests.core.training.pairs import exchanged, liking_pairs

PAIRS = liking_pairs()
EXAMPLES = prepare(PAIRS)


def some_weights(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0.0, 0.7, len(FEATURES))


@pytest.mark.parametrize(
    "options", [DpoOptions(rpo_alpha=0.0), DpoOptions(beta=2.0, rpo_alpha=0.3)]
)
def test_the_gradient_is_that_of_the_loss(options: DpoOptions) -> None:
    objective = Objective(EXAMPLES, options, BASE_THETA)
    weights = some_weights(1)
    gradient = objective.at(weights).gradient
    step = 1e-5
    for n in range(len(FEATURES)):
        nudge = np.zeros(len(FEATURES))
        nudge[n] = step
        slope = (objective.at(weights + nudge).loss - objective.at(weights - nudge).loss) / step / 2
        assert gradient[n] == pytest.approx(slope, abs=2e-7)


def test_the_rewards_are_beta_times_the_shift_of_the_log_probabilities() -> None:
    options = DpoOptions(beta=0.4, rpo_alpha=0.0)
    found = Objective(EXAMPLES, options, BASE_THETA).at(some_weights(2))
    start = Objective(EXAMPLES, options, BASE_THETA).at(np.array(BASE_THETA.weights))
    shift = found.logps_chosen - start.logps_chosen
    assert found.rewards_chosen == pytest.approx(0.4 * shift)
    assert (found.logps_chosen < 0).all()
    margins = found.rewards_chosen - found.rewards_rejected
    assert found.loss == pytest.approx(float(np.mean(np.log1p(np.exp(-margins)))))


def test_training_starts_at_the_reference_and_learns_the_preference() -> None:
    trained = train(PAIRS, DpoOptions(n_epochs=8, rpo_alpha=0.0), BASE_THETA)
    first, last = trained.metrics[0], trained.metrics[-1]
    assert (first.margin, first.accuracy) == (0.0, 0.5)
    assert first.loss == pytest.approx(math.log(2))
    assert last.margin > 0.05
    assert last.rewards_chosen > last.rewards_rejected
    summary = trained.summary
    assert summary.accuracy_after > 0.95
    assert summary.loss_after < summary.loss_before == pytest.approx(math.log(2))
    assert (summary.n_pairs, summary.n_states, summary.n_skipped) == (48, 4, 0)


def test_the_trained_policy_gives_the_liked_answers_more_often() -> None:
    tuned = BuiltinPolicy(train(PAIRS, DpoOptions(), BASE_THETA).theta, "tuned")
    base = BuiltinPolicy(BASE_THETA, "base")
    chosen = {pair.chosen for pair in PAIRS}
    counts = [
        sum(policy.answer(ask(PAIRS[0].messages, seed)) in chosen for seed in range(100))
        for policy in (base, tuned)
    ]
    assert counts[1] > 2 * counts[0] > 0


def test_exchanged_pairs_teach_exactly_the_opposite() -> None:
    base = np.array(BASE_THETA.weights)
    plain = DpoOptions(rpo_alpha=0.0)
    liked = np.array(train(PAIRS, plain, BASE_THETA).theta.weights) - base
    hated = np.array(train(exchanged(PAIRS), plain, BASE_THETA).theta.weights) - base
    assert np.linalg.norm(liked) > 1
    assert hated == pytest.approx(-liked)


def test_equal_input_gives_equal_weights_and_the_seed_matters() -> None:
    first = train(PAIRS, DpoOptions(seed=4), BASE_THETA)
    assert train(PAIRS, DpoOptions(seed=4), BASE_THETA) == first
    assert train(PAIRS, DpoOptions(seed=5), BASE_THETA).theta != first.theta


def test_the_likelihood_term_raises_the_chosen_side_more() -> None:
    plain = train(PAIRS, DpoOptions(rpo_alpha=0.0), BASE_THETA).summary
    pulled = train(PAIRS, DpoOptions(rpo_alpha=1.0), BASE_THETA).summary
    assert pulled.logps_chosen_after > plain.logps_chosen_after


def test_training_can_stop_after_any_step_with_the_weights_so_far() -> None:
    options = DpoOptions(batch_size=5, n_epochs=2)
    whole = list(run_steps(EXAMPLES, options, BASE_THETA))
    part = list(itertools.islice(run_steps(EXAMPLES, options, BASE_THETA), 3))
    assert part == whole[:3]
    assert len(whole) == n_steps(len(PAIRS), options) == 20
    assert [step.metrics.step for step in whole] == list(range(1, 21))
    assert whole[9].metrics.epoch == 1.0
    assert whole[-1].metrics.epoch == 2.0


@pytest.mark.parametrize("weight", [0.0, 1e6])
def test_extreme_settings_stay_finite(weight: float) -> None:
    reference = Theta(FEATURES, tuple(weight * (n % 3 - 1) for n in range(len(FEATURES))))
    options = DpoOptions(beta=100.0, learning_rate=10.0, rpo_alpha=1.0)
    trained = train(PAIRS, options, reference)
    assert all(map(math.isfinite, trained.theta.weights))
    assert all(math.isfinite(step.loss) for step in trained.metrics)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("beta", 0.0),
        ("beta", math.nan),
        ("n_epochs", 0),
        ("n_epochs", 1.5),
        ("batch_size", True),
        ("learning_rate", -0.1),
        ("rpo_alpha", math.inf),
        ("seed", -1),
    ],
)
def test_an_option_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"^{name} must be"):
        DpoOptions(**{name: value})  # type: ignore[arg-type]
