"""A job's course on record: what it was given, what happened, and what is said before it."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import GemelError, RefusedError, UsageError
from core.events import Event, JobNoted, Level, StepTrained
from core.pairs.decisions import Action
from core.store.decisions import DecisionCounts
from core.store.jobs import JobEventRow, JobRow, JobStateRow, MetricRow, add_events, load_events
from core.training.alarms import AlarmKind
from core.training.course import refuse_nonsense
from core.training.dpo import StepMetrics
from core.training.dpo_options import DpoOptions
from core.training.operations import JobView, TrainOptions
from core.workspace import Workspace

_WHEN = datetime.fromisoformat("2026-01-01")
_SMALL = TrainOptions(DpoOptions(n_epochs=2, batch_size=4))


async def _pair_ids(engine: Engine) -> list[str]:
    return [row.pair_id for row in (await engine.pairs_page(limit=1000)).rows]


def _kinds(view: JobView) -> list[str]:
    return [event.kind for event in view.events]


async def test_a_job_tells_and_stores_its_course_in_the_same_order(
    workspace_with_pairs: Path,
) -> None:
    told: list[JobNoted] = []

    def take(event: Event) -> None:
        if isinstance(event, JobNoted):
            told.append(event)

    async with open_engine(Workspace(workspace_with_pairs), emit=take) as engine:
        report = await engine.train(options=_SMALL)
        view = await engine.show_job()
    stored = [(e.level, e.kind, e.text, e.step, e.happened_at) for e in view.events]
    assert stored == [(e.level, e.kind, e.text, e.step, e.happened_at) for e in told]
    kinds = [kind for kind in _kinds(view) if kind != "alarm"]
    assert kinds == ["dataset", "started", "epoch", "epoch", "finished"]
    assert f"{report.summary.n_pairs} pairs" in view.events[0].text
    assert report.policy in view.events[-1].text
    assert [e.step for e in view.events if e.kind == "epoch"] == [
        report.summary.n_steps // 2,
        report.summary.n_steps,
    ]


async def test_an_alarm_is_stored_once_when_it_is_first_seen(workspace_with_pairs: Path) -> None:
    wild = TrainOptions(DpoOptions(n_epochs=20, learning_rate=10.0, beta=100.0, batch_size=4))
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        report = await engine.train(options=wild)
        view = await engine.show_job()
    alarms = [event for event in view.events if event.kind == "alarm"]
    assert alarms, "steps of this size cannot go unnoticed"
    assert all(event.level == Level.WARNING for event in alarms)
    first_words = [event.text.split(".")[0].split()[0:2] for event in alarms]
    assert len(alarms) == len({tuple(words) for words in first_words})
    assert {alarm.kind for alarm in report.alarms} == {alarm.kind for alarm in view.alarms}


async def test_a_report_counts_what_people_had_decided(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        first, second, third, *rest = await _pair_ids(engine)
        await engine.decide(first, Action.KEEP)
        await engine.decide(second, Action.DROP)
        await engine.decide(third, Action.SWAP)
        report = await engine.train(options=_SMALL)
        await engine.decide(first, Action.CLEAR)
        view = await engine.show_job()
    expected = DecisionCounts(n_kept=1, n_dropped=1, n_undecided=len(rest) + 1, n_swapped=1)
    assert report.decisions == expected
    given = view.given
    assert given is not None
    assert (given.n_kept, given.n_dropped, given.n_swapped) == (1, 1, 1)
    assert given.n_pairs == len(rest) + 2
    assert "1 kept by a person" in view.events[0].text


async def test_a_cancelled_job_says_so_as_its_last_event(workspace_with_pairs: Path) -> None:
    has_stepped = asyncio.Event()

    def take(event: Event) -> None:
        if isinstance(event, StepTrained):
            has_stepped.set()

    endless = TrainOptions(DpoOptions(n_epochs=1000, batch_size=1))
    async with open_engine(Workspace(workspace_with_pairs), emit=take) as engine:
        training = asyncio.create_task(engine.train(options=endless))
        await has_stepped.wait()
        await engine.cancel_job((await engine.show_job()).job.job_id)
        with pytest.raises(asyncio.CancelledError):
            await training
        view = await engine.show_job()
    last = view.events[-1]
    assert (last.kind, last.level, last.text) == ("cancelled", "warning", "stopped by the user")


async def test_a_job_whose_engine_was_killed_has_failed_when_the_next_one_opens(
    tmp_path: Path,
) -> None:
    async with open_engine(Workspace(tmp_path)) as engine:
        store = engine.context.store
        for job_id, trainer in (("job-here", "builtin"), ("job-there", "together")):
            await store.insert("jobs", [JobRow(job_id, trainer, "d", "{}", _WHEN)])
            await store.insert("job_states", [JobStateRow(job_id, "running", "", "", _WHEN)])
    for _ in range(2):
        async with open_engine(Workspace(tmp_path)) as engine:
            found = {job.job_id: job.status for job in await engine.list_jobs()}
            view = await engine.show_job("job-here")
    assert found == {"job-here": "failed", "job-there": "running"}
    assert "engine ended" in view.job.reason
    assert _kinds(view) == ["failed"]


async def test_a_list_of_remote_events_that_comes_again_adds_only_what_is_new(
    tmp_path: Path,
) -> None:
    events = [
        JobEventRow("job", "info", f"JOB_{n}", "text", None, f"remote-{n}", _WHEN) for n in range(4)
    ]
    async with open_engine(Workspace(tmp_path)) as engine:
        store = engine.context.store
        assert await add_events(store, "job", events[:2]) == events[:2]
        assert await add_events(store, "job", [*events, events[3]]) == events[2:]
        assert await add_events(store, "job", events) == []
        assert await load_events(store, "job") == events


async def test_a_value_that_is_no_number_raises_the_gravest_alarm_and_is_a_gap_in_its_series(
    tmp_path: Path,
) -> None:
    values = [0.7, 0.6, math.nan, math.inf]
    async with open_engine(Workspace(tmp_path)) as engine:
        store = engine.context.store
        await store.insert("jobs", [JobRow("job", "together", "d", "{}", _WHEN)])
        await store.insert("job_states", [JobStateRow("job", "running", "", "", _WHEN)])
        rows = [MetricRow("job", n, "loss", value) for n, value in enumerate(values, 1)]
        await store.insert("job_metrics", rows)
        view = await engine.show_job()
    assert [point.value for point in view.series["loss"]] == [0.7, 0.6, None, None]
    assert [(alarm.kind, alarm.step) for alarm in view.alarms] == [(AlarmKind.NOT_A_NUMBER, 3)]


def test_a_step_that_measures_nonsense_ends_the_job_by_name() -> None:
    fine = StepMetrics(3, 1.0, 0.5, 0.1, -0.1, 0.2, 1.0, -2.0, -3.0, 0.1, 0.1)
    refuse_nonsense(fine)
    with pytest.raises(GemelError, match="grad norm is not a number at step 3"):
        refuse_nonsense(replace(fine, grad_norm=math.inf))


async def test_a_preflight_says_what_the_job_then_does_and_stores_nothing(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        kept, *_ = await _pair_ids(engine)
        await engine.decide(kept, Action.KEEP)
        found = await engine.preflight(options=_SMALL)
        assert await engine.context.store.fetch("SELECT * FROM datasets") == []
        assert await engine.list_jobs() == []
        report = await engine.train(options=_SMALL)
    assert found.refusals == ()
    assert found.leak == ""
    assert found.cost_microusd == 0
    assert (found.build_id, found.n_tasks) == (report.build_id, report.n_tasks)
    assert (found.n_trained, found.n_steps) == (report.summary.n_pairs, report.summary.n_steps)
    assert (found.decisions, found.skipped) == (report.decisions, report.skipped)


async def test_a_preflight_refuses_what_the_job_would_refuse(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        first, *rest = await _pair_ids(engine)
        await engine.decide(first, Action.FLAG)
        found = await engine.preflight()
        with pytest.raises(RefusedError) as refusal:
            await engine.train()
        assert found.refusals == (str(refusal.value),)
        assert (await engine.preflight(include_flagged=True)).refusals == ()
        for pair_id in (first, *rest):
            await engine.decide(pair_id, Action.DROP)
        assert "dropped" in (await engine.preflight()).refusals[0]
        with pytest.raises(UsageError, match="no policy"):
            await engine.preflight(options=TrainOptions(parent="builtin:nonsense"))


async def test_a_preflight_names_the_leak_that_training_would_refuse(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        store = engine.context.store
        ((task_id,),) = await store.fetch("SELECT task_id FROM pairs ORDER BY 1 LIMIT 1")
        await store.change(
            lambda cursor: cursor.execute(
                "INSERT INTO split_members SELECT split_id, 'kata/twin', family, 'test' "
                "FROM split_members WHERE task_id = ?",
                [task_id],
            )
        )
        found = await engine.preflight()
    assert "kata/twin" in found.leak
    assert found.refusals == (found.leak,)
    assert found.n_trained > 0, "the rest is said all the same"
