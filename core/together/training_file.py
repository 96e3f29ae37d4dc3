"""A training file before it is uploaded: every row that the service would reject, by reason.

A preference row is checked as Together's preference format, a demonstration as its
conversational one. What the service would only cut, a row that is too long, is a reason
here, too: half an answer teaches to stop in the middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.lines import BadRow, RowProblem, read_lines, read_object
from core.together.message_rules import (
    Kind,
    read_chat,
    read_message,
    read_tools,
    read_weight,
    reasoning_of,
    refuse_unknown,
    text_of,
)

MAX_FILE_BYTES = 50 * 10**9
_SIDES = ("preferred_output", "non_preferred_output")
_DPO_KEYS = ("input", *_SIDES, "weight")
_SFT_KEYS = ("messages", "tools", "weight")

CountTokens = Callable[[list[str]], int]
"""Tokens of a chat whose messages have these texts."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that keeps the rules, as the texts of its sequences."""

    prompt: tuple[str, ...]
    """What all sequences of the row begin with."""
    sides: tuple[str, ...]
    """Preferred and non-preferred; of a demonstration its one answer."""
    has_tools: bool
    has_reasoning: bool


@dataclass(frozen=True, slots=True)
class Room:
    """How long a sequence may be, and what the model can read."""

    n_window_tokens: int
    """Longest window of the method on this model."""
    kind: Kind = Kind.DPO
    supports_tools: bool = True
    supports_reasoning: bool = True

    @property
    def n_side_tokens(self) -> int:
        """Longest prompt with one answer.

        The sides of a pair get half of the window each. Whether the limit that the service
        names is of one side or of both is not said; half is right in either case.
        """
        return self.n_window_tokens // 2 if self.kind is Kind.DPO else self.n_window_tokens


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of a file's good rows, estimated without the model's own tokenizer."""

    n_rows: int = 0
    n_tokens: int = 0
    """Of all sequences: a pair's prompt stands in both."""
    n_longest_row: int = 0
    """Twice the longer side, since both get the same room; of a demonstration its length."""
    n_longest_side: int = 0
    n_preferred: int = 0
    """Of all preferred answers alone."""
    n_non_preferred: int = 0

    @property
    def length_ratio(self) -> float | None:
        """Mean length of preferred against non-preferred answers; None when there are none."""
        return self.n_preferred / self.n_non_preferred if self.n_non_preferred else None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a training file holds and what is wrong with it."""

    name: str
    """Its path, or what it is called here."""
    kind: Kind
    lengths: Lengths
    n_problems: int
    reasons: dict[str, int]
    """Bad rows by reason, the most frequent first."""
    problems: tuple[RowProblem, ...]
    """Each of them, or the first."""
    n_side_tokens: int | None = None
    """Longest prompt with one answer that was allowed; None: any."""


def check_training_file(
    path: Path, kind: Kind, count: CountTokens, room: Room | None = None
) -> FileReport:
    """Look at every row; raises `UsageError` only when the file cannot be read at all."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"{path} is larger than {MAX_FILE_BYTES // 10**9} GB.")
        return check_rows(str(path), read_lines(path), kind, count, room)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def check_rows(
    name: str,
    lines: Iterable[tuple[int, bytes]],
    kind: Kind,
    count: CountTokens,
    room: Room | None = None,
) -> FileReport:
    """Look at numbered rows as those of one file."""
    lengths, reasons, problems = _Sum(), Counter[str](), list[RowProblem]()
    for number, line in lines:
        try:
            lengths.add(read_row(line, kind), count, room)
        except BadRow as reason:
            reasons[reason.kind] += 1
            problems.append(RowProblem.of(number, reason))
    if not lengths.n_rows and not problems:
        reasons["the file has no row"] += 1
        problems.append(RowProblem(1, "the file has no row"))
    return FileReport(
        name=name,
        kind=kind,
        lengths=lengths.done(),
        n_problems=reasons.total(),
        reasons=dict(reasons.most_common()),
        problems=tuple(problems),
        n_side_tokens=room.n_side_tokens if room is not None else None,
    )


def read_row(line: bytes, kind: Kind) -> Row:
    """One line by the rules; raises `BadRow` with the first that is broken."""
    row = read_object(line)
    return _preference(row) if kind is Kind.DPO else _demonstration(row)


def _preference(row: dict[str, Any]) -> Row:
    _require(row, _DPO_KEYS[:3])
    refuse_unknown("the row", row, _DPO_KEYS)
    if "weight" in row:
        read_weight(row["weight"])
    given = row["input"]
    if not isinstance(given, dict):
        raise BadRow("`input` is not an object with messages")
    refuse_unknown("`input`", given, ("messages", "tools"))
    chat = read_chat("input.messages", given.get("messages"), Kind.DPO)
    if chat.roles[-1] == "assistant":
        raise BadRow("`input.messages` ends with a message of the assistant")
    tools = read_tools("input.tools", given["tools"]) if "tools" in given else ""
    sides = [_side(name, row[name]) for name in _SIDES]
    if len({bool(reasoning_of(side)) for side in sides}) > 1:
        raise BadRow("only one of both outputs has reasoning")
    texts = tuple(map(text_of, sides))
    if texts[0] == texts[1]:
        raise BadRow("both outputs are the same")
    has_tools = bool(tools) or chat.has_tools or any(side.get("tool_calls") for side in sides)
    has_reasoning = chat.has_reasoning or any(map(reasoning_of, sides))
    return Row((*filter(None, [tools]), *chat.texts), texts, has_tools, has_reasoning)


def _side(name: str, given: object) -> dict[str, Any]:
    if not isinstance(given, list) or len(given) != 1:
        raise BadRow(f"`{name}` is not a list of exactly one message")
    message = read_message(name, given[0], Kind.DPO)
    if message["role"] != "assistant":
        raise BadRow(f"`{name}` is not a message of the assistant")
    if not (message.get("content") or "").strip() and not message.get("tool_calls"):
        raise BadRow(f"`{name}` is empty")
    return message


def _demonstration(row: dict[str, Any]) -> Row:
    _require(row, _SFT_KEYS[:1])
    refuse_unknown("the row", row, _SFT_KEYS)
    if "weight" in row:
        read_weight(row["weight"])
    chat = read_chat("messages", row["messages"], Kind.SFT)
    if chat.roles[-1] != "assistant":
        raise BadRow("`messages` does not end with a message of the assistant")
    if not chat.texts[-1].strip():
        raise BadRow("the last message of `messages` is empty")
    tools = read_tools("tools", row["tools"]) if "tools" in row else ""
    prompt = (*filter(None, [tools]), *chat.texts[:-1])
    return Row(prompt, chat.texts[-1:], bool(tools) or chat.has_tools, chat.has_reasoning)


def _require(row: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in row:
            raise BadRow(f"`{key}` is missing")


class _Sum:
    """Lengths so far."""

    def __init__(self) -> None:
        self.n_rows = self._n_tokens = self._longest_row = self._longest_side = 0
        self._answers = [0, 0]

    def add(self, row: Row, count: CountTokens, room: Room | None) -> None:
        """Count a row; raises `BadRow` when there is no room for it."""
        n_prompt = count(list(row.prompt))
        answers = [count([text]) for text in row.sides]
        longest = n_prompt + max(answers)
        if room is not None:
            _refuse_unreadable(row, room)
            if longest > room.n_side_tokens:
                kind = f"longer than the {room.n_side_tokens:,} tokens that the model reads"
                where = "of a side" if room.kind is Kind.DPO else "of a demonstration"
                raise BadRow(f"{kind} {where}", f"about {longest:,}")
        self.n_rows += 1
        self._n_tokens += sum(n_prompt + n for n in answers)
        self._longest_side = max(self._longest_side, longest)
        self._longest_row = max(self._longest_row, longest * len(answers))
        for n, length in enumerate(answers):
            self._answers[n] += length

    def done(self) -> Lengths:
        """All of it."""
        return Lengths(
            self.n_rows, self._n_tokens, self._longest_row, self._longest_side, *self._answers
        )


def _refuse_unreadable(row: Row, room: Room) -> None:
    if row.has_tools and not room.supports_tools:
        raise BadRow("uses tools, which the model cannot be trained on")
    if row.has_reasoning and not room.supports_reasoning:
        raise BadRow("has reasoning, which the model cannot be trained on")
