"""The loopback service as the real client library sees it: files, prices, jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ServiceError
from core.together.client import Connection
from core.together.failures import service
from tests.core.together.fine_tunes import MODEL
from tests.core.together.http import Answer
from tests.core.together.service import lost
from tests.core.together.test_training_file import PAIR, TALK
from tests.core.together.tune_jobs import broke, restarted, strange, user_error
from tests.core.together.tuning import account

JOB: dict[str, Any] = {
    "model": MODEL,
    "learning_rate": 1e-5,
    "batch_size": 8,
    "training_method": "dpo",
    "dpo_beta": 0.1,
    "rpo_alpha": 0.5,
    "suffix": "one",
}


def _written(directory: Path, *rows: object) -> Path:
    file = directory / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


async def _uploaded(here: Connection, file: Path) -> str:
    done = await here.write.files.upload(file, check=False)
    return str((await here.read.files.retrieve(done.id)).id)


async def test_a_file_is_uploaded_once_validated_and_deleted(tmp_path: Path) -> None:
    file = _written(tmp_path, PAIR, PAIR)
    async with account() as (here, there):
        there.files.n_looks, there.files.n_hops = 2, 2
        done = await here.write.files.upload(file, check=False)
        assert done.processing_status == "PENDING"
        assert (await here.read.files.retrieve(done.id)).processing_status == "RUNNING"
        found = await here.read.files.retrieve(done.id)
        assert found.processing_status == "COMPLETED"
        assert found.validation_report.nlines == 2
        assert (await here.write.files.upload(file, check=False)).id == done.id
        assert len(there.files.uploaded) == 1
        content = await here.read.files.content(done.id)
        assert await content.read() == file.read_bytes()
        assert [one.id for one in (await here.read.files.list()).data] == [done.id]
        assert (await here.write.files.delete(done.id)).deleted


async def test_a_bad_file_is_told_with_its_line(tmp_path: Path) -> None:
    async with account() as (here, _):
        done = await here.write.files.upload(_written(tmp_path, PAIR, TALK), check=False)
        found = await here.read.files.retrieve(done.id)
        assert found.processing_status == "INVALID_FORMAT"
        assert found.validation_report.error.startswith("Line 2: ")


async def test_an_upload_that_breaks_off_is_named_and_may_be_done_again(tmp_path: Path) -> None:
    file = _written(tmp_path, PAIR)
    async with account() as (here, there):
        there.service.faults["PUT", "/uploads/file-1"].append(lambda asked: Answer(503, b"no"))
        with pytest.raises(ServiceError, match="503"), service(here.library, "Uploading"):
            await here.write.files.upload(file, check=False)
        assert (await here.write.files.upload(file, check=False)).id == "file-2"
        assert len(there.files.uploaded) == 1


async def test_an_estimate_waits_for_validation_and_says_what_is_allowed(tmp_path: Path) -> None:
    async with account() as (here, there):
        there.files.n_looks, there.tunes.user_limit = 2, 3.0
        file_id = await _uploaded(here, _written(tmp_path, PAIR))
        asked = {"training_file": file_id, "model": MODEL, "n_epochs": 1, "n_evals": 0}
        early = await here.read.fine_tuning.estimate_price(**asked)
        assert early.unavailable_reason == "train_file_not_validated"
        await here.read.files.retrieve(file_id)
        found = await here.read.fine_tuning.estimate_price(**asked)
        assert (found.estimated_total_price, found.allowed_to_proceed) == (4.0, False)


async def test_a_job_goes_its_way_to_a_model_and_is_billed(tmp_path: Path) -> None:
    async with account() as (here, there):
        job = await here.write.fine_tuning.create(
            training_file=await _uploaded(here, _written(tmp_path, PAIR)), random_seed=7, **JOB
        )
        kept = there.tunes.jobs[job.id].request
        assert (kept["suffix"], kept["random_seed"], kept["packing"]) == ("one", 7, True)
        assert kept["training_method"]["rpo_alpha"] == 0.5
        seen = []
        while (found := await here.read.fine_tuning.retrieve(job.id)).status != "completed":
            seen.append(found.status)
        assert list(dict.fromkeys(seen)) == ["queued", "running", "compressing", "uploading"]
        made = there.tunes.account.registry[found.api_model_object_id]
        assert there.tunes.account.registry[found.adapter_object_id].is_adapter
        assert (made.name, made.is_adapter) == (found.x_model_output_name, False)
        assert found.total_price == there.tunes.billed_nano[job.id] == 4_000_000_000
        assert there.tunes.account.billed("fine-tuning") == 4_000_000
        events = (await here.read.fine_tuning.list_events(job.id)).data
        assert events[-1].type == "job_complete"
        metrics = (await here.read.fine_tuning.list_metrics(job.id)).metrics
        assert metrics[0]["train/global_step"] == 1
        points = await here.read.fine_tuning.list_checkpoints(job.id)
        assert [point.step for point in points.data] == [1]


async def test_a_request_that_no_job_can_be_made_of_is_refused(tmp_path: Path) -> None:
    async with account() as (here, there):
        file_id = await _uploaded(here, _written(tmp_path, PAIR))
        for change, said in (({"n_epochs": 50}, "n_epochs"), ({"suffix": "x" * 41}, "suffix")):
            with pytest.raises(ServiceError, match=said), service(here.library, "Creating"):
                await here.write.fine_tuning.create(training_file=file_id, **{**JOB, **change})
        assert not there.tunes.jobs


async def test_courses_end_as_they_are_named(tmp_path: Path) -> None:
    async with account() as (here, there):
        there.tunes.courses += [user_error, broke, strange, restarted]
        file_id = await _uploaded(here, _written(tmp_path, PAIR))
        ends = []
        for _ in range(4):
            job = await here.write.fine_tuning.create(training_file=file_id, **JOB)
            for _ in range(9):
                found = await here.read.fine_tuning.retrieve(job.id)
            ends.append((found.status, found.total_price))
        assert ends == [
            ("user_error", 0),
            ("cancelled", 2 * 10**9),
            ("completed", 4 * 10**9),
            ("error", 0),
        ]
        assert len(there.tunes.jobs) == 5
        assert there.tunes.jobs["ft-00000005"].request["suffix"] == "one"


async def test_a_lost_answer_leaves_a_job(tmp_path: Path) -> None:
    async with account() as (here, there):
        file_id = await _uploaded(here, _written(tmp_path, PAIR))
        there.service.late["POST", "/v1/fine-tunes"].append(lost())
        with pytest.raises(ServiceError) as failed, service(here.library, "Creating"):
            await here.write.fine_tuning.create(training_file=file_id, **JOB)
        assert failed.value.may_be_done
        assert len(there.tunes.jobs) == 1
