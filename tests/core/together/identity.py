"""The part of the loopback service that knows keys, projects and what was billed."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from tests.core.together.account import PROJECT, SLUG, Account, BillLine
from tests.core.together.http import Answer
from tests.core.together.service import Call, Routes

_ORGANISATION = {"id": "org_1", "name": "Acme"}
_MICRO = 1_000_000


def identity(account: Account, *, kind: str = "project_api_key", n_projects: int = 1) -> Routes:
    """Whose key it is, its projects, and the usage report."""

    async def whoami(call: Call) -> Answer:
        answer: dict[str, Any] = {"type": kind, "api_key": {"id": "key_1"}}
        answer["organization"] = _ORGANISATION
        if kind == "project_api_key":
            answer["project"] = {"id": PROJECT, "name": "main", "slug": SLUG}
        return Answer.of_json(answer)

    async def projects(call: Call) -> Answer:
        rows = [
            {
                "id": PROJECT if n == 0 else f"{PROJECT}_{n}",
                "name": "main",
                "slug": SLUG,
                "organization_id": "org_1",
                "organization_name": "Acme",
            }
            for n in range(n_projects)
        ]
        return Answer.of_json({"object": "list", "data": rows, "next_cursor": None})

    async def usage(call: Call) -> Answer:
        month = call.query.get("month", f"{account.now():%Y-%m}")
        days = _by_day(account, month)
        return Answer.of_json(
            {
                "object": "list",
                "billing_period": month,
                "currency": "USD",
                "organization_id": "org_1",
                "data": [_window(day, lines) for day, lines in sorted(days.items())],
                "next_cursor": None,
                "earliest_window_start": None,
                "latest_window_end": None,
            }
        )

    routes = Routes()
    routes.add("GET", "/v3/whoami", whoami)
    routes.add("GET", "/v1/projects", projects)
    routes.add("GET", "/v1/billing/usage", usage)
    return routes


def _by_day(account: Account, month: str) -> dict[str, list[BillLine]]:
    """The current month lags: what is of today is not there yet."""
    today = f"{account.now():%Y-%m-%d}"
    days: dict[str, list[BillLine]] = defaultdict(list)
    for line in account.bill:
        day = f"{line.at:%Y-%m-%d}"
        if day.startswith(month) and day != today:
            days[day].append(line)
    return days


def _window(day: str, lines: list[BillLine]) -> dict[str, Any]:
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    items = [
        {
            "product_name": line.product,
            "attributes": {"model": line.what},
            "pricing_dimensions": {},
            "quantity": str(line.quantity),
            "unit_price": f"{line.cost_microusd / _MICRO / max(line.quantity, 1):.9f}",
            "cost": f"{line.cost_microusd / _MICRO:.6f}",
        }
        for line in lines
    ]
    end = start.replace(hour=23, minute=59, second=59)
    return {
        "date": day,
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        "line_items": items,
    }
