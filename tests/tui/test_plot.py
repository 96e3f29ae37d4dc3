"""Lines as characters: their place, their gaps, their letters, and that no value breaks them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.plot import (
    MARK,
    Points,
    Window,
    bounds,
    nearest,
    plot,
    runs_of,
    step_axis,
    thinned,
    ticks,
)

WHOLE = Window(1, 100)


def _drawn(
    *lines: Points,
    window: Window = WHOLE,
    size: tuple[int, int] = (20, 4),
    is_ascii: bool = False,
    is_log: bool = False,
) -> list[str]:
    runs = [runs_of(points, window, is_log=is_log) for points in lines]
    rows = plot(runs, window, size, is_ascii=is_ascii)
    return ["".join(sign for sign, _ in row) for row in rows]


@pytest.mark.parametrize("is_ascii", [True, False])
def test_a_line_starts_at_the_first_step_and_keeps_high_above_low(is_ascii: bool) -> None:
    rows = _drawn([(1, 0.0), (50, 1.0)], is_ascii=is_ascii)
    assert [len(row) for row in rows] == [20] * 4
    assert rows[3][0].strip()
    assert rows[0][9:12].strip()
    assert not rows[0][12:].strip(), "half of the steps are still to come"
    assert all(row.strip() for row in rows), "a steep line has no gap"


def test_one_value_alone_is_a_dot() -> None:
    (row,) = [row for row in _drawn([(1, 0.5)], is_ascii=True) if row.strip()]
    assert row == "*" + " " * 19


def test_nothing_is_drawn_across_what_is_no_number() -> None:
    points = [(1, 0.0), (20, 0.0), (40, None), (60, 0.0), (100, 0.0)]
    row = next(row for row in _drawn(points, size=(100, 1)) if row.strip())
    assert not row[20:58].strip()
    assert len(row[:20].split()) == len(row[59:].split()) == 1, "no other gap"
    assert row[0].strip()
    assert row[99].strip()


def test_equal_ratios_are_equal_heights_on_a_log_scale_and_zero_is_a_gap() -> None:
    points = [(1, 1.0), (25, 10.0), (50, 100.0), (75, 0.0), (100, 1.0)]
    runs = runs_of(points, WHOLE, is_log=True)
    assert [[height for _, height in run] for run in runs] == [[0.0, 1.0, 2.0], [0.0]]
    assert ticks(*bounds([runs]), 5, is_log=True) == ["100", "", "10", "", "1"]


def test_a_window_between_two_far_points_shows_the_line_that_joins_them() -> None:
    points = [(0, 0.0), (1000, 1.0)]
    (run,) = runs_of(points, Window(400, 600), is_log=False)
    assert run == [(400.0, 0.4), (600.0, 0.6)]
    assert not runs_of(points, Window(1001, 1100), is_log=False)


@pytest.mark.parametrize("is_ascii", [True, False])
def test_each_of_several_lines_has_its_letter_on_it(is_ascii: bool) -> None:
    lines = [[(1, float(n)), (100, float(n))] for n in range(3)]
    rows = _drawn(*lines, size=(60, 3), is_ascii=is_ascii)
    for row, mine in zip(reversed(rows), "abc", strict=True):
        assert mine in row
        assert not set("abc") - {mine} & set(row)
    assert "a" not in "".join(_drawn(lines[0], size=(60, 3), is_ascii=is_ascii))


def test_a_short_line_among_others_has_its_letter_too() -> None:
    rows = _drawn([(1, 0.0), (100, 0.0)], [(51, 1.0)], size=(60, 3))
    assert rows[0].strip() == "b"


def test_steps_stand_below_their_columns_and_never_touch() -> None:
    line = step_axis(Window(1, 1000), 60)
    assert len(line) == 60
    steps = [int(text.replace(",", "")) for text in line.split()]
    assert steps[0] == 1
    assert steps[-1] == 1000
    assert steps == sorted(steps)
    assert step_axis(Window(1, 12), 2) == "1 "


_VALUES = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
_LINES = st.lists(
    st.lists(st.tuples(st.integers(0, 2000), _VALUES), max_size=40).map(
        lambda points: sorted(points, key=lambda point: point[0])
    ),
    min_size=1,
    max_size=4,
)


@given(
    _LINES,
    st.integers(0, 1000),
    st.integers(1, 2000),
    st.integers(2, 90),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
)
def test_any_values_in_any_window_fill_exactly_the_room_there_is(
    lines: list[Points],
    first: int,
    reach: int,
    width: int,
    height: int,
    is_ascii: bool,
    is_log: bool,
) -> None:
    window = Window(first, first + reach)
    runs = [runs_of(points, window, is_log=is_log) for points in lines]
    rows = plot(runs, window, (width, height), is_ascii=is_ascii)
    assert [len(row) for row in rows] == [width] * height
    low, high = bounds(runs)
    assert low < high
    assert math.isfinite(low)
    assert math.isfinite(high)
    scale = ticks(low, high, height, is_log=is_log)
    assert len(scale) == height
    assert all(len(mark) <= MARK for mark in scale)
    inside = any(
        first <= step <= first + reach
        and value is not None
        and math.isfinite(value)
        and (value > 0 or not is_log)
        for points in lines
        for step, value in points
    )
    assert any(sign.strip() for row in rows for sign, _ in row) or not inside


@given(
    st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=1, max_size=600),
    st.integers(0, 500),
    st.integers(1, 300),
    st.integers(1, 9),
)
def test_a_thinned_line_keeps_its_heights_its_gaps_and_what_crosses_the_edges(
    values: list[float | None], first: int, reach: int, n_parts: int
) -> None:
    points = list(enumerate(values))
    window = Window(first, first + reach)
    kept = thinned(points, window, n_parts)
    assert list(kept) == sorted(set(kept) & set(points), key=lambda point: point[0])
    inside = [value for step, value in points if first <= step <= first + reach]
    left = [value for step, value in kept if first <= step <= first + reach]
    assert left.count(None) == inside.count(None)
    numbers = [value for value in inside if value is not None]
    if numbers:
        known = [value for value in left if value is not None]
        assert (min(known), max(known)) == (min(numbers), max(numbers))
    assert len(kept) <= max(4 * n_parts, len(points) if None in inside else 4 * n_parts) + 2


def test_the_nearest_point_is_found_and_of_two_the_earlier() -> None:
    points = [(1, 1.0), (5, None), (9, 9.0)]
    found = [nearest(points, step)[0] for step in (0, 1, 2, 3, 4, 7, 8, 99)]
    assert found == [1, 1, 1, 1, 5, 5, 9, 9]
