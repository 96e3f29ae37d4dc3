"""A rollout outside the app: in the user's editor, and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.rollouts.record import RecordFormat, record, state_ids
from tui.offer import Offer
from tui.screens.form import Field, FormScreen

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine


def rollout_offer(rollout_id: str) -> Offer:
    """Its id to copy, the whole of it to read."""
    whole = partial(rollout_record, rollout_id=rollout_id, form=RecordFormat.MARKDOWN)
    return Offer(f"rollout {rollout_id}", rollout_id, whole, "rollout.md")


async def rollout_record(engine: Engine, rollout_id: str, form: RecordFormat) -> str:
    """The rollout with every state that it saw."""
    trace = await engine.show_rollout(rollout_id)
    states = {state: await engine.show_state(state) for state in state_ids(trace)}
    return record(trace, states, form)


def export_form(rollout_id: str) -> FormScreen:
    """Asks for the file; closes with its path."""
    fields = [Field("path", "file", f"rollout-{rollout_id}.md", ".md to read, .json for programs")]
    return FormScreen("Write this rollout", fields, read_path)


def read_path(values: Mapping[str, str]) -> Path:
    """The path of the form; raises `UsageError` when it says no known format."""
    path = Path(values["path"]).expanduser()
    if path.suffix[1:] not in tuple(RecordFormat):
        raise UsageError("file: a name that ends in .md or .json")
    return path
