"""Lay out one table row. `cells` are strings, `widths` the column widths, `aligns` a string with
"l", "r" or "c" per column. A cell longer than its column is cut to width - 1 characters and "+". A
shorter one is padded with blanks: on the right for "l", on the left for "r", on both sides for "c"
with the odd blank on the right. Missing cells are empty, surplus cells are dropped. Columns are
joined with "|". Widths are positive.
"""


def table_row(cells, widths, aligns):
    columns = []
    for index, width in enumerate(widths):
        cell = cells[index] if index < len(cells) else ""
        if len(cell) > width:
            cell = cell[: width - 1] + "+"
        space = width - len(cell)
        if aligns[index] == "r":
            left = space
        elif aligns[index] == "c":
            left = space // 2
        else:
            left = 0
        columns.append(" " * left + cell + " " * (space - left))
    return "|".join(columns)


ENTRY = "table_row"
SHOWN = [
    ((["ab", "cd", "ef"], [4, 4, 5], "lrc"), "ab  |  cd| ef  "),
    ((["abcde"], [5], "l"), "abcde"),
    ((["abcdef"], [5], "r"), "abcd+"),
    ((["x"], [2, 3], "rl"), " x|   "),
    ((["x", "y"], [1], "c"), "x"),
    (([], [], ""), ""),
    ((["no", "yes"], [1, 6], "cc"), "+| yes  "),
    ((["ab"], [6], "c"), "  ab  "),
]
HELD_BACK = [
    ((["tea", "12"], [6, 6], "lr"), "tea   |    12"),
    ((["mid"], [6], "c"), " mid  "),
    ((["mid"], [3], "c"), "mid"),
    (([], [2, 1], "rc"), "  | "),
    ((["longer", "long"], [4, 4], "cl"), "lon+|long"),
    ((["", "z"], [1, 3], "lc"), " | z "),
]
