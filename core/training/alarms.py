"""What is worth knowing of a job's course before its result is: alarms that explain themselves.

A pure function over what was measured. Trends compare means over whole passes, since a single
batch is mostly noise; nothing is said of a trend before enough steps are done.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Points = Sequence[tuple[int, float]]
"""Steps and values, in order."""

_FEWEST_STEPS = 8
"""Before so many steps no trend is judged."""
_FALL = 0.01
_RISE = 1.05
_CHANCE = 0.55
_LOST_MARGIN = 0.7
_LOST_LIKELIHOOD = 0.2
_SATURATED = 0.95
_N_EVALS = 3


class AlarmKind(StrEnum):
    """What an alarm is about."""

    NOT_A_NUMBER = "not-a-number"
    LOSS_RISES = "loss-rises"
    LOSS_NOT_FALLING = "loss-not-falling"
    AT_CHANCE = "at-chance"
    MARGIN_SHRINKS = "margin-shrinks"
    CHOSEN_FALLS = "chosen-falls"
    SATURATED = "saturated"
    OVERFIT = "overfit"
    ONE_BATCH = "one-batch"
    FEW_STEPS = "few-steps"
    FEW_TASKS = "few-tasks"
    STALLED = "stalled"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One finding, in three sentences."""

    kind: AlarmKind
    saw: str
    means: str
    advice: str
    step: int | None = None
    """Where it could be seen; None when it holds for the job as it was asked for."""

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.saw} {self.means} {self.advice}"


@dataclass(frozen=True, slots=True)
class JobSize:
    """How large a job is, as planned."""

    n_pairs: int
    n_tasks: int
    n_steps: int
    batch_size: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the pairs."""
        return max(-(-self.n_pairs // self.batch_size), 1)


@dataclass(frozen=True, slots=True)
class Enough:
    """From where on a size gives no alarm; the defaults are the built-in policy's.

    It has some seventy weights. A language model wants hundreds of pairs of a hundred tasks.
    """

    n_steps: int = 10
    n_tasks: int = 10


def size_alarms(size: JobSize, enough: Enough = Enough()) -> tuple[Alarm, ...]:
    """What can be said before the first step."""
    return tuple(_of_size(size, enough))


def find_alarms(
    series: Mapping[str, Points], size: JobSize | None, enough: Enough = Enough()
) -> tuple[Alarm, ...]:
    """All alarms that hold for what was measured so far, gravest first."""
    rest = size_alarms(size, enough) if size is not None else ()
    return (*_of_course(series, size), *rest)


def _of_size(size: JobSize, enough: Enough) -> Iterator[Alarm]:
    if size.n_pairs <= size.batch_size:
        yield Alarm(
            AlarmKind.ONE_BATCH,
            f"One batch of {size.batch_size} holds all {size.n_pairs} pairs.",
            "Every pass is a single step, always in the same direction.",
            "Build more pairs, or make the batch smaller.",
        )
    if size.n_steps < enough.n_steps:
        yield Alarm(
            AlarmKind.FEW_STEPS,
            f"The job makes {_many(size.n_steps, 'step')}.",
            f"Fewer than {enough.n_steps} hardly change a policy; what an evaluation then shows "
            "is mostly noise.",
            "Build more pairs, make the batch smaller, or add epochs.",
        )
    if size.n_tasks < enough.n_tasks:
        yield Alarm(
            AlarmKind.FEW_TASKS,
            f"The pairs come from {_many(size.n_tasks, 'task')}.",
            "More pairs of the same task are hardly more data: it learns these tasks by heart.",
            "Run rollouts on more tasks before training again.",
        )


def _of_course(series: Mapping[str, Points], size: JobSize | None) -> Iterator[Alarm]:
    broken = [(p[0], name) for name, points in series.items() for p in points if not _ok(p[1])]
    if broken:
        step, name = min(broken)
        yield Alarm(
            AlarmKind.NOT_A_NUMBER,
            f"{_words(name)} is not a number at step {step}.",
            "The weights are ruined from there on.",
            "Lower the learning rate and start again; this job's policy cannot be used.",
            step,
        )
        return
    loss = series.get("loss", ())
    n_steps = size.n_steps if size is not None else (loss[-1][0] if loss else 0)
    width = size.steps_per_epoch if size is not None else max(len(loss) // 4, 1)

    def trend(name: str) -> _Trend | None:
        return _Trend.of(series.get(name, ()), width, n_steps)

    yield from _of_loss(trend("loss"), n_steps)
    yield from _of_accuracy(trend("accuracy"), n_steps)
    yield from _of_margin(trend("margin"))
    yield from _of_chosen(trend("logps_chosen"))
    yield from _saturated(series.get("accuracy", ()), width, n_steps)
    yield from _overfit(series.get("eval_loss", ()), loss)
    yield from _of_evals(series, n_steps)


@dataclass(frozen=True, slots=True)
class _Trend:
    """Means of the first, the best and the newest window of a series."""

    step: int
    first: float
    highest: float
    last: float

    @classmethod
    def of(cls, points: Points, width: int, n_steps: int) -> _Trend | None:
        """None while too little is measured: neither two passes nor half of the job."""
        is_early = len(points) < 2 * width and 2 * points[-1][0] < n_steps if points else True
        if is_early or len(points) < _FEWEST_STEPS:
            return None
        width = min(width, len(points) // 2)
        values = [value for _, value in points]
        windows = [_mean(values[at : at + width]) for at in range(0, len(values), width)]
        if len(values) % width:
            windows.pop()
        return cls(points[-1][0], windows[0], max(windows), _mean(values[-width:]))


def _of_loss(loss: _Trend | None, n_steps: int) -> Iterator[Alarm]:
    if loss is None:
        return
    saw = f"The loss went from {loss.first:.3f} to {loss.last:.3f}, on average over a pass."
    if loss.last > loss.first * _RISE:
        yield Alarm(
            AlarmKind.LOSS_RISES,
            saw,
            "The steps are too large: each undoes what the one before had learned.",
            "Lower the learning rate, by a factor of three or more.",
            loss.step,
        )
    elif 2 * loss.step >= n_steps and loss.last >= loss.first * (1 - _FALL):
        yield Alarm(
            AlarmKind.LOSS_NOT_FALLING,
            saw,
            "Nothing is learned: the steps are too small, or the pairs contradict each other.",
            "Raise the learning rate; if that does not help, look through the pairs.",
            loss.step,
        )


def _of_accuracy(accuracy: _Trend | None, n_steps: int) -> Iterator[Alarm]:
    if accuracy is not None and 2 * accuracy.step >= n_steps and accuracy.last < _CHANCE:
        yield Alarm(
            AlarmKind.AT_CHANCE,
            f"{accuracy.last:.0%} of the pairs are told apart; 50 % is a coin.",
            "What tells chosen from rejected is nothing this policy can see, or it is random.",
            "Look through the pairs for wrong labels; swap or drop those.",
            accuracy.step,
        )


def _of_margin(margin: _Trend | None) -> Iterator[Alarm]:
    if margin is None or margin.highest <= 0.0:
        return
    if margin.last < margin.highest * _LOST_MARGIN:
        yield Alarm(
            AlarmKind.MARGIN_SHRINKS,
            f"The reward margin was {margin.highest:.3f} and is {margin.last:.3f}.",
            "The policy forgets what it had learned from these very pairs.",
            "Lower the learning rate, or train for fewer epochs.",
            margin.step,
        )


def _of_chosen(chosen: _Trend | None) -> Iterator[Alarm]:
    if chosen is not None and chosen.last < chosen.first - _LOST_LIKELIHOOD * abs(chosen.first):
        yield Alarm(
            AlarmKind.CHOSEN_FALLS,
            f"The chosen answers' log-likelihood fell from {chosen.first:.2f} to "
            f"{chosen.last:.2f}.",
            "The margin grows only because the rejected ones fall faster; answers that stand in "
            "no pair win.",
            "Raise rpo alpha, or lower the learning rate.",
            chosen.step,
        )


def _saturated(accuracy: Points, width: int, n_steps: int) -> Iterator[Alarm]:
    """Of the newest values: a pass may be the whole job, and its mean hides where it got to."""
    early = [(step, value) for step, value in accuracy if 3 * step <= n_steps]
    values = [value for _, value in early[-max(min(width, _FEWEST_STEPS), 3) :]]
    if len(values) >= 3 and _mean(values) > _SATURATED:
        yield _too_easy(early[-1][0], _mean(values))


def _too_easy(step: int, accuracy: float) -> Alarm:
    return Alarm(
        AlarmKind.SATURATED,
        f"In the first third of the job {accuracy:.0%} of the pairs are told apart already.",
        "The pairs are too easy, perhaps by their form alone; the rest only drives the policy "
        "away from its parent.",
        "Train for fewer epochs, and look whether the rejected answers are crashes.",
        step,
    )


def _of_evals(series: Mapping[str, Points], n_steps: int) -> Iterator[Alarm]:
    """The same of means over all validation pairs: three of them are worth a word."""
    chosen, accuracy = series.get("eval_logps_chosen", ()), series.get("eval_accuracy", ())
    if len(chosen) >= _N_EVALS:
        first, last = chosen[0], chosen[-1]
        yield from _of_chosen(_Trend(last[0], first[1], first[1], max(chosen[-2][1], last[1])))
    early = [(step, value) for step, value in accuracy if 3 * step <= n_steps]
    if early and early[-1][1] > _SATURATED:
        yield _too_easy(*early[-1])


def _overfit(evals: Points, loss: Points) -> Iterator[Alarm]:
    last = [value for _, value in evals[-_N_EVALS:]]
    if len(last) < _N_EVALS or not last[0] < last[1] < last[2]:
        return
    begin, end = evals[-_N_EVALS][0], evals[-1][0]
    train = [value for step, value in loss if begin <= step <= end]
    if len(train) > 1 and _mean(train[len(train) // 2 :]) < _mean(train[: len(train) // 2]):
        yield Alarm(
            AlarmKind.OVERFIT,
            f"The loss on validation pairs rose twice, to {last[-1]:.3f}, while that on the "
            "trained ones fell.",
            "It learns these pairs by heart, and others less well.",
            f"Use the checkpoint before step {begin + 1}, or train for fewer epochs.",
            end,
        )


def _ok(value: float) -> bool:
    return math.isfinite(value)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _many(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _words(name: str) -> str:
    return name.replace("_", " ")
