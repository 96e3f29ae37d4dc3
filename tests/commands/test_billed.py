"""`gemel cost billed` against a service on the loopback."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands.gemel import gemel
from tests.core.together.account import Account, BillLine
from tests.core.together.identity import identity
from tests.core.together.service import KEY, together


async def test_the_bill_of_a_month_stands_beside_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = [BillLine("fine-tuning", "ft-1", 9, 4_000_000, datetime(2026, 10, 3, tzinfo=UTC))]
    async with together(identity(Account(bill=bill))) as (_, url):
        monkeypatch.setenv("TOGETHER_API_KEY", KEY)
        monkeypatch.setenv("TOGETHER_BASE_URL", url)
        done = await asyncio.to_thread(gemel, tmp_path, "cost", "billed", "2026-10")
    assert done.code == 0, done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("2026-10-03")]
    assert line.split() == ["2026-10-03", "$4.00", "$0.00", "$4.00"]
    assert "$4.00 fine-tuning" in done.out
