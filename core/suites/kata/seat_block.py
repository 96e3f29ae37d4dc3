"""Find seats for a group in a cinema. `hall` lists the rows from the screen backwards, with "."
for a free seat. The group needs `size` free seats side by side in a row. Rows before row
`first_row` (counted from 0) are not wanted. Prefer the row nearest to `best_row`, the one farther
back among equals; in a row, the block whose seats are nearest to the middle, the left one among
equals. Return (row, first seat) or None.
"""


def seat_block(hall, size, first_row, best_row):
    best = None
    chosen = None
    for row, seats in enumerate(hall):
        if row < first_row:
            continue
        for start in range(len(seats) - size + 1):
            if seats[start : start + size] != "." * size:
                continue
            off_row = abs(row - best_row)
            off_middle = abs(2 * start + size - len(seats))
            rank = (off_row, -row, off_middle, start)
            if best is None or rank < best:
                best = rank
                chosen = (row, start)
    return chosen


ENTRY = "seat_block"
SHOWN = [
    ((["....."], 1, 0, 0), (0, 2)),
    ((["....."], 2, 0, 0), (0, 1)),
    ((["..x.."], 1, 0, 0), (0, 1)),
    ((["..x..."], 3, 0, 0), (0, 3)),
    ((["..x..."], 4, 0, 0), None),
    ((["...", "xxx", "..."], 1, 0, 1), (2, 1)),
    ((["...", "x.x", "..."], 1, 0, 1), (1, 1)),
    ((["...", "xxx", "x.."], 2, 0, 0), (0, 0)),
    ((["...", "xxx", "x.."], 2, 1, 0), (2, 1)),
    (([], 1, 0, 0), None),
]
HELD_BACK = [
    ((["..", ".."], 2, 0, 1), (1, 0)),
    ((["..", ".."], 2, 0, 0), (0, 0)),
    ((["..", ".."], 3, 0, 0), None),
    ((["x....x....x"], 3, 0, 0), (0, 2)),
    (([".....", "x....", "....."], 2, 0, 1), (1, 1)),
    ((["...", "...", "..."], 1, 3, 0), None),
]
