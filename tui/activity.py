"""What the status line says: the engine, the work that goes on, what is spent.

Folded from events in memory, so that it costs nothing between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.events import (
    CallsMade,
    Event,
    OperationEnded,
    OperationStarted,
    ProgressMade,
    RunContinued,
    RunEnded,
    RunPaused,
)
from core.money import usd
from core.text import clean, one_line
from tui.link import LinkState, LinkView

_WINDOW_S = 60.0
_LONGEST = 40

_NEAR = 0.8
"""Share of the ceiling from which on the line warns."""

Part = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Money:
    """What is spent of how much, and what costs money while it exists."""

    spent_microusd: int = 0
    ceiling_microusd: int | None = None
    n_leases: int = 0
    leases_per_hour_microusd: int = 0
    leases_microusd: int = 0
    n_leftovers: int = 0
    """Rented machines to whose end nobody sees."""
    n_strangers: int = 0
    """Endpoints on the account that cost money and that no open lease made."""
    strangers_per_hour_microusd: int = 0


@dataclass(slots=True)
class Activity:
    """One per app."""

    now_s: Callable[[], float]
    """A clock that only goes forward."""
    _operations: dict[str, str] = field(default_factory=dict)
    _made: ProgressMade | None = None
    _seen: deque[tuple[float, int]] = field(default_factory=deque)
    _calls: dict[str, int] = field(default_factory=dict)
    _paused: set[str] = field(default_factory=set)
    _money: Money = Money()
    _settled_microusd: int = 0
    """What is spent, without the runs that `_calls` tells of."""

    @property
    def is_busy(self) -> bool:
        """Whether the engine works on something that takes its time."""
        return bool(self._operations)

    @property
    def n_leases(self) -> int:
        """Rented machines that are not known to have ended."""
        return self._money.n_leases

    def begin(self, operations: dict[str, str], events: Iterable[Event]) -> None:
        """Start anew from a snapshot: operations by id, and the newest events of each."""
        self._operations, self._made = dict(operations), None
        self._seen.clear()
        self._calls.clear()
        self._paused.clear()
        self.take(events)

    def settle(self, money: Money) -> None:
        """All stored calls cost this much, those of running runs included."""
        self._money = money
        self._settled_microusd = money.spent_microusd - sum(self._calls.values())

    def take(self, events: Iterable[Event]) -> None:
        """Fold a batch in."""
        for event in events:
            match event:
                case ProgressMade():
                    self._progress(event)
                case CallsMade():
                    self._calls[event.run_id] = event.cost_microusd
                case RunPaused():
                    self._paused.add(event.run_id)
                case RunContinued() | RunEnded():
                    self._paused.discard(event.run_id)
                    self._seen.clear()  # what was held is in no rate
                case OperationStarted():
                    self._operations[event.operation_id] = event.label
                case OperationEnded():
                    self._operations.pop(event.operation_id, None)
                    if not self._operations:
                        self._made = None
                case _:
                    pass

    def parts(self, view: LinkView) -> list[Part]:
        """The line, the most important first."""
        work = [(text, "bold $state-running")] if (text := self._work()) else []
        return [_engine(view), *self._leases(), *self._strangers(), *work, self._spent()]

    def _spent(self) -> Part:
        spent = self._settled_microusd + sum(self._calls.values())
        ceiling = self._money.ceiling_microusd
        if ceiling is None:
            return f"spent {usd(spent)}, no ceiling", "$secondary"
        style = "$secondary"
        if spent >= _NEAR * ceiling:
            style = "bold $meter-over" if spent >= ceiling else "bold $meter-near"
        return f"spent {usd(spent)} of {usd(ceiling)}", style

    def _leases(self) -> list[Part]:
        money = self._money
        if not money.n_leases:
            return []
        a_minute = usd(money.leases_per_hour_microusd // 60)
        noun = "lease" if money.n_leases == 1 else "leases"
        left = f" {money.n_leftovers} LEFT OVER" if money.n_leftovers else ""
        text = f"{money.n_leases} {noun}{left} {usd(money.leases_microusd)}, {a_minute}/min"
        return [(text, "bold $warning")]

    def _strangers(self) -> list[Part]:
        money = self._money
        if not money.n_strangers:
            return []
        a_minute = usd(money.strangers_per_hour_microusd // 60)
        return [(f"{money.n_strangers} WITHOUT LEASE {a_minute}/min", "bold $warning")]

    def _progress(self, made: ProgressMade) -> None:
        if self._made is None or made.stage != self._made.stage or made.n_done < self._made.n_done:
            self._seen.clear()
        self._made = made
        now = self.now_s()
        self._seen.append((now, made.n_done))
        while self._seen[0][0] < now - _WINDOW_S:
            self._seen.popleft()

    def _work(self) -> str:
        made = self._made
        if made is not None and made.n_done >= made.n_total and not self._operations:
            return ""  # of something short that nobody announced, and that is over
        if made is None:
            label = next(iter(self._operations.values()), "")
            held = " paused" if self._paused else ""
            return f"{one_line(clean(label), _LONGEST)}{held}".strip()
        text = f"{one_line(clean(made.stage), _LONGEST)} {made.n_done:,}/{made.n_total:,}"
        if self._paused:
            return f"{text} paused"
        if len(self._seen) < 2:
            return text
        (began_s, n_before), (ends_s, n_now) = self._seen[0], self._seen[-1]
        if n_now <= n_before or ends_s <= began_s:
            return text
        rate = (n_now - n_before) / (ends_s - began_s)
        left_s = (made.n_total - made.n_done) / rate
        return f"{text} {rate:.1f}/s {clock(left_s)} left"


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `3:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _engine(view: LinkView) -> Part:
    match view.state:
        case LinkState.CONNECTED if view.why_read_only:
            return f"read-only, engine {view.pid}", "bold $warning"
        case LinkState.CONNECTED:
            sandbox = one_line(clean(view.sandbox), _LONGEST)
            return f"engine {view.pid} {sandbox}", "$secondary"
        case LinkState.LOST:
            return f"engine lost, retrying in {view.retry_in_s} s", "bold $warning"
        case LinkState.STOPPED:
            return "engine stopped, r starts it", "bold $warning"
        case LinkState.CONNECTING:
            return "engine: connecting", "$secondary"
