"""A job at Together from the pairs to the policy, through the real client library."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import CeilingError, RefusedError, UsageError
from core.events import Event, JobNoted, StepTrained
from core.policies.theta import BASE_THETA
from core.store.charges import find_charge
from core.store.jobs import find_artifact
from core.training.alarms import AlarmKind
from tests.core.together.tune_jobs import (
    Course,
    broke,
    failure,
    restarted,
    restarted_late,
    strange,
    user_error,
)
from tests.core.training.remote.shop import FAST, bought, ended, engine_on, shop, wish


async def test_a_job_becomes_a_policy_that_was_really_trained_and_is_paid_once(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Event] = []
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs, told.append) as engine:
        priced = await engine.start_job(wish())
        remote = priced.remote
        assert remote is not None
        assert (priced.job.status, remote.stage) == ("waiting", "estimated")
        assert [step.step for step in remote.steps] == [
            "validated",
            "uploaded",
            "uploaded",
            "server-validated",
            "estimated",
        ]
        assert not there.tunes.jobs, "nothing is bought before somebody agrees"
        worst = remote.price.worst
        assert worst is not None
        assert worst >= max(remote.price.book or 0, remote.price.estimate or 0)
        with pytest.raises(RefusedError, match="more than"):
            await engine.confirm_job(priced.job.job_id, worst - 1)
        assert not there.tunes.jobs
        view = await engine.confirm_job(priced.job.job_id, worst)
        assert (await find_charge(engine.context.store, view.job.job_id)) is not None
        await engine.watch_job(view.job.job_id)
        view = await engine.show_job(view.job.job_id)
        (job,) = there.tunes.jobs.values()
        assert (view.job.status, view.remote.stage if view.remote else "") == ("finished",) * 2
        assert view.policy == f"tuned:{view.job.artifact_id}"
        made = there.tunes.models[f"ml_{job.body['id']}"]
        assert made.theta != BASE_THETA
        artifact = await find_artifact(engine.context.store, view.job.artifact_id)
        assert artifact is not None
        assert made.model_object_id in artifact.body
        assert artifact.parent == "together:Qwen/Qwen3.5-9B"
        charge = await find_charge(engine.context.store, view.job.job_id)
        assert charge is not None
        assert charge.status == "settled"
        assert charge.spent_microusd * 1000 == there.tunes.billed_nano[job.body["id"]]
        assert {"train/loss", "eval/loss", "train/reward/accuracy"} <= set(view.series)
        assert view.remote is not None
        assert view.remote.checkpoints
        assert view.remote.token_factor is not None
        (line,) = await engine.list_training()
        assert (line.stage, line.share, line.policy) == ("finished", 1.0, view.policy)
        assert line.is_price_final
    noted = [event for event in told if isinstance(event, JobNoted)]
    assert len({(e.kind, e.text, e.happened_at) for e in noted}) == len(noted)
    assert any(isinstance(event, StepTrained) for event in told)


async def test_everything_is_said_to_the_service_and_nothing_left_to_it(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        await bought(engine, learning_rate=2e-5, seed=7, weight_decay=0.01)
        (job,) = there.tunes.jobs.values()
        asked = job.request
        assert (asked["learning_rate"], asked["random_seed"]) == (2e-5, 7)
        assert (asked["packing"], asked["max_seq_length"] % 512) == (False, 0)
        assert asked["training_method"] == {
            "method": "dpo",
            "dpo_beta": 0.1,
            "rpo_alpha": 0.5,
            "dpo_normalize_logratios_by_length": False,
            "dpo_reference_free": False,
        }
        assert asked["training_type"] == {
            "type": "Lora",
            "lora_r": 64,
            "lora_alpha": 128,
            "lora_dropout": 0.0,
            "lora_trainable_modules": "all-linear",
        }
        assert asked["lr_scheduler"]["lr_scheduler_type"] == "cosine"
        assert (asked["warmup_ratio"], asked["weight_decay"]) == (0.1, 0.01)
        assert asked["n_evals"] == 5
        train, held = (there.files.stored[asked[n]] for n in ("training_file", "validation_file"))
        assert train.content
        assert held.content
        assert not set(train.content.splitlines()) & set(held.content.splitlines())


@pytest.mark.parametrize(
    ("course", "status", "said"),
    [
        (user_error, "failed", "Line 3: tokenized sample is empty"),
        (failure, "failed", "Internal error"),
        (broke, "cancelled", "spending limit"),
    ],
)
async def test_a_job_that_ends_badly_says_why_and_costs_what_was_done(
    workspace_with_pairs: Path,
    monkeypatch: pytest.MonkeyPatch,
    course: Course,
    status: str,
    said: str,
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        there.tunes.courses.append(course)
        view = await ended(engine)
        assert (view.job.status, view.policy) == (status, "")
        assert said in view.job.reason
        charge = await find_charge(engine.context.store, view.job.job_id)
        assert charge is not None
        (billed,) = there.tunes.billed_nano.values()
        assert (charge.status, charge.spent_microusd) == ("settled", billed // 1000)


@pytest.mark.parametrize("course", [restarted, restarted_late])
async def test_a_job_that_is_begun_again_there_is_followed_under_its_new_id(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch, course: Course
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        there.tunes.courses.append(course)
        view = await ended(engine)
        first, second = there.tunes.jobs
        assert view.job.status == "finished"
        assert view.remote is not None
        assert (view.remote.remote_id, view.remote.earlier_ids) == (second, (first,))
        charge = await find_charge(engine.context.store, view.job.job_id)
        assert charge is not None
        assert charge.spent_microusd == 4_000_000
        texts = [event.text for event in view.events if event.kind == "step"]
        assert any(second in text and first in text for text in texts)


async def test_words_and_values_that_nobody_knows_are_kept_and_shown(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        there.tunes.courses.append(strange)
        view = await ended(engine)
        assert view.job.status == "finished"
        assert any("reticulating" in e.text for e in view.events if e.kind == "status")
        (odd,) = [event for event in view.events if event.kind == "splines_reticulated"]
        assert "\x1b" not in odd.text
        assert view.series["train/loss"][-1].value is None
        assert view.series["train/ent.ropy"][-1].value == 1.5
        assert AlarmKind.NOT_A_NUMBER in {alarm.kind for alarm in view.alarms}
        assert sum(event.kind == "alarm" for event in view.events) == len(view.alarms)


async def test_a_job_that_runs_is_cancelled_and_pays_for_what_is_done(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        view = await bought(engine)
        await engine.cancel_job(view.job.job_id)
        job = await engine.watch_job(view.job.job_id)
        assert job.status == "cancelled"
        assert [one.status for one in there.tunes.jobs.values()] == ["cancelled"]
        charge = await find_charge(engine.context.store, job.job_id)
        assert charge is not None
        assert charge.spent_microusd == 0
        with pytest.raises(UsageError, match="nothing to cancel"):
            await engine.cancel_job(view.job.job_id)
        priced = await engine.start_job(wish())
        gone = await engine.cancel_job(priced.job.job_id)
        assert (gone.status, len(there.tunes.jobs)) == ("cancelled", 1)


async def test_the_ceiling_and_the_account_hold_before_anything_is_bought(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there, engine_on(workspace_with_pairs) as engine:
        await engine.set_ceiling(3_000_000)
        found = await engine.preflight_job(wish())
        assert "W-CEILING" in {warning.warning_id for warning in found.warnings}
        priced = await engine.start_job(wish())
        with pytest.raises(CeilingError):
            await engine.confirm_job(priced.job.job_id, 10**9)
        assert not there.tunes.jobs
        assert (await engine.show_job(priced.job.job_id)).job.status == "waiting"
        await engine.set_ceiling(10_000_000)
        view = await engine.confirm_job(priced.job.job_id, 10**9)
        assert view.remote is not None
        assert view.remote.remote_id in there.tunes.jobs
        there.tunes.user_limit = 1.0
        with pytest.raises(RefusedError, match=r"may still spend \$1\.00"):
            await engine.start_job(wish(seed=3))
        (line, _) = await engine.list_training()
        assert (line.status, line.stage) == ("waiting", "server-validated")
        there.tunes.user_limit = 100.0
        again = await engine.resume_job(line.job_id)
        assert again.remote is not None
        assert again.remote.stage == "estimated"
        assert len(there.files.uploaded) == 4, "the other seed holds other tasks back"


async def test_a_job_started_elsewhere_is_taken_over_once(
    workspace_with_pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        async with engine_on(workspace_with_pairs) as engine:
            view = await bought(engine)
            assert view.remote is not None
        async with engine_on(tmp_path / "other") as engine:
            remote_id = view.remote.remote_id
            mine = await engine.attach_job(remote_id, FAST)
            assert (await engine.attach_job(remote_id)).job.job_id == mine.job.job_id
            assert mine.remote is not None
            assert mine.remote.is_attached
            job = await engine.watch_job(mine.job.job_id)
            view = await engine.show_job(job.job_id)
            assert (view.job.status, view.policy[:6]) == ("finished", "tuned:")
            assert view.settings["learning_rate"] == 1e-5
            assert view.settings["dpo_beta"] == 0.1
            assert await find_charge(engine.context.store, job.job_id) is None
            there.tunes.jobs.clear()
            kept = await engine.show_job(job.job_id)
            assert kept.series == view.series
            with pytest.raises(UsageError, match="ft-"):
                await engine.attach_job("job-1")
