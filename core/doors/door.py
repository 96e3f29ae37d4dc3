"""What every part of the engine's door stands on."""

from __future__ import annotations

from core.context import Context


class Door:
    """Operations over one open workspace; they are marked with `core.operation.operation`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def context(self) -> Context:
        """What the stages work with; only where the workspace is open."""
        return self._context

    async def begin_writing(self, label: str) -> None:
        """Make way for an operation that may write; refuses it in a read-only workspace."""
        await self.context.access.begin_writing(label)
