"""One rollout as a document: Markdown for people, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from core.chat import Message
from core.money import usd
from core.text import clean

if TYPE_CHECKING:  # importing these for real loads the database
    from core.rollouts.operations import RolloutTrace
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


def result_text(step: IterationRow) -> str:
    """What came of an answer: `3 of 4 tests fail (1 of 4 pass, 0.10 s)`."""
    tests = (
        f" ({step.n_passed} of {step.n_tests} tests pass, {step.test_wall_s:.2f} s)"
        if step.n_tests
        else ""
    )
    return f"{step.note or step.verdict}{tests}"


def ending_text(trace: RolloutTrace) -> str:
    """How the rollout ended and what it took, in one line."""
    row = trace.rollout
    reason = f" ({row.reason})" if row.reason else ""
    return (
        f"{row.outcome}{reason}, {row.n_passed} of {row.n_tests} tests, "
        f"{row.n_prompt_tokens:,} + {row.n_completion_tokens:,} tokens, "
        f"{usd(row.cost_microusd)}, {row.wall_s:.1f} s"
    )


def _markdown(trace: RolloutTrace, states: States) -> str:
    row = trace.rollout
    steps = {step.iteration: step for step in trace.iterations}
    parts = [
        f"# Rollout {row.rollout_id}",
        f"- task: {_code(row.task_id)}\n- seed: {row.seed}\n- run: {_code(row.run_id)}\n"
        f"- arm: {_code(row.arm_id)}\n- outcome: {_code(ending_text(trace))}",
    ]
    cost, shown = 0, set[str]()
    for at, call in enumerate(trace.calls, 1):
        cost += call.cost_microusd
        parts.append(f"## Step {at}: {spent_text(call)}; {usd(cost)} so far")
        if call.state not in shown:
            shown.add(call.state)
            for message in states.get(call.state, ()):
                parts += [f"### State: {message.role.value}", _block(message.content)]
        parts += ["### Answer", _block(call.reply or call.outcome)]
        if (step := steps.get(call.iteration)) is not None and call.outcome == "ok":
            parts += ["### What came of it", _block(f"{result_text(step)}\n{step.detail}")]
    return "\n\n".join(parts) + "\n"


def _json(trace: RolloutTrace, states: States) -> str:
    whole = {
        "rollout": trace.rollout,
        "calls": trace.calls,
        "iterations": trace.iterations,
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
