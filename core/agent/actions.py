"""What an answer asks for under the `tools` protocols: read strictly, or with what is forgiven.

A model may call functions natively, or write one JSON object. Whatever the form, an answer
becomes actions with checked arguments, or one sentence that says why it did not. Each thing
that a strict reader would have refused is named, so that it can be counted.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.chat import ChatReply, Tool
from core.text import clean

MOST_AT_ONCE = 4
"""Actions of one answer that are done; the rest is refused."""
_MOST_STARTS = 200
_LONGEST_NAME = 60
_FENCED = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_TOOL_KEYS = ("tool", "name", "action", "function", "tool_name")
_ARGUMENT_KEYS = ("arguments", "args", "parameters", "input", "tool_input")

Arguments = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to be done, or why it cannot be understood."""

    tool: str
    arguments: Arguments
    problem: str = ""

    @property
    def arguments_text(self) -> str:
        """The arguments in their one plain form: equal for equal actions."""
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """An answer, understood as far as it can be."""

    actions: tuple[Action, ...]
    """Empty when the answer asks for nothing."""
    problem: str = ""
    """Why there is no action."""
    forgiven: tuple[str, ...] = ()


class _NoAction(Exception):
    """Why an answer is none, in words for whoever gave it."""


def action_text(tool: str, arguments: str) -> str:
    """An action as a strict answer."""
    return f'{{"tool": {json.dumps(tool)}, "arguments": {arguments}}}'


def read_calls(reply: ChatReply, tools: Sequence[Tool]) -> Wish:
    """The native calls of an answer; one that is written out as text is forgiven."""
    if not reply.tool_calls:
        written = read_text(reply.text, tools)
        if not written.actions:
            return Wish((), "the answer calls no tool")
        return Wish(written.actions, "", ("text for a call", *written.forgiven))
    forgiven: list[str] = []
    actions = [_called(c.name, c.arguments, tools, forgiven) for c in reply.tool_calls]
    return Wish(tuple(actions), "", tuple(forgiven))


def read_text(text: str, tools: Sequence[Tool], *, is_strict: bool = False) -> Wish:
    """The one JSON object of an answer."""
    try:
        if is_strict:
            return Wish((_strict(text, tools),))
        forgiven: list[str] = []
        found = _find(text, forgiven)
        return Wish((_action(found, tools, forgiven),), "", tuple(forgiven))
    except _NoAction as reason:
        return Wish((), str(reason))


def _strict(text: str, tools: Sequence[Tool]) -> Action:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _NoAction("the answer is not exactly one JSON object") from None
    if not isinstance(found, dict) or found.keys() != {"tool", "arguments"}:
        raise _NoAction("the answer is no JSON object with `tool` and `arguments` alone")
    name, given = found["tool"], found["arguments"]
    if not isinstance(name, str) or not isinstance(given, dict):
        raise _NoAction("`tool` must be a text and `arguments` an object")
    return _checked(name, given, tools, None)


def _find(text: str, forgiven: list[str]) -> dict[str, object]:
    """The first object that names a tool, wherever it stands."""
    stripped = text.strip()
    if (fenced := _FENCED.match(text)) is not None:
        forgiven.append("fence")
        stripped = fenced[1].strip()
    for start, end, found, is_plain in _objects(stripped):
        if any(key in found for key in _TOOL_KEYS):
            if stripped[:start].strip() or stripped[end:].strip():
                forgiven.append("prose")
            if not is_plain:
                forgiven.append("broken JSON")
            return found
    raise _NoAction("the answer has no JSON object that names a tool")


def _objects(text: str) -> Iterator[tuple[int, int, dict[str, object], bool]]:
    """Start, end and content of the objects in a text, and whether they are valid JSON."""
    at = text.find("{")
    for _ in range(_MOST_STARTS):
        if at < 0:
            return
        end, found, is_plain = _object(text, at)
        if found is not None:
            yield at, end, found, is_plain
        at = text.find("{", max(end, at + 1))


def _object(text: str, at: int) -> tuple[int, dict[str, object] | None, bool]:
    for is_plain in (True, False):  # not strict: line breaks inside of texts
        try:
            found, end = json.JSONDecoder(strict=is_plain).raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        return end, found if isinstance(found, dict) else None, is_plain
    end = text.rfind("}") + 1
    try:
        found = ast.literal_eval(text[at:end]) if at < end else None
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return at, None, False
    return (end, found, False) if isinstance(found, dict) else (at, None, False)


def _action(found: dict[str, object], tools: Sequence[Tool], forgiven: list[str]) -> Action:
    key = next(key for key in _TOOL_KEYS if key in found)
    name = found.pop(key)
    if isinstance(name, dict) and isinstance(name.get("name"), str):  # as a native call
        found, name = dict(name), name["name"]
        del found["name"]
    if not isinstance(name, str):
        raise _NoAction(f"`{key}` must be a text")
    inner = next((each for each in _ARGUMENT_KEYS if each in found), None)
    given: object = found if inner is None else found[inner]
    if (key, inner) != ("tool", "arguments"):
        forgiven.append("other keys" if inner else "flat arguments")
    if isinstance(given, str):
        forgiven.append("arguments as text")
        return _called(name, given, tools, forgiven)
    if not isinstance(given, dict):
        raise _NoAction("`arguments` must be an object")
    return _checked(name, given, tools, forgiven)


def _called(name: str, text: str, tools: Sequence[Tool], forgiven: list[str]) -> Action:
    """A call whose arguments are text."""
    end, given, is_plain = _object(text, at) if (at := text.find("{")) >= 0 else (0, None, False)
    if not text.strip():
        given, is_plain, end = {}, True, 0
    if given is None:
        return Action(_named(name), {}, "its arguments are no JSON object")
    if not is_plain or text[:at].strip() or text[end:].strip():
        forgiven.append("broken JSON")
    return _checked(name, given, tools, forgiven)


def _checked(
    name: str, given: Mapping[str, object], tools: Sequence[Tool], forgiven: list[str] | None
) -> Action:
    """The action with arguments of the right kinds; without `forgiven`, nothing else passes."""
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        known = ", ".join(tool.name for tool in tools)
        return Action(_named(name), {}, f"there is no tool of this name; there are {known}")
    kinds = tool.parameters["properties"]
    kept: dict[str, str | int] = {}
    for key, value in given.items():
        if key not in kinds or value is None:
            if forgiven is None:
                return Action(name, kept, f"{name} takes no {_named(str(key))}")
            forgiven.append("unknown arguments")
            continue
        fitting = _fitting(value, kinds[key]["type"], forgiven)
        if fitting is None:
            kind = kinds[key]["type"]
            return Action(name, kept, f"{key} of {name} must be of the kind {kind}")
        kept[key] = fitting
    missing = [key for key in tool.parameters.get("required", ()) if key not in kept]
    if missing:
        return Action(name, kept, f"{name} needs {' and '.join(missing)}")
    ordered = {key: kept[key] for key in kinds if key in kept}
    return Action(name, ordered)


def _fitting(value: object, kind: str, forgiven: list[str] | None) -> str | int | None:
    if kind == "string" and isinstance(value, str):
        return clean(value)
    if kind == "integer" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "integer" and forgiven is not None and isinstance(value, str | float):
        text = str(value).removesuffix(".0")
        if re.fullmatch(r"\d{1,9}", text):
            forgiven.append("a number as text")
            return int(text)
    return None


def _named(name: str) -> str:
    """A name that every service takes for one of a function."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name[:_LONGEST_NAME]) or "_"
