"""The built-in policy among tools: it reads the file, changes it, and is done.

A thin adapter. The chat is read as a model reads it: the task from its first question, the
program from what `read_file` put out, what was tried from the changes that were made since. The
edit itself is the one that the policy would give under the `edit` protocol.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.chat import Message, Role, ToolCall
from core.edits.block import EditBlock, InvalidAnswer
from core.edits.difference import block_between
from core.policies.reader import LineRuns, ReadState, read_runs

_GOAL = re.compile(
    r"Goal: make the failing tests of (.+) pass without breaking the others, with the tools\."
)
_COVERED = re.compile(r"Lines of .+ run by the tests, as line:failing/passing tests that ran it:")
_HEAD = re.compile(r".+, lines 1 to (\d+) of \1:")
_UNTESTED = "not tested"
_LOOK_BACK = "Look back: "


@dataclass(frozen=True, slots=True)
class _Asked:
    tool: str
    arguments: dict[str, object]
    output: str

    @property
    def is_done(self) -> bool:
        return not self.output.startswith("error: ")


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do: a tool and its arguments."""

    tool: str
    arguments: dict[str, str]

    @property
    def text(self) -> str:
        """As a message."""
        return json.dumps({"tool": self.tool, "arguments": self.arguments}, ensure_ascii=False)

    @property
    def call(self) -> ToolCall:
        """As a native call."""
        return ToolCall("next", self.tool, json.dumps(self.arguments, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Repair:
    """A program at hand, and what was tried on it."""

    state: ReadState
    """The program as it was read."""
    now: str
    """With the last change."""

    def step(self, block: EditBlock | None) -> NextStep:
        """Make an edit of the program as it was read, in place of the last change."""
        if block is None:
            return _FINISH
        try:
            change = block_between(block.path, self.now, block.apply(self.state.program))
        except InvalidAnswer:
            return _FINISH
        given = {"path": block.path, "find": change.find, "replace": change.replace}
        return NextStep("edit_file", given)


_FINISH = NextStep("finish", {})


def is_with_tools(messages: Sequence[Message]) -> bool:
    """Whether a chat is of the `tools` protocols."""
    return _GOAL.fullmatch(_first(messages).split("\n", 1)[0]) is not None


def is_looking_back(messages: Sequence[Message]) -> bool:
    """Whether a chat asks why an attempt did not work."""
    return _first(messages).startswith(_LOOK_BACK)


def situation_of(messages: Sequence[Message]) -> NextStep | Repair:
    """What is to be done without thinking, or the program to be repaired."""
    first = _first(messages)
    goal = _GOAL.match(first)
    assert goal is not None
    path, asked = goal[1], list(_asked(messages))
    programs = _programs(asked, path)
    if not programs:
        has_tried = any(one.tool == "read_file" for one in asked)
        return _FINISH if has_tried else NextStep("read_file", {"path": path})
    if any(_UNTESTED in one.output for one in asked if one.tool == "edit_file"):
        return _FINISH
    tried = [block_between(path, programs[0], made) for made in programs[1:]]
    edits = tuple((block.find, block.replace) for block in tried)
    return Repair(ReadState(path, programs[0], _coverage(first), edits), programs[-1])


def _first(messages: Sequence[Message]) -> str:
    return next((m.content for m in messages if m.role is Role.USER), "")


def _programs(asked: Sequence[_Asked], path: str) -> list[str]:
    """The target as it was last read whole, then after each change; empty when it was not."""
    programs: list[str] = []
    for one in asked:
        if one.arguments.get("path") != path or not one.is_done:
            continue
        if one.tool == "read_file":
            head, _, text = one.output.partition("\n")
            programs = programs or ([f"{text}\n"] if _HEAD.fullmatch(head) else [])
        elif one.tool == "edit_file" and programs:
            find, replace = str(one.arguments["find"]), str(one.arguments["replace"])
            programs.append(programs[-1].replace(find, replace))
    return programs


def _asked(messages: Sequence[Message]) -> Iterator[_Asked]:
    """What was done so far, in either form."""
    results = {m.tool_call_id: m.content for m in messages if m.role is Role.TOOL}
    for n, message in enumerate(messages):
        if message.role is not Role.ASSISTANT:
            continue
        for call in message.tool_calls:
            yield _Asked(call.name, json.loads(call.arguments), results.get(call.id, ""))
        if not message.tool_calls and n + 1 < len(messages):
            try:
                said = json.loads(message.content)
                yield _Asked(said["tool"], said["arguments"], messages[n + 1].content)
            except (ValueError, KeyError, TypeError):
                continue


def _coverage(first: str) -> tuple[LineRuns, ...]:
    lines = iter(first.split("\n"))
    for line in lines:
        if _COVERED.fullmatch(line):
            return read_runs(next(lines, ""))
    return ()
