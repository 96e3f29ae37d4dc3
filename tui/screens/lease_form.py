"""What is asked before a machine is rented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UsageError
from tui.screens.form import Field, whole

if TYPE_CHECKING:  # importing it for real loads the database
    from core.leases.planning import LeaseWish

_MOST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class LeaseAsked:
    """The form's values."""

    model: str
    n_minutes: int
    machine: str

    def wish(self, most_microusd: int | None = None) -> LeaseWish:
        """For the engine; `most_microusd` is what was agreed to."""
        from core.leases.planning import LeaseWish

        return LeaseWish(self.n_minutes, self.machine, most_microusd=most_microusd)


def lease_fields() -> tuple[Field, ...]:
    """The form, with what is usual filled in."""
    return (
        Field("model", "model", "", "of the catalogue, or tuned:ARTIFACT"),
        Field("minutes", "minutes", "60", "then it ends, whatever happens"),
        Field("machine", "machine", "", "an instance type; empty: the cheapest"),
    )


def read_lease(values: Mapping[str, str]) -> LeaseAsked:
    """The form's values; raises `UsageError` for what cannot be."""
    if not values["model"]:
        raise UsageError("model: a name is needed, such as Qwen/Qwen3.5-9B")
    n_minutes = whole(values, "minutes", "minutes")
    if not 1 <= n_minutes <= _MOST_MINUTES:
        raise UsageError(f"minutes: from 1 to {_MOST_MINUTES}")
    return LeaseAsked(values["model"], n_minutes, values["machine"])
