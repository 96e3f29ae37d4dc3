"""What an answer asks for under the `tools` protocols: read strictly, or with what is forgiven.

A model may call functions natively, or write one JSON object. Whatever the form, an answer
becomes actions with checked arguments, or one sentence that says why it did not. Each thing
that a strict reader would have refused is named, so that it can be counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.agent.objects import Found, objects
from core.chat import ChatReply, Tool
from core.text import clean, one_line

MOST_AT_ONCE = 4
"""Actions of one answer that are done; the rest is refused."""
_LONGEST_NAME = 60
_LONGEST_REST = 30
_FENCED = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_TOOL_KEYS = ("tool", "name", "action", "function", "tool_name")
_ARGUMENT_KEYS = ("arguments", "args", "parameters", "input", "tool_input", "action_input")
_ASKING = rf"""["']?\b(?:{"|".join(_TOOL_KEYS)})["']?\s*:\s*["'](?:{{}})["']"""
_NOTHING = ("", "null", "[]")

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
        return Wish((_find(text, tools, forgiven),), "", tuple(forgiven))
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


def _find(text: str, tools: Sequence[Tool], forgiven: list[str]) -> Action:
    """The first object that names a known tool, wherever it stands.

    What was meant to be one but cannot be read, or names no known tool, is passed over for no
    later one: that would do what the answer puts off or only mentions.
    """
    stripped = text.strip()
    if (fenced := _FENCED.match(text)) is not None:
        forgiven.append("fence")
        stripped = fenced[1].strip()
    is_asking = re.compile(_ASKING.format("|".join(re.escape(tool.name) for tool in tools)))
    spare: tuple[Found, _Asked] | None = None
    for found in objects(stripped):
        if found.value is None:
            if is_asking.search(stripped, found.start, found.end):
                raise _NoAction(_where_broken(stripped, found))
            continue
        asked = _asked(found.value, tools)
        if asked is None or (not asked.is_known and not asked.is_meant):
            spare = spare or ((found, asked) if asked else None)
            continue
        spare = (found, asked)
        break
    if spare is None:
        raise _NoAction("the answer has no JSON object that names a tool")
    found, asked = spare
    if stripped[: found.start].strip() or stripped[found.end :].strip():
        forgiven.append("prose")
    if not found.is_plain:
        forgiven.append("broken JSON")
    return _action(asked, tools, forgiven)


def _where_broken(text: str, found: Found) -> str:
    rest = one_line(text[found.broken_at : found.end], _LONGEST_REST)
    if not rest:
        return "the JSON object that names a tool has no end"
    return (
        f"the JSON object that names a tool breaks before `{rest}`; a quote inside of a text "
        'is written \\"'
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A name and arguments as an object gives them."""

    name: object
    given: object
    is_known: bool
    is_usual: bool
    """Whether they stand under `tool` and `arguments`."""
    is_flat: bool = False
    """Whether the arguments stand beside the name."""
    n_more: int = 0
    """Further calls that the object lists."""

    @property
    def is_meant(self) -> bool:
        """Whether an unknown name was meant for a tool, and is no talk of the form."""
        is_name = isinstance(self.name, str) and self.name.isidentifier()
        return is_name and not self.is_flat and self.name not in _TOOL_KEYS


def _asked(found: Mapping[str, object], tools: Sequence[Tool]) -> _Asked | None:
    """What an object asks for, in any of the forms that models know; None for no form."""
    calls = found.get("tool_calls")
    if isinstance(calls, list) and calls and isinstance(calls[0], dict):
        first = _asked(calls[0], tools)
        return first and replace(first, is_usual=False, n_more=len(calls) - 1)
    read = [_under(key, found, tools) for key in _TOOL_KEYS if key in found]
    return next((one for one in read if one.is_known), read[0] if read else None)


def _under(key: str, found: Mapping[str, object], tools: Sequence[Tool]) -> _Asked:
    name = found[key]
    rest = {other: value for other, value in found.items() if other != key}
    if isinstance(name, dict):  # as a native call, or beside a thought
        inner = _asked({**{k: v for k, v in rest.items() if k in _ARGUMENT_KEYS}, **name}, tools)
        if inner is not None:
            return replace(inner, is_usual=False)
    where = next((each for each in _ARGUMENT_KEYS if each in rest), None)
    return _Asked(
        name,
        rest if where is None else rest[where],
        any(tool.name == name for tool in tools),
        found.keys() == {key, where} == {"tool", "arguments"},
        where is None,
    )


def _action(asked: _Asked, tools: Sequence[Tool], forgiven: list[str]) -> Action:
    name, given = asked.name, asked.given
    if not isinstance(name, str):
        raise _NoAction("the name of the tool must be a text")
    if not asked.is_usual:
        forgiven.append("flat arguments" if asked.is_flat else "other keys")
    if asked.n_more:
        forgiven.append("more calls")
    if isinstance(given, str):
        forgiven.append("arguments as text")
        return _called(name, given, tools, forgiven)
    if given is None or given == []:
        forgiven.append("no arguments")
        given = {}
    if not isinstance(given, dict):
        raise _NoAction("`arguments` must be an object")
    return _checked(name, given, tools, forgiven)


def _called(name: str, text: str, tools: Sequence[Tool], forgiven: list[str]) -> Action:
    """A call whose arguments are text."""
    if text.strip() in _NOTHING:
        forgiven += ["no arguments"] * bool(text.strip())
        return _checked(name, {}, tools, forgiven)
    found = next(objects(text), None)
    if found is None or found.value is None:
        return Action(_named(name), {}, "its arguments are no JSON object")
    if not found.is_plain or text[: found.start].strip() or text[found.end :].strip():
        forgiven.append("broken JSON")
    return _checked(name, found.value, tools, forgiven)


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
