"""Models before a stage that costs money: those that are gone stop it, with what there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core import guards, preflight
from core.engine import Engine, open_engine
from core.errors import RefusedError
from core.preflight import Stage, Wanted
from core.rollouts.operations import RunOptions
from core.rollouts.planner import ContrastOptions
from core.workspace import Workspace
from tests.core.together.account import Account
from tests.core.together.catalogue import H100
from tests.core.together.http import Answer
from tests.core.together.service import KEY, Service, refusing, together
from tests.core.together.shops import OLD, QWEN, SMALL, front, small_shop
from tests.core.training.remote.shop import shop, wish

_CHATS = ("POST", "/v1/chat/completions")
_MODELS = ("GET", "/v2/supported-models")


@asynccontextmanager
async def _asked(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Engine, Service]]:
    async with together(*front(Account(), small_shop())) as (there, url):
        monkeypatch.setenv("TOGETHER_API_KEY", KEY)
        monkeypatch.setenv("TOGETHER_BASE_URL", f"{url}/v1")
        async with open_engine(Workspace(directory), n_workers=1) as engine:
            yield engine, there


async def test_each_stage_wants_something_else_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, _):
        wanted = tuple(Wanted(stage, model) for model in (QWEN, SMALL) for stage in Stage)
        report = await engine.model_preflight(wanted)
        assert report.identity is not None
        found = {(m.model, m.stage): m.refusals for m in report.models}
        assert [place for place, refusals in found.items() if refusals] == [(SMALL, Stage.ROLLOUTS)]
        assert found[SMALL, Stage.ROLLOUTS][0].endswith(
            f"{SMALL} is not offered by the token. There are {QWEN}."
        )
        tuning = next(m for m in report.models if (m.model, m.stage) == (QWEN, Stage.TRAINING))
        assert tuning.limits is not None
        assert tuning.limits.max_seq_length_dpo == 49_152
        machine = next(machine for machine in report.machines if machine.name == H100)
        assert (machine.live_per_hour, machine.book_per_hour) == (3_990_000, 3_990_000)
        with pytest.raises(RefusedError, match="Nothing was called that costs money"):
            preflight.refuse(report)


async def test_a_retired_model_is_named_with_its_replacement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, _):
        report = await engine.model_preflight((Wanted(Stage.TRAINING, OLD),))
        (refusal,) = report.refusals
        assert "cannot be fine-tuned" in refusal
        assert f"retired on 2026-07-29; its replacement is {QWEN}" in refusal
        assert f"There are {SMALL}" in refusal or f"There are {QWEN}" in refusal


async def test_a_dearer_price_than_the_books_stops_and_a_deprecated_model_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, _):
        report = await engine.model_preflight((Wanted(Stage.ROLLOUTS, "openai/gpt-oss-120b"),))
        (model,) = report.models
        (refusal,) = model.refusals
        assert "costs $0.20 and $0.60" in refusal
        assert "the price book of 2026-10-07 says $0.15" in refusal
        assert "gemel cost prices --refresh" in refusal
        assert any("deprecated" in remark for remark in model.remarks)


async def test_what_was_answered_becomes_a_fact_with_its_date_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, _):
        assert await engine.list_probes() == []
        wanted = (Wanted(Stage.SERVING, QWEN),)
        for _ in range(2):
            report = await engine.record_preflight(wanted)
        probes = await engine.list_probes()
        assert {(p.what, p.subject) for p in probes} >= {("model for serving", QWEN)}
        assert {p.probed_at for p in probes} == {report.checked_at}
        body = next(p.body for p in probes if p.subject == QWEN)
        assert "ADAPTER_MODE_DYNAMIC" in body
        assert all(KEY not in p.body for p in probes)


async def test_without_a_key_nothing_is_asked_and_a_bad_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, there):
        there.faults[("GET", "/v3/whoami")].append(refusing(401, "Invalid API key"))
        assert (await engine.model_preflight()).why_not_asked.startswith("The key is not valid")
        monkeypatch.delenv("TOGETHER_API_KEY")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        n_asked = len(there.asked)
        report = await engine.model_preflight()
        assert "TOGETHER_API_KEY is not set; nothing was called" in report.why_not_asked
        assert len(there.asked) == n_asked


def _html(asked: object) -> Answer:
    return Answer(200, b"<html>", {"content-type": "text/html"})


async def test_the_engine_itself_begins_nothing_with_a_model_that_cannot_be_had(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(workspace, monkeypatch) as (engine, there):
        gone, here = (RunOptions(f"together:{name}", 1, n_tasks=1) for name in (OLD, QWEN))
        n_runs = len(await engine.list_runs())
        with pytest.raises(RefusedError, match=f"{OLD} is not offered by the token"):
            await engine.run_rollouts(gone)
        with pytest.raises(RefusedError, match=f"{OLD} is not offered by the token"):
            await engine.plan_rollouts(gone, ContrastOptions(n_rollouts=4))
        with pytest.raises(RefusedError, match=f"{OLD} is not offered by the token"):
            await engine.evaluate(f"together:{OLD}")
        there.faults[_MODELS].append(_html)
        with pytest.raises(RefusedError, match="the catalogue could not be read"):
            await engine.run_rollouts(here)
        assert len(await engine.list_runs()) == n_runs
        assert there.count(*_CHATS) == 0


async def test_a_model_that_was_just_looked_at_is_not_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, there):
        await engine.model_preflight((Wanted(Stage.ROLLOUTS, QWEN),))
        n_asked = len(there.asked)
        await guards.refuse_policies(engine.context, [f"together:{QWEN}", "builtin"])
        assert len(there.asked) == n_asked
        with pytest.raises(RefusedError):
            await guards.refuse_policies(engine.context, [f"together:{SMALL}"])


async def test_a_busy_service_refuses_no_model_and_nonsense_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _asked(tmp_path, monkeypatch) as (engine, there):
        wanted = (Wanted(Stage.ROLLOUTS, QWEN),)
        there.faults[_CHATS] += [refusing(503, "overloaded", retry_after="0.01")] * 5
        (busy,) = (await engine.model_preflight(wanted, tries_chat=True)).models
        assert busy.refusals == ()
        assert "overloaded" in busy.chat
        assert any("overloaded" in remark for remark in busy.remarks)
        there.faults[_CHATS].append(_html)
        (nonsense,) = (await engine.model_preflight(wanted, tries_chat=True)).models
        assert "does not answer" in nonsense.chat
        there.faults[_CHATS].append(refusing(400, "no such model"))
        (refused,) = (await engine.model_preflight(wanted, tries_chat=True)).models
        assert "no such model" in refused.refusals[0]


async def test_a_model_that_nothing_could_serve_afterwards_is_not_tuned(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = small_shop()
    offered.models[0].profiles = ()
    account = Account()
    opened = open_engine(Workspace(workspace_with_pairs), n_workers=1)
    async with (
        shop(monkeypatch, *front(account, offered), account=account) as there,
        opened as engine,
    ):
        with pytest.raises(RefusedError, match=f"{QWEN} cannot be deployed"):
            await engine.start_job(wish())
        assert all(job.trainer == "builtin" for job in await engine.list_training())
        assert there.service.count("POST", "/v1/files") == 0
        stages = await engine.stages_of_job(QWEN)
        assert [each.stage for each in stages] == [Stage.TRAINING, Stage.SERVING]
