"""Read `grid`, rows of numbers, along a spiral. It starts at the bottom left, runs right along the
bottom row, up the right column, left along the top row, down the left column and on inwards. Zeros
are skipped. Reading stops before the sum of the numbers read would exceed `limit`. Return the list
of numbers read. Rows are equally long; the numbers are not negative.
"""


def spiral_basket(grid, limit):
    rows = [list(row) for row in grid]
    picked = []
    total = 0
    while rows and rows[0]:
        for number in rows.pop():
            if total + number > limit:
                return picked
            if number != 0:
                picked.append(number)
                total += number
        height = len(rows)
        width = len(rows[0]) if rows else 0
        rows = [[rows[y][x] for y in range(height)] for x in range(width)]
        rows = [row[::-1] for row in rows]
    return picked


ENTRY = "spiral_basket"
SHOWN = [
    (([[7, 8, 9], [6, 1, 2], [5, 4, 3]], 99), [5, 4, 3, 2, 9, 8, 7, 6, 1]),
    (([[7, 8, 9], [6, 1, 2], [5, 4, 3]], 23), [5, 4, 3, 2, 9]),
    (([[7, 8, 9], [6, 1, 2], [5, 4, 3]], 22), [5, 4, 3, 2]),
    (([[0, 1], [2, 0]], 3), [2, 1]),
    (([[0, 1], [2, 0]], 1), []),
    (([], 5), []),
    (([[]], 5), []),
    (([[1], [2], [3]], 6), [3, 2, 1]),
    (([[4, 0, 6, 2]], 10), [4, 6]),
]
HELD_BACK = [
    (([[1, 2, 3], [4, 5, 6]], 50), [4, 5, 6, 3, 2, 1]),
    (([[1, 2], [3, 4], [5, 6]], 50), [5, 6, 4, 2, 1, 3]),
    (([[1, 2], [3, 4], [5, 6]], 14), [5, 6]),
    (([[0, 0], [0, 0]], 0), []),
    (([[9]], 9), [9]),
    (([[9]], 8), []),
]
