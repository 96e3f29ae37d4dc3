"""Every failure gemel can name, and the exit code each one ends a command with.

    GemelError                 1  something failed; what is stored stays stored
    ├── UsageError             2  the user's input cannot be used
    ├── RefusedError           3  a guard said no (ceiling, leak, unequal arms, preflight)
    │   └── CeilingError       3  the next call could cost more than may be spent
    ├── StoreError             1  the store cannot be opened, read or written
    │   ├── StoreLockedError   3  another process owns the workspace
    │   └── StoreVersionError  1  the store was written by a newer gemel
    ├── SuiteError             2  a benchmark on disk is not what its importer expects
    ├── PolicyError            1  a model did not answer
    │   ├── PolicyBusyError    1  it may answer when asked again
    │   └── PolicyClosedError  1  it answers nobody: no key, no credit, no such model
    ├── ServiceError           1  a remote service did not do what it was asked
    ├── SandboxError           1  code could not be run (infrastructure, never a verdict)
    │   └── UnfitTaskError     1  the task itself cannot be run, on no machine
    ├── BoundaryError          1  something unexpected, by the boundary it crossed
    ├── StoppedError         130  an operation was ended before it was done, on request
    └── EngineError            1  the engine's process cannot be used
        ├── EngineAbsentError  1  no engine runs on this workspace
        ├── EngineLost         1  it went away in the middle
        └── EngineVersionError 3  it speaks another protocol

A message says what failed, what was kept and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class ErrorKind(StrEnum):
    """Where a failure happened; stored with the row it spoiled."""

    POLICY = "policy"
    SANDBOX = "sandbox"
    SUITE = "suite"
    STORE = "store"
    JOB = "job"
    AGENT = "agent"
    ENGINE = "engine"


class GemelError(Exception):
    """Base of all named failures; `str()` is the message for the user."""

    exit_code = 1


class UsageError(GemelError):
    """The input cannot be used as given."""

    exit_code = 2


class RefusedError(GemelError):
    """A guard refused to go on; nothing was spent or changed."""

    exit_code = 3


class CeilingError(RefusedError):
    """The next purchase could cost more than may be spent."""


class StoreError(GemelError):
    """The store cannot be opened, read or written."""


class StoreLockedError(StoreError):
    """Another process owns this workspace."""

    exit_code = 3


class StoreVersionError(StoreError):
    """The store was written by a newer program."""


class SuiteError(GemelError):
    """A benchmark on disk is missing, incomplete or malformed."""

    exit_code = 2


class PolicyError(GemelError):
    """A policy did not answer a chat request."""

    def __init__(self, message: str, *, may_be_billed: bool = False) -> None:
        """`may_be_billed`: the work may have been done, and charged, although no answer came."""
        super().__init__(message)
        self.may_be_billed = may_be_billed


class Pressure(StrEnum):
    """Why a policy that may answer later did not answer now."""

    RATE = "rate"
    """Asked too often."""
    OVERLOAD = "overload"
    """Too much asked by everybody."""
    NETWORK = "network"


class PolicyBusyError(PolicyError):
    """A policy did not answer, but may when it is asked again."""

    def __init__(
        self,
        message: str,
        pressure: Pressure,
        *,
        retry_after_s: float | None = None,
        may_be_billed: bool = False,
    ) -> None:
        """`retry_after_s`: what the service asked for, if it did."""
        super().__init__(message, may_be_billed=may_be_billed)
        self.pressure = pressure
        self.retry_after_s = retry_after_s


class PolicyClosedError(PolicyError):
    """A policy that will answer no question of this run, whatever it is."""


class ServiceError(GemelError):
    """A remote service refused, failed or could not be reached."""

    status: int | None = None
    code = ""
    may_be_done = False
    is_busy = False
    retry_after_s: float | None = None
    forbids_retry = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        may_be_done: bool = False,
        is_busy: bool = False,
        retry_after_s: float | None = None,
        forbids_retry: bool = False,
    ) -> None:
        """`may_be_done`: the work may have been done although no answer says so.

        `is_busy`: the same question may be answered later. `retry_after_s`: how much later, if
        the service says so; `forbids_retry`: it asks not to be asked again by itself. `status`
        and `code` are the service's own; None and empty when it was not reached.
        """
        super().__init__(message)
        self.status = status
        self.code = code
        self.may_be_done = may_be_done
        self.is_busy = is_busy
        self.retry_after_s = retry_after_s
        self.forbids_retry = forbids_retry


class SandboxError(GemelError):
    """The sandbox itself failed; says nothing about the code it should have run."""


class UnfitTaskError(SandboxError):
    """A task's own cases or paths are such that no sandbox can run them."""


class StoppedError(GemelError):
    """An operation was ended on request before it was done; what it finished is stored."""

    exit_code = 130


class EngineError(GemelError):
    """The engine's process cannot be used."""


class EngineAbsentError(EngineError):
    """No engine answers on this workspace."""


class EngineLost(EngineError):
    """The engine's process went away while it was needed."""


class EngineVersionError(EngineError):
    """The engine speaks another version of the protocol."""

    exit_code = 3
    pid: int | None = None
    """The engine's process."""


class BoundaryError(GemelError):
    """An unexpected failure, attributed to the one boundary it crossed."""

    def __init__(self, kind: ErrorKind, what: str, cause: BaseException) -> None:
        super().__init__(f"{what}: {type(cause).__name__}: {cause}")
        self.kind = kind


@contextmanager
def boundary(kind: ErrorKind, what: str) -> Iterator[None]:
    """Attribute anything unexpected inside to `kind`; named errors pass unchanged."""
    try:
        yield
    except GemelError:
        raise
    except Exception as error:
        raise BoundaryError(kind, what, error) from error
