"""What services answer, in any of the shapes that are met, as one reply.

A whole answer is read where the pieces are: every field may be missing or of another kind. An
answer that comes piece by piece is put together to the same whole first. One that says that it
failed, or was kept back by a filter, is no answer of the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.chat import ChatReply, ChatRequest, ToolCall
from core.policies import failures
from core.policies.loose import part, text_of
from core.policies.usage import is_told, read_usage

_ESTIMATED = "usage estimated"
_FAILED, _FILTERED = "error", "content_filter"
"""Reasons to end an answer that leave none."""
_THOUGHT = re.compile(r"\A\s*<think>(.*?)</think>\s*", re.DOTALL)
_THOUGHT_UNOPENED = re.compile(r"(.*?)</think>(?:[ \t]*(?:\n\s*|\Z))", re.DOTALL)
_OPENED = re.compile(r"\s*<think>")
_CUT = "length"
_MOST_CALLS = 32
_LONGEST_REASON = 60


def read_reply(answer: Any, request: ChatRequest) -> ChatReply:
    """The reply of a whole answer; raises `PolicyError` where there is none."""
    choices, error = part(answer, "choices"), part(answer, "error")
    if isinstance(answer, str | bytes) or not (isinstance(choices, list) or error):
        raise failures.of_nonsense(str(answer))
    if not choices or not isinstance(choices, list):
        raise failures.of_no_choice(error)
    message = part(choices[0], "message")
    parts = _Parts(usage=part(answer, "usage"))
    parts.end(choices[0])
    parts.say(message)
    return _reply(parts, tuple(_calls(part(message, "tool_calls"))), request)


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
    return _reply(parts, tuple(ToolCall(*parts.calls[at]) for at in sorted(parts.calls)), request)


@dataclass(slots=True)
class _Parts:
    """Pieces as they come; a whole answer is one piece."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)
    """Id, name and arguments of each call, by its place."""
    reason: str = ""
    error: Any = None
    """What the service says went wrong."""
    usage: Any = None
    newest: str = ""

    def add(self, chunk: Any) -> None:
        """One more; the usage comes with the last piece or after it."""
        if is_told(usage := part(chunk, "usage")):
            self.usage = usage
        self.newest = ""
        choices = part(chunk, "choices")
        if not isinstance(choices, list) or not choices:
            return
        self.end(choices[0])
        delta = part(choices[0], "delta")
        self.say(delta)
        given = part(delta, "tool_calls")
        for n, call in enumerate(given if isinstance(given, list) else ()):
            self._add_call(n, call)

    def say(self, message: Any) -> None:
        """Text and thought of a message or a piece of one."""
        self.newest = text_of(part(message, "content"))
        self.texts.append(self.newest)
        thought = text_of(part(message, "reasoning"))
        self.thoughts.append(thought or text_of(part(message, "reasoning_content")))

    def end(self, choice: Any) -> None:
        """Why the answer ended, if it did."""
        reason = part(choice, "finish_reason")
        if reason is not None:
            self.reason = str(reason)[:_LONGEST_REASON]
        self.error = part(choice, "error") or self.error

    def _add_call(self, n: int, call: Any) -> None:
        at = part(call, "index")
        at = int(at) if isinstance(at, int | float) else n
        if at not in self.calls and len(self.calls) >= _MOST_CALLS:
            return
        known = self.calls.setdefault(at, ["", "", ""])
        function = part(call, "function")
        known[0] = known[0] or text_of(part(call, "id"))
        known[1] += text_of(part(function, "name"))
        known[2] += _arguments(part(function, "arguments"))


def _reply(parts: _Parts, calls: tuple[ToolCall, ...], request: ChatRequest) -> ChatReply:
    if parts.reason == _FAILED or parts.error:
        raise failures.of_no_choice(parts.error)
    if parts.reason == _FILTERED:
        raise failures.of_filter()
    text, thought, reason = "".join(parts.texts), "".join(parts.thoughts), parts.reason
    usage, is_guessed = read_usage(parts.usage, request, is_said=bool(text or thought or calls))
    if is_guessed:
        reason = ", ".join(filter(None, (reason, _ESTIMATED)))
    if not thought:
        thought, text = _thought_apart(text, is_cut=parts.reason == _CUT)
    return ChatReply(text, usage, reason, calls, thought)


def _thought_apart(text: str, *, is_cut: bool) -> tuple[str, str]:
    """What a model thinks inside of its text, and the rest.

    Templates often leave out the opening tag; then the closing one stands at the end of a line.
    A thought that never ends is all there is of an answer that was cut.
    """
    found = _THOUGHT.match(text) or _THOUGHT_UNOPENED.match(text)
    if found is not None:
        return found[1].strip(), text[found.end() :]
    if is_cut and (opened := _OPENED.match(text)) is not None:
        return text[opened.end() :].strip(), ""
    return "", text


def _calls(given: Any) -> Iterator[ToolCall]:
    for call in given[:_MOST_CALLS] if isinstance(given, list) else ():
        function = part(call, "function")
        name, arguments = text_of(part(function, "name")), part(function, "arguments")
        yield ToolCall(text_of(part(call, "id")), name, _arguments(arguments))


def _arguments(given: Any) -> str:
    """A JSON text; some servers give the object itself."""
    if isinstance(given, Mapping):
        return json.dumps(dict(given), ensure_ascii=False, default=str)
    return text_of(given)
