"""A rollout as lines for people: answer, tests and state of each step, folded as wished."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.cells import chop_cells

from core.agent.toolbox import Done
from core.chat import Message
from core.money import usd
from core.rollouts.record import (
    actions_of,
    answer_text,
    final_of,
    is_reflection,
    step_of,
    step_text,
)
from core.text import clean, one_line, plural
from tui.screens.outcomes import mark_of, style_of
from tui.widgets.cells import ASCII, Glyphs
from tui.widgets.diff_lines import compare

if TYPE_CHECKING:  # importing these for real loads the database
    from core.rollouts.trace import RolloutTrace
    from core.store.runs import IterationRow

_TAB = "    "
_LONGEST_REASON = 200

States = Callable[[str], Sequence[Message]]
"""The messages of a state by its name."""


class Fold(StrEnum):
    """What of a step is folded to its title."""

    NOTHING = "all open"
    STATES = "states folded"
    ALL = "titles only"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen, cleaned."""

    text: str
    style: str = "$foreground"
    step: int | None = None
    """On the first line of a step: which one, from 0."""
    differs: bool = False
    """Whether the rollout beside it says otherwise here."""


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are made."""

    width: int
    glyphs: Glyphs
    fold: Fold = Fold.NOTHING
    other: RolloutTrace | None = None
    """The rollout beside it; answers that are not its own are marked."""


def heading(trace: RolloutTrace, glyphs: Glyphs) -> tuple[str, str, str]:
    """How the rollout ended, its colour, and what it took."""
    row = trace.rollout
    reason = f" ({one_line(clean(row.reason), _LONGEST_REASON)})" if row.reason else ""
    took = (
        f"{row.n_passed} of {plural(row.n_tests, 'test')} pass, {row.n_prompt_tokens:,} + "
        f"{row.n_completion_tokens:,} tokens, {usd(row.cost_microusd)}, {row.wall_s:.1f} s"
    )
    return f"{mark_of(row.outcome, glyphs).sign} {row.outcome}{reason}", style_of(row.outcome), took


def all_lines(trace: RolloutTrace, states: States, look: Look) -> list[Line]:
    """Every step, each under its name."""
    lines: list[Line] = []
    for at, call in enumerate(trace.calls):
        name = one_line(step_text(trace.calls, at), look.width)
        lines += [Line("")] * (at > 0 and look.fold is not Fold.ALL)
        lines.append(Line(name, "bold $primary", at))
        if look.fold is Fold.ALL:
            lines += _result_alone(trace, at, look)
        else:
            lines += step_lines(trace, at, states(call.state), look)
    return lines


def step_lines(trace: RolloutTrace, at: int, state: Sequence[Message], look: Look) -> list[Line]:
    """All lines of the call at `at`, wrapped."""
    call = trace.calls[at]
    name = "looking back" if is_reflection(call) else "answer"
    said = answer_text(call)
    lines = _part(name, said, look, _differing(said, at, look))
    if call.reasoning:
        lines += [Line(""), *_part("reasoning", call.reasoning, look, is_folded=_folds(look))]
    if (step := step_of(trace, trace.calls[at])) is not None:
        for done in actions_of(step):
            lines += [Line(""), *_action(done, look)]
        lines += [Line(""), *_tests(step, look)]
    if (final := _final_at(trace, at)) is not None:
        lines += [Line(""), *_tests(final, look, "the tests that decided")]
    for message in state:
        lines += [Line("")] * (not _folds(look))
        content = message_text(message)
        lines += _part(f"state: {message.role.value}", content, look, is_folded=_folds(look))
    return lines


def message_text(message: Message) -> str:
    """A message with the tools that it calls natively."""
    calls = [f"{each.name} {each.arguments}" for each in message.tool_calls]
    return "\n".join(filter(None, (message.content, *calls)))


def _folds(look: Look) -> bool:
    return look.fold is not Fold.NOTHING


def _action(done: Done, look: Look) -> list[Line]:
    style = "$state-failed" if done.is_error else "$foreground"
    title = _title(one_line(clean(done.title), look.width - 6), look)
    return [title, *([] if _folds(look) else _text(done.output, look.width, style))]


def _differing(said: str, at: int, look: Look) -> frozenset[int]:
    """Lines of an answer, by number, that the other's answer at this step does not have."""
    if look.other is None:
        return frozenset()
    calls = look.other.calls
    found = compare(clean(said), clean(answer_text(calls[at])) if at < len(calls) else "")
    return frozenset(row.left for row in found.rows if row.left is not None and not row.is_same)


def _result_alone(trace: RolloutTrace, at: int, look: Look) -> Iterator[Line]:
    if is_reflection(trace.calls[at]):
        yield Line("  looked back", "$secondary")
    for step in (step_of(trace, trace.calls[at]), _final_at(trace, at)):
        if step is not None:
            text, style = _result(step, look.glyphs)
            yield Line(one_line(f"  {text}", look.width), style)


def _result(step: IterationRow, glyphs: Glyphs) -> tuple[str, str]:
    has_passed = step.verdict == "passed"
    sign = glyphs.done if has_passed else glyphs.failed
    style = "$state-passed" if has_passed else "$state-failed"
    return clean(f"{sign} {step.note or step.verdict}"), style


def _final_at(trace: RolloutTrace, at: int) -> IterationRow | None:
    """The tests that decided belong to the last step."""
    return final_of(trace) if at == len(trace.calls) - 1 else None


def _tests(step: IterationRow, look: Look, title: str = "what came of it") -> list[Line]:
    text, style = _result(step, look.glyphs)
    lines = [_title(title, look), *_text(text, look.width, style)]
    if step.forgiven:
        lines += _text(f"forgiven: {step.forgiven}", look.width, "$secondary")
    if step.n_tests:
        tests = plural(step.n_tests, "test")
        took = f"{step.n_passed} of {tests} pass, {step.test_wall_s:.2f} s"
        lines += _text(took, look.width)
    return lines + (_text(step.detail, look.width) if step.detail else [])


def _part(
    name: str,
    text: str,
    look: Look,
    differing: frozenset[int] = frozenset(),
    *,
    is_folded: bool = False,
) -> list[Line]:
    if is_folded:
        n_lines = len(clean(text).rstrip("\n").split("\n"))
        return [_title(f"{name}, {plural(n_lines, 'line')}", look)]
    return [_title(name, look), *_text(text, look.width, differing=differing)]


def _title(name: str, look: Look) -> Line:
    rule = "-" if look.glyphs is ASCII else "─"
    return Line(f"{rule * 2} {name} {rule * max(look.width - len(name) - 5, 0)}", "$secondary")


def _text(
    text: str,
    width: int,
    style: str = "$foreground",
    differing: frozenset[int] = frozenset(),
) -> list[Line]:
    lines = clean(text).replace("\t", _TAB).rstrip("\n").split("\n")
    return [
        Line(part, style, differs=number in differing)
        for number, line in enumerate(lines)
        for part in chop_cells(line, width) or [""]
    ]
