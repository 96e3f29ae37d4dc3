"""Rent in cents for a stay within a year without leap day. `start` and `end` are (month, day),
both days paid for, end not before start. A full calendar month costs `monthly`. For a month used
in part, each day costs `monthly` divided by the days of the month, and the month's sum is rounded
down; but a part of at least `full_from` days costs the whole month.
"""


def rent_share(start, end, monthly, full_from):
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    total = 0
    for month in range(start[0], end[0] + 1):
        length = lengths[month - 1]
        first = start[1] if month == start[0] else 1
        last = end[1] if month == end[0] else length
        days = last - first + 1
        if days >= full_from:
            total += monthly
        else:
            total += monthly * days // length
    return total


ENTRY = "rent_share"
SHOWN = [
    (((1, 1), (1, 31), 31000, 40), 31000),
    (((1, 1), (1, 30), 31000, 40), 30000),
    (((1, 1), (1, 30), 31000, 30), 31000),
    (((1, 30), (2, 2), 3100, 20), 421),
    (((2, 27), (4, 1), 60000, 31), 66285),
    (((6, 15), (6, 15), 100, 9), 3),
    (((4, 16), (5, 16), 93000, 20), 94500),
    (((7, 30), (8, 4), 3100, 20), 600),
    (((9, 2), (10, 2), 93000, 30), 95900),
    (((11, 6), (12, 4), 9300, 26), 8950),
    (((12, 1), (12, 10), 3100, 11), 1000),
    (((2, 1), (2, 28), 500, 31), 500),
    (((3, 5), (7, 5), 3000, 28), 12095),
    (((7, 31), (9, 1), 9300, 32), 9910),
]
HELD_BACK = [
    (((1, 1), (12, 31), 1000, 99), 12000),
    (((4, 1), (4, 30), 900, 30), 900),
    (((4, 2), (4, 30), 900, 30), 870),
    (((10, 31), (11, 1), 3100, 5), 203),
    (((8, 10), (8, 19), 310, 10), 310),
    (((8, 10), (8, 18), 310, 10), 90),
]
