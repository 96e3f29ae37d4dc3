"""The loop of one rollout, with scripted policies and a grader that runs nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.agent.asking import Call
from core.agent.limits import Limits, TestPolicy
from core.agent.patience import Patience
from core.edits.block import EditBlock
from core.errors import PolicyBusyError, PolicyError, Pressure, UsageError
from core.outcome import Outcome
from tests.core.agent.staged import PROGRAM, Judge, edit, past_of, stage


async def test_a_failing_edit_is_undone_and_a_passing_one_ends_the_rollout() -> None:
    s = stage(edit("x * 1"), edit("x + 1"))
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.PASSED, 2)
    assert result.block == EditBlock("f.py", "x - 1", "x + 1")
    assert s.judge.programs == [
        PROGRAM.replace("x - 1", "x * 1"),
        PROGRAM.replace("x - 1", "x + 1"),
    ]
    second = s.policy.requests[1].messages[-1].content
    assert "Attempt 1 (1 of 1 tests fail):\n- x - 1\n+ x * 1" in second
    assert PROGRAM.strip() in second


@pytest.mark.parametrize("policy", [TestPolicy.ON_WRITE, TestPolicy.ON_FINAL])
async def test_meddling_with_the_tests_ends_a_rollout_as_tampered(policy: TestPolicy) -> None:
    s = stage(edit("gc.x + 1"), edit("x + 1"), test_policy=policy)
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.TAMPERED, 1)


async def test_a_suspicious_pass_is_graded_and_says_so() -> None:
    result = await stage(edit("eval('x + 1')")).run()
    assert (result.outcome, result.n_passed, result.n_tests) == (Outcome.PASSED, 2, 2)
    assert result.reason == "tampered? uses eval"


async def test_a_call_is_written_before_its_reply_is_used() -> None:
    s = stage(edit("x * 1"), edit("x + 1"))
    await s.run()
    kinds = [type(event).__name__ for event in s.memory.events]
    assert kinds == ["Call", "Step", "Call", "Step", "Step"], "the last are the tests that decided"


@pytest.mark.parametrize("policy", list(TestPolicy))
async def test_the_run_that_decides_is_kept_and_never_shown(policy: TestPolicy) -> None:
    s = stage(edit("x + 1"), test_policy=policy)
    s.judge = Judge(held_back="never there")
    await s.run()
    (grade,) = s.grades
    assert grade.run is not None
    assert [case.name for case in grade.run.failing] == ["case 1"]
    assert (grade.iteration, grade.note) == (2, "graded: 1 of 2 tests pass")
    s = stage(edit("x * 1"), edit("x + 1"))
    await s.run()
    assert not any("case 1" in str(request.messages) for request in s.policy.requests)


async def test_a_run_that_a_step_has_already_is_kept_once() -> None:
    s = stage(edit("x * 1"), limits=Limits(n_iterations=1))
    s.judge = Judge(has_held_back=False)
    assert (await s.run()).n_tests == 1
    assert s.grades == []
    s = stage(edit("x * 1"), test_policy=TestPolicy.ON_FINAL)
    s.judge = Judge(has_held_back=False)
    await s.run()
    assert [grade.note for grade in s.grades] == ["graded: 0 of 1 tests pass"]


async def test_passing_the_shown_tests_alone_is_a_failure() -> None:
    s = stage(edit("x + 1"))
    s.judge = Judge(held_back="never there")
    result = await s.run()
    assert (result.outcome, result.n_passed, result.n_tests) == (Outcome.FAILED, 1, 2)


async def test_the_iteration_limit_ends_a_rollout_and_grades_its_last_edit() -> None:
    s = stage(edit("x * 1"), edit("x * 2"), limits=Limits(n_iterations=2))
    result = await s.run()
    assert (result.outcome, result.reason) == (Outcome.LIMIT, "iterations")
    assert result.block == EditBlock("f.py", "x - 1", "x * 2")


@pytest.mark.parametrize(
    ("limits", "name"),
    [(Limits(n_tokens=100), "tokens"), (Limits(cost_microusd=100), "cost")],
)
async def test_a_token_or_cost_limit_ends_a_rollout(limits: Limits, name: str) -> None:
    result = await stage(edit("x * 1"), limits=limits).run()
    assert (result.outcome, result.reason, result.n_iterations) == (Outcome.LIMIT, name, 1)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        Limits(n_iterations=0)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("I would rather not.", "no edit block"),
        (edit("a") + edit("b"), "2 edit blocks, not one"),
        (edit("x", find="not there"), "the search text is not in the file"),
        (edit("y", find="x"), "the search text is in the file 2 times, not once"),
        (edit("x - 1"), "the edit changes nothing"),
        (EditBlock("g.py", "x - 1", "x").render(), "the block names no file or another file"),
    ],
)
async def test_an_answer_that_cannot_be_applied_says_why_in_the_next_state(
    answer: str, why: str
) -> None:
    s = stage(answer, edit("x + 1"))
    result = await s.run()
    assert result.outcome is Outcome.PASSED
    assert f"Attempt 1 (invalid: {why}" in s.policy.requests[1].messages[-1].content


async def test_the_same_invalid_answer_three_times_ends_a_rollout_as_invalid() -> None:
    result = await stage("no", "no", "no", edit("x + 1")).run()
    assert (result.outcome, result.n_iterations, result.block) == (Outcome.INVALID, 3, None)


async def test_a_policy_that_fails_is_infrastructure_with_its_call_on_record() -> None:
    s = stage(PolicyError("503 from the service"))
    result = await s.run()
    (call,) = s.memory.events
    assert result.outcome is Outcome.ERROR
    assert isinstance(call, Call)
    assert call.error == "503 from the service"


async def test_a_lost_worker_is_infrastructure() -> None:
    s = stage(edit("x + 1"))
    s.judge = Judge(lost=True)
    assert (await s.run()).outcome is Outcome.ERROR


async def test_cost_and_tokens_add_up_over_iterations() -> None:
    result = await stage(edit("x * 1"), edit("x + 1")).run()
    assert result.cost_microusd == 2 * (100 * 1 + 10 * 2)
    assert (result.usage.n_prompt_tokens, result.usage.n_completion_tokens) == (200, 20)


@pytest.mark.parametrize("policy", [TestPolicy.ON_FINAL, TestPolicy.NEVER])
async def test_without_tests_on_write_the_first_edit_is_final(policy: TestPolicy) -> None:
    s = stage(edit("x * 1"), test_policy=policy)
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.FAILED, 1)
    assert s.judge.programs == []


async def test_never_shows_the_agent_no_test_result() -> None:
    s = stage(edit("x + 1"), test_policy=TestPolicy.NEVER)
    await s.run()
    state = s.policy.requests[0].messages[-1].content
    assert "expected 2" not in state
    assert "2:1/1" not in state


async def test_a_resumed_rollout_asks_only_for_what_is_missing() -> None:
    whole = stage(edit("x * 1"), edit("x * 2"), edit("x + 1"))
    expected = await whole.run()
    resumed = stage(edit("x + 1"))
    result = await resumed.run(past=past_of(whole.calls[:2]))
    assert len(resumed.policy.requests) == 1
    assert resumed.policy.requests[0].messages == whole.policy.requests[2].messages
    assert replace(result, wall_s=0.0) == replace(expected, wall_s=0.0)


async def test_control_bytes_of_a_reply_are_cleaned_once_where_they_enter() -> None:
    s = stage("\x1b[2J" + edit("x * 1"), edit("x + 1"))
    await s.run()
    first = s.memory.events[0]
    assert isinstance(first, Call)
    assert first.reply is not None
    assert "\x1b" not in first.reply.text


async def test_equal_histories_meet_in_equal_states() -> None:
    one, other = (stage(edit("x * 1"), edit("x + 1")) for _ in range(2))
    await one.run()
    await other.run()
    states = [[e.state for e in s.memory.events if isinstance(e, Call)] for s in (one, other)]
    assert states[0] == states[1]
    assert len(set(states[0])) == 2


def busy(retry_after_s: float | None = None) -> PolicyBusyError:
    return PolicyBusyError("come back later", Pressure.RATE, retry_after_s=retry_after_s)


async def test_a_busy_policy_is_asked_again_and_every_attempt_is_written() -> None:
    s, waits = stage(busy(), busy(7.0), edit("x + 1")), list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    assert (await s.run(wait=wait)).outcome is Outcome.PASSED
    assert [r.messages for r in s.policy.requests] == [s.policy.requests[0].messages] * 3
    calls = [event for event in s.memory.events if isinstance(event, Call)]
    assert [(c.attempt, c.error, c.reply is None) for c in calls] == [
        (1, "come back later", True),
        (2, "come back later", True),
        (3, "", False),
    ]
    assert {c.iteration for c in calls} == {1}
    assert 0.5 <= waits[0] <= 1.0
    assert waits[1] >= 7.0, "what the service asks for is kept"


async def test_a_policy_that_stays_busy_is_given_up_as_infrastructure() -> None:
    s = stage(*[busy()] * 20)

    async def wait(seconds: float) -> None:
        assert seconds <= 60

    result = await s.run(wait=wait)
    assert (result.outcome, result.reason) == (Outcome.ERROR, "come back later")
    assert len(s.policy.requests) == Patience().n_attempts


async def test_a_service_that_asks_for_hours_is_given_up_at_once() -> None:
    s = stage(busy(3_600.0), edit("x + 1"))
    assert (await s.run()).outcome is Outcome.ERROR
