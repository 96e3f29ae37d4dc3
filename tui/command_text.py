"""A command as a screen shows it and as a shell needs it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """A `gemel` command on one workspace."""

    words: tuple[str, ...]
    directory: Path

    @property
    def short(self) -> str:
        """As a screen shows it."""
        return shlex.join(("gemel", *self.words))

    @property
    def whole(self) -> str:
        """As a shell needs it."""
        return shlex.join(("gemel", *self.words, "--workspace", str(self.directory)))
