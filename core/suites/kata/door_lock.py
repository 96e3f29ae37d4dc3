"""Operate a door lock with a keypad. `keys` are (second, key) in order of time. "#" tries the
digits typed since the last "#" as `code`, "*" clears them. After `tries` wrong codes without a
right one in between the lock is blocked: keys less than `block` seconds later are ignored, and
counting starts anew. A "#" without digits is no try. Return the seconds at which the door opened.
"""


class Lock:
    def __init__(self, code):
        self.code = code
        self.typed = ""
        self.wrong = 0

    def attempt(self):
        opens = self.typed == self.code
        if opens:
            self.wrong = 0
        elif self.typed:
            self.wrong += 1
        self.typed = ""
        return opens


def door_lock(code, keys, tries, block):
    lock = Lock(code)
    opened = []
    free_from = 0
    for second, key in keys:
        if second < free_from:
            continue
        if key == "#":
            if lock.attempt():
                opened.append(second)
            if lock.wrong == tries:
                free_from = second + block
                lock.wrong = 0
        elif key == "*":
            lock.typed = ""
        else:
            lock.typed += key
    return opened


ENTRY = "door_lock"
SHOWN = [
    (("12", [(1, "1"), (2, "2"), (3, "#")], 3, 60), [3]),
    (("12", [(1, "2"), (2, "1"), (3, "#")], 3, 60), []),
    (("12", [(1, "1"), (2, "*"), (3, "1"), (4, "2"), (4, "#")], 3, 60), [4]),
    (("7", [(1, "8"), (2, "#"), (3, "7"), (4, "#")], 2, 10), [4]),
    (("7", [(1, "8"), (2, "#"), (3, "7"), (4, "#"), (12, "7"), (13, "#")], 1, 10), [13]),
    (("7", [(1, "8"), (2, "#"), (11, "7"), (12, "#")], 1, 10), []),
    (("7", [(1, "#"), (2, "7"), (3, "#")], 1, 10), [3]),
    (
        (
            "7",
            [(1, "8"), (2, "#"), (3, "7"), (4, "#"), (5, "8"), (6, "#"), (7, "7"), (8, "#")],
            2,
            9,
        ),
        [4, 8],
    ),
    (
        (
            "7",
            [(1, "8"), (2, "#"), (3, "8"), (4, "#"), (8, "8"), (9, "#"), (9, "7"), (9, "#")],
            2,
            4,
        ),
        [9],
    ),
    (("7", [], 2, 4), []),
    (("1", [(0, "1"), (0, "#")], 1, 5), [0]),
]
HELD_BACK = [
    (("99", [(0, "9"), (0, "9"), (0, "9"), (0, "#")], 2, 5), []),
    (("99", [(0, "9"), (1, "9"), (2, "#"), (3, "#"), (4, "9"), (5, "9"), (6, "#")], 1, 9), [2, 6]),
    (
        ("99", [(0, "9"), (9, "#"), (9, "9"), (10, "#"), (15, "9"), (15, "9"), (16, "#")], 2, 5),
        [16],
    ),
    (("5", [(0, "5"), (1, "*"), (2, "#"), (3, "5"), (3, "#")], 1, 50), [3]),
    (
        (
            "5",
            [(0, "4"), (1, "#"), (2, "4"), (3, "#"), (20, "5"), (21, "#"), (23, "5"), (24, "#")],
            2,
            20,
        ),
        [24],
    ),
    (("5", [(0, "4"), (1, "#"), (2, "5"), (3, "#"), (31, "5"), (32, "#")], 1, 30), [32]),
]
