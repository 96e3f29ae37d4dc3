"""Places of a contest. `results` maps names to points, where more is better. Equal points share a
place, and the next place counts everybody better (1, 2, 2, 4). People below `minimum` points are
not placed. Return (place, name) for all places up to `last_place`, ordered by place, then by name.
"""


def podium_places(results, minimum, last_place):
    ranked = sorted(results, key=lambda name: (-results[name], name))
    listing = []
    place = 0
    previous = None
    for better, name in enumerate(ranked):
        points = results[name]
        if points < minimum:
            break
        if points != previous:
            place = better + 1
        if place > last_place:
            break
        listing.append((place, name))
        previous = points
    return listing


ENTRY = "podium_places"
SHOWN = [
    (({"Ute": 9, "Bo": 7, "Al": 7, "Cy": 5}, 0, 4), [(1, "Ute"), (2, "Al"), (2, "Bo"), (4, "Cy")]),
    (({"Ute": 9, "Bo": 7, "Al": 7, "Cy": 5}, 0, 3), [(1, "Ute"), (2, "Al"), (2, "Bo")]),
    (({"Ute": 9, "Bo": 7, "Al": 7, "Cy": 5}, 7, 2), [(1, "Ute"), (2, "Al"), (2, "Bo")]),
    (({"Ute": 9, "Bo": 7, "Al": 7, "Cy": 5}, 8, 9), [(1, "Ute")]),
    (({}, 0, 3), []),
    (({"x": 1, "w": 1, "v": 1}, 1, 1), [(1, "v"), (1, "w"), (1, "x")]),
    (({"x": 3, "w": 2}, 4, 1), []),
]
HELD_BACK = [
    (({"a": 1, "b": 2, "c": 3}, 0, 2), [(1, "c"), (2, "b")]),
    (({"a": 0, "b": 0}, 0, 0), []),
    (({"a": 0, "b": 0}, 0, 1), [(1, "a"), (1, "b")]),
    (({"m": 4, "n": 6, "o": 6, "p": 4, "q": 1}, 1, 3), [(1, "n"), (1, "o"), (3, "m"), (3, "p")]),
    (({"m": 4, "n": 6, "o": 6, "p": 4, "q": 1}, 5, 5), [(1, "n"), (1, "o")]),
    (({"k": -2, "j": -1}, -2, 2), [(1, "j"), (2, "k")]),
]
