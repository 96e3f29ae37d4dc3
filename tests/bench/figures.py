"""What a bench measured, against its budgets: printed as a table, judged together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

_N_LOOPS, _LOOPS_S = 3_000_000, 0.20


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement."""

    what: str
    value: float
    unit: str
    budget: float | None
    """None: only told."""
    is_floor: bool
    """Whether the budget is the least that will do."""

    @property
    def is_kept(self) -> bool:
        """Whether the budget holds."""
        if self.budget is None:
            return True
        return self.value >= self.budget if self.is_floor else self.value <= self.budget

    def line(self) -> str:
        """A row of the table."""
        sign = ">=" if self.is_floor else "<="
        budget = "" if self.budget is None else f"{sign} {self.budget:,.4g} {self.unit}"
        mark = "" if self.is_kept else "  EXCEEDED"
        return f"{self.what:<44}{self.value:>12,.2f} {self.unit:<6}{budget:>18}{mark}"


@dataclass(slots=True)
class Figures:
    """Those of one bench."""

    name: str
    all: list[Figure] = field(default_factory=list)

    def add(
        self,
        what: str,
        value: float,
        unit: str,
        budget: float | None = None,
        *,
        is_floor: bool = False,
    ) -> None:
        """Note a measurement."""
        self.all.append(Figure(what, value, unit, budget, is_floor))

    def table(self) -> str:
        """For people."""
        return "\n".join((f"\n{self.name}", *(figure.line() for figure in self.all), ""))

    def check(self) -> None:
        """Raise when a budget does not hold."""
        assert self.all
        exceeded = [figure.line() for figure in self.all if not figure.is_kept]
        assert not exceeded, "\n".join(exceeded)


def slowness() -> float:
    """How much more CPU time a loop takes than on an idle machine of the budgets' kind; 1: none.

    Beside other work even CPU seconds grow, since caches and cores are shared.
    """
    began, x = time.process_time(), 0
    for n in range(_N_LOOPS):
        x += n
    return max(1.0, (time.process_time() - began) / _LOOPS_S)


def starvation() -> float:
    """How much longer than its CPU time a loop takes beside whatever else runs; 1: alone."""
    began_s, spent_s, x = time.monotonic(), time.process_time(), 0
    for n in range(_N_LOOPS):
        x += n
    return max(1.0, (time.monotonic() - began_s) / (time.process_time() - spent_s))


def p95(values: Sequence[float]) -> float:
    """The value that one in twenty exceeds."""
    return sorted(values)[len(values) * 95 // 100]


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(values)[len(values) * 99 // 100]
