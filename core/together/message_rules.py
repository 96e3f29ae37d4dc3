"""What Together takes as a chat in a training file; the service's rules, looked at here first.

The rules are those of its last published checker and of its data preparation pages. A value
is somebody else's JSON: nothing is known of its type before it was looked at.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.lines import BadRow

_ROLES = ("system", "user", "assistant", "tool")
_REASONING = ("reasoning", "reasoning_content")
_MESSAGE_KEYS = {"role", "content", "tool_calls", "tool_call_id", "name", *_REASONING}


class Kind(StrEnum):
    """What a training file is for."""

    DPO = "dpo"
    SFT = "sft"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat that keeps the rules."""

    texts: tuple[str, ...]
    """Of each message all that is turned into tokens."""
    roles: tuple[str, ...]
    has_tools: bool
    has_reasoning: bool


def read_chat(where: str, given: object, kind: Kind) -> Chat:
    """The messages of a row; raises `BadRow` with the first rule that is broken."""
    if not isinstance(given, list) or not given:
        raise BadRow(f"`{where}` is not a list with at least one message")
    messages = [read_message(f"{where}[{n}]", one, kind) for n, one in enumerate(given)]
    roles = tuple(message["role"] for message in messages)
    if "system" in roles[1:]:
        raise BadRow(f"`{where}` has a system message that is not the first")
    has_tools = "tool" in roles or any(message.get("tool_calls") for message in messages)
    if has_tools:
        _follow_calls(where, messages)
    else:
        _refuse_repeats(where, roles)
    return Chat(tuple(map(text_of, messages)), roles, has_tools, any(map(reasoning_of, messages)))


def read_message(where: str, given: object, kind: Kind) -> dict[str, Any]:
    """One message; `where` names it in the reason."""
    place = where.partition("[")[0]
    if not isinstance(given, dict):
        raise BadRow(f"`{place}` holds what is not an object", where)
    allowed = _MESSAGE_KEYS | ({"weight"} if kind is Kind.SFT else set())
    if unknown := sorted(given.keys() - allowed):
        raise BadRow(f"a message of `{place}` has the unknown key `{unknown[0]}`", where)
    role = given.get("role")
    if role not in _ROLES:
        raise BadRow(f"a message of `{place}` has no role out of {', '.join(_ROLES)}", where)
    content, calls = given.get("content"), given.get("tool_calls")
    if calls is not None:
        _read_calls(place, role, calls)
    if not isinstance(content, str) and not (content is None and calls):
        raise BadRow(f"a message of `{place}` has neither a text nor tool calls", where)
    if role == "tool" and not _is_name(given.get("tool_call_id")):
        raise BadRow(f"a tool message of `{place}` names no `tool_call_id`", where)
    if any(not isinstance(given.get(key, ""), str) for key in _REASONING):
        raise BadRow(f"the reasoning of a message of `{place}` is no text", where)
    if given.get("weight", 0) not in (0, 1) or (role != "assistant" and "weight" in given):
        raise BadRow(f"a message of `{place}` has a weight that is not 0 or 1", where)
    return given


def read_tools(where: str, given: object) -> str:
    """The tools that a chat may call, as the text that is turned into tokens."""
    if not isinstance(given, list):
        raise BadRow(f"`{where}` is not a list of tools")
    for tool in given:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            raise BadRow(f"`{where}` holds what is not a function tool")
        if not _is_name(function.get("name")):
            raise BadRow(f"a tool of `{where}` has no name")
        if not isinstance(function.get("parameters", {}), dict):
            raise BadRow(f"the parameters of a tool of `{where}` are no object")
    return json.dumps(given, ensure_ascii=False) if given else ""


def read_weight(given: object) -> None:
    """The weight of a row."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < math.inf:
        raise BadRow("`weight` is not a number of 0 or more")


def refuse_unknown(where: str, given: dict[str, Any], allowed: Sequence[str]) -> None:
    """Raise for a key that the form does not have: the service rejects those."""
    if unknown := sorted(given.keys() - set(allowed)):
        raise BadRow(f"unknown key `{unknown[0]}` in {where}", f"only {', '.join(allowed)}")


def text_of(message: dict[str, Any]) -> str:
    """All of a message that is turned into tokens."""
    calls = message.get("tool_calls")
    parts = [*(message.get(key) or "" for key in _REASONING), message.get("content") or ""]
    parts += [json.dumps(calls, ensure_ascii=False)] if calls else []
    return "\n".join(part for part in parts if part)


def reasoning_of(message: dict[str, Any]) -> str:
    """The reasoning that a message carries."""
    return next((message[key] for key in _REASONING if message.get(key)), "")


def _read_calls(place: str, role: object, calls: object) -> None:
    if role != "assistant":
        raise BadRow(f"a message of `{place}` that is not the assistant's has tool calls")
    if not isinstance(calls, list) or not calls:
        raise BadRow(f"the tool calls of a message of `{place}` are no list with at least one")
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or call.get("type", "function") != "function":
            raise BadRow(f"a tool call of `{place}` is not a function call")
        if not _is_name(call.get("id")) or not _is_name(function.get("name")):
            raise BadRow(f"a tool call of `{place}` has no id or no name")
        _read_arguments(place, function.get("arguments"))
    if len({call["id"] for call in calls}) < len(calls):
        raise BadRow(f"two tool calls of a message of `{place}` have one id")


def _read_arguments(place: str, given: object) -> None:
    try:
        arguments = json.loads(given) if isinstance(given, str) else None
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise BadRow(f"the arguments of a tool call of `{place}` are no JSON object in a text")


def _refuse_repeats(where: str, roles: tuple[str, ...]) -> None:
    """Text chats alternate; an assistant may open."""
    spoken = roles[1:] if roles[0] == "system" else roles
    if any(one == other for one, other in itertools.pairwise(spoken)):
        raise BadRow(f"user and assistant do not alternate in `{where}`")


def _follow_calls(where: str, messages: list[dict[str, Any]]) -> None:
    """Each tool message answers a call that was made and not answered yet."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise BadRow(f"a tool message of `{where}` answers no preceding call")
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            raise BadRow(f"a tool call of `{where}` has no tool message after it")
        waiting = {call["id"] for call in message.get("tool_calls") or ()}


def _is_name(given: object) -> bool:
    return isinstance(given, str) and bool(given.strip())
