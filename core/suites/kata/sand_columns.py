"""Drop sand on columns. `heights` lists the columns; each number in `drops` is the column on which
a grain is dropped. A grain slides to the left neighbour if that is lower by at least `slope`,
otherwise to the right neighbour if that is lower by at least `slope`, and goes on from there in
the same way until it rests and raises its column by one. But a grain that comes to rest on the
first or the last column while that is already at least `wall` high is lost. Return (heights,
number of lost grains).
"""


def sand_columns(heights, drops, slope, wall):
    levels = list(heights)
    last = len(levels) - 1
    lost = 0
    for spot in drops:
        while True:
            if spot > 0 and levels[spot] - levels[spot - 1] >= slope:
                spot -= 1
            elif spot < last and levels[spot] - levels[spot + 1] >= slope:
                spot += 1
            else:
                break
        if spot in (0, last) and levels[spot] >= wall:
            lost += 1
        else:
            levels[spot] += 1
    return (levels, lost)


ENTRY = "sand_columns"
SHOWN = [
    (([0, 0, 0], [1], 1, 9), ([0, 1, 0], 0)),
    (([0, 0, 0], [1, 1], 1, 9), ([1, 1, 0], 0)),
    (([0, 0, 0], [1, 1, 1], 1, 9), ([1, 1, 1], 0)),
    (([0, 2, 0], [1], 3, 9), ([0, 3, 0], 0)),
    (([3, 2, 1, 0], [0], 1, 9), ([3, 2, 1, 1], 0)),
    (([1, 5, 2], [1, 1], 2, 1), ([1, 5, 2], 2)),
    (([1, 5, 2], [1, 1], 2, 2), ([2, 5, 2], 1)),
    (([4], [0, 0], 1, 5), ([5], 1)),
    (([5, 5, 5], [1], 1, 5), ([5, 6, 5], 0)),
    (([4, 4, 0], [0], 2, 9), ([5, 4, 0], 0)),
    (([0, 1, 2, 9], [2, 3], 2, 4), ([0, 2, 3, 9], 0)),
]
HELD_BACK = [
    (([5, 5, 5], [0, 1, 2], 1, 6), ([6, 6, 6], 0)),
    (([5, 5, 5], [0, 2, 0], 1, 5), ([5, 5, 5], 3)),
    (([0, 3, 6, 3, 0], [2, 2, 2], 2, 1), ([1, 3, 6, 3, 0], 2)),
    (([2, 0, 2], [0, 2, 1], 2, 9), ([2, 2, 3], 0)),
    (([9, 0], [0, 0], 5, 1), ([9, 1], 1)),
    (([1, 1, 0], [0, 1], 1, 3), ([2, 1, 1], 0)),
]
