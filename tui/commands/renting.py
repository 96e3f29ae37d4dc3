"""Options of commands that may rent machines, and the question with the amount."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated

from cyclopts import Parameter

from core.leases.planning import LeaseWish
from core.serving import ServingPlan
from tui.commands.asking import agree
from tui.lease_words import machines_words

_Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Renting:
    """Of `deployed:MODEL` and `tuned:ARTIFACT`; everything else needs no machine."""

    minutes: int = 60
    """Until rented machines are ended, whatever happens."""
    machine: str = ""
    """Name of an instance type [default: the cheapest that serves the model]."""
    separate: _Flag = False
    """Give base and tuned a machine each, although one could serve both."""
    yes: _Flag = False
    """Agree to the amount."""

    @property
    def wish(self) -> LeaseWish:
        """What is asked for."""
        return LeaseWish(self.minutes, self.machine, self.separate)


async def agree_on(
    renting: Renting, plan: Callable[[LeaseWish], Awaitable[ServingPlan]]
) -> LeaseWish:
    """Ask with the amount when machines would be rented; the wish, held to that amount."""
    found = await plan(renting.wish)
    if not found.plans:
        return renting.wish
    await agree(f"{machines_words(found)} Rent and evaluate?", is_agreed=renting.yes)
    return replace(renting.wish, most_microusd=found.worst_microusd)
