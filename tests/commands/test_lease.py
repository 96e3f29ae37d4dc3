"""`gemel lease` as processes: rented in the background, listed, moved, stopped, reaped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.commands.gemel import Outcome, gemel
from tests.core.leases.yards import account_with_bases, parts, use, yard_on
from tests.core.together.catalogue import H100
from tests.core.together.endpoints import Yard
from tests.core.together.service import KEY, together
from tests.core.together.shops import QWEN


async def _run(workspace: Path, *words: str) -> Outcome:
    return await asyncio.to_thread(gemel, workspace, *words)


def _quick() -> Yard:
    yard = yard_on(account_with_bases())
    yard.n_provisioning = yard.n_stopping = 0
    return yard


async def test_a_lease_is_rented_when_the_amount_is_agreed_to_and_outlives_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yard, place = _quick(), tmp_path / "w"
    async with together(*parts(yard)) as (_, url):
        use(monkeypatch, url)
        refused = await _run(place, "lease", "start", QWEN, "--minutes", "20")
        assert refused.code == 3
        assert "$1.46 at most, $0.07 a minute" in refused.err
        assert "--yes agrees" in refused.err
        assert not yard.endpoints
        try:
            words = ("lease", "start", QWEN, "--minutes", "20", "--yes", "--json")
            started = await _run(place, *words)
            assert started.code == 0, started.err
            assert started.json["status"] == "ready"
            listed = await _run(place, "lease", "list", "--json")
            (lease,) = listed.json["leases"]
            assert lease["holder"] == "this engine"
            stopped = await _run(place, "engine", "stop")
            assert "1 rented machine will be ended in 120 s unless an engine starts" in stopped.out
            assert yard.endpoints
            await _run(place, "engine", "start")
            longer = await _run(place, "lease", "extend", "latest", "10", "--yes", "--json")
            assert longer.code == 0, longer.err
            assert longer.json["deadline_at"] > lease["deadline_at"]
            shown = await _run(place, "lease", "show")
            assert "this engine sees to its end" in shown.out
            ended = await _run(place, "lease", "stop", lease["lease_id"][:12], "--json")
            assert ended.json["status"] == "ended"
            assert not yard.endpoints
            again = await _run(place, "lease", "stop", lease["lease_id"])
            assert again.code == 2
            assert KEY not in started.out + started.err + listed.out + shown.out
        finally:
            await _run(place, "engine", "stop")


async def test_what_no_lease_stands_for_is_listed_with_its_cost_and_ended_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard = _quick()
    for n, name in enumerate(("gemel-20260101-x", "somebody-elses")):
        yard.put(f"ep_{n}", f"acme/{name}", "ml_qwen", H100)
    async with together(*parts(yard)) as (_, url):
        use(monkeypatch, url)
        listed = await _run(tmp_path, "lease", "list", "--remote", "--json")
        assert [
            (each["endpoint"], each["state"], each["per_hour_microusd"], each["lease_id"])
            for each in listed.json["strangers"]
        ] == [
            ("gemel-20260101-x", "ready", 3_990_000, ""),
            ("somebody-elses", "ready", 3_990_000, ""),
        ]
        everything = await _run(tmp_path, "lease", "reap", "--all")
        assert "Nothing is left over." in everything.out
        assert "not ours" in everything.out, "what is left alone is shown"
        assert "$3.99" in everything.out
        assert len(yard.endpoints) == 2
        reaped = await _run(tmp_path, "lease", "reap", "gemel-20260101-x", "acme/somebody-elses")
        assert reaped.code == 0, reaped.err
        assert "the endpoint is deleted" in reaped.out
        assert not yard.endpoints
        nothing = await _run(tmp_path, "lease", "reap", "somebody-elses")
        assert nothing.code == 2
        assert "There is no leftover" in nothing.err


async def test_an_engine_that_starts_looks_at_the_account_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard = _quick()
    yard.put("ep_0", "acme/gemel-20260101-x", "ml_qwen", H100)
    async with together(*parts(yard)) as (_, url):
        use(monkeypatch, url)
        try:
            assert (await _run(tmp_path, "engine", "start")).code == 0
            async with asyncio.timeout(30):
                while not (found := (await _run(tmp_path, "lease", "list", "--json")).json)[
                    "strangers"
                ]:
                    pass
            (stranger,) = found["strangers"]
            assert (stranger["endpoint"], stranger["is_billed"]) == ("gemel-20260101-x", True)
            assert yard.endpoints, "it is shown, not ended"
        finally:
            await _run(tmp_path, "engine", "stop")
