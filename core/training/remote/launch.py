"""From checked files to a job at Together, step by step; can be gone on with after any of them.

Files are stored there by their content, and a job carries a suffix that no other has: so what
was done before a kill, or behind an answer that was lost, is found and not done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.context import Context
from core.errors import CeilingError, GemelError, RefusedError, ServiceError
from core.money import usd
from core.store.charges import ChargeKind
from core.together.client import Connection
from core.together.files import RemoteFiles
from core.together.fine_tuning import FineTuning
from core.together.patience import LONGEST_S, patiently
from core.together.tuning_records import FAILED, RemoteJob
from core.training.journal import EventKind, JobJournal
from core.training.remote.delivery import Delivery
from core.training.remote.reached import (
    Accepted,
    Confirmed,
    Created,
    Ended,
    Estimated,
    Reached,
    Role,
    Step,
    Validated,
    step_rows,
)
from core.training.remote.settings import JobSettings
from core.training.remote.shelf import Shelf

_N_TRIES = 3
"""Of what was refused because the service was busy, and of looks for a job that may exist."""
_N_LOOKS = 360
"""For a price before that is left to another time."""
_NOT_YET = frozenset({"train_file_not_validated", "eval_file_not_validated"})


@dataclass(slots=True)
class Launch:
    """One job's way to the service."""

    context: Context
    job_id: str
    settings: JobSettings
    reached: Reached
    here: Connection | None = None
    """To be set before anything is done."""

    @property
    def _account(self) -> Connection:
        assert self.here is not None
        return self.here

    @property
    def _delivery(self) -> Delivery:
        shelf, pause_s = Shelf.of(self.context.workspace.directory), self.settings.pace.short_s
        files = RemoteFiles(self._account)
        return Delivery(files, shelf, self.reached, pause_s, self._reach, self._say)

    @property
    def journal(self) -> JobJournal:
        """What is told of it."""
        return JobJournal(self.context, self.job_id)

    async def prepare(self) -> Estimated:
        """Upload, have it validated and priced; costs nothing. Goes on where it stopped."""
        validated = self.reached.validated
        assert validated is not None
        for file in validated.files:
            if file.role not in self.reached.uploaded:
                await self._delivery.upload(file)
        if self.reached.accepted is None:
            await self._await_validation(validated)
        if self.reached.estimated is None:
            await self._estimate(validated)
        assert self.reached.estimated is not None
        return self.reached.estimated

    async def buy(self, amount: int) -> str:
        """Set the worst case aside, then create the job; returns its id there."""
        estimated = self.reached.estimated
        assert estimated is not None
        if self.reached.created is not None:
            return self.reached.remote_id
        if self.reached.confirmed is None:
            await self._set_aside(estimated, amount)
        may_exist = False
        for attempt in range(_N_TRIES):
            if (found := await self.find()) is not None:
                return await self._created(found, "found")
            try:
                return await self._created(await self._post(), "created")
            except ServiceError as error:
                if not error.may_be_done and not error.is_busy:
                    if not may_exist:
                        await self._give_back(error)
                    raise
                last = error
                may_exist |= error.may_be_done
                self._say(f"{error}; looking whether it exists")
            await asyncio.sleep(min(last.retry_after_s or 0.0, LONGEST_S))
            for n in range(_N_TRIES):
                await asyncio.sleep(self.settings.pace.short_s * (n + 1) * (attempt + 1))
                if (found := await self.find()) is not None:
                    return await self._created(found, "found")
            if last.forbids_retry:
                break
        raise last

    async def find(self) -> RemoteJob | None:
        """The job that carries this one's suffix, if there is one."""
        jobs = await FineTuning(self._account).jobs()
        mine = [job for job in jobs if is_mine(job, self.settings.suffix)]
        alive = [job for job in mine if job.status not in FAILED]
        return (alive or mine)[-1] if mine else None

    async def keep_found(self) -> str:
        """Store the job of a lost answer, if there is one; its id there, or nothing."""
        found = await self.find()
        return "" if found is None else await self._created(found, "found")

    async def _await_validation(self, validated: Validated) -> None:
        delivery = self._delivery
        found = [await delivery.validated(file) for file in validated.files]
        counted = {
            file.role.value: there.n_rows
            for file, there in zip(validated.files, found, strict=True)
        }
        for file, there in zip(validated.files, found, strict=True):
            if there.n_rows is not None and there.n_rows != file.n_rows:
                raise RefusedError(
                    f"The service counts {there.n_rows:,} rows in {there.file_id}, here are "
                    f"{file.n_rows:,}: it is not the same file. Nothing was bought."
                )
        await self._reach(Accepted(counted))
        self._say("the service has validated the files")

    async def _estimate(self, validated: Validated) -> None:
        request = self._request()
        for _ in range(_N_LOOKS):
            ask = partial(FineTuning(self._account).estimate, request)
            estimate = await patiently(ask, self.settings.pace.short_s)
            if estimate.is_available or estimate.why_not not in _NOT_YET:
                break
            await asyncio.sleep(self.settings.pace.short_s)
        if not estimate.is_available and estimate.why_not in _NOT_YET:
            raise ServiceError("The service has still not estimated the price.", is_busy=True)
        if not estimate.is_available:
            raise RefusedError(f"The service estimates no price: {estimate.why_not}.")
        price = estimate.price_microusd
        if estimate.is_allowed is False:
            limit = estimate.limit_microusd
            most = f" It may still spend {usd(limit)}." if limit is not None else ""
            cost = f"est. {usd(price)}" if price is not None else "an unknown amount"
            raise RefusedError(
                f"The account may not start this job, which costs {cost}.{most} Nothing was "
                "bought; what is uploaded stays. Add credit, then `gemel train resume`."
            )
        known = [amount for amount in (price, validated.price.price_microusd) if amount is not None]
        if not known:
            raise RefusedError(
                "Neither the service nor the price book says what this job costs; nothing was "
                f"bought. {validated.price.source}"
            )
        await self._reach(
            Estimated(
                estimate_microusd=price,
                n_train_tokens=estimate.n_train_tokens,
                n_eval_tokens=estimate.n_eval_tokens,
                account_limit_microusd=estimate.limit_microusd,
                worst_microusd=max(known),
            )
        )
        self._say(f"priced at est. {usd(max(known))} at most")

    async def _set_aside(self, estimated: Estimated, amount: int) -> None:
        worst = estimated.worst_microusd
        if amount < worst:
            raise RefusedError(
                f"The job may cost {usd(worst)}, more than the {usd(amount)} that were agreed to. "
                f"Nothing was bought. `gemel train resume {self.job_id}` asks again."
            )
        validated = self.reached.validated
        note = validated.price.note if validated is not None else ""
        try:
            await self.context.spending.begin_charge(
                self.context.store,
                self.job_id,
                self.job_id,
                ChargeKind.TRAINING,
                self.settings.model,
                worst,
                f"the larger of the service's estimate and the book's price: {note}",
                self.context.now(),
            )
        except CeilingError as error:
            raise CeilingError(
                f"{error} What is uploaded stays; `gemel train resume {self.job_id}` goes on."
            ) from error
        await self._reach(Confirmed(amount))
        self._say(f"agreed to at most {usd(amount)}; {usd(worst)} are set aside")

    async def _post(self) -> RemoteJob:
        """Looks at the limits once more: days may have gone by since the preflight."""
        start = self.settings.from_checkpoint.partition(":")[0] or self.settings.model
        tuning = FineTuning(self._account)
        if await tuning.limits(start) is None:
            raise ServiceError(f"{start} cannot be trained any more.")
        return await tuning.create(self._request())

    async def _created(self, job: RemoteJob, how: str) -> str:
        await self._reach(Created(job.remote_id, how))
        found = " (found: an earlier answer was lost)" if how == "found" else ""
        self._say(f"the service runs it as {job.remote_id}{found}")
        return job.remote_id

    async def _give_back(self, error: GemelError) -> None:
        """No job was made and none will be."""
        note = f"no job was made: {error}"
        await self.context.spending.settle_charge(
            self.context.store, self.job_id, 0, self.context.now(), note
        )
        await self._reach(Ended("refused", 0, note))

    def _request(self) -> dict[str, object]:
        training, validation = map(self.reached.file_id, (Role.TRAINING, Role.VALIDATION))
        return self.settings.request(training, validation)

    async def _reach(self, body: Any) -> None:
        await store_steps(self.context, self.job_id, [body], self.reached)

    def _say(self, text: str) -> None:
        self.journal.note(EventKind.STEP, text)


def is_mine(job: RemoteJob, suffix: str) -> bool:
    """Whether a job of the account is the one that was asked for with a suffix."""
    return bool(suffix) and (job.suffix == suffix or suffix in job.output_name)


async def store_steps(
    context: Context, job_id: str, bodies: Sequence[Any], reached: Reached
) -> None:
    """Make steps durable, then count them as reached."""
    rows = step_rows(context, job_id, bodies)
    await context.store.insert("remote_steps", rows)
    for row, body in zip(rows, bodies, strict=True):
        reached.take(Step(row.step), body, row.reached_at)
