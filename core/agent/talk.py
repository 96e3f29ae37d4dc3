"""The seam between a rollout's loop and the protocol that its agent speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.agent.toolbox import Done
from core.chat import ChatReply, Message, Tool
from core.edits.block import EditBlock
from core.edits.difference import Patch
from core.sandbox.run import TestRun

Changed = tuple[tuple[str, str], ...]
"""Path and whole text of each file that is not as the task gave it."""


@dataclass(frozen=True, slots=True)
class Move:
    """What one answer comes to."""

    note: str
    """In a few words, for the record."""
    block: EditBlock | None = None
    """The edit that the answer is, where it is one."""
    actions: tuple[Done, ...] = ()
    forgiven: tuple[str, ...] = ()
    """What a strict reader would have refused."""
    is_change: bool = False
    """Whether there is something new to be tested."""
    is_final: bool = False
    trouble: str = ""
    """What went wrong, for a look back; empty when nothing did."""
    is_loop: bool = False
    """Whether the same was done once too often."""


class Talk(Protocol):
    """One rollout's side of the conversation: what was said, and what to show next."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What the agent may call natively."""

    @property
    def patch(self) -> Patch:
        """The change so far."""

    @property
    def changed(self) -> Changed:
        """The same, as files."""

    @property
    def counts_without_patch(self) -> bool:
        """Whether an attempt that changed nothing is graded, too."""

    def state(self) -> tuple[Message, ...]:
        """The messages of the next call."""

    def take(self, reply: ChatReply) -> Move:
        """Do what an answer says."""

    def tested(self, run: TestRun) -> str:
        """Take in what the tests say of the last change; returns it in a few words."""

    def advise(self, note: str) -> None:
        """Show a note in every state from now on."""

    def story(self) -> str:
        """What a look back is shown of the attempt, in bounded size."""
