"""Drive a mower over a lawn. `lawn` is a list of equally long strings where "#" is an obstacle.
The mower starts at row 0, column 0 (never an obstacle) looking right. `commands`: "F" one field
ahead, "L" and "R" turn on the spot. A step off the lawn or onto an obstacle is not made; after
`bumps` such failed steps the mower stops for good. Return (row, column, number of different fields
visited).
"""


def robot_mower(lawn, commands, bumps):
    row, column = 0, 0
    down, right = 0, 1
    visited = {(row, column)}
    failed = 0
    for command in commands:
        if command == "L":
            down, right = -right, down
        elif command == "R":
            down, right = right, -down
        else:
            new_row, new_column = row + down, column + right
            inside = 0 <= new_row < len(lawn) and 0 <= new_column < len(lawn[0])
            if inside and lawn[new_row][new_column] != "#":
                row, column = new_row, new_column
                visited.add((row, column))
            else:
                failed += 1
                if failed == bumps:
                    break
    return (row, column, len(visited))


ENTRY = "robot_mower"
SHOWN = [
    (([".."], "F", 3), (0, 1, 2)),
    (([".."], "FF", 1), (0, 1, 2)),
    (([".#", ".."], "FRFLF", 2), (1, 1, 3)),
    (([".#", ".."], "FRFLF", 1), (0, 0, 1)),
    ((["...", "...", "..."], "FFRFFRFFRF", 1), (1, 0, 8)),
    ((["...", "..."], "LFRFRFRFRF", 9), (0, 0, 4)),
    ((["..."], "FRRFFFRRF", 3), (0, 1, 2)),
    (([".", ".", "#"], "RFFFLLF", 5), (0, 0, 2)),
    ((["."], "", 1), (0, 0, 1)),
    (([".", "."], "RFF", 2), (1, 0, 2)),
]
HELD_BACK = [
    ((["....."], "FFLF", 1), (0, 2, 3)),
    ((["..", ".."], "RFLFLFLF", 1), (0, 0, 4)),
    ((["..", ".."], "RFFLF", 2), (1, 1, 3)),
    (([".#."], "FFF", 4), (0, 0, 1)),
    ((["....", "...."], "FFFRRFFF", 1), (0, 0, 4)),
    (([".", "."], "LLFLFF", 9), (1, 0, 2)),
]
