"""The workers of one sandbox: every thread has its own, made when it first needs them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import SandboxError
from core.sandbox import folders
from core.sandbox.client import Reply, Worker, WorkerLost, make_request
from core.sandbox.run import Limits
from core.sandbox.zygote.wire import ServerKind

_N_ATTEMPTS = 2


class Crew:
    """Hands each thread its worker and replaces the lost ones, until dismissed."""

    def __init__(self, root: Path) -> None:
        """`root` is the crew's from now on, and goes with it."""
        self._root = root
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self._is_dismissed = False
        self._numbers = itertools.count()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the servers that are up."""
        with self._lock:
            return tuple(sorted(worker.pid for worker in self._workers))

    def probe(self) -> str:
        """The confinement that runs get; raises SandboxError when no server can start."""
        return self._worker(ServerKind.CASES).level

    def run(
        self,
        kind: ServerKind,
        job: Mapping[str, object],
        limits: Limits,
        *,
        traces: bool,
        files: Sequence[tuple[str, str]] = (),
    ) -> Reply | None:
        """One run in a folder of its own; None when two workers in a row were lost over it."""
        for _ in range(_N_ATTEMPTS):
            worker = self._worker(kind)
            with folders.run_folder(self._root, next(self._numbers), files) as folder:
                try:
                    return worker.ask(make_request(folder, limits, job, traces=traces))
                except WorkerLost:
                    self._drop(kind, worker)
        self._check_open()
        return None

    def dismiss(self) -> None:
        """Kill every server and start none any more."""
        with self._lock:
            self._is_dismissed = True
            for worker in self._workers:
                worker.kill()

    def clean_up(self) -> None:
        """Wait for the servers and remove the root; only when no thread runs tests any more."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        folders.remove(self._root)

    def _worker(self, kind: ServerKind) -> Worker:
        mine: dict[ServerKind, Worker] = self._mine.__dict__.setdefault("workers", {})
        if kind not in mine:
            mine[kind] = self._start(kind)
        return mine[kind]

    def _start(self, kind: ServerKind) -> Worker:
        # The process is born under the lock, so that a dismissal cannot miss it.
        with self._lock:
            if self._is_dismissed:
                raise SandboxError("the sandbox was closed; no test was run")
            worker = Worker(kind, self._root)
            self._workers.add(worker)
        try:
            worker.greet()
        except SandboxError:
            self._drop(kind, worker)
            self._check_open()
            raise
        return worker

    def _drop(self, kind: ServerKind, worker: Worker) -> None:
        self._mine.__dict__.get("workers", {}).pop(kind, None)
        with self._lock:
            self._workers.discard(worker)
        worker.close()

    def _check_open(self) -> None:
        if self._is_dismissed:
            raise SandboxError("the sandbox was closed; the run has no result")
