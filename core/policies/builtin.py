"""The built-in repair policy: a softmax over one-step edits that answers like a chat model."""

from __future__ import annotations

import asyncio

import numpy as np

from core.chat import ChatReply, ChatRequest, Usage
from core.edits.render import block_of
from core.policies.candidates import Candidates, candidates_of
from core.policies.reader import LineRuns, ReadState, read_state
from core.policies.theta import Theta
from core.policies.tokens import estimate_prompt, estimate_tokens

_COLDEST = 1e-9
"""Below it the best edit is taken; a division by less would leave the range of a float."""
_MOST_KNOWN = 512
NO_EDIT_LEFT = "I have no further edit to propose.\n"


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
        """Answer with one edit block, or without any when every edit was tried."""
        state = read_state(request.messages)
        text = self._answer(request, state, await self._candidates(state))
        usage = Usage(
            n_prompt_tokens=estimate_prompt([message.content for message in request.messages]),
            n_completion_tokens=estimate_tokens(text),
        )
        return ChatReply(text, usage)

    def answer(self, request: ChatRequest) -> str:
        """The text of the answer."""
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
        is_open = candidates.mask(state)
        if not is_open.any():
            return NO_EDIT_LEFT
        scores = candidates.features @ self._weights
        temperature = request.decoding.temperature
        if temperature > _COLDEST:
            scores = scores / temperature + candidates.noise(request.seed)
        best = int(np.argmax(np.where(is_open, scores, -np.inf)))
        return block_of(state.program, candidates.edits[best], state.path).render()
