"""Rented machines in the app: on every status line, in a list, and asked for on leaving."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.engine import Engine
from core.leases.planning import LeaseWish
from core.service.server import Server
from tests.core.leases.yards import AGREED, FAST, account_with_bases, parts, use, yard_on
from tests.core.together.catalogue import H100
from tests.core.together.endpoints import Yard
from tests.core.together.service import together
from tests.core.together.shops import QWEN, SMALL
from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tui.app import GemelApp

_SLOW = replace(FAST, look_s=30.0, grace_s=60.0, slack_s=60.0)


@asynccontextmanager
async def _shown(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int] = (80, 24),
    yard: Yard | None = None,
) -> AsyncIterator[tuple[Pilot[None], GemelApp, Yard, Server]]:
    yard = yard or yard_on(account_with_bases())
    async with together(*parts(yard)) as (_, url):
        use(monkeypatch, url)
        async with hosted(directory, pace=_SLOW) as server:
            app = app_on(directory)
            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: app.link.engine is not None)
                try:
                    yield pilot, app, yard, server
                finally:
                    engine = _engine(app) if app.link.engine is not None else None
                    for lease in await engine.list_leases(open_only=True) if engine else ():
                        await engine.stop_lease(lease.lease_id)  # type: ignore[union-attr]


def _engine(app: GemelApp) -> Engine:
    assert app.link.engine is not None
    return app.link.engine


async def test_a_machine_is_rented_from_the_screen_and_stands_on_every_status_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _shown(tmp_path, monkeypatch) as (pilot, app, yard, _):
        assert "lease" not in grid(app).splitlines()[-2], "nothing is rented"
        await pilot.press("H")
        await until_shown(pilot, "nothing is rented: S rents a machine for a model")
        await pilot.press("S")
        await until_shown(pilot, "rent a machine for a model")
        await pilot.press(*QWEN, "enter")
        await until_shown(pilot, "$4.12 at", "Rent it?")
        await pilot.press("y")
        await until_shown(pilot, "ready", "this engine", "$3.99 per hour in all")
        assert len(yard.rented) == 1
        for key in "123456":
            await pilot.press(key)
            await until_shown(pilot, "1 lease $0.07, $0.07/min")
        await pilot.press("H")
        await until_shown(pilot, "this engine")
        await pilot.press("m")
        await until_shown(pilot, "for 30 more minutes? At most $2.00 more")
        await pilot.press("y")
        await until_shown(pilot, "deadline")
        await pilot.press("X")
        await until_shown(pilot, f"Stop {QWEN} on 1xnvidia-h100-80gb? It has cost $0.07")
        await pilot.press("n")
        assert len(yard.rented) == 1
        await pilot.press("X")
        await until_shown(pilot, "y yes")
        await pilot.press("y")
        await until_shown(pilot, "stopped by the app; 1 minute, $0.07", "nothing is rented")
        assert not yard.endpoints


async def test_nothing_ticks_while_nothing_is_rented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _shown(tmp_path, monkeypatch) as (pilot, app, _, _):
        assert app._minutes is None
        lease = await _engine(app).start_lease(SMALL, AGREED)
        await until(pilot, lambda: app._minutes is not None)
        await _engine(app).stop_lease(lease.lease_id)
        await until(pilot, lambda: app._minutes is None)


@pytest.mark.parametrize(("keys", "is_stopped"), [(("enter",), True), (("j", "enter"), False)])
async def test_leaving_asks_what_shall_become_of_what_a_person_rented(
    keys: tuple[str, ...],
    is_stopped: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _shown(tmp_path, monkeypatch) as (pilot, app, yard, _):
        await _engine(app).start_lease(QWEN, AGREED)
        await until_shown(pilot, "1 lease")
        await pilot.press("q")
        await until_shown(pilot, "stop 1 and leave", "the engine keeps it until")
        await pilot.press("escape")
        await pilot.press("q")
        await until_shown(pilot, "stop 1 and leave")
        await pilot.press(*keys)
        await until(pilot, lambda: app._exit)
        if is_stopped:
            await until(pilot, lambda: not yard.endpoints)
        else:
            assert yard.endpoints


async def test_a_lease_opens_as_a_page_and_a_leftover_is_warned_of_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _shown(tmp_path, monkeypatch, (120, 40)) as (pilot, app, yard, server):
        lease = await _engine(app).start_lease(QWEN, LeaseWish(30, most_microusd=10**9))
        await pilot.press("H")
        await until_shown(pilot, "this engine", "1xnvidia-h100-80gb")
        await pilot.press("enter")
        await until_shown(pilot, "served as", "rented for   a person")
        await pilot.press("q", "D")
        await until_shown(pilot, "nothing is left over")
        watched = tmp_path / "leases" / f"{lease.lease_id}.watch"
        os.kill(int(watched.read_text()), signal.SIGKILL)
        assert server._engine is not None
        server._engine.context.held.let_go(lease.lease_id)
        await pilot.press("r")
        await until_shown(pilot, "nobody", "1 lease 1 LEFT OVER", "H shows it")
        await pilot.press("D")
        await until_shown(pilot, "End 1 that nobody sees to?")
        await pilot.press("y")
        await until_shown(pilot, "nothing is rented")
        assert not yard.endpoints


async def test_what_no_lease_stands_for_is_on_every_status_line_and_is_ended_by_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard = yard_on(account_with_bases())
    yard.put("ep_0", "acme/gemel-20260101-x", "ml_qwen", H100)
    async with _shown(tmp_path, monkeypatch, (120, 40), yard) as (pilot, _, _, _):
        await until_shown(pilot, "1 WITHOUT LEASE $0.07/min")
        await pilot.press("H")
        await until_shown(pilot, "gemel-20260101-x", "not ours", "$3.99 per hour in all")
        await pilot.press("X")
        await until_shown(
            pilot, "End gemel-20260101-x, not ours: another workspace's? It costs $3.99"
        )
        await pilot.press("y")
        await until_shown(pilot, "nothing is rented")
        assert not yard.endpoints
