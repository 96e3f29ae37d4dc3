"""Keep the newest messages. `messages` are (level, text) in order. Messages with a level below
`minimum` are not stored at all. A message with the same text as the newest stored one is not
stored again, but counted with it; the level becomes the higher of the two. When more than `room`
messages are stored, the new one included, the oldest of the lowest level goes. Return (list of
(text, count, level) from old to new, number of messages lost in this way, repetitions counted
singly).
"""


class RingLog:
    def __init__(self, room):
        self.room = room
        self.entries = []
        self.lost = 0

    def write(self, level, text):
        if self.entries and self.entries[-1][0] == text:
            newest = self.entries[-1]
            self.entries[-1] = (text, newest[1] + 1, max(newest[2], level))
            return
        self.entries.append((text, 1, level))
        if len(self.entries) > self.room:
            oldest = min(self.entries, key=lambda entry: entry[2])
            self.entries.remove(oldest)
            self.lost += oldest[1]


def ring_log(messages, minimum, room):
    log = RingLog(room)
    for level, text in messages:
        if level >= minimum:
            log.write(level, text)
    return (log.entries, log.lost)


ENTRY = "ring_log"
SHOWN = [
    (([(1, "a"), (2, "b")], 1, 5), ([("a", 1, 1), ("b", 1, 2)], 0)),
    (([(1, "a"), (2, "b")], 2, 5), ([("b", 1, 2)], 0)),
    (([(1, "a"), (3, "a"), (2, "a")], 0, 5), ([("a", 3, 3)], 0)),
    (([(1, "a"), (1, "b"), (1, "a")], 0, 2), ([("b", 1, 1), ("a", 1, 1)], 1)),
    (([(2, "a"), (1, "b"), (1, "b"), (2, "c"), (0, "d")], 0, 2), ([("a", 1, 2), ("c", 1, 2)], 3)),
    (([(1, "a")], 0, 0), ([], 1)),
    (([], 0, 3), ([], 0)),
    (([(5, "x"), (4, "y"), (4, "z")], 4, 2), ([("x", 1, 5), ("z", 1, 4)], 1)),
]
HELD_BACK = [
    (([(1, "m"), (1, "m")], 1, 1), ([("m", 2, 1)], 0)),
    (([(1, "m"), (0, "n"), (1, "m")], 1, 1), ([("m", 2, 1)], 0)),
    (([(1, "m"), (1, "n"), (2, "m")], 1, 1), ([("m", 1, 2)], 2)),
    (
        ([(3, "p"), (3, "q"), (3, "r"), (3, "s")], 0, 3),
        ([("q", 1, 3), ("r", 1, 3), ("s", 1, 3)], 1),
    ),
    (([(2, "p"), (9, "q"), (1, "q"), (3, "r")], 2, 2), ([("q", 1, 9), ("r", 1, 3)], 1)),
    (([(0, "u"), (0, "u"), (0, "v")], 0, 0), ([], 3)),
]
