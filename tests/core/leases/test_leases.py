"""The life of a lease: recorded before it exists, paid by the minute, and always ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CeilingError, RefusedError, ServiceError, UsageError
from core.leases.keeping import settle
from core.leases.lease import Holder, LeaseStatus
from core.leases.planning import LeaseWish
from core.store.leases import load_leases
from tests.core.leases.yards import AGREED, FAST, Moving, renting, until
from tests.core.together.catalogue import B200, H100
from tests.core.together.http import Answer
from tests.core.together.service import KEY, lost, refusing
from tests.core.together.shops import QWEN, SMALL

_ROOT = "/v2/projects/proj_1/endpoints"


async def test_a_lease_is_planned_started_billed_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Moving()
    async with renting(tmp_path, monkeypatch, clock=clock) as (engine, yard, service):
        plan = await engine.plan_lease(QWEN, LeaseWish(n_minutes=30))
        assert (plan.machine, plan.per_hour_microusd) == (H100, 3_990_000), "the cheapest"
        assert plan.worst_microusd == 32 * 66_500
        assert not yard.endpoints
        lease = await engine.start_lease(QWEN, replace(AGREED, n_minutes=30))
        assert (lease.status, lease.holder, lease.is_billed) == ("ready", Holder.ENGINE, True)
        (rented,) = yard.rented.values()
        assert (rented.state, rented.inactive_timeout) == ("READY", 30)
        purse = await engine.purse()
        assert (purse.n_leases, purse.leases_per_hour_microusd) == (1, 3_990_000)
        assert purse.spent_microusd + purse.unseen_microusd == plan.worst_microusd
        clock.pass_minutes(9.5)
        assert (await engine.show_lease()).cost_microusd == 10 * 66_500
        ended = await engine.stop_lease(lease.lease_id)
        assert (ended.status, ended.n_minutes) == (LeaseStatus.ENDED, 10)
        assert not yard.endpoints
        assert not yard.rented
        assert yard.account.billed("endpoint") == ended.cost_microusd == 665_000
        after = await engine.purse()
        assert (after.spent_microusd, after.unseen_microusd, after.n_leases) == (665_000, 0, 0)
        assert list((tmp_path / "leases").iterdir()) == []
        assert service.count("POST", _ROOT) == 1


async def test_the_row_stands_before_anything_is_made_and_a_lost_answer_is_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, service):
        stored: list[str] = []

        def look(asked: object) -> None:
            files = [path.name for path in (tmp_path / "leases").glob("*.json")]
            stored.extend(files)

        service.faults["POST", _ROOT].append(look)
        service.late["POST", _ROOT].append(lost(500))
        lease = await engine.start_lease(QWEN, AGREED)
        assert stored == [f"{lease.lease_id}.json"]
        assert service.count("POST", _ROOT) == 1, "the answer was lost, not the endpoint"
        assert len(yard.endpoints) == 1
        assert yard.n_made == 1
        await engine.stop_lease(lease.lease_id)


async def test_a_lost_answer_of_a_deployment_rents_no_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, service):
        place = ("POST", f"{_ROOT}/ep_1/deployments")
        service.late[place].append(lost(504))
        await engine.start_lease(QWEN, AGREED)
        assert yard.n_made == 1
        assert service.count(*place) == 1
        await engine.stop_lease("latest")


async def test_what_fails_to_come_up_is_taken_away_and_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        yard.failing.add("ml_qwen")
        with pytest.raises(ServiceError, match="no capacity"):
            await engine.start_lease(QWEN, AGREED)
        assert not yard.endpoints
        (lease,) = await engine.list_leases()
        assert (lease.status, lease.cost_microusd) == (LeaseStatus.ENDED, 0)
        assert (await engine.purse()).unseen_microusd == 0


async def test_a_refusal_of_the_service_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, service):
        service.faults["POST", _ROOT].append(refusing(403, "no credit"))
        with pytest.raises(ServiceError, match="no credit"):
            await engine.start_lease(QWEN, AGREED)
        assert not yard.endpoints
        assert [lease.status for lease in await engine.list_leases()] == [LeaseStatus.ENDED]


async def test_one_model_never_has_two_endpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        both = await asyncio.gather(
            engine.start_lease(QWEN, AGREED),
            engine.start_lease(QWEN, AGREED),
            return_exceptions=True,
        )
        (refusal,) = [each for each in both if isinstance(each, RefusedError)]
        assert "has an endpoint already" in str(refusal)
        assert len(yard.rented) == 1
        await engine.start_lease(SMALL, AGREED)
        assert len(yard.rented) == 2
        for lease in await engine.list_leases(open_only=True):
            await engine.stop_lease(lease.lease_id)


async def test_nothing_is_rented_above_a_ceiling_above_what_was_agreed_or_without_a_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        await engine.set_ceiling(1_000_000)
        with pytest.raises(CeilingError, match="The ceiling of this workspace"):
            await engine.start_lease(QWEN, replace(AGREED, n_minutes=60))
        with pytest.raises(RefusedError, match="were agreed to"):
            await engine.start_lease(QWEN, LeaseWish(n_minutes=5, most_microusd=1_000))
        yard.shop.machines = {"1xnvidia-x9-99gb": 1}
        yard.shop.models[0].profiles = (("1xnvidia-x9-99gb", "ADAPTER_MODE_DISABLED"),)
        with pytest.raises(RefusedError, match="The price of X9-99GB is unknown"):
            await engine.start_lease(QWEN, AGREED)
        with pytest.raises(RefusedError, match="cannot be deployed"):
            await engine.start_lease("no/such", AGREED)
        with pytest.raises(UsageError, match="lasts from 1"):
            LeaseWish(n_minutes=0)
        assert not yard.endpoints
        assert await load_leases(engine.context.store) == []


async def test_a_dearer_machine_today_is_counted_as_it_is_and_another_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        yard.shop.machines[H100] = 549
        plan = await engine.plan_lease(QWEN)
        assert plan.per_hour_microusd == 5_490_000
        assert "asks $5.49 today, the price book of 2026-07-01 says $3.99" in plan.price_note
        assert (await engine.plan_lease(QWEN, LeaseWish(machine=B200))).machine == B200
        with pytest.raises(RefusedError, match=f"Machines: {H100}"):
            await engine.plan_lease(SMALL, LeaseWish(machine=B200))


async def test_a_machine_without_a_price_is_passed_over_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        odd = "1xnvidia-x9-99gb"
        yard.shop.machines[odd] = 1
        yard.shop.models[0].profiles += ((odd, "ADAPTER_MODE_DISABLED"),)
        assert (await engine.plan_lease(QWEN)).machine == H100
        with pytest.raises(RefusedError, match="The price of X9-99GB is unknown"):
            await engine.plan_lease(QWEN, LeaseWish(machine=odd))


async def test_the_deadline_ends_it_and_can_be_moved_as_far_as_the_ceiling_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Moving()
    async with renting(tmp_path, monkeypatch, FAST, clock) as (engine, yard, _):
        lease = await engine.start_lease(QWEN, replace(AGREED, n_minutes=10))
        await engine.set_ceiling(2_000_000)
        with pytest.raises(CeilingError):
            await engine.extend_lease(lease.lease_id, 60)
        longer = await engine.extend_lease(lease.lease_id, 10)
        assert (longer.deadline_at - lease.deadline_at).total_seconds() == 600
        clock.pass_minutes(15)
        await asyncio.sleep(0)
        assert (await engine.show_lease()).status is LeaseStatus.READY
        clock.pass_minutes(6)
        await until(lambda: not engine.context.held.is_busy)
        found = await engine.show_lease()
        assert found.status is LeaseStatus.ENDED
        assert found.note == "its deadline was reached; 22 minutes, $1.46"
        assert not yard.endpoints


async def test_no_file_of_a_lease_holds_the_key_and_only_its_user_can_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, _, _):
        await engine.start_lease(QWEN, AGREED)
        files = list((tmp_path / "leases").iterdir())
        assert {path.suffix for path in files} >= {".json", ".lock", ".watch"}
        for path in files:
            assert path.stat().st_mode & 0o077 == 0
            assert KEY.encode() not in path.read_bytes()
        await engine.stop_lease("latest")


async def test_what_is_stopped_while_it_comes_up_is_gone_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, service):
        stopping: list[asyncio.Task[object]] = []

        def stop(asked: object) -> None:
            stopping.append(asyncio.create_task(engine.stop_lease("latest")))

        service.faults["POST", _ROOT].append(stop)
        yard.n_provisioning = 1_000_000
        with pytest.raises(ServiceError, match="could not be brought up"):
            await engine.start_lease(QWEN, AGREED)
        await asyncio.gather(*stopping)
        assert not yard.endpoints
        assert not yard.rented
        assert [lease.status for lease in await engine.list_leases()] == [LeaseStatus.ENDED]


async def test_what_the_service_stopped_by_itself_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch, FAST) as (engine, yard, _):
        await engine.start_lease(QWEN, AGREED)
        (rented,) = yard.rented.values()
        rented.n_most = 0
        yard.turn(rented, "STOPPED")
        await until(lambda: not engine.context.held.is_busy)
        assert (await engine.show_lease()).note.startswith("its deployment has stopped by itself")
        assert not yard.endpoints


async def test_a_lease_that_begins_is_not_taken_for_gone_by_who_looks_at_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        starting = asyncio.create_task(engine.start_lease(QWEN, AGREED))
        while not starting.done():
            await engine.compare_leases()
        assert (await starting).status is LeaseStatus.READY
        assert yard.rented
        await engine.stop_lease("latest")


async def test_what_still_runs_of_a_lease_that_is_stored_as_ended_is_shown_and_reaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        lease = await engine.start_lease(QWEN, AGREED)
        await settle(engine.context, lease.lease_id, "somebody thought so")
        (stranger,) = (await engine.compare_leases()).strangers
        assert (stranger.endpoint, stranger.lease_id) == (lease.endpoint, lease.lease_id)
        purse = await engine.purse()
        assert (purse.n_leases, purse.n_strangers) == (0, 1)
        assert purse.strangers_per_hour_microusd == 3_990_000
        yard.put("ep_other", "acme/gemel-another", "ml_small", H100)
        (reaped,) = await engine.reap_leases(all_of_them=True)
        assert (reaped.lease_id, reaped.cost_microusd) == (lease.lease_id, None)
        assert list(yard.endpoints) == ["ep_other"], "others' are ended only by name"
        seen = await engine.seen_on_account()
        assert seen is not None
        assert [each.endpoint for each in seen.strangers] == ["gemel-another"]


async def test_a_price_that_nobody_names_is_unknown_and_what_is_not_ready_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, _):
        odd = "4xnvidia-z9-999gb"
        yard.shop.machines[odd] = 100
        yard.put("ep_1", "acme/a", "ml_qwen", odd)
        stopped = yard.put("ep_2", "acme/b", "ml_qwen", B200)
        yard.turn(stopped, "STOPPED")
        del yard.shop.machines[odd]
        found = (await engine.compare_leases()).strangers
        assert [(each.is_billed, each.per_hour_microusd) for each in found] == [
            (True, None),
            (False, 0),
        ]


@pytest.mark.parametrize("body", [{}, {"data": None}, {"error": {"message": "x"}}, {"data": []}])
async def test_a_lease_is_not_taken_for_gone_by_an_answer_that_does_not_say_so(
    body: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, yard, service):
        lease = await engine.start_lease(QWEN, AGREED)
        engine.context.held.let_go(lease.lease_id)
        service.faults["GET", _ROOT].append(lambda asked: Answer.of_json(body))
        if body == {"data": []}:
            await engine.compare_leases()
        else:
            with pytest.raises(ServiceError, match="could not be listed"):
                await engine.compare_leases()
        assert (await engine.show_lease()).status is LeaseStatus.READY
        await engine.stop_lease(lease.lease_id)
        assert not yard.endpoints


async def test_without_a_key_a_start_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, _, service):
        monkeypatch.delenv("TOGETHER_API_KEY")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        await engine.look_at_account()
        await until(lambda: not engine.context.held.is_comparing)
        assert service.asked == []
        assert await engine.seen_on_account() is None
        monkeypatch.setenv("TOGETHER_API_KEY", KEY)
        service.faults["GET", _ROOT].append(refusing(403, "no"))
        await engine.look_at_account()
        await until(lambda: not engine.context.held.is_comparing)
        assert await engine.seen_on_account() is None, "a start goes on without"
