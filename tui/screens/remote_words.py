"""A job at a remote trainer in words: how far it is, what it costs, what lies where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.money import usd
from core.text import clean, plural
from tui.activity import clock

if TYPE_CHECKING:  # importing these for real loads the database
    from core.training.operations import JobView
    from core.training.remote.views import JobPrice, RemoteView


def stage_word(status: str, remote: RemoteView) -> str:
    """The sign of the status, and the trainer's own word while it is at work."""
    sign, _, word = status.partition(" ")
    return f"{sign} {clean(remote.stage)}" if word == "running" and remote.stage else status


def time_left(remote: RemoteView) -> str:
    """What is known of the end: the queue before it, or the time of this stage."""
    job, progress = remote.job, remote.progress
    if job is not None and job.queue_depth:
        return f", {job.queue_depth:,} before it"
    left = progress.left_s if progress is not None else None
    return "" if left is None else f", ~{clock(left)} left"


def money(price: JobPrice) -> str:
    """What it cost so far and may cost, or what it came to."""
    if price.is_final and price.so_far is not None:
        return usd(price.so_far)
    most = "" if price.worst is None else f"est. {usd(price.worst)} at most"
    if price.so_far is None:
        return most or "price unknown"
    return f"est. {usd(price.so_far)} so far" + (f", {most}" if most else "")


def settings_line(view: JobView) -> str:
    """What was asked for, the most telling of it."""
    asked = view.settings
    shown = [("n_epochs", "epochs"), ("batch_size", "batch"), ("learning_rate", "rate")]
    if asked.get("kind") == "dpo":
        shown += [("beta", "beta"), ("rpo_alpha", "rpo alpha")]
    shown += [("lora_rank", "LoRA")]
    parts = [f"{label} {_text(asked[name])}" for name, label in shown if asked.get(name)]
    return f"{_text(asked.get('kind', ''))} from {clean(view.parent)}: {', '.join(parts)}"


def remote_lines(remote: RemoteView) -> Iterator[str]:
    """For the page of a job: where it is, its money, its files, its way."""
    started = "started elsewhere" if remote.is_attached else "started here"
    followed = "followed" if remote.is_watched else "not followed now"
    yield f"{clean(remote.remote_id) or 'not made yet'}, {started}, {followed}"
    for earlier in remote.earlier_ids:
        yield f"begun as {clean(earlier)} before, which failed there and is refunded"
    yield f"{clean(remote.stage)}{time_left(remote)}, {money(remote.price)}"
    price = remote.price
    for label, amount in (
        ("by the price book", price.book),
        ("by the service's estimate", price.estimate),
        ("set aside", price.worst),
        ("agreed to", price.agreed),
    ):
        if amount is not None:
            yield f"  {usd(amount)} {label}"
    if price.note:
        yield f"  {clean(price.note)}"
    if remote.n_tokens_here is not None and remote.n_tokens_there is not None:
        factor = f", {remote.token_factor:.2f} of ours" if remote.token_factor else ""
        yield (
            f"tokens to train on: about {remote.n_tokens_here:,} as counted here, "
            f"{remote.n_tokens_there:,} there{factor}"
        )
    for file in remote.files:
        rows = plural(file.local.n_rows, "row")
        yield f"{file.local.role}: {rows}, {clean(file.file_id) or 'not uploaded yet'}"
    for step in remote.steps:
        yield f"{step.reached_at:%Y-%m-%d %H:%M:%S}  {clean(step.step)}"
    if remote.moved_at is not None:
        yield f"{remote.moved_at:%Y-%m-%d %H:%M:%S}  told something new last"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else clean(str(value))
