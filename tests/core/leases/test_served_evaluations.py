"""Base and tuned on rented machines: one build, one hardware, and nothing left when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from core.engine import Engine, open_engine
from core.errors import RefusedError, ServiceError
from core.evaluation.operations import EvaluationOptions
from core.leases.lease import Holder, LeaseStatus
from core.leases.planning import LeaseWish
from core.policies.builtin import BuiltinPolicy
from core.policies.catalogue import find_theta
from core.rollouts.operations import RunOptions, load_arm
from core.store.jobs import ArtifactRow, save_artifact
from core.together.records import ARTIFACT_KIND, RemoteModel
from core.training.operations import TrainOptions
from core.workspace import Workspace
from tests.core.leases.yards import (
    AGREED,
    PATIENT,
    account_with_bases,
    parts,
    rent_and_kill,
    renting,
    until,
    use,
    yard_on,
)
from tests.core.together.account import Registered
from tests.core.together.catalogue import H100
from tests.core.together.endpoints import Yard
from tests.core.together.http import Answer
from tests.core.together.service import Service, refusing, together
from tests.core.together.shops import QWEN

_CHATS = ("POST", "/v1/chat/completions")
_OPTIONS = EvaluationOptions(n_seeds=1, n_tasks=3, budgets=(1, 2))


@dataclass(slots=True)
class _Tuned:
    """A workspace with a model that a remote job made."""

    engine: Engine
    yard: Yard
    service: Service
    builtin: str
    """The same weights as a built-in policy."""
    name: str = "tuned:remote1"


async def _make(engine: Engine, yard: Yard, *, has_adapter: bool = True) -> str:
    """Train, and put the weights into registry and store as a job's; the same as a built-in."""
    job = await engine.train("latest", TrainOptions())
    store, account = engine.context.store, yard.account
    policy = BuiltinPolicy(await find_theta(store, job.policy), "tuned")
    merged = account.register("acme/qwen-gemel", policy, base="ml_qwen")
    adapter = account.register("acme/qwen-gemel-adapter", policy, base="ml_qwen", is_adapter=True)
    made = RemoteModel(
        remote_job_id="ft-1",
        base_model=QWEN,
        output_name="acme/qwen-gemel",
        model_object_id=merged.model_id,
        adapter_object_id=adapter.model_id if has_adapter else "",
    )
    body, now = msgspec.json.encode(made).decode(), engine.context.now()
    row = ArtifactRow("remote1", ARTIFACT_KIND, QWEN, "job-1", "data", body, now)
    await save_artifact(store, row)
    return job.policy


@asynccontextmanager
async def _tuned(
    directory: Path, monkeypatch: pytest.MonkeyPatch, *, has_adapter: bool = True
) -> AsyncIterator[_Tuned]:
    async with renting(directory, monkeypatch) as (engine, yard, service):
        builtin = await _make(engine, yard, has_adapter=has_adapter)
        yield _Tuned(engine, yard, service, builtin)


async def _all_ended(at: _Tuned) -> int:
    """Nothing is left; returns what the machines came to."""
    leases = await at.engine.list_leases()
    assert {lease.status for lease in leases} == {LeaseStatus.ENDED}
    assert not at.yard.endpoints
    assert not at.yard.rented
    return sum(lease.cost_microusd for lease in leases)


async def test_base_and_tuned_are_adapters_of_one_deployment_that_ends_with_the_verdict(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        far = await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED)
        assert at.yard.n_made == 1
        spent = await _all_ended(at)
        near = await at.engine.evaluate(at.builtin, _OPTIONS)
        assert far.test.rows == near.test.rows, "the same weights behind HTTP"
        arms = [await load_arm(at.engine.context, n) for n in (far.base_arm, far.tuned_arm)]
        assert [arm.policy for arm in arms] == [f"deployed:{QWEN}", at.name]
        assert {arm.serving for arm in arms} == {arms[0].serving}
        assert H100 in arms[0].serving
        run = await at.engine.show_run(far.run_id)
        assert run.n_calls > 0
        assert at.yard.account.billed("endpoint") <= spent
        money = await at.engine.spending(far.run_id)
        assert (money.spent, money.unseen) == (spent, 0), "minutes, and no tokens"
        (fact,) = [p for p in await at.engine.list_probes() if p.what.startswith("adapter")]
        assert "served beside its base model" in fact.body


@pytest.mark.parametrize("why", ["no adapter was made", "it fails to load", "no name answers"])
async def test_where_no_adapter_can_be_served_two_deployments_of_one_kind_are(
    why: str, workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_adapter = why != "no adapter was made"
    async with _tuned(workspace_with_pairs, monkeypatch, has_adapter=has_adapter) as at:
        adapter = next(made for made in at.yard.account.registry.values() if made.is_adapter)
        if why == "it fails to load":
            at.yard.failing.add(adapter.model_id)
        if why == "no name answers":
            unnamed = Registered(adapter.model_id, "", adapter.policy, is_adapter=True)
            at.yard.account.registry[adapter.model_id] = unnamed
        report = await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED)
        assert at.yard.n_made == 2
        await _all_ended(at)
        arms = [await load_arm(at.engine.context, n) for n in (report.base_arm, report.tuned_arm)]
        assert arms[0].serving == arms[1].serving


async def test_an_adapter_is_loaded_where_nothing_but_its_attachment_is_served(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        at.yard.lists_adapters, at.yard.n_loading = False, 3
        await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED)
        assert at.yard.n_made == 1
        await _all_ended(at)


async def test_an_adapter_whose_first_answers_are_none_gets_no_machine_of_its_own(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        at.service.faults[_CHATS] += [
            *[refusing(503, retry_after="0.01")] * 5,
            lambda asked: Answer(200, b"<html>", {"content-type": "text/html"}),
            lambda asked: Answer.of_json({"id": "x", "choices": [], "usage": None}),
        ]
        await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED)
        assert at.yard.n_made == 1
        (fact,) = [p for p in await at.engine.list_probes() if p.what.startswith("adapter")]
        assert "served beside its base model" in fact.body
        await _all_ended(at)


async def test_a_second_machine_is_in_the_price_and_is_not_rented_above_what_was_agreed(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        plan = await at.engine.plan_serving("deployed", at.name)
        assert plan.worst_microusd == 2 * plan.sure_microusd
        adapter = next(made for made in at.yard.account.registry.values() if made.is_adapter)
        at.yard.failing.add(adapter.model_id)
        one = LeaseWish(most_microusd=plan.sure_microusd)
        with pytest.raises(RefusedError, match=r"were agreed to\. No machine was rented for tuned"):
            await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=one)
        assert at.yard.n_made == 1
        await _all_ended(at)
        both = LeaseWish(most_microusd=plan.worst_microusd)
        assert (await at.engine.resume_evaluation(wish=both)).test.rows
        assert at.yard.n_made == 3
        await _all_ended(at)


async def test_unequal_builds_are_refused_before_anything_is_rented(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        with pytest.raises(RefusedError, match=r"differ in more than their policy \(serving\)"):
            await at.engine.evaluate(at.name, _OPTIONS, base="builtin", wish=AGREED)
        with pytest.raises(RefusedError, match="not made from one base model"):
            await at.engine.evaluate(
                at.name, _OPTIONS, base="deployed:Qwen/Qwen3.5-2B", wish=AGREED
            )
        cheap = LeaseWish(most_microusd=5)
        with pytest.raises(RefusedError, match="nobody agreed to that"):
            await at.engine.evaluate(at.name, _OPTIONS, base="deployed")
        with pytest.raises(RefusedError, match="were agreed to"):
            await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=cheap)
        assert at.yard.n_made == 0


async def test_a_stopped_evaluation_ends_its_leases_and_is_resumed_on_the_same_build(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        running = asyncio.create_task(
            at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED)
        )
        await until(lambda: at.service.count(*_CHATS) >= 4)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await _all_ended(at)
        at.yard.shop.models[0].profiles = ((H100, "ADAPTER_MODE_DISABLED"),)
        report = await at.engine.resume_evaluation(wish=AGREED)
        assert report.test.rows
        await _all_ended(at)
        again = await at.engine.resume_evaluation(report.evaluation_id)
        assert again == report


async def test_a_failing_evaluation_ends_its_leases(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        at.yard.failing.add("ml_qwen")
        with pytest.raises(ServiceError, match="could not be brought up"):
            await at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED)
        await _all_ended(at)


async def test_two_evaluations_never_hold_two_endpoints_for_one_model(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        both = await asyncio.gather(
            at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED),
            at.engine.evaluate(at.name, _OPTIONS, base="deployed", wish=AGREED),
            return_exceptions=True,
        )
        (refusal,) = [each for each in both if isinstance(each, RefusedError)]
        assert "has an endpoint already" in str(refusal)
        assert at.yard.n_made == 1
        await _all_ended(at)


async def test_what_a_person_rented_is_used_by_runs_and_stays(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _tuned(workspace_with_pairs, monkeypatch) as at:
        options = RunOptions(f"deployed:{QWEN}", 1, n_tasks=2)
        with pytest.raises(RefusedError, match=r"`gemel lease start Qwen/Qwen3.5-9B`"):
            await at.engine.run_rollouts(options)
        lease = await at.engine.start_lease(QWEN, AGREED)
        report = await at.engine.run_rollouts(options)
        assert (report.status, report.cost_microusd) == ("finished", 0)
        assert (await at.engine.show_lease()).status is LeaseStatus.READY
        await at.engine.stop_lease(lease.lease_id)
        with pytest.raises(RefusedError, match=r"`gemel lease start Qwen/Qwen3.5-9B`"):
            await at.engine.run_rollouts(options)


async def test_an_evaluation_that_was_killed_goes_on_with_the_machine_it_had(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard, workspace = yard_on(account_with_bases()), Workspace(workspace_with_pairs)
    async with together(*parts(yard)) as (_, url):
        use(monkeypatch, url)
        async with open_engine(workspace, n_workers=1) as engine:
            await _make(engine, yard)
        await rent_and_kill(workspace_with_pairs, grace_s=600, what="tuned:remote1")
        assert yard.rented
        async with open_engine(workspace, n_workers=1, pace=PATIENT) as engine:
            (lease,) = await engine.list_leases()
            assert (bool(lease.owner_id), lease.holder) == (True, Holder.WATCHER)
            report = await engine.resume_evaluation(wish=AGREED)
            assert report.test.rows
        assert yard.n_made == 1, "no second machine"
        assert not yard.endpoints
