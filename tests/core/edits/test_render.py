"""An edit written as an answer does what the edit does, and is found again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from core.edits.block import EditBlock, InvalidAnswer, parse
from core.edits.edit import text_key
from core.edits.enumerate import enumerate_edits
from core.edits.render import block_of, key_of
from tests.core.edits.programs import PROGRAMS, kata_programs
from tests.core.edits.test_enumerate import parses

TWICE = "def f(a):\n    a = 1\n    a = 1\n    if a:\n        a = 1\n    a = 1\n    return a\n"


def check_answers(source: str) -> int:
    edits = enumerate_edits(source)
    for edit in edits:
        block = block_of(source, edit, "a.py")
        assert parse(f"Here it is.\n\n{block.render()}", "a.py") == block
        assert block.apply(source) == edit.apply(source)
        assert key_of(source, block) == text_key(source, edit.start, edit.end, edit.text)
    return len(edits)


@pytest.mark.parametrize("source", [*kata_programs()[::15], TWICE])
def test_every_edit_can_be_answered_and_found_again(source: str) -> None:
    assert check_answers(source) > 10


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(PROGRAMS)
def test_every_edit_of_any_program_can_be_answered(source: str) -> None:
    assume(parses(source))
    assert check_answers(source) > 0


def test_a_block_is_whole_lines_and_no_longer_than_it_must_be() -> None:
    source = "def f(a):\n    b = a + 1\n    return b\n"
    edit = next(e for e in enumerate_edits(source) if e.apply(source).count("a + 2"))
    assert block_of(source, edit, "a.py") == EditBlock("a.py", "    b = a + 1", "    b = a + 2")


def test_a_deleted_line_leaves_no_empty_line() -> None:
    source = "def f(a):\n    b = 1\n    c = 2\n    return a\n"
    wanted = "def f(a):\n    c = 2\n    return a\n"
    edit = next(e for e in enumerate_edits(source) if e.apply(source) == wanted)
    assert block_of(source, edit, "a.py").apply(source) == wanted


def test_equal_programs_have_equal_keys_however_the_change_was_written() -> None:
    source = "x = aaa\ny = aaa\n"
    keys = {
        text_key(source, 4, 5, ""),
        text_key(source, 5, 6, ""),
        text_key(source, 0, 7, "x = aa"),
        text_key(source, 0, len(source), "x = aa\ny = aaa\n"),
    }
    assert len(keys) == 1
    assert text_key(source, 12, 13, "") not in keys


@pytest.mark.parametrize("find", ["", "x = 2", "x"])
def test_an_answer_that_does_not_apply_has_no_key(find: str) -> None:
    with pytest.raises(InvalidAnswer):
        key_of("x = 1\nx = 3\n", EditBlock("a.py", find, "y"))
