"""Warnings about a plan: an id that stays, a sentence with its numbers, and what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from core.costs.book import PriceBook, Use
from core.costs.contrast import PairRule
from core.costs.forecast import Yield, pair_tokens, steps, unpacked_row_tokens
from core.costs.model import Bill, PartName
from core.costs.scenario import Scenario
from core.money import usd

_FEW_TASKS = 100
_FEW_STEPS, _MANY_STEPS = 50, 1000
_HIGH_RATE = 5e-5
_MIN_CONTRAST = 0.5
_MAX_PASS_PASS = 0.25
_PILOT_TASKS = 8
_LONG_IDLE_S = 3600.0
_PADDING = 1.25


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """One thing to know before spending."""

    warning_id: str
    says: str
    change: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the rules look at."""

    scenario: Scenario
    bill: Bill
    gain: Yield
    book: PriceBook


Rule = Callable[[Plan], Iterator[PlanWarning]]


def find_warnings(plan: Plan) -> tuple[PlanWarning, ...]:
    """All that apply, in the order of the pipeline."""
    rules: list[Rule] = [_retired, _pilot, _ceiling]
    if plan.scenario.n_pairs_wanted:
        rules += [_contrast, _pairs, _pass_pass, _few_tasks, _off_policy]
        rules += [_rate, _steps, _context, _padding]
    if plan.scenario.n_eval_tasks:
        rules += [_power, _endpoint]
    return tuple(warning for rule in rules for warning in rule(plan))


def _retired(plan: Plan) -> Iterator[PlanWarning]:
    used = {Use.CHAT: plan.scenario.generator}
    if plan.scenario.n_pairs_wanted:
        used[Use.TRAINING] = plan.scenario.student
    for use, model in used.items():
        row = plan.book.retired_row(use, model)
        if row is not None:
            name = "generator" if use is Use.CHAT else "student"
            says = f"{model} is gone for {use.value} since {row.since}; its price is history."
            yield PlanWarning("W-RETIRED", says, f"{name}={row.replacement}")


def _pilot(plan: Plan) -> Iterator[PlanWarning]:
    n = plan.scenario.n_pilot_tasks
    if n < _PILOT_TASKS:
        known = f"come from a pilot of {n} tasks" if n > 1 else "are a guess"
        yield PlanWarning(
            "W-PILOT",
            f"The tokens of a rollout {known}: the interval is wide.",
            "run one rollout on each of 10 to 20 tasks, then set n_pilot_tasks and the tokens",
        )


def _ceiling(plan: Plan) -> Iterator[PlanWarning]:
    budget = plan.scenario.budget
    if not budget:
        return
    bill = plan.bill
    others = bill.total.high_microusd - bill.rollouts.high_microusd
    worst = bill.ceiling_microusd + others
    if worst > budget:
        yield PlanWarning(
            "W-CEILING",
            f"If every rollout goes to its limits the plan costs {usd(worst)}, "
            f"above the budget of {usd(budget)}.",
            "lower max_iterations or n_rollouts_per_task, or cut observation_tokens",
        )


def _contrast(plan: Plan) -> Iterator[PlanWarning]:
    chance, rate = plan.gain.pairs.p_contrast, plan.scenario.pass_rate
    if chance < _MIN_CONTRAST:
        why = "too easy" if rate > 0.5 else "too hard" if rate < 0.5 else "tried too rarely"
        yield PlanWarning(
            "W-NOCONTRAST",
            f"Only {chance:.0%} of tasks are expected to show a pass and a fail: at a pass rate "
            f"of {rate:.0%} they are {why} for this generator.",
            "choose tasks or a generator with a pass rate of 10 to 70 %, best near 30 %",
        )


def _pairs(plan: Plan) -> Iterator[PlanWarning]:
    wanted, usable = plan.scenario.n_pairs_wanted, plan.gain.pairs.n_usable
    if usable >= wanted:
        return
    change = "more tasks; the pass rate given leaves no usable pair"
    if usable > 0:
        n_rollouts = plan.scenario.n_rollouts * wanted / usable
        change = (
            f"about {n_rollouts:,.0f} rollouts (more tasks, as many each), or another pass rate"
        )
    yield PlanWarning("W-PAIRS", f"{usable:,.0f} usable pairs expected, {wanted:,} wanted.", change)


def _pass_pass(plan: Plan) -> Iterator[PlanWarning]:
    share = plan.gain.pairs.pass_pass_share
    if share > _MAX_PASS_PASS:
        yield PlanWarning(
            "W-PASSPASS",
            f"{share:.0%} of the pairs would prefer one pass over another: they teach brevity.",
            f"pair_rule={PairRule.BEST_VS_FAILS.value}",
        )


def _few_tasks(plan: Plan) -> Iterator[PlanWarning]:
    n = plan.scenario.n_tasks
    if n < _FEW_TASKS:
        yield PlanWarning(
            "W-FEWTASKS",
            f"{n} tasks are {n} prompts, however many pairs they give; no published result "
            f"shows a gain from fewer than {_FEW_TASKS}.",
            f"n_tasks={_FEW_TASKS} or more, or call it a pilot",
        )


def _off_policy(plan: Plan) -> Iterator[PlanWarning]:
    generator, student = plan.scenario.generator, plan.scenario.student
    if generator != student:
        yield PlanWarning(
            "W-OFFPOLICY",
            f"Pairs come from {generator}, not from the student {student}.",
            f"generator={student}: pairs of its own errors teach more and often cost less",
        )


def _rate(plan: Plan) -> Iterator[PlanWarning]:
    rate = plan.scenario.learning_rate
    if rate > _HIGH_RATE:
        yield PlanWarning(
            "W-LR",
            f"A learning rate of {rate:g} has made repair models worse at perfect reward accuracy.",
            "learning_rate=1e-5",
        )


def _steps(plan: Plan) -> Iterator[PlanWarning]:
    n, scenario = plan.gain.n_steps, plan.scenario
    if n > _MANY_STEPS:
        change = "fewer epochs, or fewer pairs per task"
        yield PlanWarning(
            "W-STEPS", f"{n:,} optimiser steps are predicted: likely too many.", change
        )
    elif n < _FEW_STEPS:
        change = "more pairs, or up to 3 epochs"
        if scenario.packing:
            length = unpacked_row_tokens(scenario)
            unpacked = replace(scenario, packing=False, max_seq_tokens=length)
            n_unpacked = steps(unpacked, plan.gain.n_training_pairs)
            change = f"packing=false max_seq_tokens={length}: {n_unpacked:,} steps; or more pairs"
        yield PlanWarning("W-STEPS", f"{n} optimiser steps are predicted: hardly training.", change)


def _context(plan: Plan) -> Iterator[PlanWarning]:
    scenario = plan.scenario
    longer = max(scenario.chosen_tokens, scenario.rejected_tokens)
    side, room = scenario.pair_prompt_tokens + longer, scenario.max_seq_tokens // 2
    if side > room:
        yield PlanWarning(
            "W-CONTEXT",
            f"One side of a pair has {side:,} tokens, half of max_seq_tokens is {room:,}: "
            "it would be cut.",
            f"max_seq_tokens={-(-2 * side // 512) * 512}, or a shorter pair_prompt_tokens",
        )


def _padding(plan: Plan) -> Iterator[PlanWarning]:
    scenario = plan.scenario
    row, pair = scenario.max_seq_tokens, pair_tokens(scenario)
    if not scenario.packing and row > _PADDING * pair:
        yield PlanWarning(
            "W-PACK",
            f"Without packing every pair is billed as {row:,} tokens, it has {pair:,}.",
            f"max_seq_tokens={unpacked_row_tokens(scenario)}",
        )


def _power(plan: Plan) -> Iterator[PlanWarning]:
    scenario, mde = plan.scenario, plan.gain.mde
    n, hoped = scenario.n_eval_tasks, scenario.hoped_effect
    if mde is None:
        says = f"{n} evaluation task cannot show any change."
        yield PlanWarning("W-POWER", says, "n_eval_tasks=40 or more")
    elif mde > hoped:
        n_needed = round(n * (mde / hoped) ** 2)
        yield PlanWarning(
            "W-POWER",
            f"{n} tasks x {scenario.n_eval_runs} runs show a change of {100 * mde:.1f} points or "
            f"more, {100 * hoped:.1f} are hoped for.",
            f"n_eval_tasks={n_needed} or so; tasks help more than runs",
        )


def _endpoint(plan: Plan) -> Iterator[PlanWarning]:
    if plan.scenario.idle_s > _LONG_IDLE_S:
        idle = next(part for part in plan.bill.parts if part.name == PartName.IDLE)
        yield PlanWarning(
            "W-ENDPOINT",
            f"An endpoint idle for {plan.scenario.idle_s / 3600:.1f} hours costs "
            f"{usd(idle.mean_microusd)}.",
            "stop it after the evaluation, with a deadline that does it for you",
        )
