"""An evaluation before it is paid for: how large it is, what it can show, what more would take."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UsageError
from core.evaluation.operations import EvaluationOptions, rule_of
from core.evaluation.power import Design, mde, plan_runs, plan_tasks, power_of

_SEEDS = (1, 2, 3, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Wish:
    """The difference one hopes for, and how sure it must be to be seen."""

    effect: float = 0.10
    """A rate, not points."""
    power: float = 0.80

    def __post_init__(self) -> None:
        if not 0.0 < self.effect <= 1.0:
            raise UsageError("The hoped-for difference is from just above 0 to 100 points.")
        if not 0.0 < self.power < 1.0:
            raise UsageError("Power is a share between 0 and 1, such as 0.8.")


@dataclass(frozen=True, slots=True)
class Size:
    """What would be run, and the most that it can cost."""

    n_tasks: int
    n_heldout: int
    most_microusd: int
    """If every rollout made all its calls, each as long as is assumed."""


@dataclass(frozen=True, slots=True)
class SeedRow:
    """The same tasks with another number of runs."""

    n_seeds: int
    n_rollouts: int
    mde: float
    power: float


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """What an evaluation of a size can show. Rates and differences are shares of 1."""

    base: str
    tuned: str
    """Empty when none was named."""
    n_tasks: int
    n_heldout: int
    n_seeds: int
    n_rollouts: int
    n_calls: int
    """At most."""
    most_microusd: int
    margin: float
    level: float
    run_noise: float
    noise_from: str
    """The evaluation that it was measured in; empty when it is assumed."""
    task_spread: float
    wish: Wish
    mde: float
    """The smallest true difference that is seen with the wished power."""
    power: float
    """How often the hoped-for difference would be seen."""
    heldout_power: float | None
    """How often a tuned policy that lost nothing would be shown to be within the margin."""
    rows: tuple[SeedRow, ...]
    n_seeds_needed: int | None
    """With these tasks, to see the hoped-for difference; None when no number is enough."""
    n_tasks_needed: int | None
    """With these seeds."""
    n_rollouts_needed: int | None
    """The fewer of both ways."""


def make_plan(
    policies: tuple[str, str],
    size: Size,
    options: EvaluationOptions,
    wish: Wish,
    noise: tuple[float, str] | None,
) -> EvaluationPlan:
    """The plan; `noise` is a measured run noise and where it was measured."""
    _refuse_small(size, options)
    design = Design(power=wish.power)
    if noise is not None:
        design = Design(run_noise=noise[0], power=wish.power)
    n_tasks, n_seeds = size.n_tasks, options.n_seeds
    smallest = min(n_tasks, size.n_heldout or n_tasks)
    rule = rule_of(options, smallest, has_heldout=bool(size.n_heldout))
    n_all = n_tasks + size.n_heldout
    seeds = plan_runs(wish.effect, n_tasks, design)
    tasks = plan_tasks(wish.effect, n_seeds, design)
    ways = [2 * seeds * n_tasks] if seeds is not None else []
    ways += [2 * n_seeds * tasks] if tasks is not None else []
    return EvaluationPlan(
        base=policies[0],
        tuned=policies[1],
        n_tasks=n_tasks,
        n_heldout=size.n_heldout,
        n_seeds=n_seeds,
        n_rollouts=2 * n_all * n_seeds,
        n_calls=2 * n_all * n_seeds * options.limits.n_iterations,
        most_microusd=size.most_microusd,
        margin=rule.margin,
        level=rule.level,
        run_noise=design.run_noise,
        noise_from=noise[1] if noise is not None else "",
        task_spread=design.task_spread,
        wish=wish,
        mde=mde(n_tasks, n_seeds, design),
        power=power_of(wish.effect, n_tasks, n_seeds, design),
        heldout_power=_heldout_power(size.n_heldout, n_seeds, rule.margin, design),
        rows=tuple(_row(k, n_tasks, n_all, wish, design) for k in sorted({*_SEEDS, n_seeds})),
        n_seeds_needed=seeds,
        n_tasks_needed=tasks,
        n_rollouts_needed=min(ways, default=None),
    )


def _refuse_small(size: Size, options: EvaluationOptions) -> None:
    if size.n_tasks < 2 or size.n_heldout == 1:
        raise UsageError("Nothing can be shown with fewer than 2 tasks of a suite.")
    if options.n_seeds < 1:
        raise UsageError("An evaluation needs at least 1 seed.")


def _row(n_seeds: int, n_tasks: int, n_all: int, wish: Wish, design: Design) -> SeedRow:
    return SeedRow(
        n_seeds,
        2 * n_all * n_seeds,
        mde(n_tasks, n_seeds, design),
        power_of(wish.effect, n_tasks, n_seeds, design),
    )


def _heldout_power(n_tasks: int, n_seeds: int, margin: float, design: Design) -> float | None:
    if not n_tasks:
        return None
    # A one-sided bound at 95 % is the lower end of a two-sided interval at 90 %.
    one_sided = Design(design.run_noise, design.task_spread, design.power, alpha=0.10)
    return power_of(margin, n_tasks, n_seeds, one_sided)
