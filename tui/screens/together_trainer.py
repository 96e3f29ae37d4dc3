"""A job at Together from its preflight to the amount that is agreed to.

Two questions are asked: before anything is uploaded, with what the price book says; and before
anything is bought, with what the service estimates. A no to the second leaves a priced job that
waits and can be gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from core.money import usd
from core.text import clean, plural
from tui.screens.job_settings import Note, Outlook
from tui.screens.mode import ModeScreen
from tui.screens.together_settings import AUTO, SETTINGS, TogetherWish, read_wish

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.training.operations import JobView
    from core.training.remote.planning import RemotePreflight


_N_PROBLEMS = 20


class TogetherTrainer:
    """Tunes a model of the service, for money."""

    name = "together"
    settings = SETTINGS
    pause_s = 0.6
    """Longer than for what is trained here: the service is asked, too."""

    def read(self, values: Mapping[str, str]) -> TogetherWish:
        """The wish; raises `UsageError`."""
        return read_wish(values)

    async def look(self, engine: Engine, wish: object) -> Outlook:
        """Ask the engine, which asks the service of the model's limits; nothing is sent."""
        assert isinstance(wish, TogetherWish)
        found = await engine.preflight_job(
            wish.job, wish.source_id, include_flagged=wish.include_flagged
        )
        notes = [Note(each.warning_id, each.says, each.change) for each in found.warnings]
        return Outlook(
            lines=tuple(outlook_words(found)),
            n_steps=found.sizes.n_steps,
            price=price_words(found.price.price_microusd),
            notes=tuple(notes),
            refusals=found.refusals,
            chosen=_chosen(found),
            found=found,
        )

    def begin(
        self, screen: ModeScreen, wish: object, outlook: Outlook, close: Callable[[], None]
    ) -> None:
        """Ask, have it uploaded and priced, ask with the amount."""
        assert isinstance(wish, TogetherWish)
        found: RemotePreflight = outlook.found

        async def work(engine: Engine) -> object:
            close()
            return await engine.start_job(
                wish.job, found.source_id, include_flagged=wish.include_flagged
            )

        rows = plural(found.sizes.n_rows + found.sizes.n_validation_rows, "row")
        notes = [f"! {note.note_id}: {note.says}" for note in outlook.notes]
        last = (
            f"Upload {rows} to Together and have the job priced, {outlook.price}? "
            "Nothing is bought before you agree to the service's amount."
        )
        question = "\n".join([*outlook.lines, *notes, "", last])
        screen.ask("train", work, then=lambda view: agree(screen, view), question=question)


def agree(screen: ModeScreen, view: JobView) -> None:
    """Ask with the amount of a priced job; with yes the service makes it."""
    remote = view.remote
    if remote is None or view.job.status != "waiting" or remote.price.worst is None:
        screen.say(f"{view.job.job_id}: {remote.stage if remote is not None else view.job.status}")
        return
    job_id, worst, price = view.job.job_id, remote.price.worst, remote.price
    counted = "" if remote.n_tokens_there is None else f", {remote.n_tokens_there:,} tokens"
    question = "\n".join(
        [
            f"{job_id} is uploaded, validated and priced.",
            f"the service estimates {price_words(price.estimate)}{counted}; the price book says "
            f"{price_words(price.book)}",
            "",
            f"Train {clean(view.parent)} at Together now, est. {usd(worst)} at most?",
        ]
    )
    screen.ask(
        "train",
        lambda engine: engine.confirm_job(job_id, worst),
        then=lambda made: screen.say(f"{job_id} runs as {made.remote.remote_id}; it is followed"),
        question=question,
    )


def price_words(amount: int | None) -> str:
    """An amount that is predicted."""
    return "price unknown" if amount is None else f"est. {usd(amount)}"


def outlook_words(found: RemotePreflight) -> Iterator[str]:
    """What a job would send and come to, without its warnings and refusals."""
    settings, sizes, lengths = found.settings, found.sizes, found.lengths
    decided = found.decisions
    if settings.kind == "dpo":
        yield (
            f"pairs of {found.source_id[:12]}: {decided.n_kept:,} kept, {decided.n_undecided:,} "
            f"undecided, {decided.n_flagged:,} flagged, {decided.n_dropped:,} dropped"
        )
    else:
        yield f"passing answers of {found.source_id}, step by step"
    for reason, n in found.left_out.items():
        yield f"  {n:,} left out: {reason}"
    held = plural(found.n_validation_tasks, "task")
    yield (
        f"{plural(sizes.n_rows, 'row')} of {plural(found.n_tasks, 'task')}; "
        f"{sizes.n_validation_rows:,} of {held} held back to measure on"
    )
    for reason, n in found.reasons.items():
        yield f"  {plural(n, 'row')} may not be uploaded: {reason}"
    for problem in found.problems[:_N_PROBLEMS]:
        yield f"    row {problem.line}: {problem.reason}"
    room = f" of {found.n_side_tokens:,}" if found.n_side_tokens is not None else ""
    yield f"longest side about {lengths.n_longest_side:,} tokens{room}"
    yield (
        f"{sizes.n_steps:,} steps: {plural(settings.n_epochs, 'epoch')}, batch "
        f"{settings.batch_size}; {sizes.n_steps_packed:,} packed, "
        f"{sizes.n_steps_unpacked:,} unpacked"
    )
    yield f"billed for about {sizes.n_billed_tokens:,} tokens: {found.price.note}"


def _chosen(found: RemotePreflight) -> dict[str, str]:
    """What was chosen where the form says auto."""
    values = asdict(found.settings)
    left_open = [each.name for each in SETTINGS if each.default == AUTO]
    return {name: _text(values[name]) for name in left_open if name in values}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
