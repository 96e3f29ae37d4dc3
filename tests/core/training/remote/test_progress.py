"""How far a job is, what it has cost, and what its series of any name are worth an alarm."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest

from core.together.tuning_records import RemoteJob
from core.training.alarms import AlarmKind, JobSize, find_alarms
from core.training.remote.progress import progress_of, stalled
from core.training.remote.series import for_alarms, role_of

NOW = datetime.fromisoformat("2026-11-20T12:00:00")
WORST = 10_000_000


def job(status: str, **fields: object) -> RemoteJob:
    return RemoteJob("ft-1", status, **fields)  # type: ignore[arg-type]


def test_the_time_left_counts_from_the_begin_of_the_stage() -> None:
    begun = NOW - timedelta(seconds=100)
    running = job("running", started_at=begun, seconds_remaining=600, n_steps=10, n_steps_done=4)
    found = progress_of(running, WORST, NOW)
    assert (found.left_s, found.share, found.price_microusd) == (500.0, 0.4, 4_000_000)
    assert not found.is_price_final
    late = progress_of(running, WORST, NOW + timedelta(hours=1))
    assert late.left_s == 0.0
    assert progress_of(job("running"), WORST, NOW).left_s is None
    assert progress_of(job("queued"), None, NOW).price_microusd is None


@pytest.mark.parametrize(
    ("there", "price"),
    [
        (job("completed", price_microusd=7), 7),
        (job("completed"), WORST),
        (job("error", price_microusd=7), 0),
        (job("user_error"), 0),
        (job("cancelled", price_microusd=7), 7),
        (job("cancelled", n_steps=4, n_steps_done=1), 2_500_000),
        (job("cancelled"), 0),
    ],
)
def test_a_job_costs_what_was_billed_done_or_refunded(there: RemoteJob, price: int) -> None:
    found = progress_of(there, WORST, NOW)
    assert (found.price_microusd, found.is_price_final, found.left_s) == (price, True, None)


def test_a_job_that_runs_without_news_is_said_to_be_stalled() -> None:
    assert not stalled(job("running"), NOW - timedelta(minutes=29), NOW)
    (alarm,) = stalled(job("running"), NOW - timedelta(minutes=45), NOW)
    assert (alarm.kind, "45 minutes" in alarm.saw) == (AlarmKind.STALLED, True)
    assert not stalled(job("queued"), NOW - timedelta(hours=9), NOW)
    assert not stalled(job("completed"), NOW - timedelta(hours=9), NOW)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("train/loss", "loss"),
        ("eval/loss", "eval_loss"),
        ("train/reward/accuracy", "accuracy"),
        ("eval/reward/accuracy", "eval_accuracy"),
        ("rewards/margins", "margin"),
        ("train/logps/chosen", "logps_chosen"),
        ("eval/logps/preferred", "eval_logps_chosen"),
        ("train/logps/rejected", ""),
        ("train/logps/non_preferred", ""),
        ("eval/approx. KL/chosen", ""),
        ("train/learning_rate", ""),
        ("whatever", ""),
    ],
)
def test_a_series_is_known_by_the_words_in_its_name(name: str, role: str) -> None:
    assert role_of(name) == role


def _kinds(series: dict[str, list[tuple[int, float]]], n_steps: int) -> set[AlarmKind]:
    size = JobSize(800, 200, n_steps, 8)
    return {alarm.kind for alarm in find_alarms(for_alarms(series), size)}


def test_alarms_come_from_series_of_any_name() -> None:
    steps = range(1, 301)
    fine = {"train/loss": [(n, 0.7 - n / 1000) for n in steps]}
    assert _kinds(fine, 300) == set()
    easy = {**fine, "eval/reward/accuracy": [(60, 0.99), (120, 0.99), (180, 1.0)]}
    assert _kinds(easy, 300) == {AlarmKind.SATURATED}
    late = {**fine, "eval/reward/accuracy": [(60, 0.8), (120, 0.99), (180, 1.0)]}
    assert _kinds(late, 300) == set()
    falling = {**fine, "train/logps/chosen": [(n, -10.0 - n / 20) for n in steps]}
    assert _kinds(falling, 300) == {AlarmKind.CHOSEN_FALLS}
    seldom = {**fine, "eval/logps/chosen": [(60, -10.0), (120, -13.0), (180, -14.0)]}
    assert _kinds(seldom, 300) == {AlarmKind.CHOSEN_FALLS}
    by_heart = {**fine, "eval/loss": [(60, 0.5), (120, 0.6), (180, 0.7)]}
    assert _kinds(by_heart, 300) == {AlarmKind.OVERFIT}
    broken = {**fine, "train/splines": [(1, 1.0), (2, math.nan)]}
    assert _kinds(broken, 300) == {AlarmKind.NOT_A_NUMBER}
