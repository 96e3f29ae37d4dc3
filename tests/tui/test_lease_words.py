"""What is said of machines before they are rented."""

from __future__ import annotations

from core.leases.lease import LeasePlan
from core.leases.opening import Adapter
from core.serving import ServingPlan
from tui.lease_words import machines_words

_BASE = LeasePlan("m", "r", "c", "1xh100", "", True, 3_990_000, "today", 58)


def test_the_price_of_a_machine_that_may_be_needed_is_said_and_counted() -> None:
    beside = LeasePlan(
        "m", "r", "c", "1xh100", "", True, 3_990_000, "today", 58, (Adapter("tuned:a", "ml_1"),)
    )
    plan = ServingPlan("p", {"deployed:m": beside, "tuned:a": beside}, {"tuned:a": _BASE})
    words = machines_words(plan)
    assert "Should its adapter not load there, tuned:a gets a machine of its own: $3.99" in words
    assert words.endswith("$7.98 at most in all.")
