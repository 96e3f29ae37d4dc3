"""Jobs that follow each other: demonstrations first, then preferences from what they made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import RefusedError
from core.store.jobs import find_artifact
from core.together.message_rules import Kind
from tests.core.together.server_rules import SFT_FORMAT
from tests.core.together.service import KEY
from tests.core.together.tune_jobs import quick
from tests.core.training.remote.shop import bought, ended, engine_on, shop, wish


async def test_demonstrations_teach_the_protocol_and_preferences_go_on_from_there(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        there.tunes.courses += [quick, quick]
        found = await engine.preflight_job(wish(kind=Kind.SFT))
        assert found.refusals == ()
        assert found.sizes.n_rows > found.n_tasks > 0
        assert not {"W-TINYEDIT", "W-PROTOCOL"} & {w.warning_id for w in found.warnings}
        first = await ended(engine, kind=Kind.SFT)
        assert first.job.status == "finished"
        (asked,) = (job.request for job in there.tunes.jobs.values())
        assert asked["training_method"] == {"method": "sft", "train_on_inputs": "auto"}
        file = there.files.stored[asked["training_file"]]
        assert file.report is not None
        assert file.report["dataset_format"] == SFT_FORMAT
        rows = [json.loads(line) for line in (file.content or b"").splitlines()]
        assert all(row["messages"][-1]["role"] == "assistant" for row in rows)
        assert all("<<<<<<< SEARCH" in row["messages"][-1]["content"] for row in rows)
        assert len({json.dumps(row) for row in rows}) == len(rows)
        second = await ended(engine, from_job=first.policy)
        assert second.job.status == "finished"
        assert second.parent == first.policy
        last = list(there.tunes.jobs.values())[-1].request
        assert first.remote is not None
        assert last["from_checkpoint"] == first.remote.remote_id
        assert "model" not in last
        artifact = await find_artifact(engine.context.store, second.job.artifact_id)
        assert artifact is not None
        assert artifact.parent == first.policy
        compared = await engine.compare_jobs((first.job.job_id, second.job.job_id))
        differing = {row.name: row.values for row in compared.settings}
        assert differing["kind"] == ("sft", "dpo")
        assert differing["parent"] == ("together:Qwen/Qwen3.5-9B", first.policy)
        assert "model" not in differing
        assert compared.n_equal > 10
        results = {row.name for row in compared.results}
        assert {"status", "price", "steps", "last loss", "alarms"} <= results


async def test_demonstrations_of_another_side_than_training_never_leave(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        store = engine.context.store
        passed = "SELECT min(task_id) FROM rollouts WHERE outcome = 'passed'"
        sql = f"UPDATE split_members SET side = 'test' WHERE task_id = ({passed})"
        await store.change(lambda cursor: cursor.execute(sql))
        found = await engine.preflight_job(wish(kind=Kind.SFT))
        assert found.refusals
        with pytest.raises(RefusedError):
            await engine.start_job(wish(kind=Kind.SFT))
        assert not there.files.stored


async def test_the_key_is_nowhere_in_what_is_kept(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        async with engine_on(workspace_with_pairs) as engine:
            view = await bought(engine)
            job = await engine.watch_job(view.job.job_id)
            assert job.status == "finished"
    _assert_clean(workspace_with_pairs)


def _assert_clean(directory: Path) -> None:
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert any(path.suffix == ".jsonl" for path in files)
    for path in files:
        content = path.read_bytes()
        assert KEY.encode() not in content, path
        assert b"signature=" not in content, path
        if path.suffix == ".jsonl":
            assert path.stat().st_mode & 0o077 == 0
