"""Course of a river. `heights` is a grid of ground heights. From the field `spring` (row, column)
the water flows to the lowest of the up to four neighbours (up, left, right, down; the first of
these among equals) as long as that is lower than the field by at least `drop` (above zero). A
field at the edge of the grid is the sea for the river: it ends there at once. Return the list of
the heights passed, spring and last field included, and whether it reached the sea, as (list,
bool).
"""


def river_course(heights, spring, drop):
    row, column = spring
    passed = [heights[row][column]]
    bottom = len(heights) - 1
    side = len(heights[0]) - 1
    while 0 < row < bottom and 0 < column < side:
        here = heights[row][column]
        lowest = None
        for near in [(row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)]:
            height = heights[near[0]][near[1]]
            if lowest is None or height < heights[lowest[0]][lowest[1]]:
                lowest = near
        if here - heights[lowest[0]][lowest[1]] < drop:
            return (passed, False)
        row, column = lowest
        passed.append(heights[row][column])
    return (passed, True)


ENTRY = "river_course"
SHOWN = [
    (([[9, 8, 9], [7, 8, 6], [9, 5, 9]], (1, 1), 1), ([8, 5], True)),
    (([[9, 8, 9], [7, 8, 6], [9, 5, 9]], (1, 1), 3), ([8, 5], True)),
    (([[9, 8, 9], [7, 8, 6], [9, 5, 9]], (1, 1), 4), ([8], False)),
    (([[9, 8, 9], [7, 8, 6], [9, 5, 9]], (0, 1), 1), ([8], True)),
    (([[9, 9, 9, 9], [9, 5, 4, 9], [9, 9, 3, 9], [9, 9, 1, 9]], (1, 1), 1), ([5, 4, 3, 1], True)),
    (([[9, 9, 9, 9], [9, 5, 4, 9], [9, 9, 3, 9], [9, 9, 3, 9]], (1, 1), 1), ([5, 4, 3], False)),
    (([[9, 2, 9, 9], [2, 5, 3, 1], [9, 9, 9, 9]], (1, 2), 1), ([3, 1], True)),
    (([[9, 6, 6, 9], [2, 7, 6, 1], [9, 8, 2, 9]], (1, 2), 1), ([6, 1], True)),
    (([[4]], (0, 0), 1), ([4], True)),
    (
        ([[9, 9, 9, 9, 9], [9, 3, 5, 3, 9], [9, 1, 9, 2, 9], [9, 0, 9, 0, 9]], (1, 2), 1),
        ([5, 3, 1, 0], True),
    ),
]
HELD_BACK = [
    (([[9, 9, 9], [9, 1, 9], [9, 9, 9]], (1, 1), 1), ([1], False)),
    (([[9, 9, 9], [9, 1, 9], [9, 9, 9]], (2, 1), 1), ([9], True)),
    (([[9, 9, 9], [9, 9, 9], [9, 9, 9]], (1, 1), 1), ([9], False)),
    (([[5, 0, 5], [1, 6, 1], [5, 0, 5]], (1, 1), 6), ([6, 0], True)),
    (([[5, 3, 5], [3, 6, 1], [5, 2, 5]], (1, 1), 2), ([6, 1], True)),
    (([[9, 9, 9, 9], [9, 9, 9, 9], [8, 8, 7, 9], [9, 9, 9, 9]], (1, 2), 2), ([9, 7], False)),
]
