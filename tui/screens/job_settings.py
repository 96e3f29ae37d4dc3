"""What can be set of a job, whatever its trainer: names, defaults, what each is for, what follows.

A trainer brings its settings and turns their texts into a wish; what the engine says of the wish
comes back in one form, so that the form need not know who trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import UsageError
from tui.screens.mode import ModeScreen
from tui.screens.whatif_inputs import stepped
from tui.widgets.input_list import InputList

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine

YES_NO = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Setting:
    """One value, as text."""

    name: str
    label: str
    default: str
    explains: str
    """What it does, which way it works, and why the default is what it is."""
    choices: tuple[str, ...] = ()
    """All it can be, stepped through in this order; empty when it is written."""
    step: Callable[[str, InputList.Stepped], str | None] | None = None
    """Of a number: a little less or more."""


def numeric(name: str, label: str, default: str, explains: str) -> Setting:
    """A setting that arrows make smaller and larger."""

    def step(text: str, asked: InputList.Stepped) -> str | None:
        try:
            value: int | float = int(text) if text.lstrip("-").isdigit() else float(text)
        except ValueError:
            return None
        moved = stepped(value, asked)
        return None if moved is None else f"{moved:g}" if isinstance(moved, float) else str(moved)

    return Setting(name, label, default, explains, step=step)


FLAGGED = Setting(
    "flagged",
    "flagged pairs",
    "no",
    "Flagged pairs wait for a decision, and a job is refused while there are any. yes takes them "
    "as they are.",
    YES_NO,
)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know before it starts."""

    note_id: str
    says: str
    change: str
    """What would mend it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the engine says of a wish."""

    lines: tuple[str, ...]
    """The preflight in words."""
    n_steps: int | None
    price: str
    """With its currency; `est.` before one that is predicted."""
    notes: tuple[Note, ...] = ()
    refusals: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    """What was chosen for settings that were left open, by name."""
    found: Any = None
    """As the engine answered."""


class Trainer(Protocol):
    """Who trains; one of the form's choices."""

    @property
    def name(self) -> str:
        """As jobs call it."""

    @property
    def settings(self) -> Sequence[Setting]:
        """All that can be set, what people change most first."""

    @property
    def pause_s(self) -> float:
        """After the last change, before the engine is asked what comes of it."""

    def read(self, values: Mapping[str, str]) -> object:
        """The wish; raises `UsageError` with the label of what cannot be read."""

    async def look(self, engine: Engine, wish: object) -> Outlook:
        """What would come of it; costs nothing."""

    def begin(
        self, screen: ModeScreen, wish: object, outlook: Outlook, close: Callable[[], None]
    ) -> None:
        """Ask with the amount; when that is answered with yes, close the form and start."""


def yes(values: Mapping[str, str], name: str) -> bool:
    """A switch's value."""
    if values[name] not in YES_NO:
        raise UsageError(f"{name}: yes or no")
    return values[name] == "yes"
