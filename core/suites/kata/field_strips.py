"""Merge strips of a field. `strips` lists (crop, width) from west to east. Neighbouring strips
with the same crop become one with the sum of the widths. A strip of "fallow" narrower than `hedge`
is a hedge: it disappears before merging, so that strips on both sides of it may be joined; its
width is lost. Wider fallow strips are ordinary strips. Return the list of (crop, width).
"""


def field_strips(strips, hedge):
    merged = []
    for crop, width in strips:
        if crop == "fallow" and width < hedge:
            continue
        if merged and merged[-1][0] == crop:
            total = merged[-1][1] + width
            merged[-1] = (crop, total)
        else:
            merged.append((crop, width))
    return merged


ENTRY = "field_strips"
SHOWN = [
    (([("rye", 3), ("rye", 4), ("oat", 2)], 2), [("rye", 7), ("oat", 2)]),
    (([("rye", 3), ("fallow", 1), ("rye", 4)], 2), [("rye", 7)]),
    (([("rye", 3), ("fallow", 2), ("rye", 4)], 2), [("rye", 3), ("fallow", 2), ("rye", 4)]),
    (([("rye", 1), ("oat", 1), ("rye", 1)], 5), [("rye", 1), ("oat", 1), ("rye", 1)]),
    (([], 3), []),
    (([("fallow", 4), ("fallow", 5), ("fallow", 3)], 4), [("fallow", 9)]),
]
HELD_BACK = [
    (([("fallow", 1)], 2), []),
    (([("oat", 1), ("oat", 1), ("oat", 1)], 9), [("oat", 3)]),
    (
        ([("fallow", 2), ("oat", 6), ("fallow", 9), ("oat", 1)], 3),
        [("oat", 6), ("fallow", 9), ("oat", 1)],
    ),
    (
        ([("hay", 5), ("fallow", 0), ("fallow", 7), ("hay", 2)], 7),
        [("hay", 5), ("fallow", 7), ("hay", 2)],
    ),
    (([("hay", 5), ("fallow", 0), ("hay", 2), ("hay", 1)], 1), [("hay", 8)]),
    (([("hay", 5), ("fallow", 0), ("hay", 2)], 0), [("hay", 5), ("fallow", 0), ("hay", 2)]),
]
