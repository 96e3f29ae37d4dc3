"""What every importer gives: a list of items, cheap to make, and each of them read on its own.

So one driver can choose among the items, show how far it is, stop anywhere and go on there.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from core.suites.checkout import Checkout
from core.suites.clones import Clones
from core.task import Reference, Task

_OUTSIDE = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME_CHARS = 120


class Item(NamedTuple):
    """Something in a source that is, or should be, a task."""

    name: str
    """Unique in the suite; `suite/name` is the task's id."""
    family: str
    """The program the bug lives in, as far as it is known before reading."""
    place: str
    """File, or file and line."""
    key: str | int = ""
    """How the source finds it again."""


class Made(NamedTuple):
    """What an item became."""

    task: Task
    reference: Reference


class Source(Protocol):
    """A benchmark on disk, open for reading; nothing in it is trusted or run."""

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""

    @property
    def stamp(self) -> str:
        """Changes when the source does; a stopped import goes on only when it is the same."""

    def items(self) -> Iterable[Item]:
        """Everything that should become a task, in a fixed order."""

    def read(self, item: Item) -> Made:
        """One of them; a `SuiteError` says why it is no task."""


@dataclass(frozen=True, slots=True)
class TreeSource(ABC):
    """What all sources share that are folders."""

    checkout: Checkout
    suite: str

    @property
    def origin(self) -> str:
        """The folder."""
        return str(self.checkout.root)

    @property
    def stamp(self) -> str:
        """Names, sizes and times of the files that tell of a change."""
        return stamp_files(sorted(self.marks()))

    @abstractmethod
    def marks(self) -> Iterable[Path]:
        """The files that tell of a change."""


@dataclass(frozen=True, slots=True)
class Importer:
    """A kind of benchmark."""

    name: str
    """The suite's name too, unless another is wished."""
    summary: str
    open: Callable[[Path, str], Source]
    """From its place and the suite's name; a `SuiteError` says what should be there."""
    open_with: Callable[[Path, str, Clones], Source] | None = None
    """The same where the programs themselves are read out of git clones."""


def slug(text: str) -> str:
    """The text as a part of a task's id: nothing a shell, a path or a terminal could mistake."""
    return _OUTSIDE.sub("-", text).strip("-.")[:_MAX_NAME_CHARS]


def stamp_files(files: Iterable[Path]) -> str:
    """Sizes and times of files; what cannot be looked at counts as absent."""
    seen = []
    for file in files:
        try:
            found = file.stat()
        except OSError:
            continue
        seen.append(f"{file.name}:{found.st_size}:{found.st_mtime_ns}")
    return ",".join(seen)
