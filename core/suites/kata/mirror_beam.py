"""Follow a beam of light. `table` is a list of equally long strings with mirrors "/" and "\\", and
stones "#"; other characters let light pass. The beam enters row `row` from the left, moving right.
It ends when it leaves the table or hits a stone, or when it has lit `most` fields and would light
another. Return (number of fields lit one after the other, number of mirrors hit, letter): "R",
"L", "U" or "D" for the direction in which the beam left, "#" for a stone (not lit itself) and "?"
for a beam that would light more than `most` fields.
"""


def mirror_beam(table, row, most):
    column = 0
    down, right = 0, 1
    lit = 0
    mirrors = 0
    while 0 <= row < len(table) and 0 <= column < len(table[0]):
        field = table[row][column]
        if field == "#":
            return (lit, mirrors, "#")
        if lit == most:
            return (lit, mirrors, "?")
        lit += 1
        if field == "/":
            mirrors += 1
            down, right = -right, -down
        elif field == "\\":
            mirrors += 1
            down, right = right, down
        row += down
        column += right
    if down == 0:
        return (lit, mirrors, "R" if right == 1 else "L")
    return (lit, mirrors, "D" if down == 1 else "U")


ENTRY = "mirror_beam"
SHOWN = [
    ((["..."], 0, 9), (3, 0, "R")),
    ((["..."], 0, 3), (3, 0, "R")),
    ((["..."], 0, 2), (2, 0, "?")),
    ((["..#"], 0, 9), (2, 0, "#")),
    ((["..#"], 0, 2), (2, 0, "#")),
    (([".\\", "./"], 0, 9), (4, 2, "L")),
    (([".\\", ".\\"], 0, 9), (3, 2, "R")),
    (([".\\", "x."], 0, 9), (3, 1, "D")),
    ((["..", "/."], 1, 9), (2, 1, "U")),
    (([], 0, 4), (0, 0, "R")),
]
HELD_BACK = [
    ((["/"], 0, 1), (1, 1, "U")),
    ((["\\"], 0, 1), (1, 1, "D")),
    ((["/"], 0, 0), (0, 0, "?")),
    ((["/.\\", "...", "..."], 0, 9), (1, 1, "U")),
    ((["./", "/#"], 0, 9), (2, 1, "U")),
    (([".#", "./"], 1, 9), (2, 1, "#")),
    (([" \\ ", "\\/ "], 0, 20), (5, 3, "U")),
]
