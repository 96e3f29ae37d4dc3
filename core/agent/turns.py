"""Turns of a conversation as messages, and how many of them a state still shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.agent.actions import action_text
from core.agent.toolbox import Done
from core.chat import Message, Role, ToolCall
from core.policies.tokens import weigh
from core.text import one_line

_N_TOLD = 8
_LONGEST_TOLD = 100
_N_AROUND = 12
"""Tokens around the texts of a call and of its result."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One iteration: what was asked for, and what came of it."""

    actions: tuple[Done, ...]
    note: str
    said: str = ""
    """The answer itself, where it asks for nothing that can be done."""
    answer: str = ""
    """What is said to such an answer."""
    tests: str = ""
    key: str = ""
    """Equal for turns that asked for the same on the same tree."""

    @property
    def n_tokens(self) -> int:
        """What the turn adds to a state."""
        texts = [self.said, self.answer, self.tests]
        texts += [text for one in self.actions for text in (one.tool, one.arguments, one.output)]
        return sum(weigh(text) for text in texts) + _N_AROUND * (len(self.actions) + 1)

    @property
    def story(self) -> str:
        """The turn as text."""
        steps = [f"{one.tool} {one.arguments}\n=> {one.output}" for one in self.actions]
        return "\n".join(filter(None, [self.said, *steps, self.answer, self.tests]))


def answered(turn: Turn, tests: str, note: str) -> Turn:
    """The turn with what the tests say of it."""
    return replace(turn, tests=tests, note=f"{turn.note}; {note}")


def in_window(turns: Sequence[Turn], n_left_out: int, most: int) -> int:
    """How many of the oldest turns a state leaves out: none more while there is room.

    The newest is always shown.
    """
    sizes = [turn.n_tokens for turn in turns[n_left_out:]]
    if sum(sizes) <= most:
        return n_left_out
    while len(sizes) > 1 and sum(sizes) > most // 2:
        del sizes[0]
        n_left_out += 1
    return n_left_out


def left_out_text(turns: Sequence[Turn]) -> str:
    """The turns that are left out, the newest of them in a line each."""
    if not turns:
        return "none"
    lines = [f"- {one_line(turn.note, _LONGEST_TOLD)}" for turn in turns[-_N_TOLD:]]
    n_more = len(turns) - len(lines)
    return "\n".join([f"- {n_more} more before these"] * bool(n_more) + lines)


def messages_of(turns: Sequence[Turn], n_before: int, *, is_native: bool) -> Iterator[Message]:
    """The turns as a chat; `n_before` turns that are left out give the calls their numbers."""
    for number, turn in enumerate(turns, n_before + 1):
        if not turn.actions:
            yield Message(Role.ASSISTANT, turn.said or "(nothing)")
            yield Message(Role.USER, turn.answer)
            continue
        asked = answer_of(turn.actions, number, is_native=is_native)
        yield asked
        if not is_native:
            yield Message(Role.USER, _result(turn.actions[0], turn.tests))
        for call, one in zip(asked.tool_calls, turn.actions if is_native else (), strict=True):
            content = _result(one, turn.tests if call is asked.tool_calls[-1] else "")
            yield Message(Role.TOOL, content, tool_call_id=call.id)


def answer_of(actions: Sequence[Done], number: int, *, is_native: bool) -> Message:
    """What asked for these actions, in iteration `number`, as later states show it."""
    if not is_native:
        (one,) = actions
        return Message(Role.ASSISTANT, action_text(one.tool, one.arguments))
    calls = (
        ToolCall(f"call_{number}_{n}", one.tool, one.arguments) for n, one in enumerate(actions, 1)
    )
    return Message(Role.ASSISTANT, "", tuple(calls))


def _result(one: Done, tests: str) -> str:
    return f"{one.output}\n\n{tests}" if tests else one.output
