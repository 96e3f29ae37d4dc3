"""Control of a run that goes on: what a pause holds, what a stop keeps, and what is said of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.errors import BoundaryError, EngineLost, PolicyError, RefusedError, UsageError
from core.events import RunContinued, RunDraining, RunEnded, RunPaused
from core.live import LiveStage, RunStatus
from core.rollouts.control import LOST
from core.rollouts.operations import RunOptions
from core.service.client import EngineClient
from core.service.connect import connect
from core.service.server import Server, Settings
from core.store.runs import RunStateRow, load_calls, load_rollouts
from core.workspace import Workspace
from tests.core.rollouts.held import N_CALLS, Held, held_run, until


async def _report(held: Held) -> tuple[str, str, int, int]:
    report = await held.engine.show_run(held.run.run_id)
    return report.status, report.reason, report.n_rollouts, report.n_calls


async def test_a_paused_run_begins_no_call_and_loses_none(workspace: Path) -> None:
    async with held_run(workspace) as held:
        driving, policy, engine = held.start(), held.policy, held.engine
        await until(lambda: policy.n_begun == 2, "two rollouts wait for their first answer")
        paused = await engine.pause_run(by="a test")
        assert (paused.status, paused.run_id) == (RunStatus.PAUSED, held.run.run_id)
        policy.allow(99)
        await until(
            lambda: [r.stage for r in held.run.view().rollouts] == [LiveStage.WAITING] * 2,
            "both got their answer, which is stored, and stand before the next call",
        )
        assert (policy.n_begun, held.run.view().n_calls) == (2, 2)
        assert await _report(held) == ("paused", "asked for by a test", 0, 2)
        assert [run.status for run in await engine.live_runs()] == [RunStatus.PAUSED]
        with pytest.raises(UsageError, match="paused already"):
            await engine.pause_run(held.run.run_id)
        assert (await engine.continue_run()).status is RunStatus.RUNNING
        await driving
        assert await _report(held) == ("finished", "", 8, 8 * N_CALLS)
        assert len(policy.asked) == 8 * N_CALLS, "nothing was asked twice"
        changes = [e for e in held.told if isinstance(e, RunPaused | RunContinued | RunEnded)]
        run_id = held.run.run_id
        assert changes == [
            RunPaused(run_id, "asked for by a test"),
            RunContinued(run_id),
            RunEnded(run_id, "finished"),
        ]


async def test_a_stop_works_while_paused_and_a_resume_pays_for_nothing_twice(
    workspace: Path,
) -> None:
    async with held_run(workspace) as held:
        held.start()
        held.policy.allow(2)
        await until(lambda: held.run.view().n_calls == 2, "two answers are stored")
        await held.engine.pause_run()
        await held.engine.stop_run(by="a test")
        assert held.driving is not None
        assert held.driving.cancelled()
        assert (await _report(held))[:2] == ("stopped", "asked for by a test")
        with pytest.raises(UsageError, match="No run is going on"):
            await held.engine.continue_run()
        again = held.again()
        again.policy.allow(99)
        await again.start()
        assert await _report(held) == ("finished", "", 8, 8 * N_CALLS)
        assert len(again.policy.asked) == 8 * N_CALLS - 2


@pytest.mark.parametrize(
    ("why", "said"), [(["its engine was ended by SIGTERM"],) * 2, ([], ["interrupted"])]
)
async def test_the_reason_of_a_stop_is_what_ended_it(
    workspace: Path, why: list[str], said: list[str]
) -> None:
    async with held_run(workspace) as held:
        driving = held.start()
        await until(lambda: held.policy.n_begun > 0, "the run goes on")
        driving.cancel(*why)
        await asyncio.wait([driving])
        assert (await _report(held))[:2] == ("stopped", *said)
        assert held.told[-1] == RunEnded(held.run.run_id, "stopped", *said)


async def test_an_error_of_our_own_fails_the_run_and_is_its_reason(workspace: Path) -> None:
    async with held_run(workspace) as held:
        held.policy.fault = KeyError("a fault\x1b[2J")
        held.policy.allow(1)
        with pytest.raises(BoundaryError):
            await held.start()
        status, reason, *_ = await _report(held)
        assert status == "failed"
        assert "KeyError: 'a fault" in reason
        assert "\x1b" not in reason


async def test_what_infrastructure_ended_is_done_again_only_when_asked(workspace: Path) -> None:
    async with held_run(workspace, n_tasks=2, n_seeds=1) as held:
        held.policy.fault = PolicyError("the model is down")
        held.policy.allow(99)
        await held.start()
        run_id, engine = held.run.run_id, held.engine
        assert (await engine.show_run(run_id)).outcomes == {"error": 2}
        assert (await engine.resume_run(run_id)).outcomes == {"error": 2}
        again = await engine.resume_run(run_id, retries_errors=True)
        assert (again.status, again.n_rollouts) == ("finished", 2)
        assert "error" not in again.outcomes
        assert again.n_calls > 2, "what was called before stays in the ledger"


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.PAUSED])
async def test_a_run_whose_engine_was_killed_is_stopped_and_says_so(
    workspace: Path, status: RunStatus
) -> None:
    async with held_run(workspace) as held:
        row = RunStateRow(held.run.run_id, status, "", held.context.now())
        await held.context.store.insert("run_states", [row])
    async with held_run(workspace) as other:
        report = await other.engine.show_run(held.run.run_id)
        assert (report.status, report.reason) == ("stopped", LOST)
        assert (await other.engine.show_run(other.run.run_id)).reason == "not begun"


async def test_more_or_fewer_rollouts_go_on_at_once_when_that_is_changed(workspace: Path) -> None:
    async with held_run(workspace, n_concurrent=1) as held:
        driving, policy = held.start(), held.policy
        await until(lambda: policy.n_begun == 1, "one goes on")
        assert (await held.engine.set_concurrency(5)).n_concurrent == 5
        await until(lambda: policy.n_begun == 5, "five go on")
        await held.engine.set_concurrency(2)
        policy.allow(5 * N_CALLS)
        await until(lambda: len(held.run.view().outcomes) > 0, "some are finished")
        await until(
            lambda: sum(held.run.view().outcomes.values()) == 5 and policy.n_begun == 17,
            "all five are finished, two others are begun",
        )
        assert len(held.run.view().rollouts) == 2
        for refused in (0, 257):
            with pytest.raises(UsageError, match="1 to 256"):
                await held.engine.set_concurrency(refused)
        policy.allow(99)
        await driving
        assert (await _report(held))[0] == "finished"


async def test_a_rollout_put_aside_is_done_by_a_resume_from_where_it_stood(
    workspace: Path,
) -> None:
    async with held_run(workspace) as held:
        driving, policy = held.start(), held.policy
        await until(lambda: policy.n_begun == 2, "two wait for their first answer")
        policy.allow(2)
        await until(lambda: policy.n_begun == 4, "two wait for their second answer")
        aside = held.run.view().rollouts[0].rollout_id
        await held.engine.put_rollout_aside(aside[:10])
        for unknown in ("", "nonsense"):
            with pytest.raises(UsageError, match="No running rollout"):
                await held.engine.put_rollout_aside(unknown)
        policy.allow(99)
        await driving
        reason = "1 rollout was put aside; a resume does what is missing"
        assert (await _report(held))[:3] == ("stopped", reason, 7)
        again = held.again()
        again.policy.allow(99)
        await again.start()
        assert (await _report(held))[:3] == ("finished", "", 8)
        assert len(again.policy.asked) == N_CALLS - 1


async def test_a_run_that_begins_or_ends_is_not_paused(workspace: Path) -> None:
    async with held_run(workspace) as held:
        with pytest.raises(RefusedError, match="just begins or ends"):
            await held.run.pause("")
        held.policy.allow(99)
        await held.start()
        with pytest.raises(RefusedError, match="just begins or ends"):
            await held.run.pause("")
        assert (await _report(held))[0] == "finished"


async def test_a_paused_run_begins_no_rollout_in_place_of_one_that_ends(workspace: Path) -> None:
    async with held_run(workspace) as held:
        driving, policy = held.start(), held.policy
        policy.allow(2 * (N_CALLS - 1))
        await until(lambda: policy.n_begun == 2 * N_CALLS, "two wait for their last answer")
        await held.engine.pause_run()
        policy.allow(2)
        await until(lambda: sum(held.run.view().outcomes.values()) == 2, "both are finished")
        for _ in range(20):
            await asyncio.sleep(0)
        assert held.run.view().rollouts == ()
        await held.engine.continue_run()
        policy.allow(99)
        await driving
        assert (await _report(held))[:3] == ("finished", "", 8)


async def test_an_idle_engine_does_not_end_under_a_paused_run(workspace: Path) -> None:
    server, is_ready = Server(Workspace(workspace), Settings(1, idle_s=0.2)), asyncio.Event()
    serving = asyncio.create_task(server.run(is_ready.set))
    await asyncio.wait_for(is_ready.wait(), 20.0)
    client = await connect(Workspace(workspace), start=False)
    running = asyncio.create_task(client.run_rollouts(RunOptions(n_seeds=99, n_tasks=9)))
    while not await client.live_runs():
        pass
    await _paused(client)
    await client.close()
    with pytest.raises(EngineLost):
        await running
    await asyncio.wait([serving], timeout=0.6)
    assert not serving.done()
    client = await connect(Workspace(workspace), start=False)
    await client.stop_run(by="a test")
    await client.close()
    await asyncio.wait_for(serving, 20.0)


async def _paused(client: EngineClient) -> None:
    """Ask until the run is far enough for it."""
    try:
        await client.pause_run()
    except RefusedError:
        await _paused(client)


async def test_a_pause_with_nothing_left_to_begin_does_not_keep_a_run(workspace: Path) -> None:
    async with held_run(workspace, n_tasks=1, n_seeds=1) as held:
        driving, policy = held.start(), held.policy
        policy.allow(N_CALLS - 1)
        await until(lambda: policy.n_begun == N_CALLS, "it waits for its last answer")
        await held.engine.pause_run()
        policy.allow(1)
        await driving
        assert (await _report(held))[0] == "finished"


async def test_a_drained_run_finishes_what_is_begun_and_begins_nothing_new(
    workspace: Path,
) -> None:
    async with held_run(workspace) as held:
        driving, policy = held.start(), held.policy
        await until(lambda: policy.n_begun == 2, "two rollouts wait for their first answer")
        assert (await held.engine.drain_run(by="a test")).is_draining
        policy.allow(99)
        await driving
        assert await _report(held) == ("stopped", "drained, asked for by a test", 2, 2 * N_CALLS)
        assert RunDraining(held.run.run_id, "asked for by a test") in held.told
        again = held.again()
        again.policy.allow(99)
        await again.start()
        assert (await _report(held))[:3] == ("finished", "", 8)
        assert len(again.policy.asked) == 6 * N_CALLS


async def test_a_drain_ends_a_pause_and_a_run_with_nothing_left_is_finished(
    workspace: Path,
) -> None:
    async with held_run(workspace, n_tasks=1) as held:
        driving, policy = held.start(), held.policy
        await until(lambda: policy.n_begun == 2, "both are begun")
        await held.engine.pause_run()
        await held.engine.drain_run()
        policy.allow(99)
        await driving
        assert (await _report(held))[:3] == ("finished", "", 2)


async def test_one_that_was_put_aside_goes_on_at_once_when_it_is_requeued(workspace: Path) -> None:
    async with held_run(workspace) as held:
        driving, policy = held.start(), held.policy
        await until(lambda: policy.n_begun == 2, "two wait for their first answer")
        policy.allow(2)
        await until(lambda: policy.n_begun == 4, "two wait for their second answer")
        aside = held.run.view().rollouts[0].rollout_id
        assert (await held.engine.put_rollout_aside(aside)).aside == (aside,)
        await held.engine.requeue_rollout(aside[:12])
        assert held.run.view().aside == ()
        policy.allow(99)
        await driving
        assert await _report(held) == ("finished", "", 8, 8 * N_CALLS)
        assert len(policy.asked) == 8 * N_CALLS, "nothing was asked twice"


async def test_an_error_is_done_again_by_the_run_that_goes_on(workspace: Path) -> None:
    async with held_run(workspace, n_concurrent=1) as held:
        driving, policy = held.start(), held.policy
        policy.allow(1)
        await until(lambda: policy.n_begun == 2, "the second call is asked")
        policy.fault = PolicyError("the model is down")
        policy.allow(1)
        await until(lambda: held.run.view().outcomes == {"error": 1}, "it ended in an error")
        policy.fault = None
        (row,) = await load_rollouts(held.context.store, held.run.run_id)
        report = await held.engine.requeue_rollout(row.rollout_id)
        assert (report.status, report.outcomes) == ("running", {})
        policy.allow(99)
        await driving
        assert (await _report(held))[:3] == ("finished", "", 8)
        calls = await load_calls(held.context.store, held.run.run_id, row.rollout_id)
        assert [call.outcome for call in calls] == ["ok", "error", "ok", "ok"]


async def test_an_error_of_an_ended_run_waits_for_its_resume_and_a_result_stands(
    workspace: Path,
) -> None:
    async with held_run(workspace, n_tasks=1) as held:
        held.policy.fault = PolicyError("the model is down")
        held.policy.allow(1)
        driving = held.start()
        await until(lambda: held.run.view().outcomes == {"error": 1}, "one ended in an error")
        held.policy.fault = None
        held.policy.allow(99)
        await driving
        rows = {r.outcome: r for r in await load_rollouts(held.context.store, held.run.run_id)}
        with pytest.raises(RefusedError, match="ended as invalid, which is a result and stands"):
            await held.engine.requeue_rollout(rows["invalid"].rollout_id)
        with pytest.raises(UsageError, match="No single rollout"):
            await held.engine.requeue_rollout("nonsense")
        report = await held.engine.requeue_rollout(rows["error"].rollout_id)
        assert (report.status, report.n_rollouts) == ("stopped", 1)
        again = held.again()
        again.policy.allow(99)
        await again.start()
        assert (await _report(held))[:3] == ("finished", "", 2)
