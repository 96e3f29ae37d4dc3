"""The bill of an account, as it is read through the client library and set beside the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.costs.billed import BilledDay, beside_ledger, month_of
from core.errors import ServiceError, UsageError
from core.store.ledger import LedgerLine
from core.together.billing import BilledLine, read_bill
from core.together.client import connect
from tests.core.together.account import Account, BillLine
from tests.core.together.http import Answer
from tests.core.together.identity import identity
from tests.core.together.service import KEY, together

_OCTOBER = datetime(2026, 10, 3, 12, tzinfo=UTC)
_TODAY = date(2026, 11, 4)


def _account() -> Account:
    bill = [
        BillLine("tokens", "a", 3, 500_000, _OCTOBER),
        BillLine("tokens", "b", 3, 1, _OCTOBER),
        BillLine("fine-tuning", "ft-1", 9, 4_000_000, _OCTOBER.replace(day=9)),
        BillLine("tokens", "a", 3, 7, _OCTOBER.replace(month=9)),
    ]
    return Account(bill=bill)


async def test_a_bill_is_summed_by_day_and_product() -> None:
    async with together(identity(_account())) as (_, url):
        here = await connect({"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": url})
        assert await read_bill(here, "2026-10") == [
            BilledLine("2026-10-03", "tokens", 500_001),
            BilledLine("2026-10-09", "fine-tuning", 4_000_000),
        ]
        await here.close()


@pytest.mark.parametrize(
    "items", [None, [{"product_name": "tokens"}], [{"product_name": "tokens", "cost": "free"}]]
)
async def test_a_bill_that_cannot_be_read_is_no_bill_of_nothing(items: Any) -> None:
    window = {"date": "2026-10-03", "line_items": items}
    async with together(identity(_account())) as (there, url):
        here = await connect({"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": url})
        page = Answer.of_json({"object": "list", "data": [window], "next_cursor": None})
        there.faults["GET", "/v1/billing/usage"].append(lambda asked: page)
        with pytest.raises(ServiceError, match="the bill of 2026-10 could not be read"):
            await read_bill(here, "2026-10")
        await here.close()


def test_days_that_either_side_knows_stand_beside_each_other() -> None:
    ledger = [
        LedgerLine(day, 1, 0, 0, 0, 0, cost)
        for day, cost in (("2026-11-04", 5), ("2026-11-03", 4), ("2026-10-31", 9))
    ]
    bill = [BilledLine("2026-11-02", "tokens", 3), BilledLine("2026-11-02", "gpu", 2)]
    assert beside_ledger(bill, ledger, "2026-11", _TODAY) == [
        BilledDay("2026-11-04", None, 5, {}),
        BilledDay("2026-11-03", 0, 4, {}),
        BilledDay("2026-11-02", 5, 0, {"tokens": 3, "gpu": 2}),
    ]


def test_a_month_is_written_as_the_service_writes_it() -> None:
    assert (month_of("", _TODAY), month_of("2025-12", _TODAY)) == ("2026-11", "2025-12")
    for given in ("2026-13", "2026-1", "november", "2026-11-04"):
        with pytest.raises(UsageError, match="write it like 2026-11"):
            month_of(given, _TODAY)
