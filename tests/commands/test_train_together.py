"""`gemel train` at Together: agreed to with the amount, followed, taken over, compared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.commands.gemel import Outcome, gemel
from tests.core.together.account import Account
from tests.core.together.fine_tunes import MODEL
from tests.core.together.service import KEY
from tests.core.together.shops import front, small_shop
from tests.core.together.tune_jobs import quick
from tests.core.together.tuning import Tuning
from tests.core.training.remote.shop import shop

_PACE = ("--poll", "0.05", "--poll-queued", "0.05")
_JOB = ("train", "start", "--trainer", "together", "--model", MODEL, *_PACE)


@pytest.fixture(autouse=True)
def _own_directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


async def _run(workspace: Path, *words: str) -> Outcome:
    return await asyncio.to_thread(gemel, workspace, *words)


@asynccontextmanager
async def _open(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tuning]:
    account = Account()
    async with shop(monkeypatch, *front(account, small_shop()), account=account) as there:
        try:
            yield there
        finally:
            await _run(workspace, "engine", "stop")


async def test_a_job_is_looked_at_refused_without_a_yes_agreed_to_and_compared(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = workspace_with_pairs
    async with _open(here, monkeypatch) as there:
        there.tunes.courses += [quick, quick]
        looked = await _run(here, "train", "preflight", *_JOB[2:6], "--record", "--json")
        assert looked.code == 0, looked.err
        job = looked.json["job"]
        assert job["sizes"]["n_steps"] > 0
        assert job["price"]["price_microusd"] >= 4_000_000
        assert {"W-FEWTASKS", "W-STEPS"} <= {w["warning_id"] for w in job["warnings"]}
        stages = {each["stage"]: each for each in looked.json["models"]["models"]}
        assert stages.keys() == {"training", "serving"}, "the rollouts asked no model of Together"
        assert stages["training"]["is_tunable"]
        assert stages["serving"]["is_deployable"]
        refused = await _run(here, *_JOB)
        assert refused.code == 3
        assert "may cost est. $4.00" in refused.err
        assert not there.tunes.jobs
        (line,) = (await _run(here, "train", "list", "--json")).json
        assert (line["status"], line["stage"]) == ("waiting", "estimated")
        done = await _run(here, "train", "resume", "--yes", "--wait", "--json")
        assert done.code == 0, done.err
        view, *_, job = map(json.loads, done.out.splitlines())
        assert (view["job"]["job_id"], job["status"]) == (line["job_id"], "finished")
        shown = (await _run(here, "train", "show")).out
        assert "price: $4.00" in shown
        assert "made tuned:" in shown
        other = await _run(here, *_JOB, "--rpo-alpha", "0.2", "--seed", "7", "--yes")
        assert other.code == 0, other.err
        ids = [row["job_id"] for row in (await _run(here, "train", "list", "--json")).json]
        compared = (await _run(here, "train", "compare", *ids, "--json")).json
        assert {"rpo_alpha", "seed"} <= {row["name"] for row in compared["settings"]}
        assert "learning_rate" not in {row["name"] for row in compared["settings"]}
        assert "price" in {row["name"] for row in compared["results"]}
        assert len(there.tunes.jobs) == 2
        assert KEY not in looked.out + refused.err + done.out + done.err + other.err + shown


async def test_a_job_of_elsewhere_is_attached_and_followed_by_the_engine_alone(
    workspace_with_pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = workspace_with_pairs, tmp_path / "other"
    async with _open(here, monkeypatch) as there:
        started = await _run(here, *_JOB, "--yes")
        assert started.code == 0, started.err
        (remote_id,) = there.tunes.jobs
        await _run(here, "engine", "stop")
        try:
            taken = await _run(other, "train", "attach", remote_id, *_PACE, "--wait")
            assert taken.code == 0, taken.err
            assert "took over" in taken.out
        finally:
            await _run(other, "engine", "stop")
        wrong = await _run(here, "train", "start", "--model", MODEL)
        assert (wrong.code, "--trainer together" in wrong.err) == (2, True)
        await _run(here, "engine", "start")
        while (lines := (await _run(here, "train", "list", "--json")).json)[0][
            "status"
        ] != "finished":
            assert lines[0]["is_watched"], "the engine goes on with it by itself"
