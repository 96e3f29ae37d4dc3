"""One step of a rollout as lines for people: answer, tests, and the state it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import chop_cells

from core.money import usd
from core.rollouts.record import spent_text
from core.text import clean, one_line, plural
from tui.screens.outcomes import mark_of, style_of
from tui.widgets.cells import ASCII, Glyphs

if TYPE_CHECKING:  # importing these for real loads the database
    from core.chat import Message
    from core.rollouts.operations import RolloutTrace
    from core.store.runs import IterationRow

_TAB = "    "
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen, cleaned."""

    text: str
    style: str = "$foreground"


def heading(trace: RolloutTrace, glyphs: Glyphs) -> tuple[str, str, str]:
    """How the rollout ended, its colour, and what it took."""
    row = trace.rollout
    reason = f" ({one_line(clean(row.reason), _LONGEST_REASON)})" if row.reason else ""
    took = (
        f"{row.n_passed} of {plural(row.n_tests, 'test')} pass, {row.n_prompt_tokens:,} + "
        f"{row.n_completion_tokens:,} tokens, {usd(row.cost_microusd)}, {row.wall_s:.1f} s"
    )
    return f"{mark_of(row.outcome, glyphs).sign} {row.outcome}{reason}", style_of(row.outcome), took


def step_lines(
    trace: RolloutTrace, at: int, state: Sequence[Message], width: int, glyphs: Glyphs
) -> list[Line]:
    """All lines of the call at `at`, wrapped."""
    call = trace.calls[at]
    step = next((s for s in trace.iterations if s.iteration == call.iteration), None)
    lines = [_title("answer", width, glyphs), *_text(call.reply or call.outcome, width)]
    if step is not None and call.outcome == "ok":
        lines += [Line(""), *_tests(step, width, glyphs)]
    for message in state:
        lines += [Line(""), _title(f"state: {message.role.value}", width, glyphs)]
        lines += _text(message.content, width)
    return lines


def step_name(trace: RolloutTrace, at: int) -> str:
    """Which call it is, what it took, and what all took up to it."""
    call = trace.calls[at]
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    cost = usd(sum(each.cost_microusd for each in trace.calls[: at + 1]))
    return f"step {at + 1} of {len(trace.calls)}{again}: {spent_text(call)}; {cost} so far"


def _tests(step: IterationRow, width: int, glyphs: Glyphs) -> list[Line]:
    has_passed = step.verdict == "passed"
    sign = glyphs.done if has_passed else glyphs.failed
    style = "$state-passed" if has_passed else "$state-failed"
    result = f"{sign} {step.note}" if step.note else f"{sign} {step.verdict}"
    lines = [_title("what came of it", width, glyphs), *_text(result, width, style)]
    if step.n_tests:
        tests = plural(step.n_tests, "test")
        took = f"{step.n_passed} of {tests} pass, {step.test_wall_s:.2f} s"
        lines += _text(took, width)
    return lines + (_text(step.detail, width) if step.detail else [])


def _title(name: str, width: int, glyphs: Glyphs) -> Line:
    rule = "-" if glyphs is ASCII else "─"
    return Line(f"{rule * 2} {name} {rule * max(width - len(name) - 5, 0)}", "$secondary")


def _text(text: str, width: int, style: str = "$foreground") -> list[Line]:
    lines = clean(text).replace("\t", _TAB).rstrip("\n").split("\n")
    return [Line(part, style) for line in lines for part in chop_cells(line, width) or [""]]
