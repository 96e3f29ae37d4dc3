"""`gemel lease`: machines that are rented by the minute: list, show, start, stop, extend, reap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.leases.account import OnAccount, Stranger
from core.leases.lease import LeaseStatus, LeaseView
from core.leases.leftovers import Reaped
from core.leases.planning import LeaseWish
from core.money import usd
from core.text import plural
from tui.commands.asking import agree
from tui.commands.host import Answer, Common, run
from tui.commands.show import say, table
from tui.lease_words import plan_words, price_words

lease = App(
    name="lease",
    help="Endpoints that cost money while they exist: list, show, start, stop, extend, reap.",
)

_Flag = Annotated[bool, Parameter(negative="")]
_HINT = "`gemel lease list` shows what exists."


@lease.command(name="list")
def list_leases(*, remote: _Flag = False, every: _Flag = False, common: Common = Common()) -> int:
    """Leases that have not ended, with what they cost so far.

    Parameters
    ----------
    remote
        Ask the account what is there now, also what no lease of this workspace stands for.
    every
        Show those that have ended, too.
    """

    async def work(engine: Engine) -> Answer:
        ask = engine.compare_leases if remote else engine.seen_on_account
        seen: OnAccount | None = await ask()
        rows = await engine.list_leases(open_only=not every)
        strangers = seen.strangers if seen else ()
        return Answer(
            {"leases": rows, "strangers": strangers}, lambda out: _show_all(out, rows, strangers)
        )

    return run(common, work)


@lease.command
def show(lease_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Show one lease.

    Parameters
    ----------
    lease_id
        The lease, the beginning of its id, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.show_lease(lease_id)
        return Answer(found, lambda out: _show(out, found))

    return run(common, work)


@lease.command
def start(
    model: str,
    /,
    *,
    minutes: int = 60,
    machine: str = "",
    yes: _Flag = False,
    dry_run: _Flag = False,
    common: Common = Common(),
) -> int:
    """Rent a machine for a model until a deadline; it ends then whatever happens.

    Chats with `deployed:MODEL`, or `tuned:ARTIFACT`, cost no tokens meanwhile. The engine goes on
    in the background; should it be gone for two minutes, the lease ends, too.

    Parameters
    ----------
    model
        A base model of the catalogue, or `tuned:ARTIFACT`.
    minutes
        Until its deadline.
    machine
        Name of an instance type [default: the cheapest that serves the model].
    yes
        Agree to the amount.
    dry_run
        Rent nothing: print what it would cost.
    """
    wish = LeaseWish(n_minutes=minutes, machine=machine)

    async def work(engine: Engine) -> Answer:
        plan = await engine.plan_lease(model, wish)
        if dry_run:
            return Answer(plan, lambda out: say(out, plan_words(plan)))
        await agree(f"{plan_words(plan)} Rent it?", is_agreed=yes)
        agreed = LeaseWish(minutes, machine, most_microusd=plan.worst_microusd)
        found = await engine.start_lease(model, agreed)
        return Answer(found, lambda out: _show(out, found))

    return run(common, work, hint=_HINT, outlives=not dry_run)


@lease.command
def stop(lease_id: str, /, *, common: Common = Common()) -> int:
    """End a lease; returns when nothing of it is left.

    Parameters
    ----------
    lease_id
        The lease, the beginning of its id, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.stop_lease(lease_id)
        return Answer(found, lambda out: _show(out, found))

    return run(common, work, hint=_HINT)


@lease.command
def extend(
    lease_id: str, minutes: int = 30, /, *, yes: _Flag = False, common: Common = Common()
) -> int:
    """Move a lease's deadline further away.

    Parameters
    ----------
    lease_id
        The lease, the beginning of its id, or `latest`.
    minutes
        By so many.
    yes
        Agree to the amount.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.show_lease(lease_id)
        more = usd(minutes * found.per_hour_microusd // 60)
        await agree(
            f"{found.model} for {minutes} more minutes: {more} more at most. Extend it?",
            is_agreed=yes,
        )
        found = await engine.extend_lease(found.lease_id, minutes)
        return Answer(found, lambda out: _show(out, found))

    return run(common, work)


@lease.command
def reap(
    names: tuple[str, ...] = (),
    /,
    *,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    common: Common = Common(),
) -> int:
    """End what is left over: leases that nobody sees to any more.

    Parameters
    ----------
    names
        Leases, or endpoints without one, as `gemel lease list --remote` shows them; those that
        are not ours are ended only when they are named.
    every
        All leftovers of this workspace.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.reap_leases(names, all_of_them=every)
        seen = await engine.seen_on_account()
        strangers = seen.strangers if seen else ()

        def show(out: Console) -> None:
            _show_reaped(out, found)
            _show_strangers(out, strangers)

        return Answer({"ended": found, "strangers": strangers}, show)

    return run(common, work, hint=_HINT)


def _show(out: Console, found: LeaseView) -> None:
    say(out, f"{found.lease_id}: {found.model} on {found.machine}, {found.status.value}")
    say(
        out,
        f"  {usd(found.cost_microusd)} for {plural(found.n_minutes, 'minute')} so far, "
        f"{usd(found.per_hour_microusd)} per hour; deadline {found.deadline_at:%Y-%m-%d %H:%M} UTC",
    )
    if found.status is not LeaseStatus.ENDED:
        say(out, f"  {found.holder.value} sees to its end")
    say(out, f"  served as {found.serving}; endpoint {found.endpoint}")
    say(out, f"  {found.note}")


def _show_all(out: Console, rows: list[LeaseView], strangers: Sequence[Stranger]) -> None:
    heads = (
        "lease",
        "state",
        "model",
        "machine",
        "since",
        "deadline",
        "cost",
        "per hour",
        "seen to by",
    )
    cells = [
        (
            row.lease_id,
            row.status.value,
            row.model,
            row.machine,
            f"{row.created_at:%H:%M}",
            f"{row.deadline_at:%m-%d %H:%M}",
            usd(row.cost_microusd),
            usd(row.per_hour_microusd) if row.is_billed else "",
            row.holder.value if row.status is not LeaseStatus.ENDED else "",
        )
        for row in rows
    ]
    table(out, heads, cells, empty="No lease: nothing costs money while it exists.")
    if any(row.is_leftover for row in rows):
        say(out, "Leftovers may still cost money: `gemel lease reap --all` ends them.")
    _show_strangers(out, strangers)


def _show_strangers(out: Console, strangers: Sequence[Stranger]) -> None:
    if not strangers:
        return
    heads = ("on the account without a lease", "state", "hardware", "per hour", "whose")
    cells = [
        (each.endpoint, each.state, each.hardware, price_words(each), each.owner)
        for each in strangers
    ]
    table(out, heads, cells, empty="")
    say(out, "`gemel lease reap NAME` ends one of them.")


def _show_reaped(out: Console, found: list[Reaped]) -> None:
    if not found:
        say(out, "Nothing is left over.")
    for each in found:
        name = f"{each.lease_id} " if each.lease_id else ""
        cost = "" if each.cost_microusd is None else f", it came to {usd(each.cost_microusd)}"
        say(out, f"{name}{each.endpoint}: ended{cost}")
        for step in each.steps:
            say(out, f"  {step}")
