"""What is asked before an evaluation: its options, then what it can show and cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.chat import Decoding
from core.errors import UsageError
from core.evaluation.operations import EvaluationOptions
from core.evaluation.plan import Wish
from core.money import usd
from tui.forecast_words import plan_words
from tui.lease_words import machines_words
from tui.model_check import refuse_policies
from tui.screens.form import Field, FormScreen, number, whole
from tui.screens.mode import ModeScreen
from tui.screens.run_form import TASKS_HINT, at_least_one, read_tasks, refuse_unpriced

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.evaluation.operations import EvaluationReport
    from core.evaluation.plan import EvaluationPlan
    from core.leases.planning import LeaseWish
    from core.serving import ServingPlan


@dataclass(frozen=True, slots=True)
class EvaluationWish:
    """An evaluation as the form asks for it."""

    tuned: str
    base: str
    split_id: str
    heldout: str
    options: EvaluationOptions
    hope: Wish


def ask_policy(screen: ModeScreen, policy: str, base: str = "builtin") -> None:
    """Ask how a policy is to be evaluated, say what comes of that, begin when it is wanted."""

    def begin(wish: object) -> None:
        if isinstance(wish, EvaluationWish):
            _plan(screen, wish)

    form = FormScreen("evaluate a policy", fields(policy, base), read_evaluation)
    screen.app.push_screen(form, begin)


def fields(policy: str, base: str) -> tuple[Field, ...]:
    """The form, with what is usual filled in."""
    return (
        Field("tuned", "tuned", policy, "the trained policy"),
        Field("base", "base", base, "what it is compared with"),
        Field("split", "split", "latest", "its test side is run"),
        Field("seeds", "seeds", "4", "runs per task and arm"),
        Field("first", "first seed", "0", "the first of them"),
        Field("tasks", "tasks", "", TASKS_HINT),
        Field("budgets", "budgets", "5 20", "iterations; the last decides"),
        Field("heldout", "held out", "", "a second suite nobody trains on"),
        Field("margin", "margin", "", "points it may lose there; empty: 10 or 5"),
        Field("temperature", "temperature", "1", "of both arms"),
        Field("hope", "hoped for", "10", "points; will they be seen?"),
        Field("power", "power", "0.8", "how often they should be"),
    )


def read_evaluation(values: Mapping[str, str]) -> EvaluationWish:
    """The form's values."""
    if not values["tuned"]:
        raise UsageError("tuned: no trained policy yet; key 5 trains one")
    try:
        budgets = tuple(int(part) for part in values["budgets"].split())
    except ValueError:
        raise UsageError("budgets: whole numbers with blanks between them") from None
    if not budgets or min(budgets) < 1:
        raise UsageError("budgets: at least one, of at least 1")
    refuse_unpriced(values["tuned"])
    refuse_unpriced(values["base"])
    wanted = read_tasks(values["tasks"])
    options = EvaluationOptions(
        n_seeds=at_least_one(values, "seeds"),
        first_seed=whole(values, "first", "first seed"),
        n_tasks=wanted.n_tasks,
        selection=replace(wanted, n_tasks=None),
        budgets=budgets,
        decoding=Decoding(temperature=number(values, "temperature", "temperature")),
        margin=number(values, "margin", "margin") / 100 if values["margin"] else None,
    )
    hope = Wish(number(values, "hope", "hoped for") / 100, number(values, "power", "power"))
    names = (values["tuned"], values["base"], values["split"], values["heldout"])
    return EvaluationWish(*names, options, hope)


def question(wish: EvaluationWish, plan: EvaluationPlan) -> str:
    """The plan in words, and what is to be answered."""
    seeds = ", ".join(str(row.n_seeds) for row in plan.rows)
    smallest = ", ".join(f"{100 * row.mde:.0f}" for row in plan.rows)
    amount = f"{'est. ' if plan.most_microusd else ''}{usd(plan.most_microusd)}"
    return "\n".join(
        [
            *plan_words(plan),
            f"smallest difference with {seeds} seeds: {smallest} points",
            "",
            f"Compare {wish.tuned} with {wish.base}, {amount}?",
        ]
    )


def _plan(screen: ModeScreen, wish: EvaluationWish) -> None:
    screen.ask(
        "plan",
        lambda engine: engine.plan_evaluation(
            wish.options, wish.hope, wish.split_id, wish.heldout, (wish.base, wish.tuned)
        ),
        then=_confirmer(screen, wish),
    )


def _confirmer(screen: ModeScreen, wish: EvaluationWish) -> Callable[[EvaluationPlan], None]:
    async def evaluate(engine: Engine) -> EvaluationReport | None:
        await refuse_policies(engine, screen.say, wish.base, wish.tuned)
        plan = await engine.plan_serving(wish.base, wish.tuned)
        agreed = await agree_on_machines(screen, plan)
        if agreed is None:
            return None
        sides = wish.split_id, wish.heldout
        return await engine.evaluate(wish.tuned, wish.options, *sides, wish.base, agreed)

    def tell(report: EvaluationReport | None) -> None:
        if report is None:
            screen.say("evaluate: not done")
        else:
            verdict = report.judgement.verdict.value
            screen.say(f"{report.evaluation_id}: {verdict}; key 6 shows why")

    def confirm(plan: EvaluationPlan) -> None:
        screen.ask("evaluate", evaluate, then=tell, question=question(wish, plan))

    return confirm


async def agree_on_machines(screen: ModeScreen, plan: ServingPlan) -> LeaseWish | None:
    """Ask with the amount when machines would be rented; None when the answer is no."""
    from core.leases.planning import LeaseWish

    if plan.plans and not await screen.confirm(f"{machines_words(plan)} Rent them?"):
        return None
    return LeaseWish(most_microusd=plan.worst_microusd) if plan.plans else LeaseWish()
