"""A rollout as lines: tools, looks back and thoughts among them, folded as wished."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from core.agent.toolbox import Done
from core.chat import Message, Role, ToolCall
from core.rollouts.trace import RolloutTrace
from tests.tui.run_store import run_parts
from tui.screens.trace_text import Fold, Line, Look, all_lines, step_lines
from tui.widgets.cells import ASCII, UNICODE

_STATE = (Message(Role.SYSTEM, "rules"), Message(Role.USER, "goal\nand more"))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _trace() -> RolloutTrace:
    """Two steps: a tool that is called natively, then a look back."""
    parts: dict[str, Any] = run_parts(1)
    act, look = parts["calls"]
    step = parts["iterations"][0]
    call = ToolCall("call_1", "grep", '{"text": "[/b]"}')
    act = replace(act, reply="", tool_calls=_json([call]), reasoning="first thoughts")
    look = replace(look, iteration=1, kind="reflection", reply="the index was off by one")
    done = [Done("grep", '{"text": "[/b]"}', "3: \x1b[2J hit"), Done("finish", "{}", "no", True)]
    step = replace(step, actions=_json(done), forgiven="fence", n_tests=0)
    return RolloutTrace(parts["rollouts"][0], (act, look), (step,), _STATE)


def _texts(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines)


def test_actions_thoughts_and_looks_back_are_told_apart() -> None:
    trace = _trace()
    first = _texts(step_lines(trace, 0, _STATE, Look(60, UNICODE)))
    order = ("answer", "grep", "reasoning", "first thoughts", "␛[2J hit", "what came of it")
    places = [first.index(text) for text in order]
    assert places == sorted(places)
    assert "forgiven: fence" in first
    failed = [line for line in step_lines(trace, 0, (), Look(60, UNICODE)) if line.text == "no"]
    assert failed[0].style == "$state-failed"
    second = _texts(step_lines(trace, 1, _STATE, Look(60, UNICODE)))
    assert "looking back" in second
    assert "what came of it" not in second, "a look back changes nothing"


def test_the_tests_that_decided_stand_at_the_last_step() -> None:
    trace = _trace()
    graded = replace(
        trace.iterations[0],
        iteration=2,
        note="graded: 3 of 4 tests pass",
        actions="",
        n_passed=3,
        n_tests=4,
        detail="held back\n\x1b[2J",
    )
    trace = replace(trace, iterations=(*trace.iterations, graded))
    first, last = (_texts(step_lines(trace, n, (), Look(60, UNICODE))) for n in (0, 1))
    assert "decided" not in first
    order = ("the tests that decided", "graded: 3 of 4", "3 of 4 tests pass", "held back", "␛[2J")
    assert [text for text in order if text not in last] == []
    outline = _texts(all_lines(trace, lambda _: _STATE, Look(60, UNICODE, Fold.ALL)))
    assert outline.count("graded: 3 of 4") == 1


def test_folding_keeps_titles_and_an_outline_has_a_line_for_each_step() -> None:
    trace = _trace()
    folded = _texts(step_lines(trace, 0, _STATE, Look(60, ASCII, Fold.STATES)))
    assert "state: user, 2 lines" in folded
    assert "and more" not in folded
    assert "first thoughts" not in folded
    outline = all_lines(trace, lambda _: _STATE, Look(60, UNICODE, Fold.ALL))
    assert [line.step for line in outline if line.step is not None] == [0, 1]
    assert len(outline) <= 4
    assert "looking back" in _texts(outline)
    whole = all_lines(trace, lambda _: _STATE, Look(60, UNICODE))
    assert _texts(whole).count("goal") == 2


def test_an_answer_beside_another_has_marks_where_it_differs() -> None:
    trace = _trace()
    other = replace(trace, calls=(replace(trace.calls[0], tool_calls="", reply="say"),))
    lines = step_lines(trace, 0, (), Look(60, UNICODE, other=other))
    assert [line.text.split()[0] for line in lines if line.differs] == ["grep"]
    alone = step_lines(trace, 1, (), Look(60, UNICODE, other=other))
    assert [line.differs for line in alone if "index" in line.text] == [True]
    assert not any(line.differs for line in step_lines(trace, 0, (), Look(60, UNICODE)))
