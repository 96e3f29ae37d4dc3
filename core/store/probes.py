"""Facts about a remote service as it answered on a day, so that what is unknown becomes known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One answer; `body` is JSON without secrets."""

    what: str
    """The question, in a few words: `model for rollouts`, `metric names of a DPO job`."""
    subject: str
    """Of what: a model, a machine, a job."""
    body: str
    probed_at: datetime


async def newest_probes(store: Store) -> list[ProbeRow]:
    """The newest answer to each question about each subject."""
    newest = "QUALIFY row_number() OVER (PARTITION BY what, subject ORDER BY rowid DESC) = 1"
    found: list[ProbeRow] = await store.load(ProbeRow, "probes", f"{newest} ORDER BY what, subject")
    return found
