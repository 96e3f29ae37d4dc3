"""Describe a picture by tiles. `rows` is a square picture, a list of strings with a power of two
as size. If all points of a square are the same, or its size is at most `smallest`, it is described
by one character: the only one, or the one that occurs most (the smaller character among equals).
Otherwise it is "(" + the descriptions of the quarters, top left, top right, bottom left, bottom
right, + ")".
"""


def tile_picture(rows, smallest):
    def describe(top, left, size):
        points = ""
        for row in rows[top : top + size]:
            points += row[left : left + size]
        kinds = sorted(set(points))
        if len(kinds) == 1:
            return kinds[0]
        if size <= smallest:
            return max(kinds, key=points.count)
        half = size // 2
        text = describe(top, left, half) + describe(top, left + half, half)
        text += describe(top + half, left, half) + describe(top + half, left + half, half)
        return "(" + text + ")"

    return describe(0, 0, len(rows))


ENTRY = "tile_picture"
SHOWN = [
    ((["#"], 1), "#"),
    ((["..", ".."], 1), "."),
    ((["a.", "bc"], 1), "(a.bc)"),
    ((["a.", "bb"], 2), "b"),
    ((["ab", "ba"], 2), "a"),
    ((["ab..", "cd..", "..xy", "..zw"], 1), "((abcd)..(xyzw))"),
    ((["aabb", "aabb", "ccdd", "ccde"], 2), "(abcd)"),
    ((["aabb", "aabb", "ccdd", "ccde"], 1), "(abc(ddde))"),
    ((["ccxy", "cczw", "dddd", "dddd"], 1), "(c(xyzw)dd)"),
]
HELD_BACK = [
    ((["zz", "az"], 4), "z"),
    ((["oooo", "oooo", "oooo", "ooox"], 1), "(ooo(ooox))"),
    ((["oooo", "oooo", "oooo", "ooox"], 4), "o"),
    ((["1234", "5678", "1122", "3344"], 1), "((1256)(3478)(1133)(2244))"),
    ((["1234", "5678", "1122", "3344"], 2), "(1312)"),
    ((["yx", "xy"], 1), "(yxxy)"),
]
