"""`gemel train check`: a training file before it is uploaded anywhere."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App
from rich.console import Console

from core.engine import Engine
from core.errors import UsageError
from core.text import plural
from core.together.message_rules import Kind
from core.together.training_file import FileReport
from tui.commands.host import Answer, Common, run
from tui.commands.show import say, table


def hang_on(train: App) -> None:
    """Add this command to `gemel train`."""
    train.command(check, name="check")


def check(
    path: Path, /, *, method: Kind = Kind.DPO, window: int | None = None, common: Common = Common()
) -> int:
    """Check a training file by Together's rules, line by line; exit code 1 when a row is bad.

    Parameters
    ----------
    path
        JSON Lines: preference rows for dpo, conversations for sft.
    method
        What the file is for: dpo or sft.
    window
        Longest sequence of the model in tokens; half of it is for each side of a pair.
    """

    async def work(engine: Engine) -> Answer:
        if window is not None and window < 1:
            raise UsageError("--window is a number of tokens above 0.")
        report = await engine.check_training_file(path, method, window)
        code = 1 if report.n_problems else 0
        return Answer(report, lambda out: show_file(out, report), code)

    return run(common, work)


def show_file(out: Console, report: FileReport) -> None:
    """A checked file: its size, its bad rows by reason, then each of them."""
    lengths = report.lengths
    say(
        out,
        f"{report.name}: {plural(lengths.n_rows, 'good row')} for {report.kind}, about "
        f"{lengths.n_tokens:,} tokens; the longest side has about {lengths.n_longest_side:,}"
        + (f" of {report.n_side_tokens:,}" if report.n_side_tokens else ""),
    )
    if not report.n_problems:
        return
    say(out, f"{plural(report.n_problems, 'bad row')}; nothing may be uploaded:")
    table(out, ("rows", "reason"), [(n, why) for why, n in report.reasons.items()], empty="")
    for problem in report.problems:
        say(out, f"  line {problem.line}: {problem.reason}")
    if rest := report.n_problems - len(report.problems):
        say(out, f"  and {rest} more rows")
