"""Preference files that come in: every line is a pair or a reason why it is none.

Three forms are known: Together's, TRL's with an explicit prompt, and gemel's own. A file is
somebody else's text: lines are bounded, its words are cleaned, and nothing in it is believed
but the pairs themselves and the names of their tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.chat import Message, Role, ToolCall
from core.digest import digest
from core.errors import UsageError
from core.lines import BadRow, RowProblem, read_lines, read_object
from core.pairs.candidates import pair_id
from core.pairs.formats import PairFormat
from core.text import clean, one_line

_TASK_CHARS = 200


@dataclass(frozen=True, slots=True)
class FilePair:
    """A line that is one."""

    line: int
    messages: tuple[Message, ...]
    chosen: str
    rejected: str
    task_id: str
    """Empty when the line names none."""
    tools: str = ""
    """What could be called, as JSON; both sides are then messages in JSON."""

    @property
    def state(self) -> str:
        """The name of the messages."""
        return digest(self.messages)

    @property
    def pair_id(self) -> str:
        """The name that the same pair has in every build."""
        return pair_id(self.state, self.chosen, self.rejected)


@dataclass(frozen=True, slots=True)
class Intake:
    """A whole file, read."""

    format: str
    """Of its first line that could be told; empty when none could."""
    pairs: tuple[FilePair, ...]
    problems: tuple[RowProblem, ...]


class _Function(msgspec.Struct):
    name: str
    arguments: str


class _Called(msgspec.Struct):
    function: _Function
    id: str = ""


class _Said(msgspec.Struct):
    role: str
    content: str | None = None
    tool_calls: list[_Called] | None = None
    tool_call_id: str = ""
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Input(msgspec.Struct):
    messages: list[_Said]
    tools: list[dict[str, Any]] | None = None


class _Together(msgspec.Struct):
    input: _Input
    preferred_output: list[_Said]
    non_preferred_output: list[_Said]


class _Trl(msgspec.Struct):
    prompt: str | list[_Said]
    chosen: str | list[_Said]
    rejected: str | list[_Said]
    tools: list[dict[str, Any]] | None = None


class _Own(msgspec.Struct):
    messages: list[_Said]
    chosen: str | list[_Said]
    rejected: str | list[_Said]
    tools: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A line in our own words, whatever its form."""

    messages: tuple[Message, ...]
    chosen: Message
    rejected: Message
    tools: list[dict[str, Any]]


def read_file(path: Path) -> Intake:
    """Read a file to its end; raises `UsageError` only when it cannot be read at all."""
    pairs: list[FilePair] = []
    problems: list[RowProblem] = []
    seen: dict[str, int] = {}
    form = ""
    try:
        for number, line in read_lines(path):
            try:
                found, pair = _read_row(number, line)
                form = form or found
                if found != form:
                    raise BadRow(f"this line is {found}'s form, the file began with {form}'s")
                first = seen.setdefault(pair.pair_id, number)
                if first != number:
                    raise BadRow(f"the same pair as line {first}")
            except BadRow as reason:
                problems.append(RowProblem.of(number, reason))
            else:
                pairs.append(pair)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return Intake(form, tuple(pairs), tuple(problems))


def _read_row(number: int, line: bytes) -> tuple[str, FilePair]:
    row = read_object(line)
    form = _form_of(row)
    read = _READERS[form](row)
    task = row.get("task_id", "")
    if not isinstance(task, str):
        raise BadRow("task_id is not a text")
    tools = _tools(read)
    chosen, rejected = (
        msgspec.json.encode(side).decode() if tools else side.content
        for side in (read.chosen, read.rejected)
    )
    if chosen == rejected:
        raise BadRow("chosen and rejected are the same")
    name = one_line(clean(task), _TASK_CHARS)
    return form, FilePair(number, read.messages, chosen, rejected, name, tools)


def _tools(read: _Read) -> str:
    """What the sides may call; empty where both are plain texts."""
    sides = (read.chosen, read.rejected)
    if not read.tools and not any(side.tool_calls or side.reasoning for side in sides):
        return ""
    return msgspec.json.encode(read.tools).decode()


def _form_of(row: Mapping[str, Any]) -> PairFormat:
    for key, form in (
        ("input", PairFormat.TOGETHER),
        ("prompt", PairFormat.TRL),
        ("messages", PairFormat.GEMEL),
    ):
        if key in row:
            return form
    if "chosen" in row and "rejected" in row:
        raise BadRow("no prompt: chosen and rejected alone do not say what they answer")
    raise BadRow("no known form: neither `input` (Together), `prompt` (TRL) nor `messages` (gemel)")


def _together(row: Mapping[str, Any]) -> _Read:
    given = _convert(row, _Together)
    return _Read(
        _prompt(given.input.messages),
        _answer("preferred_output", given.preferred_output),
        _answer("non_preferred_output", given.non_preferred_output),
        given.input.tools or [],
    )


def _trl(row: Mapping[str, Any]) -> _Read:
    given = _convert(row, _Trl)
    prompt = given.prompt
    messages = [_Said(Role.USER.value, prompt)] if isinstance(prompt, str) else prompt
    return _Read(
        _prompt(messages),
        _answer("chosen", given.chosen),
        _answer("rejected", given.rejected),
        given.tools or [],
    )


def _own(row: Mapping[str, Any]) -> _Read:
    given = _convert(row, _Own)
    return _Read(
        _prompt(given.messages),
        _answer("chosen", given.chosen),
        _answer("rejected", given.rejected),
        given.tools or [],
    )


_READERS = {PairFormat.TOGETHER: _together, PairFormat.TRL: _trl, PairFormat.GEMEL: _own}


def _convert(row: Mapping[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(row, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadRow(str(error)) from None


def _prompt(said: list[_Said]) -> tuple[Message, ...]:
    if not said:
        raise BadRow("the prompt has no message")
    messages = tuple(_message("the prompt", each) for each in said)
    called: set[str] = set()
    for message in messages:
        called |= {call.id for call in message.tool_calls}
        if message.role is Role.TOOL and message.tool_call_id not in called:
            raise BadRow("the prompt has a message of the role 'tool' that answers no call")
    if messages[-1].role not in (Role.USER, Role.TOOL):
        raise BadRow(f"the prompt ends with a message of the {messages[-1].role}, not of the user")
    return messages


def _answer(name: str, said: str | list[_Said]) -> Message:
    """The one message of a side."""
    if isinstance(said, str):
        message = Message(Role.ASSISTANT, clean(said))
    elif len(said) != 1:
        raise BadRow(f"{name} has {len(said)} messages, not one")
    else:
        message = _message(name, said[0])
    if message.role is not Role.ASSISTANT:
        raise BadRow(f"{name} is a message of the {message.role}, not of the assistant")
    if not message.content.strip() and not message.tool_calls:
        raise BadRow(f"{name} is empty")
    return message


def _message(where: str, said: _Said) -> Message:
    if said.role not in tuple(Role):
        raise BadRow(f"{where} has a message of the role {said.role!r}")
    if said.content is None and not said.tool_calls:
        raise BadRow(f"{where} has a message without content")
    return Message(
        Role(said.role),
        clean(said.content or ""),
        tuple(
            ToolCall(clean(c.id), clean(c.function.name), clean(c.function.arguments))
            for c in said.tool_calls or ()
        ),
        clean(said.tool_call_id),
        clean(said.reasoning or said.reasoning_content or ""),
    )
