"""Number an outline. `items` is a list of strings and lists; a list holds the sub-items of the
string before it. Strings on the top level are numbered "1", "2", ..., sub-items get the number of
their parent, "." and their own ("2.1"). A string ending in "!" is a note: it keeps its place in
the order, but gets no number and uses none up, and a list behind it belongs to the last numbered
item. Sub-items deeper than `deepest` levels are left out. Return lines of number, blank and text;
notes are "- " and the text without "!".
"""


def nested_outline(items, deepest, prefix=""):
    lines = []
    number = 0
    for item in items:
        if isinstance(item, list):
            if deepest > 1:
                lines += nested_outline(item, deepest - 1, prefix + str(number) + ".")
        elif item.endswith("!"):
            lines.append("- " + item[:-1])
        else:
            number += 1
            lines.append(prefix + str(number) + " " + item)
    return lines


ENTRY = "nested_outline"
SHOWN = [
    ((["soil", "seed"], 2), ["1 soil", "2 seed"]),
    ((["soil", ["dig", "rake"], "seed"], 2), ["1 soil", "1.1 dig", "1.2 rake", "2 seed"]),
    ((["soil", ["dig", "rake"], "seed"], 1), ["1 soil", "2 seed"]),
    ((["a", "b", ["c", ["d", ["e"]]]], 3), ["1 a", "2 b", "2.1 c", "2.1.1 d"]),
    ((["a", "late!", ["b"], "c"], 2), ["1 a", "- late", "1.1 b", "2 c"]),
    (([], 5), []),
    ((["x", ["y!", "z"], ["w"]], 2), ["1 x", "- y", "1.1 z", "1.1 w"]),
]
HELD_BACK = [
    ((["!"], 1), ["- "]),
    ((["a!b"], 1), ["1 a!b"]),
    (
        (["p", ["q", ["r"], "s"], "t", ["u"]], 9),
        ["1 p", "1.1 q", "1.1.1 r", "1.2 s", "2 t", "2.1 u"],
    ),
    ((["p", ["q", ["r"], "s"], "t", ["u"]], 2), ["1 p", "1.1 q", "1.2 s", "2 t", "2.1 u"]),
    ((["m", [], "n!"], 4), ["1 m", "- n"]),
    ((["k", ["j", ["h"]]], 3), ["1 k", "1.1 j", "1.1.1 h"]),
]
