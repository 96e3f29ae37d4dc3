"""What the loopback service rejects of a training file, as the real one words it.

Written from the service's own rules and without a look at the product's, so that each can be
held against the other.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

DPO_FORMAT, SFT_FORMAT = "preference_openai", "conversation"
_ROLES = {"system", "user", "assistant", "tool"}


def validation_report(content: bytes) -> dict[str, Any]:
    """The report on a whole file."""
    if not content.strip():
        return _bad("The file is empty")
    formats = set()
    n_lines = 0
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _bad("The file is not UTF-8")
    for n, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        n_lines += 1
        try:
            formats.add(_check(json.loads(line)))
        except json.JSONDecodeError as reason:
            return _bad(f"Line {n}: not JSON ({reason})")
        except (_Wrong, KeyError, TypeError, AttributeError) as reason:
            return _bad(f"Line {n}: {reason}")
        if len(formats) > 1:
            return _bad(f"Line {n}: all lines must have one format")
    return {"valid": True, "dataset_format": formats.pop(), "nlines": n_lines}


class _Wrong(Exception):
    pass


def _bad(error: str) -> dict[str, Any]:
    return {"valid": False, "error_type": "INVALID_FORMAT", "error": error}


def _check(row: Any) -> str:
    if not isinstance(row, dict):
        raise _Wrong("must be a JSON object")
    if "input" not in row:
        return _check_conversation(row)
    for key in ("preferred_output", "non_preferred_output"):
        if key not in row:
            raise _Wrong(f"`{key}` is required")
    if extra := set(row) - {"input", "preferred_output", "non_preferred_output", "weight"}:
        raise _Wrong(f"unexpected keys {sorted(extra)}")
    weight = row.get("weight", 1)
    if type(weight) not in (int, float) or not 0 <= weight < float("inf"):
        raise _Wrong("`weight` must be a non-negative number")
    if not isinstance(row["input"], dict):
        raise _Wrong("`input` must be an object")
    messages: Any = row["input"].get("messages")
    _check_messages(messages, "input.messages")
    if messages[-1]["role"] == "assistant":
        raise _Wrong("the last message of `input.messages` must not be from the assistant")
    if not isinstance(row["input"].get("tools", []), list):
        raise _Wrong("`tools` must be a list")
    for key in ("preferred_output", "non_preferred_output"):
        output = row[key]
        if not isinstance(output, list) or len(output) != 1:
            raise _Wrong(f"`{key}` must contain exactly one message")
        if output[0].get("role") != "assistant":
            raise _Wrong(f"`{key}[0]` must be from the assistant")
        _check_message(output[0], f"{key}[0]")
    return DPO_FORMAT


def _check_conversation(row: dict[str, Any]) -> str:
    if extra := set(row) - {"messages", "tools", "weight"}:
        raise _Wrong(f"unexpected keys {sorted(extra)}")
    _check_messages(row.get("messages"), "messages", is_weighted=True)
    if not any(message["role"] == "assistant" for message in row["messages"]):
        raise _Wrong("`messages` must contain an assistant message")
    return SFT_FORMAT


def _check_messages(messages: Any, where: str, *, is_weighted: bool = False) -> None:
    if not isinstance(messages, list) or not messages:
        raise _Wrong(f"`{where}` must be a non-empty list")
    open_calls: set[str] = set()
    with_tools = False
    for n, message in enumerate(messages):
        _check_message(message, f"{where}[{n}]", is_weighted=is_weighted)
        role = message["role"]
        if role == "system" and n:
            raise _Wrong(f"`{where}[{n}]`: a system message must be the first")
        if role == "tool":
            if message["tool_call_id"] not in open_calls:
                raise _Wrong(f"`{where}[{n}]` answers no tool call")
            open_calls.remove(message["tool_call_id"])
        for call in message.get("tool_calls") or []:
            open_calls.add(call["id"])
            with_tools = True
    spoken = [m["role"] for m in messages if m["role"] != "system"]
    if not with_tools and any(a == b for a, b in itertools.pairwise(spoken)):
        raise _Wrong(f"`{where}` must alternate between user and assistant")


def _check_message(message: Any, where: str, *, is_weighted: bool = False) -> None:
    if message.get("role") not in _ROLES:
        raise _Wrong(f"`{where}` must contain a `role` field")
    if "weight" in message and not is_weighted:
        raise _Wrong(f"`{where}`: `weight` is for conversations only")
    calls = message.get("tool_calls")
    if not isinstance(message.get("content"), str) and not calls:
        raise _Wrong(f"`{where}` must contain `content`")
    for call in calls or []:
        if not isinstance(call["id"], str) or not isinstance(call["function"]["name"], str):
            raise _Wrong(f"`{where}`: a tool call needs an id and a name")
        if not isinstance(call["function"]["arguments"], str):
            raise _Wrong(f"`{where}`: `arguments` must be a JSON string")
    if message["role"] == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise _Wrong(f"`{where}` must contain `tool_call_id`")
