"""The options that say how an agent speaks, decodes and is bounded, the same for every command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from core.agent.limits import Limits, Speech
from core.chat import Decoding, Reasoning
from core.money import parse_usd


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Agent:
    """What is part of an arm beside its policy."""

    protocol: Speech = Speech.EDIT
    """`edit`: one edit block an answer. The others work with tools, also on several files: called
    natively, or by one JSON object in the text, read with or without forgiveness."""
    max_reflections: int = 0
    """At most so many looks back a rollout, 0 to 5: extra calls after what did not work."""
    max_tokens: Annotated[int | None, Parameter(show_default=False)] = None
    """End a rollout that has used so many tokens [default: no bound]."""
    max_cost: Annotated[str, Parameter(show_default=False)] = ""
    """End a rollout that has cost so many dollars [default: no bound]."""
    max_wall: Annotated[float | None, Parameter(show_default=False)] = None
    """End a rollout after so many seconds by the clock [default: no bound]."""
    max_work: Annotated[float | None, Parameter(show_default=False)] = None
    """The same, without waits for a busy service and pauses [default: no bound]."""
    max_output_tokens: int = Limits().n_output_tokens
    """Most that one iteration shows the agent of what its tools put out."""
    max_history_tokens: int = Limits().n_history_tokens
    """Most that a call shows the agent of its earlier iterations with tools."""
    max_reply_tokens: int = Decoding().max_tokens
    """Most of one answer, what it thinks included."""
    reasoning: Reasoning = Reasoning.DEFAULT
    """Whether a model thinks before it answers, or how hard; `default` leaves it to the model."""
    stream: Annotated[bool, Parameter(negative="")] = False
    """Take answers piece by piece, so that a running rollout can be watched."""

    def limits(self, n_iterations: int) -> Limits:
        """The bounds of a rollout."""
        return Limits(
            n_iterations=n_iterations,
            n_tokens=self.max_tokens,
            cost_microusd=parse_usd(self.max_cost),
            wall_s=self.max_wall,
            work_s=self.max_work,
            n_reflections=self.max_reflections,
            n_output_tokens=self.max_output_tokens,
            n_history_tokens=self.max_history_tokens,
        )

    def decoding(self, temperature: float) -> Decoding:
        """How its policy samples."""
        return Decoding(temperature, self.max_reply_tokens, self.reasoning, self.stream)
