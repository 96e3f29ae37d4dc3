"""Weights survive a file, and weights for other features are refused."""

from __future__ import annotations

import json

import pytest

from core.errors import UsageError
from core.policies.features import FEATURES
from core.policies.theta import BASE_THETA, Theta


def test_weights_survive_a_file_exactly() -> None:
    theta = Theta(FEATURES, tuple(n / 7 for n in range(len(FEATURES))))
    again = Theta.from_json(theta.to_json())
    assert again == theta
    assert again.hash == theta.hash != BASE_THETA.hash


def test_the_untrained_policy_has_an_opinion_only_on_the_size_of_families() -> None:
    assert {n: w for n, w in zip(FEATURES, BASE_THETA.weights, strict=True) if w} == {
        "log_family_count": -1.0
    }
    assert len(set(FEATURES)) == len(FEATURES)


def changed(**values: object) -> str:
    return json.dumps(json.loads(BASE_THETA.to_json()) | values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"features": []}', "cannot be read"),
        (changed(features=["ochiai"]), "other features"),
        (changed(features=[*FEATURES[:-1], "smell"]), "first difference: not_run"),
        (changed(features=[*FEATURES[::-1]]), "the order differs"),
        (changed(weights=[0.0]), "finite numbers"),
        (changed(weights=["x"] * len(FEATURES)), "cannot be read"),
        (BASE_THETA.to_json().replace("-1.0", "1e999"), "cannot be read"),
    ],
)
def test_another_file_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Theta.from_json(text)
