"""The proof that an agent cannot see a task's answer, in words that screen and command share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing it for real loads the database
    from core.suites.browse import TaskView


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, and whether it is good news."""

    text: str
    is_good: bool = True


def claims(view: TaskView) -> tuple[Claim, ...]:
    """What is kept from the agent; of the messages only when they are known."""
    hidden = view.hidden
    found = [Claim(f"{hidden.n_held_back:,} cases are held back; they only grade")]
    if not hidden.has_reference:
        return (*found, Claim("no reference is stored: the task cannot be proved", False))
    found.append(Claim("the reference is stored apart, never shown"))
    if not view.messages:
        return tuple(found)
    if hidden.is_text_shown:
        found.append(Claim("but its text stands in a message", False))
    else:
        found.append(Claim("its text is in none of the messages"))
    if hidden.withheld:
        found.append(_withheld(hidden.withheld, hidden.told))
    n_lines, n_shown = hidden.n_reference_lines, hidden.n_lines_shown
    if n_shown:
        text = f"but {n_shown:,} of the {n_lines:,} lines that only it has stand in a message"
        found.append(Claim(text, False))
    elif n_lines:
        found.append(Claim(f"lines that only it has: {n_lines:,}, none of them in a message"))
    else:
        found.append(Claim("it has no lines of its own: the fix is another order of them"))
    return tuple(found)


def _withheld(names: tuple[str, ...], told: tuple[str, ...]) -> Claim:
    """Fields of the suite's record that describe the fix."""
    if told:
        return Claim(f"but the text of {', '.join(told)} stands in a message", False)
    return Claim(f"kept back, and in none of the messages: {', '.join(names)}")
