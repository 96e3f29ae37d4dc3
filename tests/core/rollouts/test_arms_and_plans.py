"""Arms that may be compared, and the order in which a plan is run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.agent.limits import Limits, TestPolicy
from core.chat import Decoding
from core.errors import RefusedError
from core.rollouts.arm import make_arm, refuse_unequal
from core.rollouts.plan import RunPlan, slots


def test_arms_that_differ_in_policy_alone_may_be_compared() -> None:
    refuse_unequal(make_arm("builtin"), make_arm("builtin:abc"))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"decoding": Decoding(temperature=0.5)}, "decoding"),
        ({"limits": Limits(n_iterations=5)}, "limits"),
        ({"test_policy": TestPolicy.NEVER}, "test_policy"),
        ({"prompts_hash": "other"}, "prompts_hash"),
        ({"protocol": "tools"}, "protocol"),
    ],
)
def test_arms_with_other_conditions_are_refused_by_name(
    change: dict[str, object], named: str
) -> None:
    base = make_arm("builtin")
    tuned = replace(base, policy="builtin:abc", **change)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match=named):
        refuse_unequal(base, tuned)


def test_an_arm_whose_prompts_changed_since_is_refused() -> None:
    with pytest.raises(RefusedError, match="prompts"):
        _ = replace(make_arm(), prompts_hash="older").conditions


def test_every_condition_is_part_of_an_arms_identity() -> None:
    base = make_arm()
    others = {
        make_arm("builtin:abc").arm_id,
        make_arm(decoding=Decoding(temperature=0.0)).arm_id,
        make_arm(limits=Limits(n_iterations=3)).arm_id,
        make_arm(test_policy=TestPolicy.ON_FINAL).arm_id,
    }
    assert len(others | {base.arm_id}) == 5
    assert make_arm().arm_id == base.arm_id


_NAMES = st.lists(st.text("abcdef", min_size=1), min_size=1, max_size=5, unique=True).map(tuple)


@given(arms=_NAMES, tasks=_NAMES, seeds=st.lists(st.integers(0, 99), min_size=1, unique=True))
def test_a_plan_runs_each_arm_on_each_task_with_each_seed_once(
    arms: tuple[str, ...], tasks: tuple[str, ...], seeds: list[int]
) -> None:
    plan = RunPlan(arms, tasks, tuple(seeds))
    made = list(slots("run", plan))
    assert len(made) == plan.n_rollouts == len({slot.rollout_id for slot in made})
    first_round = made[: len(arms) * len(tasks)]
    assert {(s.arm_id, s.task_id) for s in first_round} == {(a, t) for a in arms for t in tasks}
    assert made == list(slots("run", plan))
    assert {s.rollout_id for s in made}.isdisjoint(s.rollout_id for s in slots("other", plan))
