"""Engines are killed while a machine is rented: the watcher ends it, or the next start says so."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.engine import open_engine
from core.leases.files import LeaseFiles
from core.leases.lease import Holder, LeaseStatus
from core.workspace import Workspace
from tests.core.leases.yards import (
    AGREED,
    PATIENT,
    Moving,
    account_with_bases,
    parts,
    rent_and_kill,
    renting,
    until,
    use,
    yard_on,
)
from tests.core.together.endpoints import Yard
from tests.core.together.service import KEY, Service, refusing, together
from tests.core.together.shops import QWEN


@asynccontextmanager
async def _account(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Yard, Service]]:
    yard = yard_on(account_with_bases())
    async with together(*parts(yard)) as (service, url):
        use(monkeypatch, url)
        yield yard, service


def _files(directory: Path) -> LeaseFiles:
    (post,) = (directory / "leases").glob("*.json")
    return LeaseFiles(directory / "leases", post.stem)


def _watcher(files: LeaseFiles) -> int:
    """The process that watches."""
    return int((files.folder / f"{files.lease_id}.watch").read_text())


def _words(pid: int) -> str:
    """A process as everybody on the machine sees it."""
    asked = subprocess.run(
        ["ps", "-wwo", "args=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return asked.stdout


async def test_the_watcher_ends_what_a_killed_engine_rented_and_the_next_start_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _account(monkeypatch) as (yard, service):
        await rent_and_kill(tmp_path, grace_s=0.3)
        files = _files(tmp_path)
        (rented,) = yard.rented.values()
        assert rented.state == "READY"
        await until(lambda: not files.is_held("watch"))
        assert not yard.endpoints
        n_asked = len(service.asked)
        async with open_engine(Workspace(tmp_path), n_workers=1) as engine:
            (lease,) = await engine.list_leases()
            assert lease.status is LeaseStatus.ENDED
            assert lease.note.startswith("ended by the watcher: its engine has been gone for")
            assert (await engine.purse()).unseen_microusd == 0
        assert len(service.asked) == n_asked, "all was known, so nobody was asked"
        assert list((tmp_path / "leases").iterdir()) == []


async def test_the_watcher_keeps_trying_while_the_service_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _account(monkeypatch) as (yard, service):
        process = await rent_and_kill(tmp_path, grace_s=0.3, kills=False)
        service.faults["GET", "/v2/projects/proj_1/endpoints"] += [refusing(403, "not now")] * 3
        process.send_signal(signal.SIGKILL)
        await process.wait()
        files = _files(tmp_path)
        await until(lambda: not files.is_held("watch"))
        assert not yard.endpoints
        assert any("not now" in note.text for note in files.notes())


async def test_when_the_watcher_is_killed_too_the_next_start_reports_and_reap_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _account(monkeypatch) as (yard, service):
        await rent_and_kill(tmp_path, grace_s=600, n_minutes=1)
        files = _files(tmp_path)
        os.kill(_watcher(files), signal.SIGKILL)
        await until(lambda: not files.is_held("watch"))
        clock = Moving()
        clock.pass_minutes(61)
        workspace = Workspace(tmp_path)
        n_asked = len(service.asked)
        async with open_engine(workspace, n_workers=1, clock=clock, pace=PATIENT) as engine:
            (lease,) = await engine.list_leases()
            await until(lambda: len(service.asked) > n_asked)  # the account is asked by itself
            assert (lease.holder, lease.is_leftover) == (Holder.NOBODY, True)
            assert lease.cost_microusd >= 60 * 66_500, "what it may have come to since"
            assert (await engine.purse()).n_leftovers == 1
            on_account = await engine.compare_leases()
            assert [each.status for each in on_account.leases] == [LeaseStatus.READY]
            (reaped,) = await engine.reap_leases(all_of_them=True)
            assert reaped.lease_id == lease.lease_id
            assert not yard.endpoints
            assert (await engine.show_lease()).status is LeaseStatus.ENDED
            assert (await engine.purse()).n_leases == 0


async def test_an_engine_that_comes_back_in_time_goes_on_with_what_a_person_rented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _account(monkeypatch) as (yard, _):
        await rent_and_kill(tmp_path, grace_s=600)
        files = _files(tmp_path)
        async with open_engine(Workspace(tmp_path), n_workers=1, pace=PATIENT) as engine:
            (lease,) = await engine.list_leases()
            assert (lease.holder, lease.status) == (Holder.ENGINE, LeaseStatus.READY)
            assert files.is_held("watch")
            assert yard.endpoints
            await engine.stop_lease("latest")
        assert not yard.endpoints
        await until(lambda: not files.is_held("watch"))


async def test_the_watchers_command_line_shows_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with renting(tmp_path, monkeypatch) as (engine, _, _):
        await engine.start_lease(QWEN, AGREED)
        words = await asyncio.to_thread(_words, _watcher(_files(tmp_path)))
        assert "core.leases.watcher" in words
        assert KEY not in words
        await engine.stop_lease("latest")
