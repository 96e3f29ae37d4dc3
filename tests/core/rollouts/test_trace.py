"""What is shown of a rollout: the tests that decided, and whatever there is before the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.agent.limits import TestPolicy
from core.engine import open_engine
from core.errors import UsageError
from core.rollouts.operations import RunOptions
from core.rollouts.record import RecordFormat, ending_text, final_of, record
from core.rollouts.trace import ASIDE, RUNNING, UNFINISHED
from core.store.demonstrations import count_answers
from core.workspace import Workspace
from tests.core.rollouts.held import held_run, until


@pytest.mark.parametrize("policy", [TestPolicy.ON_FINAL, TestPolicy.NEVER])
async def test_the_tests_that_decided_are_stored_and_no_answer(
    workspace: Path, policy: TestPolicy
) -> None:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        options = RunOptions("builtin", 1, n_tasks=4, test_policy=policy)
        report = await engine.run_rollouts(options)
        items = (await engine.rollouts_page(report.run_id)).rows
        traces = [await engine.show_rollout(item.rollout_id) for item in items]
        answers = await count_answers(engine.context.store, report.run_id)
    for trace in traces:
        final = final_of(trace)
        assert final is not None
        row = trace.rollout
        assert (final.n_passed, final.n_tests) == (row.n_passed, row.n_tests)
        assert final.test_wall_s > 0.0
        assert (final.detail == "") == (row.outcome == "passed")
        assert "## The tests that decided" in record(trace, {}, RecordFormat.MARKDOWN)
    assert {trace.rollout.outcome for trace in traces} >= {"failed"}
    assert (answers.n_answers, answers.n_invalid) == (report.n_calls, 0)


async def test_a_rollout_can_be_looked_at_before_its_end(workspace: Path) -> None:
    async with held_run(workspace, n_tasks=1, n_seeds=2, n_concurrent=1) as held:
        held.start()
        engine = held.engine
        await until(lambda: held.policy.n_begun == 1, "it waits for its first answer")
        (running,) = held.run.view().rollouts
        trace = await engine.show_rollout(running.rollout_id[:9])
        assert (trace.rollout.outcome, trace.rollout.rollout_id) == (RUNNING, running.rollout_id)
        assert (trace.rollout.task_id, trace.rollout.seed) == (running.task_id, running.seed)
        assert (trace.is_finished, trace.calls, trace.first_state) == (False, (), ())
        held.policy.allow(1)
        await until(lambda: held.policy.n_begun == 2, "it waits for its second")
        await held.context.store.flush()
        trace = await engine.show_rollout(running.rollout_id)
        assert [call.reply for call in trace.calls] == ["no idea"]
        assert trace.rollout.cost_microusd == trace.calls[0].cost_microusd == 100
        assert trace.first_state[-1].content
        assert ending_text(trace).startswith("running, 0 of 0 tests, 100 + 10 tokens, $0.0001")
        await engine.put_rollout_aside(running.rollout_id)
        assert (await engine.show_rollout(running.rollout_id)).rollout.outcome == ASIDE
        await engine.stop_run()
        stopped = await engine.show_rollout(running.rollout_id)
        assert (stopped.rollout.outcome, len(stopped.calls)) == (UNFINISHED, 1)
        again = held.again()
        again.policy.allow(99)
        await again.start()
        whole = await engine.show_rollout(running.rollout_id)
        assert (whole.is_finished, whole.rollout.outcome) == (True, "invalid")
        for nothing in ("", "nowhere"):
            with pytest.raises(UsageError, match="rollouts find"):
                await engine.show_rollout(nothing)
