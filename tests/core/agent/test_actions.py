"""Answers under the `tools` protocols: what is understood, what is forgiven, what is refused."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.agent.actions import action_text, read_calls, read_text
from core.agent.objects import objects
from core.agent.state import load_prompts
from core.chat import ChatReply, ToolCall, Usage

TOOLS = load_prompts("tools-json-1").tools
READ = '{"tool": "read_file", "arguments": {"path": "a.py"}}'


def test_one_plain_object_is_understood_by_both_readers() -> None:
    for is_strict in (True, False):
        wish = read_text(READ, TOOLS, is_strict=is_strict)
        (action,) = wish.actions
        assert (action.tool, action.arguments, action.problem) == (
            "read_file",
            {"path": "a.py"},
            "",
        )
        assert wish.forgiven == ()


@pytest.mark.parametrize(
    ("text", "forgiven"),
    [
        (f"```json\n{READ}\n```", ("fence",)),
        (f"Let me look.\n{READ}\nThen I shall see.", ("prose",)),
        (f"I think {{about it}}:\n```\n{READ}\n```\n", ("prose",)),
        ('{"name": "read_file", "parameters": {"path": "a.py"}}', ("other keys",)),
        ('{"tool": "read_file", "path": "a.py"}', ("flat arguments",)),
        (
            '{"function": {"name": "read_file", "arguments": "{\\"path\\": \\"a.py\\"}"}}',
            ("other keys", "arguments as text"),
        ),
        ("{'tool': 'read_file', 'arguments': {'path': 'a.py'}}", ("broken JSON",)),
        (
            '{"tool": "read_file", "arguments": {"path": "a.py", "why": "to see"}}',
            ("unknown arguments",),
        ),
        (f"{READ}\n{READ}", ("prose",)),
    ],
)
def test_what_is_forgiven_is_named_and_a_strict_reader_refuses_it(
    text: str, forgiven: tuple[str, ...]
) -> None:
    wish = read_text(text, TOOLS)
    (action,) = wish.actions
    assert (action.tool, action.arguments, action.problem) == ("read_file", {"path": "a.py"}, "")
    assert wish.forgiven == forgiven
    strict = read_text(text, TOOLS, is_strict=True)
    assert strict.problem or strict.actions[0].problem


def test_a_line_break_inside_of_a_text_is_forgiven() -> None:
    wish = read_text('{"tool":"write_file","arguments":{"path":"a.py","text":"a\nb"}}', TOOLS)
    assert wish.actions[0].arguments == {"path": "a.py", "text": "a\nb"}
    assert wish.forgiven == ("broken JSON",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I would rather not.", "no JSON object that names a tool"),
        ("", "no JSON object that names a tool"),
        ('{"path": "a.py"}', "no JSON object that names a tool"),
        ('{"tool": 3}', "the name of the tool must be a text"),
        ('{"tool": "read_file", "arguments": [1]}', "`arguments` must be an object"),
        ('{"tool": "read_file", "arguments": {"path": "a', "has no end"),
    ],
)
def test_an_answer_that_asks_for_nothing_says_why(text: str, why: str) -> None:
    wish = read_text(text, TOOLS)
    assert wish.actions == ()
    assert why in wish.problem


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("run_shell", {}, "there is no tool of this name; there are list_files,"),
        ("edit_file", {"path": "a.py"}, "edit_file needs find and replace"),
        ("read_file", {"path": 3}, "path of read_file must be of the kind string"),
        ("read_file", {"path": "a", "first_line": "x"}, "first_line of read_file must be of"),
    ],
)
def test_an_action_that_cannot_be_done_says_why(
    name: str, arguments: dict[str, object], why: str
) -> None:
    (action,) = read_text(json.dumps({"tool": name, "arguments": arguments}), TOOLS).actions
    assert why in action.problem


def reply(*calls: tuple[str, str], text: str = "") -> ChatReply:
    made = tuple(ToolCall(f"id{n}", name, given) for n, (name, given) in enumerate(calls))
    return ChatReply(text, Usage(1, 1), "tool_calls", made)


def test_native_calls_are_read_in_order_and_broken_ones_say_why() -> None:
    wish = read_calls(
        reply(("read_file", '{"path": "a.py"}'), ("list_files", ""), ("grep", '{"text": "x')), TOOLS
    )
    assert [action.tool for action in wish.actions] == ["read_file", "list_files", "grep"]
    assert [action.problem for action in wish.actions] == [
        "",
        "",
        "its arguments are no JSON object",
    ]


def test_a_call_written_out_as_text_is_forgiven_and_prose_is_none() -> None:
    wish = read_calls(reply(text=f"Sure: {READ}"), TOOLS)
    assert wish.actions[0].tool == "read_file"
    assert wish.forgiven == ("text for a call", "prose")
    assert read_calls(reply(text="I am done."), TOOLS).problem == "the answer calls no tool"


@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(text: str) -> None:
    for wish in (read_text(text, TOOLS), read_text(text, TOOLS, is_strict=True)):
        assert bool(wish.actions) != bool(wish.problem)
    read_calls(reply((text[:70], text)), TOOLS)


@given(path=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf"]), min_size=1))
def test_an_understood_action_is_a_valid_strict_answer(path: str) -> None:
    asked = json.dumps({"tool": "read_file", "arguments": {"path": path}})
    (action,) = read_text(asked, TOOLS).actions
    again = read_text(action_text(action.tool, action.arguments_text), TOOLS, is_strict=True)
    assert again.actions == (action,)


FINISH = '{"tool": "finish", "arguments": {}}'


@pytest.mark.parametrize(
    ("text", "forgiven"),
    [
        ("{'tool': 'read_file', 'arguments': {'path': 'a.py'}} gives {x} or {}", "prose"),
        ('{"tool": "read_file", "arguments": {"path": "a.py",}} and {x: y}', "prose"),
        ('{"tool": "read_file", "arguments": {"path": "a.py", "first_line": null,}}', ""),
        ('{"tool": "read_file",\n "arguments": {"path": "a.py", "why": "a\nb",},\n}', ""),
        ('{"tool": "read_file", "arguments": {"path": "a.py"}', ""),
        ('```json\n{"tool": "read_file", "arguments": {"path": "a.py"\n```', "fence"),
        ("{tool: 'read_file', arguments: {path: \"a.py\"}}", ""),
        ("{'tool': 'read_file', 'arguments': {'path': '''a.py''', 'first_line': None}}", ""),
        (f'I take {{"a": it\'s no JSON}} and\n{READ[:-2]},}}}}', "prose"),
        (
            'Format {"tool": "name"} ok, or {"tool": "name", "arguments": {}}.\n'
            + READ[:-1]
            + ",}",
            "prose",
        ),
        (f"{READ[:-2]},}}}}\n{FINISH}", "prose"),
    ],
)
def test_broken_json_is_mended_where_it_is_clear_what_was_meant(text: str, forgiven: str) -> None:
    wish = read_text(text, TOOLS)
    (action,) = wish.actions
    assert (action.tool, action.arguments, action.problem) == ("read_file", {"path": "a.py"}, "")
    assert "broken JSON" in wish.forgiven
    assert forgiven in ("", *wish.forgiven)
    strict = read_text(text, TOOLS, is_strict=True)
    assert strict.problem


@pytest.mark.parametrize(
    ("text", "forgiven"),
    [
        ('{"tool": "list_files", "arguments": null}', ("no arguments",)),
        ('{"tool": "list_files", "arguments": []}', ("no arguments",)),
        (
            '{"thought": "First.", "action": {"tool": "list_files", "arguments": {}}}',
            ("other keys",),
        ),
        ('{"thought": "First.", "tool": "list_files", "arguments": {}}', ("other keys",)),
        ('{"action": "list_files", "action_input": {}}', ("other keys",)),
        ('{"tool_calls": [{"name": "list_files", "arguments": {}}]}', ("other keys",)),
        (
            '{"tool_calls": [{"function": {"name": "list_files", "arguments": "{}"}}, {}]}',
            ("other keys", "more calls", "arguments as text"),
        ),
        ('{"action": {"name": "list_files"}, "action_input": {}}', ("other keys",)),
    ],
)
def test_the_forms_of_other_protocols_are_understood_and_counted(
    text: str, forgiven: tuple[str, ...]
) -> None:
    wish = read_text(text, TOOLS)
    (action,) = wish.actions
    assert (action.tool, action.arguments, action.problem) == ("list_files", {}, "")
    assert wish.forgiven == forgiven
    strict = read_text(text, TOOLS, is_strict=True)
    assert strict.problem


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '{"tool": "write_file", "arguments": {"path": "a.py", "text": "d = {"name": "x"}"}}',
            'breaks before `name": "x"}"}}`',
        ),
        (
            '{"tool": "write_file", "arguments": {"path": "a.py", "text": "{"tool": "finish"}"}}',
            "breaks before `tool",
        ),
        (f'{{"tool": "read_file", "arguments": {{"path": oh}}}}\n{FINISH}', "breaks before `oh}}`"),
        (f'{{"tool": "write_file", "arguments": {{"text": "x\n{FINISH}', "breaks before `tool"),
        ('{"tool": "write_file", "arguments": {"path": "a.py", "text": "x = 1', "has no end"),
    ],
)
def test_no_later_object_takes_the_place_of_one_that_cannot_be_read(text: str, why: str) -> None:
    wish = read_text(text, TOOLS)
    assert wish.actions == ()
    assert why in wish.problem


def test_an_unknown_tool_that_was_meant_is_not_passed_over() -> None:
    (action,) = read_text(f'{{"tool": "run_tests", "arguments": {{}}}}\n{FINISH}', TOOLS).actions
    assert (action.tool, action.problem[:30]) == ("run_tests", "there is no tool of this name;")


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60)
@given(value=st.dictionaries(st.text(), _JSON, max_size=4), is_ascii=st.booleans())
def test_valid_json_is_read_as_it_is(value: dict[str, object], *, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    (found,) = objects(f"Well: {text} {{so}}")
    assert (found.value, found.is_plain) == (value, True)
    (mended,) = objects(f"Well: {value!r}, said Python")
    assert mended.value == value


@pytest.mark.parametrize(
    "part",
    [
        "{",
        '{"',
        "{'",
        '{"a":',
        "{'a':",
        '{"a":b}',
        '{"a": "\\"',
        '{"a": \'"',
        "{a:[",
        "{}`",
        '"""{"a":',
        "\\\"{'",
        "{ ",
    ],
)
def test_a_flood_is_read_in_time_that_grows_with_its_length(part: str) -> None:
    def seconds(n: int) -> float:
        text = part * (n // len(part))
        before = time.process_time()
        assert read_text(text, TOOLS).actions == ()
        return time.process_time() - before

    short = min(seconds(10_000) for _ in range(3))
    long = min(seconds(80_000) for _ in range(2))
    assert long < 30 * short + 0.05, "eight times as much takes about eight times as long"
