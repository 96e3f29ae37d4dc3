"""A job that is killed at any moment is gone on with: one upload, one job, one charge."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.context import Context
from core.errors import GemelError, RefusedError
from core.store.charges import list_charges
from core.store.jobs import list_jobs
from core.training.remote import operations as remote
from core.training.remote.reached import Step, load_reached
from tests.core.pairs.made import opened
from tests.core.together.files import UPLOADS, Files
from tests.core.together.fine_tunes import FineTunes
from tests.core.together.http import Answer, Asked, serving
from tests.core.together.service import KEY, Service, cut, lost, refusing
from tests.core.together.tune_jobs import quick
from tests.core.training.remote.made import to_the_end
from tests.core.training.remote.shop import shop

_CREATE = ("POST", "/v1/fine-tunes")


@dataclass(slots=True)
class Cutting:
    """A service that never answers one request, before or after it did the work."""

    service: Service
    at: tuple[str, str]
    is_after: bool
    is_reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, asked: Asked) -> Answer:
        is_here = (asked.method, urlsplit(asked.path).path) == self.at
        if not is_here or self.is_reached.is_set():
            return await self.service.handle(asked)
        if self.is_after:
            await self.service.handle(asked)
        self.is_reached.set()
        await asyncio.Event().wait()
        raise AssertionError


@dataclass(slots=True)
class There:
    files: Files
    tunes: FineTunes
    cutting: Cutting


@asynccontextmanager
async def _cutting(
    monkeypatch: pytest.MonkeyPatch, at: tuple[str, str], *, is_after: bool
) -> AsyncIterator[There]:
    files = Files()
    tunes = FineTunes(files=files)
    service = Service([files, tunes], open_paths=(UPLOADS,))
    cutting = Cutting(service, at, is_after)
    async with serving(cutting.handle) as url:
        monkeypatch.setenv("TOGETHER_API_KEY", KEY)
        monkeypatch.setenv("TOGETHER_BASE_URL", url)
        yield There(files, tunes, cutting)
    assert not service.unknown


async def _assert_once(context: Context, there: Any) -> None:
    (charge,) = await list_charges(context.store)
    assert len(there.files.uploaded) == 2, "one for training, one to measure on"
    assert len(there.tunes.jobs) == 1
    ((job_id, billed),) = there.tunes.billed_nano.items()
    assert (charge.status, charge.spent_microusd * 1000) == ("settled", billed)
    (artifacts,) = await context.store.fetch("SELECT count(*), any_value(body) FROM artifacts")
    assert artifacts[0] == 1
    assert job_id in artifacts[1]
    ends = "SELECT count(*) FROM job_states WHERE status = 'finished'"
    assert await context.store.fetch(ends) == [(1,)]


@pytest.mark.parametrize(
    ("method", "path", "is_after"),
    [
        ("POST", "/v1/files", True),
        ("PUT", "/uploads/file-1", True),
        ("POST", "/v1/files/file-1/preprocess", True),
        ("POST", "/v1/files/file-2/preprocess", True),
        ("GET", "/v1/files/file-2", True),
        ("POST", "/v1/fine-tunes/estimate-price", True),
        ("GET", "/v1/fine-tunes", True),
        ("POST", "/v1/fine-tunes", False),
        ("POST", "/v1/fine-tunes", True),
        ("GET", "/v1/fine-tunes/ft-00000001", False),
    ],
)
async def test_killed_at_any_request_a_job_is_bought_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, path: str, is_after: bool
) -> None:
    """The copy of the workspace at that moment is what a kill would have left."""
    here, copy = tmp_path / "here", tmp_path / "killed"
    async with _cutting(monkeypatch, (method, path), is_after=is_after) as there:
        there.tunes.courses.append(quick)
        with opened(_made(here)) as context:
            driving = asyncio.create_task(to_the_end(context))
            await there.cutting.is_reached.wait()
            shutil.copytree(here, copy)
            driving.cancel()
            await asyncio.wait([driving])
        with opened(copy) as context:
            await remote.settle_lost(context)
            assert (await to_the_end(context)).status == "finished"
            await _assert_once(context, there)


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.RESTARTED])
async def test_a_step_whose_row_was_not_written_is_not_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """Everything was done there, and here it is known up to one step."""
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        with opened(tmp_path) as context:
            await to_the_end(context)
            await _forget(context, step)
        with opened(tmp_path) as context:
            job = await to_the_end(context)
            assert job.status == "finished"
            await _assert_once(context, there)
            assert (await load_reached(context, job.job_id)).newest is Step.ENDED


async def test_a_lost_answer_never_buys_a_second_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, late in enumerate((lost(504), cut())):
        async with shop(monkeypatch) as there:
            there.service.late[_CREATE].append(late)
            there.tunes.courses.append(quick)
            with opened(_made(tmp_path / f"{number}")) as context:
                assert (await to_the_end(context)).status == "finished"
                await _assert_once(context, there)
                reached = await load_reached(context, (await list_jobs(context.store))[0].job_id)
                assert reached.created is not None
                assert reached.created.how == "found"
            assert there.service.count(*_CREATE) == 1


async def test_a_storm_of_errors_ends_in_one_job_or_in_one_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.service.faults[_CREATE] += [refusing(500), refusing(503)]
        with opened(_made(tmp_path / "short")) as context:
            assert (await to_the_end(context)).status == "finished"
            await _assert_once(context, there)
    async with shop(monkeypatch) as there:
        there.service.faults[_CREATE] += [refusing(500)] * 3
        with opened(_made(tmp_path / "long")) as context:
            with pytest.raises(GemelError, match="500"):
                await to_the_end(context)
            (job,) = await list_jobs(context.store)
            assert job.status == "waiting"
            (charge,) = await list_charges(context.store)
            assert charge.status == "open", "it may exist, so it counts"
            assert (await to_the_end(context)).status == "finished"
            await _assert_once(context, there)


async def test_a_job_that_was_agreed_to_and_never_made_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.service.faults[_CREATE] += [refusing(500)] * 3
        with opened(tmp_path) as context:
            with pytest.raises(GemelError, match="500"):
                await to_the_end(context)
            (job,) = await list_jobs(context.store)
            assert (await remote.cancel(context, job.job_id)).status == "cancelled"
            (charge,) = await list_charges(context.store)
            assert (charge.status, charge.spent_microusd) == ("settled", 0)
        assert not there.tunes.jobs


async def test_a_watch_bears_what_passes_and_copies_all_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy service, a page of HTML, a list that breaks off: the next look has it all."""
    job = "/v1/fine-tunes/ft-00000001"
    html = Answer(200, b"<html>", {"content-type": "text/html"})
    async with shop(monkeypatch) as there:
        there.service.faults["GET", job] += [lambda asked: html, refusing(403)]
        there.service.faults["GET", f"{job}/events"] += [lambda asked: html]
        there.service.late["GET", f"{job}/metrics"] += [cut(), cut(), cut()]
        with opened(tmp_path) as context:
            with pytest.raises(GemelError, match="403"):
                await to_the_end(context)
            (known,) = await list_jobs(context.store)
            assert known.status == "running", "it goes on there, whoever may look at it"
            assert (await to_the_end(context)).status == "finished"
            await _assert_once(context, there)
            names = "SELECT count(*) FROM remote_metrics WHERE name = 'train/loss'"
            (n_steps,) = await context.store.fetch(names)
            assert n_steps[0] == max(there.tunes.jobs["ft-00000001"].body["total_steps"], 1)


async def test_a_job_that_is_deleted_there_keeps_its_history_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.service.late["GET", "/v1/fine-tunes/ft-00000001/checkpoints"] += [
            lambda asked, answer: answer,
            lambda asked, answer: there.tunes.jobs.clear() or answer,  # type: ignore[func-returns-value]
        ]
        with opened(tmp_path) as context:
            with pytest.raises(GemelError, match="404"):
                await to_the_end(context)
            (known,) = await list_jobs(context.store)
            assert known.status == "failed"
            assert "what was copied is kept" in known.reason
            (charge,) = await list_charges(context.store)
            assert charge.status == "open", "nobody knows what it came to"


async def test_a_request_that_is_refused_for_good_gives_the_money_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.service.faults[_CREATE].append(refusing(402, "insufficient funds"))
        with opened(tmp_path) as context:
            with pytest.raises(GemelError, match="insufficient funds"):
                await to_the_end(context)
            (job,) = await list_jobs(context.store)
            assert job.status == "failed"
            (charge,) = await list_charges(context.store)
            assert (charge.status, charge.spent_microusd) == ("settled", 0)


async def test_a_file_that_the_service_rejects_ends_the_job_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.files.n_failures = 99
        with opened(_made(tmp_path / "broke")) as context:
            with pytest.raises(GemelError, match="says nothing of the file"):
                await to_the_end(context)
            assert (await list_jobs(context.store))[0].status == "waiting"
        there.files.n_failures = 0
        there.files.stored.clear()
        with opened(_made(tmp_path / "bad")) as context:
            there.files.n_looks = 3
            there.tunes.n_estimates_away = 2
            assert (await to_the_end(context)).status == "finished"


async def _forget(context: Context, step: Step) -> None:
    """Leave only what was known when a step's row was written, and what was set aside."""

    def statements(cursor: Any) -> None:
        (at,) = cursor.execute(
            "SELECT min(rowid) FROM remote_steps WHERE step = ?", [step.value]
        ).fetchone()
        cursor.execute("DELETE FROM remote_steps WHERE rowid > ?", [at])
        cursor.execute("DELETE FROM charges WHERE status = 'settled'")
        cursor.execute("DELETE FROM job_states WHERE status = 'finished'")

    await context.store.change(statements)


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


async def test_two_commands_never_work_on_one_job_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _cutting(monkeypatch, _CREATE, is_after=False) as there:
        with opened(tmp_path) as context:
            buying = asyncio.create_task(to_the_end(context))
            await there.cutting.is_reached.wait()
            (job,) = await list_jobs(context.store)
            for other in (remote.cancel, remote.resume):
                with pytest.raises(RefusedError, match="worked on"):
                    await other(context, job.job_id)
            buying.cancel()
            await asyncio.wait([buying])
            (job,) = await list_jobs(context.store)
            assert (job.status, job.reason[:7]) == ("waiting", "stopped")
            assert (await to_the_end(context)).status == "finished"
            await _assert_once(context, there)
