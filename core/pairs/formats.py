"""Preference files: Together's, TRL's and gemel's own, line by line, from the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from core.agent.state import load_prompts
from core.chat import Message, Role, plain_message, plain_tool
from core.store.pairs import PairRow


class PairFormat(StrEnum):
    """Formats of a preference file."""

    TOGETHER = "together"
    TRL = "trl"
    GEMEL = "gemel"
    """Names task, family and kind of each pair, so that another workspace can check for leaks."""


def lines(
    pairs: Sequence[PairRow], states: Mapping[str, tuple[Message, ...]], kind: PairFormat
) -> Iterator[bytes]:
    """One JSON object per pair, newline included; equal pairs give equal bytes."""
    shape = _SHAPES[kind]
    for pair in pairs:
        yield msgspec.json.encode(shape(states[pair.state], pair)) + b"\n"


def tools_of(pair: PairRow) -> list[dict[str, Any]]:
    """The tools that could be called, in the common form."""
    if not pair.tools.startswith("["):
        return [plain_tool(tool) for tool in load_prompts(pair.tools).tools] if pair.tools else []
    tools: list[dict[str, Any]] = msgspec.json.decode(pair.tools)
    return tools


def message_of(pair: PairRow, answer: str) -> Message:
    """A side of a pair as the message that it is."""
    if not pair.tools:
        return Message(Role.ASSISTANT, answer)
    return msgspec.json.decode(answer, type=Message)


def _with_tools(pair: PairRow) -> dict[str, Any]:
    tools = tools_of(pair)
    return {"tools": tools} if tools else {}


def _prompt(state: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [plain_message(message) for message in state]


def _sides(pair: PairRow) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    chosen, rejected = (plain_message(message_of(pair, a)) for a in (pair.chosen, pair.rejected))
    return [chosen], [rejected]


def _together(state: tuple[Message, ...], pair: PairRow) -> dict[str, Any]:
    chosen, rejected = _sides(pair)
    return {
        "input": {"messages": _prompt(state), **_with_tools(pair)},
        "preferred_output": chosen,
        "non_preferred_output": rejected,
    }


def _trl(state: tuple[Message, ...], pair: PairRow) -> dict[str, Any]:
    chosen, rejected = _sides(pair)
    prompt = {"prompt": _prompt(state), "chosen": chosen, "rejected": rejected}
    return {**prompt, **_with_tools(pair)}


def _gemel(state: tuple[Message, ...], pair: PairRow) -> dict[str, Any]:
    chosen, rejected = _sides(pair)
    return {
        "pair_id": pair.pair_id,
        "task_id": pair.task_id,
        "family": pair.family,
        "kind": pair.kind,
        "messages": _prompt(state),
        "chosen": chosen if pair.tools else pair.chosen,
        "rejected": rejected if pair.tools else pair.rejected,
        **_with_tools(pair),
    }


_SHAPES: dict[PairFormat, Callable[[tuple[Message, ...], PairRow], dict[str, Any]]] = {
    PairFormat.TOGETHER: _together,
    PairFormat.TRL: _trl,
    PairFormat.GEMEL: _gemel,
}
