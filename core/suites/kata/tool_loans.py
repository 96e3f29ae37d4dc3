"""Lend tools. `tools` maps tools to how many there are. `events` are (person, "borrow" | "return",
tool). A person gets a tool if one is free and the person has not got one of that kind already; if
none is free the person is put at the end of the waiting list, unless waiting for that tool
already. Requests for unknown tools are dropped, and so are returns of what somebody has not got. A
returned tool goes straight to the first one waiting for it, who leaves the list. Return the sorted
list of (person, tool) held at the end.
"""


class Shed:
    def __init__(self, tools):
        self.free = dict(tools)
        self.held = []
        self.waiting = []

    def borrow(self, wish):
        person, tool = wish
        if tool not in self.free or wish in self.held or wish in self.waiting:
            return
        if self.free[tool] > 0:
            self.free[tool] -= 1
            self.held.append(wish)
        else:
            self.waiting.append(wish)

    def give_back(self, loan):
        self.held.remove(loan)
        for wish in self.waiting:
            if wish[1] == loan[1]:
                self.waiting.remove(wish)
                self.held.append(wish)
                return
        self.free[loan[1]] += 1


def tool_loans(tools, events):
    shed = Shed(tools)
    for person, action, tool in events:
        if action == "borrow":
            shed.borrow((person, tool))
        elif (person, tool) in shed.held:
            shed.give_back((person, tool))
    return sorted(shed.held)


ENTRY = "tool_loans"
SHOWN = [
    (({"saw": 1}, [("al", "borrow", "saw"), ("bo", "borrow", "saw")]), [("al", "saw")]),
    (
        ({"saw": 1}, [("al", "borrow", "saw"), ("bo", "borrow", "saw"), ("al", "return", "saw")]),
        [("bo", "saw")],
    ),
    (
        ({"saw": 2}, [("al", "borrow", "saw"), ("al", "borrow", "saw"), ("bo", "borrow", "saw")]),
        [("al", "saw"), ("bo", "saw")],
    ),
    (
        ({"saw": 1, "axe": 1}, [("bo", "borrow", "saw"), ("al", "borrow", "axe")]),
        [("al", "axe"), ("bo", "saw")],
    ),
    (
        ({"saw": 0}, [("al", "borrow", "saw"), ("al", "return", "saw"), ("al", "borrow", "rake")]),
        [],
    ),
    (
        (
            {"saw": 1},
            [
                ("al", "borrow", "saw"),
                ("bo", "return", "saw"),
                ("al", "return", "saw"),
                ("bo", "borrow", "saw"),
            ],
        ),
        [("bo", "saw")],
    ),
    (
        (
            {"axe": 1, "saw": 1},
            [
                ("al", "borrow", "axe"),
                ("bo", "borrow", "saw"),
                ("cy", "borrow", "axe"),
                ("di", "borrow", "saw"),
                ("bo", "return", "saw"),
            ],
        ),
        [("al", "axe"), ("di", "saw")],
    ),
    (
        (
            {"saw": 1},
            [
                ("al", "borrow", "saw"),
                ("bo", "borrow", "saw"),
                ("bo", "borrow", "saw"),
                ("al", "return", "saw"),
                ("bo", "return", "saw"),
                ("al", "borrow", "saw"),
            ],
        ),
        [("al", "saw")],
    ),
    (
        (
            {"saw": 1},
            [
                ("al", "borrow", "saw"),
                ("bo", "borrow", "saw"),
                ("cy", "borrow", "saw"),
                ("al", "return", "saw"),
                ("di", "borrow", "saw"),
                ("bo", "return", "saw"),
            ],
        ),
        [("cy", "saw")],
    ),
]
HELD_BACK = [
    (({}, [("al", "borrow", "saw")]), []),
    (({"hoe": 3}, []), []),
    (
        (
            {"hoe": 3},
            [
                ("al", "borrow", "hoe"),
                ("bo", "borrow", "hoe"),
                ("al", "return", "hoe"),
                ("al", "borrow", "hoe"),
            ],
        ),
        [("al", "hoe"), ("bo", "hoe")],
    ),
    (({"hoe": 1}, [("al", "borrow", "hoe"), ("al", "borrow", "hoe"), ("al", "return", "hoe")]), []),
    (
        (
            {"hoe": 1},
            [
                ("al", "borrow", "hoe"),
                ("bo", "borrow", "hoe"),
                ("cy", "borrow", "hoe"),
                ("al", "return", "hoe"),
                ("bo", "return", "hoe"),
            ],
        ),
        [("cy", "hoe")],
    ),
    (
        (
            {"hoe": 1, "saw": 1},
            [
                ("al", "borrow", "hoe"),
                ("bo", "borrow", "hoe"),
                ("bo", "borrow", "saw"),
                ("al", "return", "hoe"),
                ("al", "borrow", "saw"),
                ("bo", "return", "saw"),
            ],
        ),
        [("al", "saw"), ("bo", "hoe")],
    ),
]
