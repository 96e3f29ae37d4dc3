"""What is asked before a run: its options, and the most that it can cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.agent.limits import MOST_REFLECTIONS, Limits, Speech, TestPolicy
from core.chat import Decoding
from core.costs.prices import chat_price
from core.errors import GemelError, UsageError
from core.money import parse_usd, usd
from core.policies.remote import is_remote
from core.rollouts.operations import RunOptions
from core.selection import Selection
from core.text import plural
from tui.screens.form import Field, FormScreen, number, whole

if TYPE_CHECKING:
    from core.rollouts.preview import RunPreview

TASKS_HINT = "8, or names as sort_*; empty: all"
FIELDS = (
    Field("side", "side", "train", "train, validation or test"),
    Field(
        "policy",
        "policy",
        "builtin",
        "builtin, builtin:ARTIFACT, together:MODEL or openai:MODEL@URL; several: one after another",
    ),
    Field("tasks", "tasks", "", TASKS_HINT),
    Field("seeds", "seeds", "4", "rollouts per task"),
    Field("first", "first seed", "0", "the others follow it"),
    Field("iterations", "iterations", "20", "most calls of a rollout"),
    Field("tests", "tests", TestPolicy.ON_WRITE, ", ".join(TestPolicy)),
    Field("temperature", "temperature", "1.0", "0: always the likeliest"),
    Field("protocol", "protocol", Speech.EDIT, ", ".join(Speech)),
    Field(
        "reflections", "reflections", "0", f"most looks back of a rollout, 0 to {MOST_REFLECTIONS}"
    ),
    Field("most_tokens", "tokens", "", "most of a rollout; empty: no bound"),
    Field("most_cost", "cost $", "", "most of a rollout; empty: no bound"),
    Field("most_s", "seconds", "", "most of a rollout, by the clock; empty: no bound"),
    Field("most_work_s", "working s", "", "the same without waits for a busy service"),
    Field("ceiling", "ceiling $", "", "of this run; empty: the workspace's"),
)


@dataclass(frozen=True, slots=True)
class RunWish:
    """A run as the form asks for it."""

    options: RunOptions
    side: str


def fields_with(values: Mapping[str, str]) -> list[Field]:
    """The form's fields, some with values in place of the usual ones."""
    return [replace(field, value=values.get(field.name, field.value)) for field in FIELDS]


def question_of(preview: RunPreview) -> str:
    """Whether to begin, with the amount of it."""
    where = f"{plural(preview.n_tasks, 'task')} of {preview.side}"
    n_rollouts = plural(preview.n_rollouts, "rollout")
    return f"Run {preview.policy} on {where}: {n_rollouts}, {amount_of(preview)}"


def amount_of(preview: RunPreview) -> str:
    """The end of a question: the most that it can come to, then what is expected."""
    calls, most = plural(preview.n_calls_most, "call"), preview.cost_most_microusd
    lost = ", calls that are lost not counted" if most else ""
    what = f"at most {calls}, {usd(most)}{lost}?"
    cost = next((row for row in preview.forecast if row.figure == "cost"), None)
    if cost is None or not cost.mean:
        return what
    low, mean, high = (usd(round(value)) for value in (cost.low, cost.mean, cost.high))
    return f"{what}\n\nest. {mean} [{low}, {high}], foretold from {cost.basis}"


def at_once_form(n_now: int) -> FormScreen:
    """Asks how many rollouts may go on at once; closes with the number."""
    field = Field("n", "at once", str(n_now), "rollouts; fewer: begun ones end first")
    return FormScreen("rollouts at once", [field], lambda values: at_least_one(values, "n"))


def read_run(values: Mapping[str, str], sides: Mapping[str, int]) -> RunWish:
    """The form's values; `sides` counts the tasks of the newest split."""
    side = values["side"]
    if not sides:
        raise UsageError("there is no split yet: key 2 makes one")
    if side not in sides:
        raise UsageError(f"side: one of {', '.join(sides)}")
    if values["tests"] not in tuple(TestPolicy):
        raise UsageError(f"tests: one of {', '.join(TestPolicy)}")
    if values["protocol"] not in tuple(Speech):
        raise UsageError(f"protocol: one of {', '.join(Speech)}")
    policy, *more = values["policy"].replace(",", " ").split() or [""]
    for name in (policy, *more):
        refuse_unpriced(name)
    wanted = read_tasks(values["tasks"])
    options = RunOptions(
        policy,
        at_least_one(values, "seeds"),
        first_seed=whole(values, "first", "first seed"),
        n_tasks=wanted.n_tasks,
        selection=replace(wanted, n_tasks=None),
        protocol=Speech(values["protocol"]),
        test_policy=TestPolicy(values["tests"]),
        decoding=Decoding(temperature=number(values, "temperature", "temperature")),
        limits=_limits(values),
        ceiling_microusd=parse_usd(values["ceiling"]),
        more_policies=tuple(more),
    )
    return RunWish(options, side)


def _limits(values: Mapping[str, str]) -> Limits:
    def given(name: str, label: str) -> float | None:
        return number(values, name, label) if values[name] else None

    return Limits(
        n_iterations=whole(values, "iterations", "iterations"),
        n_tokens=whole(values, "most_tokens", "tokens") if values["most_tokens"] else None,
        cost_microusd=parse_usd(values["most_cost"]),
        wall_s=given("most_s", "seconds"),
        work_s=given("most_work_s", "working s"),
        n_reflections=whole(values, "reflections", "reflections"),
    )


def at_least_one(values: Mapping[str, str], name: str) -> int:
    """A value as a number of things."""
    n = whole(values, name, name)
    if n < 1:
        raise UsageError(f"{name}: at least 1")
    return n


def read_tasks(value: str) -> Selection:
    """The choice that a form's field of tasks makes: so many, or those of some names."""
    words = value.replace(",", " ").split()
    if len(words) == 1 and words[0].lstrip("+-").isdigit():
        return Selection(n_tasks=at_least_one({"tasks": words[0]}, "tasks"))
    return Selection(globs=tuple(words))


def refuse_unpriced(policy: str) -> None:
    """Raise when nobody can say what a policy costs; a model's price may be the workspace's."""
    if is_remote(policy):
        return
    try:
        chat_price(policy)
    except GemelError as error:
        raise UsageError(str(error)) from error
