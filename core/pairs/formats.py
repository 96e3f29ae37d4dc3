"""Preference files: Together's, TRL's and gemel's own, line by line, from the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from core.chat import Message, Role
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


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _prompt(state: tuple[Message, ...]) -> list[dict[str, str]]:
    return [_message(message.role.value, message.content) for message in state]


def _answer(text: str) -> list[dict[str, str]]:
    return [_message(Role.ASSISTANT.value, text)]


def _together(state: tuple[Message, ...], pair: PairRow) -> dict[str, Any]:
    return {
        "input": {"messages": _prompt(state)},
        "preferred_output": _answer(pair.chosen),
        "non_preferred_output": _answer(pair.rejected),
    }


def _trl(state: tuple[Message, ...], pair: PairRow) -> dict[str, Any]:
    return {
        "prompt": _prompt(state),
        "chosen": _answer(pair.chosen),
        "rejected": _answer(pair.rejected),
    }


def _gemel(state: tuple[Message, ...], pair: PairRow) -> dict[str, Any]:
    return {
        "pair_id": pair.pair_id,
        "task_id": pair.task_id,
        "family": pair.family,
        "kind": pair.kind,
        "messages": _prompt(state),
        "chosen": pair.chosen,
        "rejected": pair.rejected,
    }


_SHAPES: dict[PairFormat, Callable[[tuple[Message, ...], PairRow], dict[str, Any]]] = {
    PairFormat.TOGETHER: _together,
    PairFormat.TRL: _trl,
    PairFormat.GEMEL: _gemel,
}
