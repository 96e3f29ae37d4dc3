"""Bus stops within reach. `lines` is a list of bus lines, each a list of stops served in both
directions. Starting at the stop `home`, a passenger may change buses at most `changes` times; the
first bus is not a change. Return the sorted stops that can be reached, `home` left out. Stops in
`closed` can be passed by bus, but nobody can get on or off there; from a closed home nothing can
be reached.
"""


def transfer_reach(lines, home, changes, closed):
    reached = {home}
    if home in closed:
        return []
    for _ in range(changes + 1):
        boarded = set(reached)
        for stops in lines:
            if any(stop in boarded for stop in stops):
                for stop in stops:
                    if stop not in closed:
                        reached.add(stop)
        if reached == boarded:
            break
    reached.discard(home)
    return sorted(reached)


ENTRY = "transfer_reach"
SHOWN = [
    (([["a", "b"], ["b", "c"], ["c", "d"]], "a", 0, []), ["b"]),
    (([["a", "b"], ["b", "c"], ["c", "d"]], "a", 1, []), ["b", "c"]),
    (([["c", "d"], ["b", "c"], ["a", "b"]], "a", 9, []), ["b", "c", "d"]),
    (([["a", "b", "e"], ["b", "c"]], "a", 2, ["b"]), ["e"]),
    (([["a", "b"]], "a", 3, ["a"]), []),
    (([["x", "y"]], "a", 3, []), []),
    (([], "a", 1, []), []),
    (([["q", "p"], ["p", "n", "m"]], "n", 1, []), ["m", "p", "q"]),
]
HELD_BACK = [
    (([["a", "b"], ["b", "c"]], "c", 0, []), ["b"]),
    (([["a", "b"], ["b", "c"]], "c", 1, []), ["a", "b"]),
    (([["a", "b"], ["b", "c"]], "c", 1, ["a"]), ["b"]),
    (([["k", "l", "m"], ["m", "n"], ["l", "n"]], "k", 0, ["m"]), ["l"]),
    (([["k", "l", "m"], ["m", "n"], ["l", "n"]], "k", 1, ["m"]), ["l", "n"]),
    (([["z"], ["z", "y"]], "y", 2, []), ["z"]),
]
