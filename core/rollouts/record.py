"""One rollout as a document: Markdown for people, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from core.agent.toolbox import Done
from core.chat import Message, ToolCall
from core.edits.difference import Patch
from core.money import usd
from core.text import clean

if TYPE_CHECKING:  # importing these for real loads the database
    from core.rollouts.trace import RolloutTrace
    from core.store.runs import CallRow, IterationRow

States = Mapping[str, Sequence[Message]]
"""The exact messages of each state that the rollout's calls were made on."""


class RecordFormat(StrEnum):
    """What a document can be; also the ending of its file's name."""

    MARKDOWN = "md"
    JSON = "json"


def record(trace: RolloutTrace, states: States, form: RecordFormat) -> str:
    """The whole rollout, every state included."""
    return _markdown(trace, states) if form is RecordFormat.MARKDOWN else _json(trace, states)


def state_ids(trace: RolloutTrace) -> list[str]:
    """The states to be fetched for a document, each once, in order."""
    return list(dict.fromkeys(call.state for call in trace.calls))


def spent_text(call: CallRow) -> str:
    """What a call took: `600 (20 cached) + 30 tokens, $0.0003, 0.10 s`."""
    cached = f" ({call.n_cached_tokens:,} cached)" if call.n_cached_tokens else ""
    thought = f" ({call.n_reasoning_tokens:,} reasoning)" if call.n_reasoning_tokens else ""
    return (
        f"{call.n_prompt_tokens:,}{cached} + {call.n_completion_tokens:,}{thought} tokens, "
        f"{usd(call.cost_microusd)}, {call.latency_s:.2f} s"
    )


def step_text(calls: Sequence[CallRow], at: int) -> str:
    """Which call it is, what it took, and what all took up to it."""
    call = calls[at]
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    why = ", looking back" if is_reflection(call) else ""
    cost = usd(sum(each.cost_microusd for each in calls[: at + 1]))
    return f"step {at + 1} of {len(calls)}{why}{again}: {spent_text(call)}; {cost} so far"


def is_reflection(call: CallRow) -> bool:
    """Whether it looked back at the action before it."""
    return call.kind == "reflection"


def answer_text(call: CallRow) -> str:
    """What was answered: text, native calls, or the failure."""
    asked = msgspec.json.decode(call.tool_calls or "[]", type=tuple[ToolCall, ...])
    calls = "\n".join(f"{one.name} {one.arguments}" for one in asked)
    return "\n\n".join(filter(None, [call.reply, calls])) or call.outcome


def actions_of(step: IterationRow) -> tuple[Done, ...]:
    """What was done with tools."""
    return msgspec.json.decode(step.actions or "[]", type=tuple[Done, ...])


def patch_text(patch: Patch) -> str:
    """A change as edit blocks, file by file."""
    return "\n".join(block.render() for block in patch)


def step_of(trace: RolloutTrace, call: CallRow) -> IterationRow | None:
    """What came of a call's answer, where it was an action."""
    if is_reflection(call) or call.outcome != "ok":
        return None
    return next((s for s in trace.iterations if s.iteration == call.iteration), None)


def final_of(trace: RolloutTrace) -> IterationRow | None:
    """The run of all tests that decided, where no step has the same one."""
    n_asked = max((call.iteration for call in trace.calls), default=0)
    return next((step for step in trace.iterations if step.iteration > n_asked), None)


def result_text(step: IterationRow) -> str:
    """What came of an answer: `3 of 4 tests fail (1 of 4 pass, 0.10 s)`."""
    tests = (
        f" ({step.n_passed} of {step.n_tests} tests pass, {step.test_wall_s:.2f} s)"
        if step.n_tests
        else ""
    )
    forgiven = f"; forgiven: {step.forgiven}" if step.forgiven else ""
    return f"{step.note or step.verdict}{tests}{forgiven}"


def ending_text(trace: RolloutTrace) -> str:
    """How the rollout ended and what it took, in one line; or how it stands."""
    row = trace.rollout
    reason = f" ({row.reason})" if row.reason else ""
    return (
        f"{row.outcome}{reason}, {row.n_passed} of {row.n_tests} tests, "
        f"{row.n_prompt_tokens:,} + {row.n_completion_tokens:,} tokens, "
        f"{usd(row.cost_microusd)}, {row.wall_s:.1f} s"
    )


def _markdown(trace: RolloutTrace, states: States) -> str:
    row = trace.rollout
    parts = [
        f"# Rollout {row.rollout_id}",
        f"- task: {_code(row.task_id)}\n- seed: {row.seed}\n- run: {_code(row.run_id)}\n"
        f"- arm: {_code(row.arm_id)}\n- outcome: {_code(ending_text(trace))}",
    ]
    shown: set[Message] = set()
    for at, call in enumerate(trace.calls):
        parts.append(f"## S{step_text(trace.calls, at)[1:]}")
        parts += _state(states.get(call.state, ()), shown)
        if call.reasoning:
            parts += ["### Reasoning", _block(call.reasoning)]
        parts += ["### Answer", _block(answer_text(call))]
        if (step := step_of(trace, call)) is not None:
            for one in actions_of(step):
                parts += [f"### {_code(one.title)}", _block(one.output)]
            parts += ["### What came of it", _block(f"{result_text(step)}\n{step.detail}")]
    if (final := final_of(trace)) is not None:
        parts += ["## The tests that decided", _block(f"{result_text(final)}\n{final.detail}")]
    if trace.patch:
        parts += ["## The change as it was left", _block(patch_text(trace.patch))]
    return "\n\n".join(parts) + "\n"


def _state(messages: Sequence[Message], shown: set[Message]) -> Iterator[str]:
    """The messages of a state that no state before had."""
    new = [message for message in messages if message not in shown]
    if 0 < len(new) < len(messages):
        yield f"({len(messages) - len(new)} messages of this state stand above.)"
    for message in new:
        shown.add(message)
        calls = "\n".join(f"{call.name} {call.arguments}" for call in message.tool_calls)
        yield f"### State: {message.role.value}"
        yield _block("\n".join(filter(None, [message.content, calls])))


def _json(trace: RolloutTrace, states: States) -> str:
    whole = {
        "rollout": trace.rollout,
        "calls": trace.calls,
        "iterations": trace.iterations,
        "patch": trace.patch,
        "states": states,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def _block(text: str) -> str:
    """The text as it is, between fences that it cannot close."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text)), 3)
    return f"{fence}text\n{clean(text).rstrip()}\n{fence}"


def _code(text: str) -> str:
    """The text on a line of its own, read as no markup."""
    fence = "`" * max(1, *(len(run) + 1 for run in re.findall(r"`+", text)), 1)
    return f"{fence} {' '.join(clean(text).split())} {fence}"
