"""The steps of a job of the built-in trainer: each is stored and told, each pass is summed up."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from dataclasses import asdict, dataclass

from core.errors import GemelError
from core.events import StepTrained
from core.policies.theta import Theta
from core.store.jobs import MetricRow
from core.training.alarms import Alarm, JobSize, find_alarms
from core.training.dpo import Step, StepMetrics, run_steps
from core.training.dpo_examples import Examples
from core.training.dpo_options import DpoOptions
from core.training.journal import EventKind, JobJournal

_SHOWN = ("loss", "margin", "accuracy")
_N_LOOKS = 20
"""So often the alarms are looked for, however many passes a job has."""


@dataclass(frozen=True, slots=True)
class Course:
    """What came of a job's steps."""

    theta: Theta
    first: StepMetrics
    last: StepMetrics
    n_steps: int
    alarms: tuple[Alarm, ...]


async def run_course(
    journal: JobJournal,
    examples: Examples,
    options: DpoOptions,
    reference: Theta,
    size: JobSize,
) -> Course:
    """Do all steps; raises `GemelError` when what is measured is no number any more."""
    series: dict[str, list[tuple[int, float]]] = defaultdict(list)
    work = run_steps(examples, options, reference)
    per_look = size.steps_per_epoch * max(options.n_epochs // _N_LOOKS, 1)
    first: StepMetrics | None = None
    last: Step | None = None
    journal.warn(find_alarms(series, size))
    while (step := await asyncio.to_thread(next, work, None)) is not None:
        number = step.metrics.step
        first, last = first or step.metrics, step
        _record(journal, step.metrics, size.n_steps, series)
        if number % size.steps_per_epoch == 0:
            _sum_up(journal, series, size, options.n_epochs)
        if number % per_look == 0:
            journal.warn(find_alarms(series, size))
    assert first is not None
    assert last is not None
    alarms = find_alarms(series, size)
    journal.warn(alarms)
    return Course(last.theta, first, last.metrics, last.metrics.step, alarms)


def refuse_nonsense(metrics: StepMetrics) -> None:
    """Raise when a value is not a number: then no later one can be, either."""
    for name, value in asdict(metrics).items():
        if not math.isfinite(value):
            raise GemelError(
                f"{name.replace('_', ' ')} is not a number at step {metrics.step}: the weights are "
                "ruined. What was measured is kept; lower the learning rate and start again."
            )


def _record(
    journal: JobJournal,
    metrics: StepMetrics,
    n_steps: int,
    series: dict[str, list[tuple[int, float]]],
) -> None:
    step, job_id = metrics.step, journal.job_id
    values = {name: float(value) for name, value in asdict(metrics).items() if name != "step"}
    rows = [MetricRow(job_id, step, name, value) for name, value in values.items()]
    journal.context.store.submit("job_metrics", rows)
    for name, value in values.items():
        series[name].append((step, value))
    refuse_nonsense(metrics)
    shown: dict[str, float | None] = {name: values[name] for name in _SHOWN}
    journal.context.emit(StepTrained(job_id, step, n_steps, shown))


def _sum_up(
    journal: JobJournal,
    series: dict[str, list[tuple[int, float]]],
    size: JobSize,
    n_epochs: int,
) -> None:
    """One line on the pass that ends here."""
    mean = {
        name: math.fsum(value for _, value in series[name][-size.steps_per_epoch :])
        / size.steps_per_epoch
        for name in _SHOWN
    }
    step = series["loss"][-1][0]
    journal.note(
        EventKind.EPOCH,
        f"pass {step // size.steps_per_epoch} of {n_epochs}: loss {mean['loss']:.3f}, "
        f"margin {mean['margin']:.3f}, {mean['accuracy']:.0%} told apart",
        step=step,
    )
