"""From rollouts to a verdict on rented machines, all over HTTP, and no trace of the key."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import Engine, open_engine
from core.errors import ServiceError
from core.evaluation.markdown import markdown
from core.evaluation.operations import EvaluationOptions
from core.pairs.formats import PairFormat
from core.policies.builtin import BuiltinPolicy
from core.policies.theta import BASE_THETA
from core.rollouts.operations import RunOptions
from core.rollouts.record import RecordFormat, record, state_ids
from core.workspace import Workspace
from tests.core.leases.yards import AGREED, PATIENT, account_with_bases, yard_on
from tests.core.together.catalogue import catalogue
from tests.core.together.endpoints import Yard, endpoints
from tests.core.together.http import Answer, Asked
from tests.core.together.identity import identity
from tests.core.together.inference import inference
from tests.core.together.service import KEY, Routes, error
from tests.core.together.shops import QWEN, SMALL
from tests.core.together.tuning import tuning
from tests.core.training.remote.shop import wish

_CHATS = ("POST", "/v1/chat/completions")


def _parts(yard: Yard) -> tuple[Routes, ...]:
    return (
        identity(yard.account),
        catalogue(yard.account, yard.shop, serves_limits=False),
        endpoints(yard),
        inference(yard),
    )


def _echo(asked: Asked) -> Answer:
    """The service repeats what it was given, as some do."""
    return error(401, f"Invalid API key provided: {asked.headers['authorization']}")


async def _train(engine: Engine) -> str:
    """A job from the newest pairs; returns the policy it made."""
    priced = await engine.start_job(wish(n_epochs=3, validation_share=0.0))
    assert priced.remote is not None
    assert priced.remote.price.worst is not None
    await engine.confirm_job(priced.job.job_id, priced.remote.price.worst)
    await engine.watch_job(priced.job.job_id)
    return (await engine.show_job(priced.job.job_id)).policy


async def _written(engine: Engine, directory: Path, run_id: str, evaluation_id: str) -> None:
    """Everything that a person can have written to files."""
    await engine.export_pairs("latest", directory / "pairs.jsonl", PairFormat.TOGETHER)
    details = await engine.explain_evaluation(evaluation_id)
    (directory / "report.md").write_text(markdown(details))
    grid = await engine.run_grid(run_id)
    for cell in grid.cells[:3]:
        trace = await engine.show_rollout(cell.rollout_id)
        states = {name: await engine.show_state(name) for name in state_ids(trace)}
        for form in RecordFormat:
            text = record(trace, states, form)
            (directory / f"{cell.rollout_id}.{form.value}").write_text(text)


async def _cells(engine: Engine) -> Iterator[str]:
    """Every cell of every table: files of the store may be compressed."""
    store = engine.context.store
    names = await store.fetch("SELECT table_name FROM duckdb_tables() WHERE NOT internal")
    rows = [
        row
        for (name,) in names
        for row in await store.fetch(f"SELECT CAST(whole AS VARCHAR) FROM {name} AS whole")
    ]
    return (text for (text,) in rows)


def _environments() -> list[bytes]:
    """Of the processes that run foreign code."""
    asked = subprocess.run(
        ["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=True
    )
    found = []
    for line in asked.stdout.splitlines():
        pid, _, words = line.strip().partition(" ")
        assert KEY not in words, "a command line shows the key"
        if "sandbox" in words:
            with suppress(OSError):  # it may have ended, or be another user's
                found.append(Path(f"/proc/{pid}/environ").read_bytes())
    return found


def _files_with(text: str, directory: Path) -> list[Path]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return [path for path in files if text.encode() in path.read_bytes()]


async def test_the_whole_loop_runs_over_http_is_billed_as_it_is_counted_and_hides_the_key(
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    account = account_with_bases()
    account.serverless[QWEN] = BuiltinPolicy(BASE_THETA, QWEN)
    yard = yard_on(account)
    async with tuning(*_parts(yard), account=account) as there:
        for name, value in there.environ.items():
            monkeypatch.setenv(name, value)
        opened = open_engine(Workspace(workspace), n_workers=1, pace=PATIENT)
        async with opened as engine:
            there.service.faults[_CHATS] += [_echo] * 3
            options = RunOptions(f"together:{QWEN}", 3, n_tasks=24, limits=Limits(n_iterations=6))
            small = replace(options, n_seeds=1, n_tasks=1)
            await asyncio.gather(engine.run_rollouts(small), return_exceptions=True)
            there.service.faults[_CHATS].clear()
            run = await engine.run_rollouts(options)
            assert run.n_rollouts == run.n_planned
            build = await engine.build_pairs(run.run_id)
            assert build.n_pairs > 0
            asked = await engine.stages_of_job(SMALL, build.build_id)
            assert [(each.stage.value, each.model) for each in asked] == [
                ("rollouts", QWEN),
                ("training", SMALL),
                ("serving", SMALL),
            ]
            tuned = await _train(engine)
            assert tuned.startswith("tuned:")
            there.service.faults["GET", "/v3/whoami"].append(_echo)
            with pytest.raises(ServiceError) as refused:
                await engine.start_lease(QWEN, AGREED)
            assert "(your key)" in str(refused.value)
            assert KEY not in "".join(traceback.format_exception(refused.value))
            judged = await engine.evaluate(
                tuned,
                EvaluationOptions(n_seeds=2, n_tasks=14, budgets=(3,)),
                base="deployed",
                wish=AGREED,
            )
            assert judged.test.delta > 0, "it was really trained"
            assert not yard.endpoints
            assert run.cost_microusd <= account.billed("chat")
            purse = await engine.purse()
            assert purse.unseen_microusd == 0
            assert purse.n_leases == 0
            bought = account.billed("chat") + account.billed("fine-tuning")
            minutes = sum(lease.cost_microusd for lease in await engine.list_leases())
            assert purse.spent_microusd == bought + minutes
            assert minutes >= account.billed("endpoint") > 0
            await engine.record_preflight(())
            known = {(fact.what, fact.subject): fact.body for fact in await engine.list_probes()}
            assert '"factor"' in known["token count of a job", "ft-00000001"]
            assert "reward" in known["metric names of a job", "ft-00000001"]
            await _written(engine, tmp_path, run.run_id, judged.evaluation_id)
            cells = list(await _cells(engine))
            assert any("(your key)" in text for text in cells), "what the service said is kept"
            assert all(KEY not in text for text in cells)
            environments = _environments()
            assert environments, "the sandbox runs"
            assert all(KEY.encode() not in each for each in environments)
    assert KEY not in caplog.text
    assert _files_with(KEY, tmp_path) == []
    assert tmp_path / "pairs.jsonl" in _files_with("preferred_output", tmp_path), "it is looked for"
