"""The built-in repair policy: a softmax over one-step edits that answers like a chat model."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np

from core.chat import ChatReply, ChatRequest, Usage
from core.edits.block import EditBlock
from core.edits.render import block_of
from core.policies.candidates import Candidates, candidates_of
from core.policies.mechanic import Repair, is_looking_back, is_with_tools, situation_of
from core.policies.reader import LineRuns, ReadState, read_state
from core.policies.theta import Theta
from core.policies.tokens import estimate_prompt, estimate_tokens

_COLDEST = 1e-9
"""Below it the best edit is taken; a division by less would leave the range of a float."""
_MOST_KNOWN = 512
NO_EDIT_LEFT = "I have no further edit to propose.\n"
LOOKED_BACK = "That did not help. Try an edit of another kind, on a line that failing tests run."


class BuiltinPolicy:
    """Chooses an untried edit with a probability that grows with theta . features.

    Sampling adds seeded noise to every edit that no attempt changes, so a rollout that
    asks again with the same seed draws edits without replacement.
    """

    def __init__(self, theta: Theta, name: str) -> None:
        self._weights = np.array(theta.weights)
        self._name = name
        self._known: dict[tuple[str, tuple[LineRuns, ...]], Candidates] = {}
        self._turn = asyncio.Lock()

    @property
    def name(self) -> str:
        """Identity in an arm; the caller puts the hash of the weights into it."""
        return self._name

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer with one edit, or without any when every edit was tried."""
        if is_looking_back(request.messages):
            return _counted(request, ChatReply(LOOKED_BACK, Usage(0, 0)))
        if not is_with_tools(request.messages):
            state = read_state(request.messages)
            text = self._answer(request, state, await self._candidates(state))
            return _counted(request, ChatReply(text, Usage(0, 0)))
        found = situation_of(request.messages)
        if isinstance(found, Repair):
            known = await self._candidates(found.state)
            found = found.step(self._choose(request, found.state, known))
        if request.tools:
            return _counted(request, ChatReply("", Usage(0, 0), "tool_calls", (found.call,)))
        return _counted(request, ChatReply(found.text, Usage(0, 0)))

    def answer(self, request: ChatRequest) -> str:
        """The text of the answer to a state of the `edit` protocol."""
        state = read_state(request.messages)
        return self._answer(request, state, candidates_of(state))

    async def _candidates(self, state: ReadState) -> Candidates:
        """Those of a program not seen before take long: one at a time, in a thread.

        The event loop goes on meanwhile; more such threads at once would keep it from that.
        """
        key = (state.program, state.coverage)
        if key not in self._known:
            async with self._turn:
                if key not in self._known:
                    made = await asyncio.to_thread(candidates_of, state)
                    while len(self._known) >= _MOST_KNOWN:
                        del self._known[next(iter(self._known))]
                    self._known[key] = made
                return self._known[key]
        return self._known[key]

    def _answer(self, request: ChatRequest, state: ReadState, candidates: Candidates) -> str:
        block = self._choose(request, state, candidates)
        return NO_EDIT_LEFT if block is None else block.render()

    def _choose(
        self, request: ChatRequest, state: ReadState, candidates: Candidates
    ) -> EditBlock | None:
        is_open = candidates.mask(state)
        if not is_open.any():
            return None
        scores = candidates.features @ self._weights
        temperature = request.decoding.temperature
        if temperature > _COLDEST:
            scores = scores / temperature + candidates.noise(request.seed)
        best = int(np.argmax(np.where(is_open, scores, -np.inf)))
        return block_of(state.program, candidates.edits[best], state.path)


def _counted(request: ChatRequest, reply: ChatReply) -> ChatReply:
    """The reply with its tokens."""
    asked = [message.content for message in request.messages]
    asked += [call.arguments for message in request.messages for call in message.tool_calls]
    said = [reply.text, *(call.arguments for call in reply.tool_calls)]
    n_said = sum(estimate_tokens(text) for text in said)
    return replace(reply, usage=Usage(estimate_prompt(asked), n_said))
