"""Metrics of any trainer find their group by their name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.training.metric_names import MetricGroup, group_of, grouped, spoken


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("loss", MetricGroup.LOSS),
        ("train/loss", MetricGroup.LOSS),
        ("eval/loss", MetricGroup.LOSS),
        ("eval/reward/accuracy", MetricGroup.ACCURACY),
        ("rewards/accuracies", MetricGroup.ACCURACY),
        ("eval/approx. KL/chosen", MetricGroup.KL),
        ("train/rewards/margins", MetricGroup.REWARD),
        ("margin", MetricGroup.REWARD),
        ("logps_rejected", MetricGroup.LOGP),
        ("train/logps/chosen", MetricGroup.LOGP),
        ("train/grad_norm", MetricGroup.OTHER),
        ("bloss", MetricGroup.OTHER),
        ("", MetricGroup.OTHER),
    ],
)
def test_a_name_is_known_by_its_words(name: str, group: MetricGroup) -> None:
    assert group_of(name) is group


def test_names_of_two_trainers_meet_in_their_spoken_form() -> None:
    assert spoken("train/loss") == spoken("loss") == "loss"
    assert spoken("train/rewards/chosen") == spoken("rewards_chosen") == "rewards chosen"
    assert spoken("eval/approx. KL/chosen") == "eval approx kl chosen"
    assert spoken("train") == "train"


@given(st.sets(st.text(max_size=30), max_size=20))
def test_every_name_has_exactly_one_group(names: set[str]) -> None:
    found = grouped(names)
    assert sorted(name for members in found.values() for name in members) == sorted(names)
    assert list(found) == [group for group in MetricGroup if group in found]
