"""Training at a remote trainer: what may be sent there, and what becomes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.doors.door import Door
from core.operation import operation
from core.policies.tokens import estimate_prompt
from core.together.message_rules import Kind
from core.together.training_file import FileReport, Room, check_training_file


class RemoteTrainingDoor(Door):
    """Jobs at Together."""

    @operation(is_long=True, only_reads=True)
    async def check_training_file(
        self, path: Path, kind: Kind = Kind.DPO, n_window_tokens: int | None = None
    ) -> FileReport:
        """What a training file holds and which rows the service would reject; nothing is sent."""
        room = None if n_window_tokens is None else Room(n_window_tokens, kind)
        return await asyncio.to_thread(check_training_file, path, kind, estimate_prompt, room)
