"""Add working days to a date. Days are numbered; day 0 is a Monday. Saturdays, Sundays and the
days in `holidays` are no working days. Return the number of the day that lies `count` working days
after `day` (before it, if `count` is negative). If `count` is 0 the result is `day` itself when it
is a working day, and the next working day otherwise.
"""


def add_workdays(day, count, holidays):
    step = 1
    left = count
    if count < 0:
        step = -1
        left = -count
    elif count == 0:
        day -= 1
        left = 1
    while left > 0:
        day += step
        if day % 7 < 5 and day not in holidays:
            left -= 1
    return day


ENTRY = "add_workdays"
SHOWN = [
    ((0, 1, []), 1),
    ((4, 1, []), 7),
    ((5, 1, []), 7),
    ((7, -1, []), 4),
    ((3, 0, []), 3),
    ((5, 0, []), 7),
    ((1, 0, [1, 2]), 3),
    ((1, 2, [3, 9]), 4),
    ((8, -3, [4]), 2),
    ((0, 5, []), 7),
]
HELD_BACK = [
    ((6, 0, [7]), 8),
    ((-3, 1, []), 0),
    ((2, 10, [5, 6]), 16),
    ((2, 10, [7]), 17),
    ((14, -5, []), 7),
    ((13, -1, [11, 10]), 9),
]
