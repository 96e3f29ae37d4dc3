"""The inputs of a scenario as a person reads, steps and types them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.money import usd
from core.text import clean
from tui.widgets.input_list import InputList

if TYPE_CHECKING:  # loaded after the first paint
    from core.costs.book import PriceBook
    from core.costs.scenario import Scenario

_LONGEST_NUMBER = 8
LABELS = {
    "n_tasks": "tasks",
    "n_rollouts_per_task": "rollouts per task",
    "iterations": "iterations, mean",
    "reflections": "reflections, mean",
    "prompt_tokens": "prompt tokens, first",
    "completion_tokens": "answer tokens",
    "observation_tokens": "test output tokens",
    "pass_rate": "pass rate",
    "n_pairs_wanted": "pairs wanted",
    "n_pairs_per_task": "pairs per task, most",
    "n_epochs": "epochs",
    "batch_size": "batch size",
    "packing": "packing",
    "n_eval_tasks": "evaluation tasks",
    "n_eval_runs": "evaluation runs",
    "generator": "generator",
    "student": "student",
    "prompt_price": "prompt, per M",
    "completion_price": "answer, per M",
    "training_price": "training, per M",
    "hour_price": "GPU, per hour",
    "budget": "budget",
}
"""What people change most, first in the list and named for them."""


def labels() -> dict[str, str]:
    """Every input by name, with what the screen calls it."""
    from core.costs.scenario import inputs

    return LABELS | {name: name.replace("_", " ") for name in inputs() if name not in LABELS}


def shown(scenario: Scenario, name: str, rates: Mapping[str, int]) -> str:
    """A value as it stands in the list; `rates` are what prices come to that are not set."""
    value = getattr(scenario, name)
    if value is None:
        return f"{usd(rates[name])} book" if name in rates else "book"
    if is_money(name):
        return "none" if name == "budget" and not value else usd(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # What was measured has more digits than anybody reads.
        return f"{value}" if len(f"{value}") <= _LONGEST_NUMBER else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else clean(f"{value}")


def rates_of(scenario: Scenario, book: PriceBook) -> dict[str, int]:
    """What the prices of a scenario come to where it sets none."""
    from core.costs.rates import find_rates

    rates = find_rates(scenario, book)
    return {
        "prompt_price": rates.prompt,
        "completion_price": rates.completion,
        "training_price": rates.training,
        "hour_price": rates.hour // scenario.n_accelerators,
    }


def as_written(text: str) -> str:
    """What the panel's own words mean as values: yes and no of a switch, `none` of a budget."""
    if text.endswith(" book"):
        return "book"
    word = {"yes": "true", "no": "false", "none": "0"}.get(text.strip(), text.strip())
    return word.replace(",", "") if word[:1].isdigit() else word


def is_money(name: str) -> bool:
    """Whether an input is an amount."""
    return name.endswith(("_price", "_charge")) or name == "budget"


def stepped(value: object, message: InputList.Stepped) -> object | None:
    """A tenth of the value's size up or down; None where there is nothing to step."""
    direction = message.direction
    if isinstance(value, bool):
        return not value
    if not isinstance(value, int | float):
        return None
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
    if isinstance(value, int):
        return max(value + direction * max(round(size), 1), 0)
    return max(float(f"{value + direction * size:.6g}"), 0.0)
