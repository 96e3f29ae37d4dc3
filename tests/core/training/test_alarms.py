"""Alarms over made series: each bad course is named, and a good one is left alone."""

from __future__ import annotations

import math

import pytest

from core.training.alarms import AlarmKind, JobSize, find_alarms, size_alarms

SIZE = JobSize(n_pairs=40, n_tasks=20, n_steps=30, batch_size=4)
STEPS = range(1, SIZE.n_steps + 1)
_NOISE = (0.03, -0.04, 0.01, -0.02, 0.02, -0.01, 0.04, -0.03, 0.0, 0.0)
"""Of the batches of a pass; they sum to nothing."""


def course(begin: float, end: float, noise: float = 1.0) -> list[tuple[int, float]]:
    """A noisy line."""
    reach = (end - begin) / (SIZE.n_steps - 1)
    return [(n, begin + (n - 1) * reach + noise * _NOISE[n % len(_NOISE)]) for n in STEPS]


GOOD = {
    "loss": course(0.69, 0.45),
    "accuracy": course(0.6, 0.85),
    "margin": course(0.05, 0.6),
    "logps_chosen": course(-4.0, -3.5),
}


def kinds(**changed: list[tuple[int, float]]) -> list[AlarmKind]:
    return [alarm.kind for alarm in find_alarms({**GOOD, **changed}, SIZE)]


def test_a_good_course_gives_no_alarm_at_any_step() -> None:
    for n_done in STEPS:
        so_far = {name: points[:n_done] for name, points in GOOD.items()}
        assert find_alarms(so_far, SIZE) == ()


@pytest.mark.parametrize(
    ("series", "points", "kind"),
    [
        ("loss", course(0.69, 0.69), AlarmKind.LOSS_NOT_FALLING),
        ("loss", course(0.69, 0.95), AlarmKind.LOSS_RISES),
        ("accuracy", course(0.5, 0.5), AlarmKind.AT_CHANCE),
        ("margin", course(0.6, 0.1), AlarmKind.MARGIN_SHRINKS),
        ("logps_chosen", course(-4.0, -6.0), AlarmKind.CHOSEN_FALLS),
        ("accuracy", course(0.99, 1.0, 0.1), AlarmKind.SATURATED),
    ],
)
def test_each_bad_course_raises_its_own_alarm_alone(
    series: str, points: list[tuple[int, float]], kind: AlarmKind
) -> None:
    assert kinds(**{series: points}) == [kind]


def test_pairs_that_are_told_apart_within_one_pass_are_too_easy() -> None:
    size = JobSize(n_pairs=3000, n_tasks=300, n_steps=375, batch_size=8)

    def course_to(end: float) -> list[tuple[int, float]]:
        return [(n, 0.6 if n <= 20 else end) for n in range(1, 126)]

    (alarm,) = find_alarms({"accuracy": course_to(1.0)}, size)
    assert (alarm.kind, alarm.step) == (AlarmKind.SATURATED, 125)
    assert alarm.saw == "In the first third of the job 100% of the pairs are told apart already."
    assert find_alarms({"accuracy": course_to(0.9)}, size) == ()
    lucky = [(n, 1.0 if n in (60, 61, 62) else 0.8) for n in range(1, 126)]
    assert all(find_alarms({"accuracy": lucky[:n]}, size) == () for n in range(1, 126))


def test_the_noise_of_single_batches_raises_nothing_before_a_trend_can_be_known() -> None:
    wild = [(n, 0.69 + (0.5 if n % 2 else -0.5)) for n in STEPS]
    early = {"loss": wild[:12], "margin": [(n, -y) for n, y in wild[:12]]}
    assert find_alarms(early, SIZE) == ()


def test_what_is_not_a_number_is_named_with_its_first_step_and_silences_the_rest() -> None:
    broken = [(n, math.nan if n >= 7 else y) for n, y in course(0.69, 0.95)]
    (alarm,) = find_alarms({**GOOD, "loss": broken, "margin": course(0.6, 0.1)}, SIZE)
    assert (alarm.kind, alarm.step) == (AlarmKind.NOT_A_NUMBER, 7)
    assert "loss" in alarm.saw


def test_validation_loss_that_rises_while_the_trained_one_falls_is_overfitting() -> None:
    assert kinds(eval_loss=[(10, 0.60), (20, 0.64), (30, 0.70)]) == [AlarmKind.OVERFIT]
    assert kinds(eval_loss=[(10, 0.60), (20, 0.64), (30, 0.62)]) == []


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        (JobSize(n_pairs=16, n_tasks=16, n_steps=20, batch_size=16), AlarmKind.ONE_BATCH),
        (JobSize(n_pairs=40, n_tasks=20, n_steps=9, batch_size=16), AlarmKind.FEW_STEPS),
        (JobSize(n_pairs=40, n_tasks=3, n_steps=30, batch_size=16), AlarmKind.FEW_TASKS),
    ],
)
def test_a_job_too_small_to_teach_is_known_before_its_first_step(
    size: JobSize, kind: AlarmKind
) -> None:
    assert [alarm.kind for alarm in size_alarms(size)] == [kind]
    assert size_alarms(SIZE) == ()


def test_a_job_of_unknown_size_is_judged_by_what_it_measured() -> None:
    found = find_alarms({"loss": course(0.69, 0.95)}, None)
    assert [alarm.kind for alarm in found] == [AlarmKind.LOSS_RISES]


def test_every_alarm_says_what_was_seen_what_it_means_and_what_to_do() -> None:
    series = {
        "loss": course(0.69, 0.95),
        "accuracy": course(0.5, 0.5),
        "margin": course(0.6, 0.1),
        "logps_chosen": course(-4.0, -6.0),
    }
    tiny = JobSize(n_pairs=4, n_tasks=1, n_steps=1, batch_size=4)
    for alarm in (*find_alarms(series, SIZE), *size_alarms(tiny)):
        sentences = (alarm.saw, alarm.means, alarm.advice)
        assert all(text.endswith(".") and not text[0].islower() for text in sentences)
        assert alarm.text == " ".join(sentences)
