"""A rollout as a document: all of it, with nothing in it that could act."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from core.chat import Message, Role
from core.rollouts.record import RecordFormat, record, state_ids
from core.rollouts.trace import RolloutTrace
from core.store.runs import CallRow, IterationRow, RolloutRow

_WHEN = datetime.fromisoformat("2026-01-01")
_REPLY = "```python\nx = 1\n```\n# not a heading\x1b[2J"


def _trace() -> RolloutTrace:
    row = RolloutRow(
        "a1b2", "run", "arm", "kata/`t`", 3, "limit", "iterations", 2, "s1", "", "", 1, 4,
        1200, 60, 3_500_000, 0.5, "none", _WHEN,
    )  # fmt: skip
    calls = tuple(
        CallRow(
            "run", "a1b2", n, attempt, "m", state, outcome, "stop", reply, 600, 30, 20, 0, cost,
            0.1, _WHEN,
        )
        for n, attempt, state, outcome, reply, cost in (
            (1, 1, "s1", "error", "too many requests", 0),
            (1, 2, "s1", "ok", _REPLY, 1_500_000),
            (2, 1, "s2", "ok", "answer 2", 2_000_000),
        )
    )  # fmt: skip
    steps = (
        IterationRow("run", "a1b2", 1, "x", "y", "3 of 4 tests fail", "f", 1, 4, "got 7", 0.1),
    )
    return RolloutTrace(row, calls, steps, ())


_STATES = {
    "s1": (Message(Role.SYSTEM, "repair"), Message(Role.USER, "the first state")),
    "s2": (Message(Role.USER, "the second state"),),
}


def test_a_document_holds_every_step_with_its_price_and_every_state_once() -> None:
    trace = _trace()
    assert state_ids(trace) == ["s1", "s2"]
    text = record(trace, _STATES, RecordFormat.MARKDOWN)
    heads = [line for line in text.split("\n") if line.startswith("## ")]
    assert heads == [
        "## Step 1 of 3: 600 (20 cached) + 30 tokens, $0.00, 0.10 s; $0.00 so far",
        "## Step 2 of 3, attempt 2: 600 (20 cached) + 30 tokens, $1.50, 0.10 s; $1.50 so far",
        "## Step 3 of 3: 600 (20 cached) + 30 tokens, $2.00, 0.10 s; $3.50 so far",
    ]
    assert [text.count(said) for said in ("the first state", "the second state")] == [1, 1]
    assert text.count("3 of 4 tests fail (1 of 4 tests pass, 0.10 s)\ngot 7") == 1
    assert "limit (iterations), 1 of 4 tests, 1,200 + 60 tokens, $3.50, 0.5 s" in text


def test_no_text_of_a_model_leaves_its_fence_or_acts_on_a_terminal() -> None:
    text = record(_trace(), _STATES, RecordFormat.MARKDOWN)
    assert "\n````text\n```python\nx = 1\n```\n# not a heading␛[2J\n````\n" in text
    assert "`` kata/`t` ``" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("key", ["rollout", "calls", "iterations", "states"])
def test_the_json_has_what_the_store_has(key: str) -> None:
    trace = _trace()
    found = json.loads(record(trace, _STATES, RecordFormat.JSON))[key]
    if key == "states":
        assert [m["content"] for m in found["s1"]] == ["repair", "the first state"]
    elif key == "calls":
        assert [call["reply"] for call in found] == [call.reply for call in trace.calls]
    elif key == "iterations":
        assert found[0]["detail"] == "got 7"
    else:
        assert found["cost_microusd"] == 3_500_000
