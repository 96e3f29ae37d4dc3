"""Remote models: whether they can be had, and what is known of them."""

from __future__ import annotations

from core import guards, preflight
from core.doors.door import Door
from core.operation import operation
from core.preflight import ModelPreflight, Wanted
from core.store.probes import ProbeRow, newest_probes


class ModelsDoor(Door):
    """Asks the service about models; nothing is asked before it is called."""

    @operation(only_reads=True)
    async def model_preflight(
        self, wanted: tuple[Wanted, ...] = (), *, tries_chat: bool = False
    ) -> ModelPreflight:
        """How models stand today for their stages; `tries_chat` pays for one token each."""
        return await preflight.look(self.context, wanted, tries_chat=tries_chat)

    @operation(only_reads=True)
    async def stages_of_job(self, model: str, source_id: str = "latest") -> tuple[Wanted, ...]:
        """What `model_preflight` is to look at for a job: rollouts, training and serving."""
        return await guards.stages_of_job(self.context, model, source_id)

    @operation
    async def record_preflight(
        self, wanted: tuple[Wanted, ...] = (), *, tries_chat: bool = False
    ) -> ModelPreflight:
        """The same, and keep what the service said as facts with their date."""
        report = await preflight.look(self.context, wanted, tries_chat=tries_chat)
        await preflight.record(self.context, report)
        return report

    @operation(only_reads=True)
    async def list_probes(self) -> list[ProbeRow]:
        """What the service was found to answer, the newest of each question."""
        return await newest_probes(self.context.store)
