"""Group log entries into sessions. `entries` lists (second, user) in rising order of time. A
session of a user ends when the next entry of that user comes more than `gap` seconds after the one
before. Return (user, first second, last second, number of entries) for every session with at least
`least` entries, sorted by first second, then user.
"""


def log_sessions(entries, gap, least):
    running = {}
    closed = []
    for second, user in entries:
        session = running.get(user)
        if session is not None and second - session[2] <= gap:
            running[user] = (user, session[1], second, session[3] + 1)
        else:
            if session is not None:
                closed.append(session)
            running[user] = (user, second, second, 1)
    closed.extend(running.values())
    kept = [session for session in closed if session[3] >= least]
    return sorted(kept, key=lambda session: (session[1], session[0]))


ENTRY = "log_sessions"
SHOWN = [
    (([(1, "a"), (4, "a"), (8, "a")], 3, 1), [("a", 1, 4, 2), ("a", 8, 8, 1)]),
    (([(1, "a"), (4, "a"), (8, "a")], 3, 2), [("a", 1, 4, 2)]),
    (([(1, "b"), (2, "a"), (3, "b"), (4, "a")], 2, 1), [("b", 1, 3, 2), ("a", 2, 4, 2)]),
    (([(5, "b"), (5, "a")], 0, 1), [("a", 5, 5, 1), ("b", 5, 5, 1)]),
    (([], 9, 1), []),
    (([(0, "z"), (9, "y"), (10, "z"), (11, "y"), (20, "z")], 10, 3), [("z", 0, 20, 3)]),
]
HELD_BACK = [
    (([(3, "a")], 5, 2), []),
    (([(3, "a"), (3, "a")], 0, 2), [("a", 3, 3, 2)]),
    (([(0, "u"), (2, "u"), (5, "u"), (7, "u")], 2, 2), [("u", 0, 2, 2), ("u", 5, 7, 2)]),
    (([(0, "u"), (2, "u"), (5, "u"), (7, "u")], 3, 2), [("u", 0, 7, 4)]),
    (
        ([(0, "q"), (1, "p"), (100, "p"), (101, "q")], 50, 1),
        [("q", 0, 0, 1), ("p", 1, 1, 1), ("p", 100, 100, 1), ("q", 101, 101, 1)],
    ),
    (([(0, "q"), (1, "p"), (100, "p"), (101, "q")], 100, 2), [("p", 1, 100, 2)]),
]
