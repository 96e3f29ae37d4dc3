"""Heights of the marks of a ruler. The stretch from `low` to `high` has a mark of height `height`
in its middle, rounded down; both halves carry marks in the same way, each one lower by `step` than
the mark above it. There is no mark lower than 1, none in a stretch shorter than 2, and the ends
carry none. Return (position, height) for every mark from left to right.
"""


def ruler_marks(low, high, height, step):
    marks = []
    if height >= 1 and high - low >= 2:
        middle = (low + high) // 2
        lower = height - step
        marks += ruler_marks(low, middle, lower, step)
        marks.append((middle, height))
        marks += ruler_marks(middle, high, lower, step)
    return marks


ENTRY = "ruler_marks"
SHOWN = [
    ((0, 4, 3, 1), [(1, 2), (2, 3), (3, 2)]),
    ((0, 8, 3, 2), [(2, 1), (4, 3), (6, 1)]),
    ((0, 2, 1, 1), [(1, 1)]),
    ((0, 1, 5, 1), []),
    ((0, 9, 0, 1), []),
    ((3, 8, 4, 1), [(4, 3), (5, 4), (6, 3), (7, 2)]),
    ((10, 13, 2, 1), [(11, 2), (12, 1)]),
]
HELD_BACK = [
    ((5, 5, 3, 1), []),
    ((0, 8, 2, 1), [(2, 1), (4, 2), (6, 1)]),
    ((0, 16, 7, 3), [(2, 1), (4, 4), (6, 1), (8, 7), (10, 1), (12, 4), (14, 1)]),
    ((-4, 0, 2, 1), [(-3, 1), (-2, 2), (-1, 1)]),
    ((7, 10, 5, 5), [(8, 5)]),
    ((1, 6, 9, 4), [(2, 5), (3, 9), (4, 5), (5, 1)]),
]
