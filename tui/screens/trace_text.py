"""One step of a rollout as lines for people: answer, tests, and the state it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import chop_cells

from core.money import usd
from core.text import clean
from tui.screens.outcomes import mark_of, style_of
from tui.widgets.cells import ASCII, Glyphs

if TYPE_CHECKING:  # importing these for real loads the database
    from core.chat import Message
    from core.rollouts.operations import RolloutTrace
    from core.store.runs import CallRow, IterationRow

_TAB = "    "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen, cleaned."""

    text: str
    style: str = "$foreground"


def heading(trace: RolloutTrace, glyphs: Glyphs) -> tuple[str, str]:
    """How the rollout ended, and its colour."""
    row = trace.rollout
    reason = f" ({clean(row.reason)})" if row.reason else ""
    text = (
        f"{mark_of(row.outcome, glyphs).sign} {row.outcome}{reason}, {row.n_passed} of "
        f"{row.n_tests} tests, {row.n_prompt_tokens:,} + {row.n_completion_tokens:,} tokens, "
        f"{usd(row.cost_microusd)}, {row.wall_s:.1f} s"
    )
    return text, style_of(row.outcome)


def step_lines(
    trace: RolloutTrace, at: int, state: Sequence[Message], width: int, glyphs: Glyphs
) -> list[Line]:
    """All lines of the call at `at`, wrapped."""
    call = trace.calls[at]
    step = next((s for s in trace.iterations if s.iteration == call.iteration), None)
    lines = [_title("answer", width, glyphs), *_text(call.reply or call.outcome, width)]
    lines += [Line(""), *_tests(step, width, glyphs)] if step is not None else []
    for message in state:
        lines += [Line(""), _title(f"state: {message.role.value}", width, glyphs)]
        lines += _text(message.content, width)
    return lines


def step_name(call: CallRow, at: int, n_calls: int) -> str:
    """Which call it is, and what it took."""
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    cached = f" ({call.n_cached_tokens:,} cached)" if call.n_cached_tokens else ""
    return (
        f"step {at + 1} of {n_calls}{again}: {call.n_prompt_tokens:,}{cached} + "
        f"{call.n_completion_tokens:,} tokens, {usd(call.cost_microusd)}, {call.latency_s:.2f} s"
    )


def _tests(step: IterationRow, width: int, glyphs: Glyphs) -> list[Line]:
    has_passed = step.verdict == "passed"
    sign = glyphs.done if has_passed else glyphs.failed
    style = "$state-passed" if has_passed else "$state-failed"
    result = f"{sign} {step.note}" if step.note else f"{sign} {step.verdict}"
    lines = [_title("what came of it", width, glyphs), *_text(result, width, style)]
    if step.n_tests:
        took = f"{step.n_passed} of {step.n_tests} tests pass, {step.test_wall_s:.2f} s"
        lines += _text(took, width)
    return lines + (_text(step.detail, width) if step.detail else [])


def _title(name: str, width: int, glyphs: Glyphs) -> Line:
    rule = "-" if glyphs is ASCII else "─"
    return Line(f"{rule * 2} {name} {rule * max(width - len(name) - 5, 0)}", "$secondary")


def _text(text: str, width: int, style: str = "$foreground") -> list[Line]:
    lines = clean(text).replace("\t", _TAB).rstrip("\n").split("\n")
    return [Line(part, style) for line in lines for part in chop_cells(line, width) or [""]]
