"""Arms that may be compared, and the order in which a plan is run."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.agent.limits import Limits, Speech, TestPolicy
from core.chat import Decoding, Reasoning
from core.errors import RefusedError
from core.rollouts.arm import Arm, make_arm, refuse_unequal
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


def test_an_arm_of_an_earlier_version_still_loads_with_its_own_prompts() -> None:
    old = msgspec.json.decode(
        b'{"policy":"builtin","protocol":"edit","prompts":"edit-1","prompts_hash":"75c6a8ad04d4ddaa'
        b'dbdfd25700d29e977c7a241da26b0bbf9f57bbee92fe6436","test_policy":"on_write","decoding":'
        b'{"temperature":1.0,"max_tokens":1024},"limits":{"n_iterations":20,"n_tokens":null,'
        b'"cost_microusd":null,"wall_s":null}}',
        type=Arm,
    )
    assert old.conditions.prompts.version == "edit-1"
    assert (old.protocol, old.limits) == (Speech.EDIT, Limits())


@pytest.mark.parametrize("speech", list(Speech))
def test_a_protocol_its_limits_and_its_reasoning_are_part_of_an_arm(speech: Speech) -> None:
    made = [
        make_arm(protocol=speech),
        make_arm(protocol=speech, limits=Limits(n_reflections=2)),
        make_arm(protocol=speech, limits=Limits(n_history_tokens=100)),
        make_arm(protocol=speech, decoding=Decoding(reasoning=Reasoning.OFF)),
    ]
    assert len({arm.arm_id for arm in made}) == len(made)
    assert all(arm.conditions.speech is speech for arm in made)


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
