"""What is asked before a job: its options, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.money import usd
from core.training.dpo_options import DpoOptions
from core.training.operations import TrainOptions
from tui.forecast_words import preflight_words
from tui.screens.form import Field, number, whole
from tui.screens.mode import ModeScreen

if TYPE_CHECKING:  # importing it for real loads the database
    from core.training.given import Preflight

_DPO = DpoOptions()
FIELDS = (
    Field("build", "pairs", "latest", "id of a build of pairs, or latest"),
    Field("parent", "parent", "builtin", "policy to start from, and to stay near"),
    Field("beta", "beta", f"{_DPO.beta:g}", "larger: stays nearer to the parent"),
    Field("epochs", "epochs", str(_DPO.n_epochs), "passes over the pairs"),
    Field("batch", "batch size", str(_DPO.batch_size), "pairs per step"),
    Field("rate", "learning rate", f"{_DPO.learning_rate:g}", "size of a step"),
    Field("alpha", "rpo alpha", f"{_DPO.rpo_alpha:g}", "keeps the chosen likely"),
    Field("seed", "seed", str(_DPO.seed), "order of the pairs"),
    Field("flagged", "flagged", "no", "yes takes flagged pairs as they are"),
    Field("exchange", "exchange", "no", "yes trains on the wrong side, as a test"),
)


@dataclass(frozen=True, slots=True)
class JobWish:
    """A job as the form asks for it."""

    build_id: str
    options: TrainOptions
    include_flagged: bool


def read_job(values: Mapping[str, str], builds: Sequence[str]) -> JobWish:
    """The form's values."""
    dpo = DpoOptions(
        beta=number(values, "beta", "beta"),
        n_epochs=whole(values, "epochs", "epochs"),
        batch_size=whole(values, "batch", "batch size"),
        learning_rate=number(values, "rate", "learning rate"),
        rpo_alpha=number(values, "alpha", "rpo alpha"),
        seed=whole(values, "seed", "seed"),
    )
    if not builds:
        raise UsageError("there are no pairs yet: key 4 shows how to build them")
    options = TrainOptions(dpo, values["parent"], _yes(values, "exchange"))
    return JobWish(values["build"], options, _yes(values, "flagged"))


def ask_job(screen: ModeScreen, wish: JobWish) -> None:
    """Look what the job would come to, say it, and begin when that is wanted."""
    screen.ask(
        "preflight",
        lambda engine: engine.preflight(
            wish.build_id, wish.options, include_flagged=wish.include_flagged
        ),
        then=lambda found: _confirm(screen, wish, found),
    )


def _confirm(screen: ModeScreen, wish: JobWish, found: Preflight) -> None:
    if found.refusals:
        screen.say(f"train: {found.refusals[0]}", is_warning=True)
        return
    screen.ask(
        "train",
        lambda engine: engine.train(
            found.build_id, wish.options, include_flagged=wish.include_flagged
        ),
        then=lambda report: screen.say(f"{report.job_id} made {report.policy}; E evaluates it"),
        question=question(wish, found),
    )


def question(wish: JobWish, found: Preflight) -> str:
    """The preflight in words, and what is to be answered."""
    lines = list(preflight_words(found))
    if wish.options.is_exchanged:
        lines.append("chosen and rejected are EXCHANGED: the policy should get worse")
    lines += [f"! {alarm.saw} {alarm.advice}" for alarm in found.alarms]
    return "\n".join([*lines, "", f"Train {found.parent} now, {usd(found.cost_microusd)}?"])


def _yes(values: Mapping[str, str], name: str) -> bool:
    if values[name] not in ("yes", "no"):
        raise UsageError(f"{name}: yes or no")
    return values[name] == "yes"
