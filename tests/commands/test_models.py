"""`gemel doctor` and `gemel cost prices --refresh` against a service on the loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.costs.book import load_book
from tests.commands.gemel import Outcome, gemel
from tests.core.together.account import Account
from tests.core.together.service import KEY, refusing, together
from tests.core.together.shops import QWEN, front, small_shop


@pytest.fixture(autouse=True)
def _own_directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TOGETHER_BASE_URL", raising=False)


async def _run(workspace: Path, *words: str) -> Outcome:
    return await asyncio.to_thread(gemel, workspace, *words)


async def test_without_a_key_doctor_says_so_in_one_line_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with together(*front(Account(), small_shop())) as (there, url):
        monkeypatch.setenv("TOGETHER_BASE_URL", url)
        done = await _run(tmp_path / "w", "doctor")
        assert done.code == 0
        (line,) = [line for line in done.out.splitlines() if line.startswith("together: ")]
        assert "TOGETHER_API_KEY is not set; nothing was called" in line
        assert there.asked == []


async def test_doctor_says_how_models_stand_and_a_named_one_that_is_gone_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with together(*front(Account(), small_shop())) as (there, url):
        monkeypatch.setenv("TOGETHER_BASE_URL", url)
        monkeypatch.setenv("TOGETHER_API_KEY", KEY)
        done = await _run(tmp_path / "w", "doctor", "--record")
        assert done.code == 0
        assert "together: key valid, Acme, acme" in done.out
        assert QWEN in done.out
        assert KEY not in done.out + done.err
        gone = await _run(
            tmp_path / "w", "doctor", "--model", "x/Qwen3.5-9", "--stage", "training", "--json"
        )
        assert gone.code == 3
        (model,) = gone.json["together"]["models"]
        assert f"There are {QWEN}" in model["refusals"][0]
        there.faults["GET", "/v3/whoami"].append(refusing(401, "Invalid API key"))
        unknown = await _run(tmp_path / "w", "doctor", "--model", QWEN, "--stage", "training")
        assert unknown.code == 3
        assert "The key is not valid" in unknown.out


async def test_todays_prices_are_written_to_the_users_file_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = small_shop()
    shop.models[0].pricing = {"input": 0.18, "output": 0.25}
    async with together(*front(Account(), shop)) as (_, url):
        monkeypatch.setenv("TOGETHER_BASE_URL", url)
        monkeypatch.setenv("TOGETHER_API_KEY", KEY)
        done = await _run(tmp_path / "w", "cost", "prices", "--refresh", "--json")
        assert done.code == 0, done.err
        assert QWEN in [price["name"] for price in done.json["prices"]]
        book = load_book(config=tmp_path / "config" / "gemel")
        assert book.chat[QWEN].prompt == 180_000
        assert "Together's catalogue" in book.chat[QWEN].source
