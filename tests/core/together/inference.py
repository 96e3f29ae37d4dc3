"""The part of the loopback service that answers chats: serverless models and endpoints."""

from __future__ import annotations

from core.chat import ChatReply, Usage
from core.errors import PolicyError
from tests.core.together.chat import completion, request_of
from tests.core.together.endpoints import Yard
from tests.core.together.http import Answer
from tests.core.together.service import Call, Routes

_PROMPT, _COMPLETION = 170_000, 250_000
"""What serverless models cost, in micro-dollars per million tokens."""


def inference(yard: Yard) -> Routes:
    """Chats with whatever the account can reach; tokens are billed where they cost."""

    async def chat(call: Call) -> Answer:
        body = call.asked.json
        found = yard.policy_of(body["model"])
        if isinstance(found, Answer):
            return found
        try:
            reply = await found.chat(request_of(body))
        except PolicyError:
            reply = ChatReply("I see.", Usage(1, 1))  # a model answers whatever it is asked
        if body["model"] in yard.account.serverless:
            yard.account.charge("chat", body["model"], 1, _cost(reply.usage))
        return Answer.of_json(completion(reply, body["model"]))

    routes = Routes()
    routes.add("POST", "/v1/chat/completions", chat)
    return routes


def _cost(usage: Usage) -> int:
    tokens = (usage.n_prompt_tokens, _PROMPT), (usage.n_completion_tokens, _COMPLETION)
    return sum(-(-n * price // 1_000_000) for n, price in tokens)
