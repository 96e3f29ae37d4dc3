"""A training file is looked at before it leaves: what passes here passes at the service."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.together.message_rules import Kind
from core.together.training_file import FileReport, Room, check_training_file
from tests.core.together.server_rules import validation_report

SYSTEM, USER = {"role": "system", "content": "repair"}, {"role": "user", "content": "a b c"}
CALL = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"p": 1}'}}
TOOL = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}


def said(text: str | None, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


PAIR: dict[str, Any] = {
    "input": {"messages": [SYSTEM, USER]},
    "preferred_output": [said("good answer")],
    "non_preferred_output": [said("bad")],
}
TALK: dict[str, Any] = {"messages": [SYSTEM, USER, said("good answer")]}


def count(texts: list[str]) -> int:
    """Words, so that a test can count along."""
    return sum(len(text.split()) for text in texts)


def check(
    directory: Path, *rows: object, kind: Kind = Kind.DPO, room: Room | None = None
) -> FileReport:
    file = directory / "rows.jsonl"
    texts = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    file.write_bytes(b"\n".join(texts) + b"\n")
    return check_training_file(file, kind, count, room)


def changed(row: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The row with one value in another's place; a value of `...` takes it away."""
    row = deepcopy(row)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at: Any = row
    for part in way:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return row


with_tools = changed(PAIR, "input.tools", [TOOL])
AGENTIC = changed(
    with_tools,
    "input.messages",
    [
        SYSTEM,
        USER,
        said(None, tool_calls=[CALL]),
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
    ],
)
GOOD = [
    PAIR,
    changed(PAIR, "weight", 0.5),
    changed(PAIR, "input.messages", [said("hello"), USER]),
    changed(PAIR, "preferred_output", [said(None, tool_calls=[CALL])]),
    with_tools,
    AGENTIC,
    changed(
        changed(PAIR, "preferred_output.0.reasoning", "since"),
        "non_preferred_output.0.reasoning",
        "so",
    ),
]
BAD = {
    "`input` is missing": {"messages": [USER], "preferred_output": [], "non_preferred_output": []},
    "`preferred_output` is missing": changed(PAIR, "preferred_output", ...),
    "unknown key `task_id`": changed(PAIR, "task_id", "s/f"),
    "`weight` is not a number": changed(PAIR, "weight", -1),
    "`input` is not an object": changed(PAIR, "input", "nope"),
    "not a list with at least one message": changed(PAIR, "input.messages", []),
    "ends with a message of the assistant": changed(PAIR, "input.messages", [USER, said("x")]),
    "not the first": changed(PAIR, "input.messages", [USER, SYSTEM]),
    "do not alternate": changed(PAIR, "input.messages", [USER, USER]),
    "no role out of": changed(PAIR, "input.messages.0.role", "developer"),
    "neither a text nor tool calls": changed(PAIR, "input.messages.1.content", None),
    "unknown key `weight`": changed(PAIR, "preferred_output.0.weight", 1),
    "exactly one message": changed(PAIR, "preferred_output", [said("a"), said("b")]),
    "not a message of the assistant": changed(PAIR, "non_preferred_output", [USER]),
    "answers no preceding call": changed(AGENTIC, "input.messages.3.tool_call_id", "c2"),
    "names no `tool_call_id`": changed(AGENTIC, "input.messages.3.tool_call_id", ...),
    "no JSON object in a text": changed(
        AGENTIC, "input.messages.2.tool_calls.0.function.arguments", {"p": 1}
    ),
    "a tool call of `input.messages` has no id": changed(
        AGENTIC, "input.messages.2.tool_calls.0.id", ...
    ),
    "not a list of tools": changed(PAIR, "input.tools", "read"),
}
OURS_ALONE = {
    "`preferred_output` is empty": changed(PAIR, "preferred_output.0.content", " "),
    "both outputs are the same": changed(PAIR, "preferred_output", [said("bad")]),
    "only one of both outputs has reasoning": changed(PAIR, "preferred_output.0.reasoning", "so"),
    "has no tool message after it": changed(
        AGENTIC, "input.messages", [USER, said(None, tool_calls=[CALL]), USER]
    ),
}
"""What the service takes and what still teaches nothing, or harm."""


@pytest.mark.parametrize("row", GOOD)
def test_a_row_that_the_service_takes_passes(tmp_path: Path, row: dict[str, Any]) -> None:
    assert validation_report(json.dumps(row).encode())["valid"]
    assert check(tmp_path, row).reasons == {}


@pytest.mark.parametrize("reason", BAD)
def test_a_row_that_the_service_rejects_is_named_with_its_reason(
    tmp_path: Path, reason: str
) -> None:
    report = validation_report(json.dumps(PAIR).encode() + b"\n" + json.dumps(BAD[reason]).encode())
    assert report["error"].startswith("Line 2:")
    found = check(tmp_path, PAIR, BAD[reason], PAIR)
    assert (found.lengths.n_rows, found.n_problems) == (2, 1)
    (problem,) = found.problems
    assert problem.line == 2
    assert reason in problem.reason


@pytest.mark.parametrize("reason", OURS_ALONE)
def test_a_row_that_would_teach_nothing_is_held_back_although_the_service_would_take_it(
    tmp_path: Path, reason: str
) -> None:
    row = OURS_ALONE[reason]
    assert validation_report(json.dumps(row).encode())["valid"]
    assert reason in check(tmp_path, row).problems[0].reason


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "user", "assistant"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["role", "content", "messages", "id"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def _places(value: Any, at: str = "") -> list[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    inner = [(f"{at}.{name}".strip("."), one) for name, one in pairs]
    deeper = [p for name, one in inner if isinstance(one, dict | list) for p in _places(one, name)]
    return [name for name, _ in inner] + deeper


@given(st.sampled_from(GOOD), st.data())
def test_whatever_passes_here_passes_at_the_service(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any], data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(_places(row)))
        row = changed(row, place, data.draw(values | st.just(...)))
    found = check(tmp_path_factory.getbasetemp(), row)
    if not found.n_problems:
        assert validation_report(json.dumps(row).encode())["valid"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (TALK, ""),
        (changed(TALK, "messages.2.weight", 0), ""),
        (changed(TALK, "messages.2.weight", 2), "weight that is not 0 or 1"),
        (changed(TALK, "messages.1.weight", 1), "weight that is not 0 or 1"),
        (changed(TALK, "messages", [SYSTEM, USER]), "does not end with a message of the assistant"),
        (changed(TALK, "messages", [SYSTEM, USER, USER, said("x")]), "do not alternate"),
        (changed(TALK, "prompt", "x"), "unknown key `prompt`"),
        (PAIR, "`messages` is missing"),
    ],
)
def test_demonstrations_have_rules_of_their_own(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    found = check(tmp_path, row, kind=Kind.SFT)
    assert bool(found.n_problems) == bool(reason)
    assert not reason or reason in found.problems[0].reason


def test_tokens_are_counted_for_each_side_and_a_row_without_room_is_named(tmp_path: Path) -> None:
    """A prompt of 4 words, answers of 2 and 1."""
    longer = changed(PAIR, "non_preferred_output.0.content", "x " * 7)
    fits = check(tmp_path, PAIR, longer, room=Room(22))
    assert fits.n_problems == 0
    assert fits.n_side_tokens == 11
    lengths = fits.lengths
    assert (lengths.n_rows, lengths.n_tokens) == (2, (4 + 2 + 4 + 1) + (4 + 2 + 4 + 7))
    assert (lengths.n_longest_side, lengths.n_longest_row) == (11, 22)
    assert lengths.length_ratio == 4 / 8
    cut = check(tmp_path, PAIR, longer, longer, room=Room(21))
    assert cut.lengths.n_rows == 1
    assert cut.reasons == {"longer than the 10 tokens that the model reads of a side": 2}
    assert cut.problems[0].reason.endswith("about 11")
    whole = check(tmp_path, TALK, kind=Kind.SFT, room=Room(6, Kind.SFT))
    assert (whole.n_problems, whole.lengths.n_longest_row) == (0, 6)


def test_what_the_model_cannot_read_is_named(tmp_path: Path) -> None:
    room = Room(1000, supports_tools=False, supports_reasoning=False)
    found = check(tmp_path, PAIR, AGENTIC, GOOD[-1], room=room)
    assert [problem.line for problem in found.problems] == [2, 3]


def test_a_file_that_is_none_loses_nothing(tmp_path: Path) -> None:
    lines = [b"{", b"[]", b"\xff\xfe", b"", b'{"input": ' * 5000, json.dumps(PAIR).encode()]
    found = check(tmp_path, *lines)
    assert [problem.line for problem in found.problems] == [1, 2, 3, 5]
    assert found.lengths.n_rows == 1
    assert check(tmp_path).reasons == {"the file has no row": 1}
    with pytest.raises(UsageError, match="cannot be read"):
        check_training_file(tmp_path / "none.jsonl", Kind.DPO, count)
