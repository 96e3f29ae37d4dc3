"""Whole runs against a model behind HTTP: the same rollouts, every cent counted, ceilings kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.agent.limits import Limits, Speech
from core.chat import Decoding
from core.engine import Engine
from core.errors import CeilingError, RefusedError, UsageError
from core.rollouts.operations import Pace, RunOptions, RunReport
from core.store.ledger import LedgerBy
from core.store.runs import load_rollouts
from tests.core.rollouts.served import PRICE, served
from tests.core.together.chat import ChatService, refused, request_of, said, silent
from tests.core.together.http import Answer

_LIMITS = Limits(n_iterations=3)


def _options(policy: str, ceiling: int | None = None) -> RunOptions:
    return RunOptions(policy, 2, n_tasks=8, limits=_LIMITS, ceiling_microusd=ceiling)


async def _programs(engine: Engine, report: RunReport) -> list[tuple[str, int, str, str]]:
    rows = await load_rollouts(engine.context.store, report.run_id)
    return sorted((r.task_id, r.seed, r.outcome, r.replacement) for r in rows)


def _bill(service: ChatService) -> int:
    return sum(PRICE.cost(usage) for usage in service.billed)


async def test_a_model_behind_http_gives_the_same_rollouts_and_the_ledger_equals_the_bill(
    workspace: Path,
) -> None:
    faults = [
        refused(429, retry_after="0.01"),
        refused(503),
        refused(500),
        refused(429, retry_after_ms="5"),
    ]
    async with served(workspace, *faults) as (service, name, engine):
        far = await engine.run_rollouts(_options(name))
        near = await engine.run_rollouts(_options("builtin"))
        assert await _programs(engine, far) == await _programs(engine, near)
        assert far.cost_microusd == _bill(service) > 0
        assert far.n_calls == near.n_calls + len(faults)
        spent = await engine.spending(far.run_id)
        lost = request_of(service.asked[2].json).worst_usage
        assert (spent.spent, spent.unseen) == (_bill(service), PRICE.cost(lost)), "of the 500 alone"
        by_task = await engine.ledger(LedgerBy.TASK)
        assert len(by_task) == 8
        assert sum(line.cost_microusd for line in by_task) == _bill(service)
        paid = [line for line in await engine.ledger(LedgerBy.PRICE) if line.cost_microusd]
        assert [line.n_calls for line in paid] == [far.n_calls]
        assert paid[0].key.endswith("2026-11-01, test")
        assert near.cost_microusd == 0


async def test_a_run_stops_below_its_ceiling_and_a_raised_one_finishes_only_the_rest(
    workspace: Path,
) -> None:
    async with served(workspace, n_concurrent=2) as (service, name, engine):
        ceiling = 40_000
        with pytest.raises(CeilingError, match=r"The ceiling of run-.* is \$0.04"):
            await engine.run_rollouts(_options(name, ceiling))
        (run,) = [run for run in await engine.list_runs() if run.status == "stopped"]
        stopped = await engine.show_run(run.run_id)
        assert 0 < stopped.n_rollouts < stopped.n_planned
        assert stopped.reason.startswith("The ceiling of run-")
        assert stopped.cost_microusd == _bill(service) <= ceiling
        n_asked = len(service.asked)
        with pytest.raises(CeilingError):
            await engine.resume_run(run.run_id)
        assert _bill(service) <= ceiling
        await engine.set_ceiling(None, run.run_id)
        whole = await engine.resume_run(run.run_id)
        assert whole.n_rollouts == whole.n_planned
        assert whole.n_calls == len(service.asked) > n_asked
        assert whole.cost_microusd == _bill(service)
        near = await engine.run_rollouts(_options("builtin"))
        assert await _programs(engine, whole) == await _programs(engine, near)


async def test_the_workspaces_ceiling_holds_for_every_run(workspace: Path) -> None:
    async with served(workspace) as (service, name, engine):
        await engine.set_ceiling(20_000)
        for _ in range(2):
            with pytest.raises(CeilingError, match="The ceiling of this workspace"):
                await engine.run_rollouts(_options(name))
        assert 0 < _bill(service) <= 20_000
        assert (await engine.spending()).spent == _bill(service)


async def test_a_model_without_a_price_is_not_called(workspace: Path) -> None:
    async with served(workspace) as (service, name, engine):
        with pytest.raises(RefusedError, match=r"The price of .* is unknown"):
            await engine.run_rollouts(_options(name.replace("test/", "other/")))
        assert service.asked == []


async def test_nonsense_costs_what_it_may_have_cost_and_never_ends_a_run(workspace: Path) -> None:
    html = said(b"<html>\x1b[2J</html>", "text/html")
    odd = [html, said(b'{"choi'), said(b"[" * 200_000), said(b'{"choices": [], "usage": null}')]
    async with served(workspace, *odd) as (service, name, engine):
        report = await engine.run_rollouts(_options(name))
        assert report.n_rollouts == report.n_planned
        assert report.outcomes.get("error", 0) == 0
        spent = await engine.spending(report.run_id)
        assert spent.spent == _bill(service)
        assert spent.unseen > 0


async def test_a_storm_of_refusals_is_met_by_fewer_calls_at_once(workspace: Path) -> None:
    async with served(workspace, n_concurrent=64) as (service, name, engine):
        await engine.run_rollouts(_options(name))
        assert service.n_most_at_once < 16, "a cold model is not met by everybody"


async def test_a_stopped_run_counts_the_calls_that_it_cut_off(workspace: Path) -> None:
    async with served(workspace, *[silent()] * 4, n_concurrent=4) as (service, name, engine):
        running = asyncio.create_task(engine.run_rollouts(_options(name)))
        await service.is_asked.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        spent = await engine.spending()
        assert spent.spent == 0
        assert spent.unseen > 0


async def test_tools_called_natively_over_streams_give_the_same_rollouts_as_offline(
    workspace: Path,
) -> None:
    html = said(b"<html></html>", "text/html")
    async with served(workspace, html, refused(503)) as (service, name, engine):
        options = RunOptions(
            "builtin",
            1,
            n_tasks=4,
            protocol=Speech.TOOLS_NATIVE,
            limits=Limits(n_iterations=4, n_reflections=1),
        )
        near = await engine.run_rollouts(options)
        streams = Decoding(streams=True)
        far = await engine.run_rollouts(replace(options, policy=name, decoding=streams))
        assert await _programs(engine, far) == await _programs(engine, near)
        assert (await engine.spending(far.run_id)).spent == _bill(service) > 0
        assert far.n_calls == near.n_calls + 2


async def test_who_knows_a_models_limit_begins_with_as_many_calls(workspace: Path) -> None:
    all_here = asyncio.Barrier(12)

    async def wait() -> None:
        await all_here.wait()

    async with served(workspace) as (service, name, engine):
        service.faults += [lambda *_: Answer(429, b"", {"retry-after": "0"}, before=wait)] * 12
        options = replace(_options(name), pace=Pace(at_once=12, first_calls=12))
        assert (await engine.preview_run(options)).n_concurrent == 12
        async with asyncio.timeout(60.0):
            assert (await engine.run_rollouts(options)).status == "finished"
    with pytest.raises(UsageError, match="At once: 1 to 256"):
        Pace(first_calls=0)


async def test_a_model_that_answers_nobody_stops_the_run_and_a_resume_finishes_it(
    workspace: Path,
) -> None:
    async with served(workspace, n_concurrent=2) as (service, name, engine):
        service.faults = [lambda s, a: None] * 5 + [refused(402, "add credit")] * 4
        with pytest.raises(RefusedError, match="answers nobody: spend limit: HTTP 402: add credit"):
            await engine.run_rollouts(_options(name))
        (run,) = [run for run in await engine.list_runs() if run.status == "stopped"]
        stopped = await engine.show_run(run.run_id)
        assert "error" not in stopped.outcomes, "nothing is marked as lost"
        n_refused = 4 - len(service.faults)
        assert 1 <= n_refused <= 2, "whoever was not begun is not even asked"
        service.faults.clear()
        whole = await engine.resume_run(run.run_id)
        assert whole.n_rollouts == whole.n_planned
        assert whole.cost_microusd == _bill(service)
        near = await engine.run_rollouts(_options("builtin"))
        assert await _programs(engine, whole) == await _programs(engine, near)
