"""The loop through the engine: real sandbox, real store, built-in policy and trainer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from core.agent.limits import Limits
from core.chat import Decoding
from core.engine import open_engine
from core.errors import RefusedError, StoreLockedError, UsageError
from core.evaluation.operations import EvaluationOptions
from core.events import Event, ProgressMade, StepTrained
from core.pairs.formats import PairFormat
from core.rollouts.operations import RunOptions
from core.rollouts.record import step_of
from core.store.runs import load_calls, load_rollouts, load_states
from core.store.splits import load_members
from core.training.operations import TrainOptions
from core.workspace import Workspace

FEW = RunOptions(n_seeds=3, limits=Limits(n_iterations=12))


async def test_the_whole_loop_reaches_a_verdict_and_keeps_its_lineage(workspace: Path) -> None:
    events: list[Event] = []
    async with open_engine(Workspace(workspace), events.append) as engine:
        run = await engine.run_rollouts(FEW)
        assert run.status == "finished"
        assert run.n_rollouts == run.n_planned == sum(run.outcomes.values())
        assert run.cost_microusd == 0
        build = await engine.build_pairs(run.run_id)
        assert build.n_pairs >= build.n_tasks >= 1
        job = await engine.train(build.build_id)
        assert job.summary.loss_after < job.summary.loss_before
        report = await engine.evaluate(
            job.policy, EvaluationOptions(n_seeds=2, budgets=(2, 6), first_seed=900)
        )
        assert [at.budget for at in report.budgets] == [2, 6]
        assert report.test.ci_low <= report.test.delta <= report.test.ci_high
        assert (await engine.show_evaluation()).judgement == report.judgement
        (listed,) = await engine.list_jobs()
        assert (listed.status, f"builtin:{listed.artifact_id}") == ("finished", job.policy)
        assert listed.dataset_id == job.dataset_id
        overview = await engine.overview()
        assert overview.last_verdict == report.judgement.verdict
        assert overview.last_delta == pytest.approx(report.test.delta)
    stages = {event.stage for event in events if isinstance(event, ProgressMade)}
    assert {"rollouts", "evaluation"} <= stages
    assert any(isinstance(event, StepTrained) for event in events)


async def test_every_rollout_has_its_calls_and_their_states_on_record(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        run = await engine.run_rollouts(RunOptions(n_seeds=1, limits=Limits(n_iterations=4)))
        store = engine.context.store
        calls = await load_calls(store, run.run_id)
        rollouts = await load_rollouts(store, run.run_id)
        per_rollout = {
            r.rollout_id: [c for c in calls if c.rollout_id == r.rollout_id] for r in rollouts
        }
        for row in rollouts:
            mine = per_rollout[row.rollout_id]
            assert [call.iteration for call in mine] == list(range(1, row.n_iterations + 1))
            assert mine[0].state == row.first_state
            assert sum(call.n_prompt_tokens for call in mine) == row.n_prompt_tokens
        states = await load_states(store, [call.state for call in calls])
        assert set(states) == {call.state for call in calls}
        trace = await engine.show_rollout(rollouts[0].rollout_id)
        assert trace.first_state[0].role == "system"
        n_steps = sum(step_of(trace, call) is not None for call in trace.calls)
        assert n_steps == rollouts[0].n_iterations


async def test_no_reference_text_is_in_anything_a_policy_saw(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        run = await engine.run_rollouts(RunOptions(n_seeds=1, limits=Limits(n_iterations=1)))
        store = engine.context.store
        rows = await store.fetch("SELECT task_id, body FROM task_references")
        references = {task: msgspec.json.decode(body)["text"] for task, body in rows}
        rollouts = await load_rollouts(store, run.run_id)
        states = await load_states(store, [row.first_state for row in rollouts])
        for row in rollouts:
            user = msgspec.json.decode(states[row.first_state])[-1]["content"]
            assert references[row.task_id].rstrip("\n") not in user


async def test_equal_seeds_give_equal_rollouts_and_other_seeds_do_not(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        found = []
        for first in (0, 0, 50):
            options = RunOptions(n_seeds=1, first_seed=first, limits=Limits(n_iterations=5))
            run = await engine.run_rollouts(options)
            rows = await load_rollouts(engine.context.store, run.run_id)
            found.append([(r.task_id, r.outcome, r.find, r.replacement) for r in rows])
    assert found[0] == found[1]
    assert found[0] != found[2]


async def test_pairs_stand_on_one_state_and_only_on_train_tasks(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        build_id = (await engine.show_build()).build_id
        store = engine.context.store
        (split,) = await engine.list_splits()
        sides = {m.task_id: m.side for m in await load_members(store, split.split_id)}
        rows = await store.fetch(
            "SELECT task_id, state, chosen, rejected FROM pairs WHERE build_id = ?", [build_id]
        )
        assert rows
        assert {sides[task] for task, *_ in rows} == {"train"}
        states = await load_states(store, [state for _, state, *_ in rows])
        assert len(states) == len({task for task, *_ in rows})
        assert all(chosen != rejected for *_, chosen, rejected in rows)
        assert len(set(rows)) == len(rows)


async def test_rollouts_of_the_test_side_give_no_pairs(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        options = RunOptions(n_seeds=1, limits=Limits(n_iterations=1))
        await engine.run_rollouts(options, side="test")
        with pytest.raises(RefusedError, match="not on the train side"):
            await engine.build_pairs()


async def test_export_and_training_refuse_a_family_on_both_sides(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        build_id = (await engine.show_build()).build_id
        store = engine.context.store
        ((task_id,),) = await store.fetch("SELECT task_id FROM pairs ORDER BY 1 LIMIT 1")
        await store.change(
            lambda cursor: cursor.execute(
                "INSERT INTO split_members SELECT split_id, 'kata/twin', family, 'test' "
                "FROM split_members WHERE task_id = ?",
                [task_id],
            )
        )
        with pytest.raises(RefusedError, match=f"{task_id}.*kata/twin"):
            await engine.export_pairs(build_id, tmp_path / "p.jsonl", PairFormat.TOGETHER)
        with pytest.raises(RefusedError, match=f"{task_id}.*kata/twin"):
            await engine.train(build_id)
        assert not (tmp_path / "p.jsonl").exists()
        assert await engine.list_jobs() == []


async def test_exchanged_pairs_train_another_policy_from_the_same_dataset(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        good = await engine.train(options=TrainOptions())
        bad = await engine.train(options=TrainOptions(is_exchanged=True))
    assert good.dataset_id == bad.dataset_id
    assert bad.policy != good.policy


async def test_a_policy_is_not_compared_with_itself(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        with pytest.raises(UsageError, match="same policy"):
            await engine.evaluate("builtin")
        with pytest.raises(UsageError, match="no policy"):
            await engine.evaluate("builtin:nonsense")
        assert await engine.list_runs() == []


async def test_a_temperature_of_zero_makes_all_seeds_equal(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        options = RunOptions(
            n_seeds=2, decoding=Decoding(temperature=0.0), limits=Limits(n_iterations=2)
        )
        run = await engine.run_rollouts(options)
        rows = await load_rollouts(engine.context.store, run.run_id)
    by_task: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        by_task.setdefault(row.task_id, set()).add((row.find, row.replacement))
    assert all(len(edits) == 1 for edits in by_task.values())


async def test_a_workspace_has_one_owner(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)):
        with pytest.raises(StoreLockedError):
            async with open_engine(Workspace(workspace)):
                raise AssertionError("a second owner got in")
