"""Number of the week of a date. `day` counts the days of the year from 1, `first` is the weekday
of day 1 (0 Monday to 6 Sunday), `starts` the weekday on which weeks begin. Week 1 is the one that
contains day 1 if at least `least` of its days lie in this year; otherwise that part-week is week 0
and the next one is week 1. Return (week, position of the day in its week from 1 to 7), or None if
the day is not within 1 to `length`.
"""


def week_number(day, first, starts, least, length):
    if day < 1 or day > length:
        return None
    before = (first - starts) % 7
    in_first = 7 - before
    shifted = day - 1 + before
    week = shifted // 7
    if in_first >= least:
        week += 1
    return (week, shifted % 7 + 1)


ENTRY = "week_number"
SHOWN = [
    ((1, 0, 0, 4, 365), (1, 1)),
    ((7, 0, 0, 4, 365), (1, 7)),
    ((8, 0, 0, 4, 365), (2, 1)),
    ((1, 3, 0, 4, 365), (1, 4)),
    ((1, 4, 0, 4, 365), (0, 5)),
    ((4, 4, 0, 4, 365), (1, 1)),
    ((2, 6, 6, 7, 365), (1, 2)),
    ((2, 0, 6, 1, 365), (1, 3)),
    ((0, 1, 0, 4, 365), None),
    ((366, 1, 0, 4, 365), None),
    ((365, 1, 0, 4, 365), (53, 2)),
]
HELD_BACK = [
    ((366, 1, 0, 4, 366), (53, 3)),
    ((3, 5, 6, 1, 365), (2, 2)),
    ((3, 5, 6, 2, 365), (1, 2)),
    ((100, 2, 1, 4, 365), (15, 3)),
    ((-5, 2, 1, 4, 365), None),
    ((1, 6, 0, 1, 365), (1, 7)),
]
