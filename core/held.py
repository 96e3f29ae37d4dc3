"""What an open engine holds beyond its operations: leases, and the models they serve.

Kept in memory only. A held lease keeps an idle engine from ending, and is let go of with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class Closable(Protocol):
    """A lock that is held until it is closed, or its process is gone."""

    def close(self) -> None:
        """Let go."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often is looked, in seconds."""

    poll_s: float = 5.0
    """While something starts or stops."""
    look_s: float = 60.0
    """While it serves."""
    watch_s: float = 2.0
    """By the watcher, at its files; it asks nobody before it ends something."""
    grace_s: float = 120.0
    """How long an engine may be gone until its leases are ended."""
    slack_s: float = 30.0
    """How long after its deadline a lease that its engine should have ended is ended."""


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Held:
    """Shared by everything that works on one open workspace."""

    pace: Pace = Pace()
    on_change: Callable[[], None] = _nothing
    """Called when something is held that was not, or the other way round."""
    account: object = None
    """What the account was last seen to hold; `core.leases.account` keeps and reads it."""
    checked: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When a model was last found to be there, by its stage and name."""
    _comparing: asyncio.Task[None] | None = None
    _locks: dict[str, Closable] = field(default_factory=dict)
    _beginning: set[str] = field(default_factory=set)
    _keeping: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _ending: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    _others: set[asyncio.Task[Any]] = field(default_factory=set)
    _served: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What a chat names as its model, and the lease that it stands on, by policy."""

    @property
    def is_busy(self) -> bool:
        """Whether anything is held."""
        return bool(self._locks)

    def holds(self, lease_id: str) -> bool:
        """Whether this engine sees to the end of a lease, or is about to."""
        return lease_id in self._locks or lease_id in self._beginning

    @property
    def is_comparing(self) -> bool:
        """Whether the account is being looked at in the background."""
        return self._comparing is not None and not self._comparing.done()

    def compare(self, task: asyncio.Task[None]) -> None:
        """The account is being looked at; to be cancelled when the engine ends."""
        self._comparing = task
        self.begin(task)

    @contextmanager
    def beginning(self, lease_id: str) -> Iterator[None]:
        """Until it is held: whoever compares with the account must not take it for gone."""
        self._beginning.add(lease_id)
        try:
            yield
        finally:
            self._beginning.discard(lease_id)

    def hold(self, lease_id: str, lock: Closable, keeping: asyncio.Task[None] | None) -> None:
        """See to it from now on."""
        self._locks[lease_id] = lock
        if keeping is not None:
            self._keeping[lease_id] = keeping
        self.on_change()

    def let_go(self, lease_id: str) -> None:
        """It has ended, or others see to it; nothing is served by it any more."""
        self.unserve([name for name, (_, by) in self._served.items() if by == lease_id])
        task = self._keeping.pop(lease_id, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        lock = self._locks.pop(lease_id, None)
        if lock is not None:
            lock.close()
        self.on_change()

    def ending(self, lease_id: str, start: Callable[[], asyncio.Task[Any]]) -> asyncio.Task[Any]:
        """What ends a lease, begun once; it goes on without whoever asked for it."""
        task = self._ending.get(lease_id)
        if task is None:
            task = self._ending[lease_id] = start()
            task.add_done_callback(lambda _: self._ending.pop(lease_id, None))
        return task

    def begin(self, task: asyncio.Task[Any]) -> None:
        """Something to be cancelled when the engine ends."""
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def serve(self, policies: Iterable[str], model: str, lease_id: str = "") -> None:
        """From now on policies of these names are answered by a model of the service.

        With a lease only until that is let go of.
        """
        self._served.update(dict.fromkeys(policies, (model, lease_id)))

    def unserve(self, policies: Iterable[str]) -> None:
        """They are no longer."""
        for name in policies:
            self._served.pop(name, None)

    def served_by(self, policy: str) -> str | None:
        """What a chat names as its model for a policy; None while nothing serves it."""
        return self._served.get(policy, (None, ""))[0]

    async def close(self) -> None:
        """Let go of everything; watchers see to the rest."""
        tasks = [*self._keeping.values(), *self._ending.values(), *self._others]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for lease_id in tuple(self._locks):
            self.let_go(lease_id)
