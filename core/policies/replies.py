"""What services answer, in any of the shapes that are met, as one reply.

A whole answer is read where the pieces are: every field may be missing or of another kind. An
answer that comes piece by piece is put together to the same whole first.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.chat import ChatReply, ChatRequest, ToolCall, Usage
from core.policies import failures

_ESTIMATED = "usage estimated"
_THOUGHT = re.compile(r"\A\s*<think>(.*?)</think>\s*", re.DOTALL)
_MOST_CALLS = 32
_LONGEST_REASON = 60


def read_reply(answer: Any, request: ChatRequest) -> ChatReply:
    """The reply of a whole answer; raises `PolicyError` where there is none."""
    choices = _get(answer, "choices")
    if isinstance(answer, str | bytes) or not isinstance(choices, list):
        raise failures.of_nonsense(str(answer))
    choice = choices[0] if choices else None
    message = _get(choice, "message")
    return _reply(
        text=_text(_get(message, "content")),
        thought=_text(_get(message, "reasoning")) or _text(_get(message, "reasoning_content")),
        calls=tuple(_calls(_get(message, "tool_calls"))),
        reason=_reason(choice),
        usage=_usage(_get(answer, "usage")),
        request=request,
    )


async def read_stream(chunks: AsyncIterable[Any], request: ChatRequest) -> ChatReply:
    """The reply of an answer in pieces; raises `PolicyError` when it was cut off.

    Only a finish reason says that an answer is whole: a stream just ends when it is cut.
    """
    parts = _Parts()
    async for chunk in chunks:
        parts.add(chunk)
        if request.hear is not None and parts.newest:
            request.hear(parts.newest)
    if not parts.reason:
        raise failures.of_nonsense("the stream ended before the answer did")
    calls = tuple(ToolCall(*parts.calls[at]) for at in sorted(parts.calls))
    return _reply(
        "".join(parts.text), "".join(parts.thought), calls, parts.reason, parts.usage, request
    )


@dataclass(slots=True)
class _Parts:
    """Pieces as they come."""

    text: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)
    """Id, name and arguments of each call, by its place."""
    reason: str = ""
    usage: Usage | None = None
    newest: str = ""

    def add(self, chunk: Any) -> None:
        """One more; the usage comes with the last piece or after it."""
        self.usage = _usage(_get(chunk, "usage")) or self.usage
        self.newest = ""
        choices = _get(chunk, "choices")
        if not isinstance(choices, list) or not choices:
            return
        self.reason = _reason(choices[0]) or self.reason
        delta = _get(choices[0], "delta")
        self.newest = _text(_get(delta, "content"))
        self.text.append(self.newest)
        thought = _text(_get(delta, "reasoning")) or _text(_get(delta, "reasoning_content"))
        self.thought.append(thought)
        given = _get(delta, "tool_calls")
        for n, call in enumerate(given if isinstance(given, list) else ()):
            self._add_call(n, call)

    def _add_call(self, n: int, call: Any) -> None:
        at = _get(call, "index")
        at = int(at) if isinstance(at, int | float) else n
        if at not in self.calls and len(self.calls) >= _MOST_CALLS:
            return
        known = self.calls.setdefault(at, ["", "", ""])
        function = _get(call, "function")
        known[0] = known[0] or _text(_get(call, "id"))
        known[1] += _text(_get(function, "name"))
        known[2] += _arguments(_get(function, "arguments"))


def _reply(
    text: str,
    thought: str,
    calls: tuple[ToolCall, ...],
    reason: str,
    usage: Usage | None,
    request: ChatRequest,
) -> ChatReply:
    if not thought and (inline := _THOUGHT.match(text)) is not None:
        thought, text = inline[1].strip(), text[inline.end() :]
    if usage is None:
        said = "".join([text, thought, *(f"{call.name}{call.arguments}" for call in calls)])
        usage = Usage(request.n_bytes, min(len(said.encode()), request.decoding.max_tokens))
        reason = ", ".join(filter(None, (reason, _ESTIMATED)))
    return replace(ChatReply(text, usage, reason), tool_calls=calls, reasoning=thought)


def _calls(given: Any) -> list[ToolCall]:
    found = []
    for call in given[:_MOST_CALLS] if isinstance(given, list) else ():
        function = _get(call, "function")
        name = _text(_get(function, "name"))
        found.append(
            ToolCall(_text(_get(call, "id")), name, _arguments(_get(function, "arguments")))
        )
    return found


def _arguments(given: Any) -> str:
    """A JSON text; some servers give the object itself."""
    if isinstance(given, Mapping):
        return json.dumps(dict(given), ensure_ascii=False, default=str)
    return _text(given)


def _reason(choice: Any) -> str:
    reason = _get(choice, "finish_reason")
    return "" if reason is None else str(reason)[:_LONGEST_REASON]


def _get(owner: Any, name: str) -> Any:
    return owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)


def _text(content: object) -> str:
    """Plain text, or the text of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))


def _usage(given: Any) -> Usage | None:
    """Tokens, each counted once; cached ones are told in one of two places."""
    prompt, completion = _count(given, "prompt_tokens"), _count(given, "completion_tokens")
    if prompt is None or completion is None:
        return None
    nested = _count(_get(given, "prompt_tokens_details"), "cached_tokens")
    cached = nested if nested is not None else _count(given, "cached_tokens") or 0
    reasoning = _count(_get(given, "completion_tokens_details"), "reasoning_tokens") or 0
    return Usage(prompt, completion, min(cached, prompt), min(reasoning, completion))


def _count(owner: Any, name: str) -> int | None:
    value = _get(owner, name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None
