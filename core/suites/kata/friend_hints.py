"""Suggest acquaintances. `pairs` lists friendships (two names each, valid both ways). Suggest to
`person` everyone who is not yet a friend but shares at least `common` friends with them, as (name,
number of shared friends), most shared friends first, then by name; at most `top` suggestions.
Names in `blocked` are not suggested, and friendship with them does not count as shared.
"""


def friend_hints(pairs, person, common, top, blocked):
    friends = {}
    for one, other in pairs:
        friends.setdefault(one, set()).add(other)
        friends.setdefault(other, set()).add(one)
    own = friends.get(person, set())
    hints = []
    for name, circle in friends.items():
        if name == person or name in own or name in blocked:
            continue
        shared = [friend for friend in circle if friend in own and friend not in blocked]
        if len(shared) >= common:
            hints.append((name, len(shared)))
    hints.sort(key=lambda hint: (-hint[1], hint[0]))
    return hints[:top]


ENTRY = "friend_hints"
SHOWN = [
    (([("a", "b"), ("b", "c")], "a", 1, 5, []), [("c", 1)]),
    (([("a", "b"), ("b", "c")], "a", 2, 5, []), []),
    (([("a", "b"), ("b", "c")], "a", 1, 5, ["b"]), []),
    (([("a", "b"), ("c", "b")], "a", 1, 5, ["c"]), []),
    (([("a", "b"), ("b", "c"), ("c", "a")], "a", 0, 5, []), []),
    (
        ([("a", "b"), ("a", "d"), ("b", "z"), ("y", "d"), ("x", "b"), ("d", "x")], "a", 1, 2, []),
        [("x", 2), ("y", 1)],
    ),
    (([], "a", 1, 3, []), []),
    (([("p", "q")], "a", 0, 3, []), [("p", 0), ("q", 0)]),
    (([("p", "q")], "a", 1, 3, []), []),
]
HELD_BACK = [
    (([("m", "n"), ("n", "o"), ("o", "p")], "n", 1, 9, []), [("p", 1)]),
    (([("m", "n"), ("n", "o"), ("o", "p")], "p", 1, 9, []), [("n", 1)]),
    (([("m", "n"), ("n", "o"), ("o", "p")], "p", 0, 9, []), [("n", 1), ("m", 0)]),
    (([("a", "b"), ("b", "c"), ("b", "d"), ("b", "e")], "a", 1, 0, []), []),
    (([("a", "b"), ("b", "c"), ("b", "d"), ("b", "e")], "a", 1, 2, ["c"]), [("d", 1), ("e", 1)]),
    (([("a", "b"), ("a", "c"), ("d", "b"), ("d", "c")], "a", 1, 3, ["c"]), [("d", 1)]),
]
