"""Alignment of two texts: nothing lost, nothing made up, bounded work."""

from __future__ import annotations

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.widgets.diff_layout import lay_out
from tui.widgets.diff_lines import Diff, Side, compare, word_marks

_LINE = st.sampled_from(["a = 1", "b = a", "return b", "", "    x"])
_TEXT = st.lists(_LINE, max_size=14).map("\n".join)


def _side(diff: Diff, side: Side) -> list[str]:
    return [text for row in diff.rows if (text := diff.text(row, side)) is not None]


@given(_TEXT, _TEXT)
@settings(deadline=None, max_examples=60)
def test_each_side_holds_its_lines_in_order_and_equal_rows_are_equal(left: str, right: str) -> None:
    diff = compare(left, right)
    assert _side(diff, Side.LEFT) == list(diff.left)
    assert _side(diff, Side.RIGHT) == list(diff.right)
    for row in diff.rows:
        is_equal = diff.text(row, Side.LEFT) == diff.text(row, Side.RIGHT)
        assert is_equal if row.is_same else row.left is None or row.right is None or not is_equal


@given(_TEXT, _TEXT, st.booleans(), st.sampled_from([None, 2, 40]))
@settings(deadline=None, max_examples=60)
def test_every_row_of_every_side_has_its_line_on_the_screen(
    left: str, right: str, is_split: bool, wrap_at: int | None
) -> None:
    diff = compare(left, right)
    layout = lay_out(diff, is_split=is_split, wrap_at=wrap_at, old=Side.RIGHT)
    assert {line.row for line in layout.lines} == set(range(len(diff.rows)))
    for row, first in enumerate(layout.first_lines):
        assert first == next(n for n, line in enumerate(layout.lines) if line.row == row)
    if not is_split:
        placed = [line for line in layout.lines if not line.part]
        n_two_sided = sum(
            not row.is_same and None not in (row.left, row.right) for row in diff.rows
        )
        assert len(placed) == len(diff.rows) + n_two_sided


def test_differences_are_counted_as_blocks() -> None:
    diff = compare("a\nb\nc\nd\n", "a\nB\nC\nd\ne\n")
    assert diff.starts == (1, 4)


def test_only_the_words_that_differ_are_marked() -> None:
    left, right = "if total >= limit:", "if total > limit + 1:"
    marked, others = word_marks(left, right)
    assert [left[a:b] for a, b in marked] == ["="]
    assert "".join(right[a:b] for a, b in others) == " + 1"


def test_lines_that_share_little_are_not_marked_in_pieces() -> None:
    assert word_marks("return None", "raise ValueError(x, y, z)") == ((), ())


def test_repetitive_texts_cannot_hold_up_the_screen() -> None:
    rng = random.Random(3)
    few = [rng.choice("ab") for _ in range(4_000)]
    began = time.process_time()
    for left, right in ((few, few[::-1]), (["x"] * 4_000, ["x", "y"] * 2_000)):
        diff = compare("\n".join(left), "\n".join(right))
        assert _side(diff, Side.RIGHT) == right
    assert time.process_time() - began < 2.0
