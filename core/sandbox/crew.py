"""The workers of one sandbox: every thread has its own, made when it first needs them.

A crew that is sent to another process becomes one of that process's own, held to the same level.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing.util import Finalize

from core.errors import SandboxError
from core.sandbox import folders
from core.sandbox.client import Errand, Hello, Reply, Worker, WorkerLost, make_request
from core.sandbox.zygote.wire import ServerKind
from core.scratch import Scratch, make_scratch

_N_ATTEMPTS = 2


class Crew:
    """Hands each thread its worker and replaces the lost ones, until dismissed."""

    def __init__(self, scratch: Scratch) -> None:
        """The folder is the crew's from now on, and goes with it."""
        self._scratch = scratch
        self._root = scratch.folder
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self._is_dismissed = False
        self._numbers = itertools.count()
        self._promised: Hello | None = None
        self._are_walled = False

    def __reduce__(self) -> tuple[Callable[..., Crew], tuple[str, Hello | None]]:
        """Sent elsewhere, only what it is called and what it promised."""
        return _elsewhere, (str(self._root), self._promised)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the servers that are up."""
        with self._lock:
            return tuple(sorted(worker.pid for worker in self._workers if worker.is_up))

    def probe(self) -> Hello:
        """The confinement that runs get; raises SandboxError when no server can start."""
        return self._worker(ServerKind.CASES).hello

    def run(self, errand: Errand) -> Reply | None:
        """One run in a folder of its own; None when two workers in a row were lost over it."""
        for _ in range(_N_ATTEMPTS):
            worker = self._worker(errand.kind)
            try:
                with folders.run_folder(worker.home, next(self._numbers), errand.files) as folder:
                    try:
                        return worker.ask(make_request(folder, errand))
                    except WorkerLost:
                        self._drop(errand.kind, worker)
            except FileNotFoundError:
                # Something that tidies temporary folders was here; the rules name what is gone.
                self._drop(errand.kind, worker)
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
        self._scratch.remove(folders.remove)

    def _worker(self, kind: ServerKind) -> Worker:
        mine: dict[ServerKind, Worker] = self._mine.__dict__.setdefault("workers", {})
        if kind not in mine:
            mine[kind] = self._start(kind)
        return mine[kind]

    def hold_to(self, promised: Hello | None) -> None:
        """Run nothing at another level than somebody promised."""
        self._promised = promised or self._promised

    def _start(self, kind: ServerKind) -> Worker:
        worker = self._greeted(kind, is_walled=self._are_walled)
        if not self._are_walled and not worker.hello.level.is_confined and self._may_be_better:
            worker = self._behind_walls(kind, worker)
        promised = self._promised = self._promised or worker.hello
        if worker.hello.level is not promised.level:
            self._drop(kind, worker)
            raise SandboxError(
                f"a test server came up {worker.hello.level.value}, the first one was "
                f"{promised.level.value}; no test was run"
            )
        return worker

    @property
    def _may_be_better(self) -> bool:
        """Whether nothing was promised yet, or something that such a server could not give."""
        return self._promised is None or self._promised.level.is_confined

    def _behind_walls(self, kind: ServerKind, bare: Worker) -> Worker:
        """A server in namespaces of its own where that confines, else the one there is."""
        try:
            worker = self._greeted(kind, is_walled=True)
        except SandboxError:
            self._check_open()
            return bare
        better, worse = (worker, bare) if worker.hello.level.is_confined else (bare, worker)
        self._are_walled = better is worker
        self._drop(kind, worse)
        return better

    def _greeted(self, kind: ServerKind, *, is_walled: bool) -> Worker:
        # The process is born under the lock, so that a dismissal cannot miss it.
        with self._lock:
            if self._is_dismissed:
                raise SandboxError("the sandbox was closed; no test was run")
            home = folders.make_home(self._root, next(self._numbers))
            worker = Worker(kind, home, is_walled=is_walled)
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


@cache
def _own(name: str) -> Crew:
    """The crew of this process for a sandbox of another one; it goes when the process ends."""
    del name
    crew = Crew(make_scratch())

    def leave() -> None:
        crew.dismiss()
        crew.clean_up()

    # Unlike atexit it is also called at the end of a process that a pool started.
    Finalize(None, leave, exitpriority=1)
    return crew


def _elsewhere(name: str, promised: Hello | None) -> Crew:
    crew = _own(name)
    crew.hold_to(promised)
    return crew
