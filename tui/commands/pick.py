"""The options that choose a part of a suite, the same for every command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from core.selection import Selection


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Pick:
    """Which tasks are meant; all that is given must fit."""

    id: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Only this task; may be repeated."""
    glob: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Only tasks whose name fits, such as `bread*`; may be repeated."""
    regex: Annotated[str, Parameter(show_default=False)] = ""
    """Only tasks in whose name this is found."""
    family: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Only tasks of this program or family; may be repeated."""
    count: int | None = None
    """Only so many of them, drawn at random."""
    draw: int = 0
    """Seed of the draw."""

    @property
    def selection(self) -> Selection:
        """In the engine's words."""
        return Selection(self.id, self.glob, self.regex, self.family, self.count, self.draw)
