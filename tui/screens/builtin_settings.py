"""The built-in trainer's settings, and a job of it from preflight to start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.money import usd
from core.text import clean
from core.training.dpo_options import DpoOptions
from core.training.operations import TrainOptions
from tui.forecast_words import preflight_words
from tui.screens.form import number, whole
from tui.screens.job_settings import FLAGGED, YES_NO, Note, Outlook, Setting, numeric, yes
from tui.screens.mode import ModeScreen

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.training.given import Preflight

_DPO = DpoOptions()


@dataclass(frozen=True, slots=True)
class BuiltinWish:
    """A job as the form asks for it."""

    build_id: str
    options: TrainOptions
    include_flagged: bool


BUILD = Setting(
    "build",
    "pairs",
    "latest",
    "The build of pairs to train on: its id, the beginning of it, or latest. What was dropped in "
    "curation is left out, what was swapped is exchanged; pairs nobody has looked at are taken as "
    "they are. Key 4 shows the builds.",
)
SETTINGS = (
    BUILD,
    Setting(
        "parent",
        "parent",
        "builtin",
        "The policy to start from; the loss pays for every distance from it. builtin is the "
        "untrained one, builtin:ARTIFACT goes on from what a job made.",
    ),
    numeric(
        "epochs",
        "epochs",
        str(_DPO.n_epochs),
        "Passes over the pairs. More passes are more steps on the same pairs: up to about three "
        "they teach, beyond that they are mostly learned by heart.",
    ),
    numeric(
        "batch",
        "batch size",
        str(_DPO.batch_size),
        "Pairs of one step. Larger is steadier and makes fewer steps; below some ten steps a "
        "policy hardly moves.",
    ),
    numeric(
        "rate",
        "learning rate",
        f"{_DPO.learning_rate:g}",
        "How far a step goes. The built-in policy has seventy weights and takes 0.1; a language "
        "model takes ten thousand times less. Too large: the loss rises. Too small: it stays.",
    ),
    numeric(
        "beta",
        "beta",
        f"{_DPO.beta:g}",
        "How dearly distance from the parent is paid. Larger stays nearer to it; smaller follows "
        "the pairs further, right or wrong. 0.1 is what most published recipes use.",
    ),
    numeric(
        "alpha",
        "rpo alpha",
        f"{_DPO.rpo_alpha:g}",
        "Weight of the chosen answer's own likelihood. With 0 both sides of a pair may become "
        "less likely, as long as the rejected one falls faster.",
    ),
    numeric(
        "seed",
        "seed",
        str(_DPO.seed),
        "Order of the pairs, nothing else: the same seed gives the same policy.",
    ),
    FLAGGED,
    Setting(
        "exchange",
        "exchange",
        "no",
        "yes trains on the wrong side, as a test: an evaluation must then say rollback.",
        YES_NO,
    ),
)


class BuiltinTrainer:
    """Trains the built-in policy here, in seconds, for nothing."""

    name = "builtin"
    settings = SETTINGS
    pause_s = 0.25

    def __init__(self, has_builds: Callable[[], bool]) -> None:
        self._has_builds = has_builds

    def read(self, values: Mapping[str, str]) -> BuiltinWish:
        """The wish; raises `UsageError`."""
        dpo = DpoOptions(
            beta=number(values, "beta", "beta"),
            n_epochs=whole(values, "epochs", "epochs"),
            batch_size=whole(values, "batch", "batch size"),
            learning_rate=number(values, "rate", "learning rate"),
            rpo_alpha=number(values, "alpha", "rpo alpha"),
            seed=whole(values, "seed", "seed"),
        )
        if not self._has_builds():
            raise UsageError("there are no pairs yet: key 4 shows how to build them")
        options = TrainOptions(dpo, values["parent"], yes(values, "exchange"))
        return BuiltinWish(values["build"], options, yes(values, "flagged"))

    async def look(self, engine: Engine, wish: object) -> Outlook:
        """The preflight."""
        assert isinstance(wish, BuiltinWish)
        found = await engine.preflight(
            wish.build_id, wish.options, include_flagged=wish.include_flagged
        )
        lines = list(preflight_words(found))
        if wish.options.is_exchanged:
            lines.append("chosen and rejected are EXCHANGED: the policy should get worse")
        notes = [
            Note(alarm.kind.value, f"{alarm.saw} {alarm.means}", alarm.advice)
            for alarm in found.alarms
        ]
        return Outlook(
            lines=tuple(lines),
            n_steps=found.n_steps or None,
            price=usd(found.cost_microusd),
            notes=tuple(notes),
            refusals=found.refusals,
            found=found,
        )

    def begin(
        self, screen: ModeScreen, wish: object, outlook: Outlook, close: Callable[[], None]
    ) -> None:
        """Ask, then train to the end; the engine goes on when the app is left."""
        assert isinstance(wish, BuiltinWish)
        found: Preflight = outlook.found

        async def work(engine: Engine) -> object:
            close()
            return await engine.train(
                found.build_id, wish.options, include_flagged=wish.include_flagged
            )

        screen.ask(
            "train",
            work,
            then=lambda report: screen.say(f"{report.job_id} made {report.policy}; E evaluates it"),
            question=_question(outlook, found),
        )


def _question(outlook: Outlook, found: Preflight) -> str:
    lines = [*outlook.lines, *(f"! {note.says} {note.change}" for note in outlook.notes)]
    return "\n".join([*lines, "", f"Train {clean(found.parent)} now, {outlook.price}?"])
