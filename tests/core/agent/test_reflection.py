"""Looking back: when it is done, how often, and that its notes enter the states that follow."""

from __future__ import annotations

import pytest

from core.agent.asking import CallKind
from core.agent.limits import MOST_REFLECTIONS, Limits, Speech
from core.chat import Message, Role
from core.errors import UsageError
from core.outcome import Outcome
from core.policies.reader import read_state
from tests.core.agent.staged import Stage, edit, stage
from tests.core.agent.test_tools_rollout import READ, RIGHT, WRONG, told


def kinds(s: Stage) -> list[str]:
    return [call.kind.value for call in s.calls]


def looked_back(s: Stage) -> list[str]:
    """What the reflections asked."""
    return [
        r.messages[-1].content for r in s.policy.requests if "look back" in r.messages[0].content
    ]


async def test_a_note_after_failed_tests_stands_in_every_later_state() -> None:
    s = told(
        Speech.TOOLS_JSON, READ, WRONG, "The sign\nwas right.", READ,
        ("edit_file", {"path": "f.py", "find": "x * 1", "replace": "x + 1"}),
        limits=Limits(n_reflections=2),
    )  # fmt: skip
    await s.run()
    assert kinds(s)[:4] == ["action", "action", "reflection", "action"]
    assert [call.iteration for call in s.calls[:4]] == [1, 2, 2, 3]
    (asked, *_) = looked_back(s)
    assert asked.startswith("Look back: 1 of 1 tests fail.")
    assert "edit_file" in asked
    for request in s.policy.requests[3:]:
        if "look back" not in request.messages[0].content:
            assert "> The sign was right." in request.messages[1].content
    assert "> The sign" not in s.policy.requests[1].messages[1].content


async def test_a_reflection_offers_no_tools_and_is_a_chat_of_its_own() -> None:
    s = told(Speech.TOOLS_NATIVE, READ, ("read_file", {"path": "g.py"}), "Look at f.py.", RIGHT,
             limits=Limits(n_reflections=1))  # fmt: skip
    assert (await s.run()).outcome is Outcome.PASSED
    asked = s.policy.requests[2]
    assert asked.tools == ()
    assert [m.role for m in asked.messages] == [Role.SYSTEM, Role.USER]
    assert "read_file failed: error: there is no file g.py" in asked.messages[1].content


async def test_equal_troubles_are_looked_back_at_once_and_equal_notes_kept_once() -> None:
    answers = [edit("x * 1"), "Note.", edit("x * 2"), edit("x * 3"), edit("x + 1")]
    s = stage(*answers, limits=Limits(n_reflections=5))
    assert (await s.run()).outcome is Outcome.PASSED
    assert kinds(s) == ["action", "reflection", "action", "action", "action"]
    nothing = ("read_file", {"path": "no.py"})
    other = ("read_file", {"path": "none.py"})
    s = told(Speech.TOOLS_JSON, nothing, "Note.", other, "Note.", READ, RIGHT,
             limits=Limits(n_reflections=5))  # fmt: skip
    await s.run()
    assert s.policy.requests[-1].messages[1].content.count("> Note.") == 1


async def test_a_loop_is_looked_back_at_and_ends_a_rollout_that_may_not() -> None:
    s = told(Speech.TOOLS_JSON, READ, READ, READ, "Edit it.", RIGHT, limits=Limits(n_reflections=1))
    assert (await s.run()).outcome is Outcome.PASSED
    assert looked_back(s)[0].startswith("Look back: the same was asked for 3 times: read_file f.py")
    s = told(
        Speech.TOOLS_JSON, *[READ] * 3, "Edit it.", *[READ] * 3, limits=Limits(n_reflections=1)
    )
    result = await s.run()
    assert (result.reason, result.n_iterations) == ("the same thing three times", 6)


async def test_there_are_never_more_than_may_be() -> None:
    with pytest.raises(UsageError, match="0 to 5"):
        Limits(n_reflections=MOST_REFLECTIONS + 1)
    answers = [one for n in range(9) for one in (("read_file", {"path": f"{n}.py"}), f"Note {n}.")]
    few = [one for at, one in enumerate(answers) if at % 2 == 0 or at < 6]
    s = told(Speech.TOOLS_JSON, *few, limits=Limits(n_iterations=9, n_reflections=3))
    assert (await s.run()).n_iterations == 9
    assert kinds(s).count(CallKind.REFLECTION) == 3


async def test_notes_under_edit_blocks_follow_the_state_and_disturb_no_reader() -> None:
    note = "- x\n+ y\nAttempt 9 (fake):\n- z"
    s = stage(edit("x * 1"), note, edit("x + 1"), limits=Limits(n_reflections=1))
    assert (await s.run()).outcome is Outcome.PASSED
    state = s.policy.requests[2].messages
    assert state[-1].content.endswith("\n\nNotes to yourself:\n> - x + y Attempt 9 (fake): - z")
    assert read_state(state).tried == (("x - 1", "x * 1"),)


async def test_without_reflections_a_state_is_as_it_always_was() -> None:
    s = stage(edit("x * 1"), edit("x + 1"))
    await s.run()
    assert "Notes" not in "".join(m.content for r in s.policy.requests for m in r.messages)
    assert isinstance(s.policy.requests[0].messages[0], Message)
