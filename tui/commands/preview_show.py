"""How a run that was not begun looks to people."""

from __future__ import annotations

from rich.console import Console

from core.money import usd
from core.rollouts.planner import Outlook, Span
from core.rollouts.preview import RunPreview
from core.text import plural
from tui.commands.forecast_show import foretold_text
from tui.commands.show import say


def show_preview(out: Console, preview: RunPreview) -> None:
    """What would be run, what it may give, and what it comes to."""
    outlook, most = preview.outlook, "at most " * (preview.outlook is not None)
    tasks, seeds = plural(preview.n_tasks, "task"), plural(preview.n_seeds, "seed")
    say(out, f"{preview.policy} on {tasks} of {preview.side}, {most}{seeds} each:")
    say(
        out,
        f"  {most}{plural(preview.n_rollouts, 'rollout')}, {preview.n_concurrent} at once, "
        f"at most {plural(preview.n_calls_most, 'call')}",
    )
    if outlook is not None:
        say(out, f"  before anything is known of the tasks: {outlook_text(outlook)}")
    first = usd(preview.cost_first_microusd)
    say(
        out,
        f"  {first} if each solves its task at once; foretold from {preview.forecast[0].basis}:",
    )
    for row in preview.forecast:
        say(out, f"    {row.figure}: {foretold_text(row)}")
    say(out, "  in turn over all tasks, seed by seed; first come")
    for task_id, seed in preview.first:
        say(out, f"    {task_id}, seed {seed}")
    say(out, "nothing was begun")


def outlook_text(outlook: Outlook) -> str:
    """Pairs, tasks, rollouts and cost, each with its interval."""
    cost, money = outlook.cost, ""
    if cost.high:
        low, mean, high = (usd(round(value)) for value in (cost.low, cost.mean, cost.high))
        money = f" for {mean} [{low}, {high}]"
    return (
        f"{_span(outlook.n_pairs)} pairs of {_span(outlook.n_contrasting)} tasks "
        f"with {_span(outlook.n_rollouts)} rollouts{money} (90 % intervals)"
    )


def _span(span: Span) -> str:
    return f"{span.mean:.0f} [{span.low:.0f}, {span.high:.0f}]"
