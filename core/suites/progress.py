"""How far a stage is, and about how long the rest will take."""

from __future__ import annotations

from dataclasses import dataclass

from core.clock import Clock
from core.events import Emit, ProgressMade

_MIN_SHARE = 0.02
_MIN_S = 1.0


@dataclass(slots=True)
class Progress:
    """Counts and tells; what an earlier start did counts as done, but not for the pace."""

    emit: Emit
    clock: Clock
    stage: str
    n_total: int
    n_done: int = 0
    _n_before: int = 0
    _began: float = 0.0

    def begin(self) -> None:
        """Tell where it starts."""
        self._n_before, self._began = self.n_done, self.clock.monotonic()
        self._tell("")

    def step(self, note: str = "", n: int = 1) -> None:
        """Tell that `n` more are done."""
        self.n_done += n
        self._tell(note)

    def _tell(self, note: str) -> None:
        words = [word for word in (note, self._left()) if word]
        self.emit(ProgressMade(self.stage, self.n_done, self.n_total, ", ".join(words)))

    def _left(self) -> str:
        """`about 40 s left`; nothing before there is a pace, and at the end."""
        n_made, spent_s = self.n_done - self._n_before, self.clock.monotonic() - self._began
        n_left = self.n_total - self.n_done
        if n_left <= 0 or spent_s < _MIN_S or n_made < _MIN_SHARE * (n_made + n_left):
            return ""
        return f"about {duration(spent_s / n_made * n_left)} left"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"
