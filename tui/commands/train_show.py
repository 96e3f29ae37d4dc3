"""Jobs for people: what one would come to, how one stands, several beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from core.money import usd
from core.text import plural
from core.training.alarms import Alarm
from core.training.compare import JobComparison
from core.training.lines import JobLine
from core.training.metric_names import grouped
from core.training.operations import JobView
from core.training.remote.planning import RemotePreflight
from core.training.remote.views import RemoteView
from tui.commands.following import event_line
from tui.commands.show import counts, number, percent, say, table

_MISSING = "-"


def show_lines(out: Console, lines: Sequence[JobLine]) -> None:
    """All jobs, one each, and why those that went wrong or wait do so."""
    if not lines:
        say(out, "No job yet: `gemel train start` trains on the newest pairs.")
    for line in lines:
        done = percent(line.share) if line.share is not None else ""
        left = f"est. {_minutes(line.left_s)} left" if line.left_s is not None else ""
        price = _price(line.price_microusd, is_final=line.is_price_final)
        parts = [line.stage, done, left, price, line.policy]
        known = "  ".join(part for part in parts if part and part != _MISSING)
        say(out, f"{line.job_id}  {line.trainer} {line.method}  {known}")
        if line.reason:
            say(out, f"  {line.reason}")


def show_remote_preflight(out: Console, found: RemotePreflight) -> None:
    """What a job at Together would send and come to."""
    for line in _preflight_lines(found):
        say(out, line)
    for problem in found.problems[:5]:
        say(out, f"  row {problem.line}: {problem.reason}")
    for warning in found.warnings:
        say(out, f"  ! {warning.warning_id}: {warning.says}\n    change: {warning.change}")
    for refusal in found.refusals:
        say(out, f"refused: {refusal}")


def show_job(out: Console, view: JobView, *, with_events: bool) -> None:
    """A job: what it was given, how it stands, its series and alarms."""
    job, given = view.job, view.given
    say(out, f"{job.job_id}: {job.status} {job.reason}".rstrip())
    if given is not None:
        decided = {"kept": given.n_kept, "undecided": given.n_undecided, "swapped": given.n_swapped}
        say(
            out,
            f"  {given.n_pairs} pairs of {given.n_tasks} tasks from the build {given.build_id}: "
            f"{counts(decided)}",
        )
    if view.remote is not None:
        for line in _remote_lines(view, view.remote):
            say(out, f"  {line}")
    heads = ("series", "steps", "first", "newest")
    cells = [
        (name, points[-1].step, number(points[0].value), number(points[-1].value))
        for group in grouped(view.series).values()
        for name in group
        if (points := view.series[name])
    ]
    table(out, heads, cells, empty="It has not measured anything yet.")
    show_alarms(out, view.alarms)
    if with_events:
        for event in view.events:
            say(out, event_line(event))


def show_alarms(out: Console, alarms: Sequence[Alarm]) -> None:
    """Each in three lines."""
    for alarm in alarms:
        say(out, f"  ! {alarm.saw}\n    {alarm.means}\n    {alarm.advice}")


def show_comparison(out: Console, found: JobComparison) -> None:
    """Jobs beside each other."""
    heads = ("", *(job.job_id for job in found.jobs))
    rows = [(row.name.replace("_", " "), *row.values) for row in found.settings]
    table(out, heads, rows, empty="They do not differ in any setting.")
    say(out, f"{plural(found.n_equal, 'setting')} equal; results:")
    table(out, heads, [(row.name, *row.values) for row in found.results], empty="None yet.")


def _preflight_lines(found: RemotePreflight) -> Iterator[str]:
    settings, sizes, price = found.settings, found.sizes, found.price
    what = "pairs" if settings.kind == "dpo" else "demonstrations"
    yield (
        f"{settings.kind} of {settings.parent}: {sizes.n_rows:,} {what} of {found.n_tasks:,} tasks "
        f"from {found.source_id[:24]}, {sizes.n_validation_rows:,} of "
        f"{found.n_validation_tasks:,} tasks held back to measure on"
    )
    for reason, n in {**found.left_out, **found.reasons}.items():
        yield f"  {n:,} left out or bad: {reason}"
    room = f" of {found.n_side_tokens:,}" if found.n_side_tokens else ""
    yield (
        f"about {sizes.n_row_tokens:,} tokens a pass; the longest side has about "
        f"{found.lengths.n_longest_side:,}{room}"
    )
    yield (
        f"{settings.n_epochs} epochs, batch {settings.batch_size}, learning rate "
        f"{settings.learning_rate:g}, beta {settings.beta:g}, rpo alpha {settings.rpo_alpha:g}, "
        f"LoRA {settings.lora_rank}/{settings.lora_alpha}, window {settings.max_seq_tokens:,}, "
        f"{'packed' if settings.packing else 'not packed'}, {settings.n_evals} evaluations"
    )
    yield (
        f"predicted: {sizes.n_steps:,} optimiser steps ({sizes.n_steps_packed:,} packed, "
        f"{sizes.n_steps_unpacked:,} not), {sizes.n_billed_tokens:,} tokens billed"
    )
    amount = "unknown" if price.price_microusd is None else f"est. {usd(price.price_microusd)}"
    yield f"price by the book: {amount}; {price.note}"


def _remote_lines(view: JobView, remote: RemoteView) -> Iterator[str]:
    place = f"at Together as {remote.remote_id}" if remote.remote_id else "not at Together yet"
    watched = "watched" if remote.is_watched else "not watched by this engine"
    yield f"{remote.stage}, {place}; {watched}" + (
        f"; begun before as {', '.join(remote.earlier_ids)}" if remote.earlier_ids else ""
    )
    job, progress = remote.job, remote.progress
    if job is not None and job.queue_depth:
        yield f"{job.queue_depth} jobs are before it in the queue"
    if progress is not None and progress.n_steps:
        left = "" if progress.left_s is None else f", est. {_minutes(progress.left_s)} to the end"
        yield f"step {progress.n_steps_done or 0:,} of {progress.n_steps:,}{left}"
    price = remote.price
    yield (
        f"price: {_price(price.so_far, is_final=price.is_final)}; by the book "
        f"{_price(price.book)}, by the service {_price(price.estimate)}, agreed to "
        f"{_price(price.agreed)}"
    )
    if remote.token_factor is not None:
        yield (
            f"the service counts {remote.n_tokens_there:,} training tokens, "
            f"{remote.token_factor:.2f} times what is estimated here"
        )
    for file in remote.files:
        place = file.file_id or "not uploaded"
        yield f"{file.local.role} file {file.local.name}: {place}, {file.local.n_rows:,} rows"
    for point in remote.checkpoints:
        yield f"checkpoint at step {point.step:,}: {point.object_id or point.path}"
    if view.policy:
        yield f"made {view.policy}"


def _price(amount: int | None, *, is_final: bool = True) -> str:
    if amount is None:
        return _MISSING
    return usd(amount) if is_final else f"est. {usd(amount)}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
