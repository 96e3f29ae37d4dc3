"""Operate a snack machine. `stock` maps snacks to (price, pieces). `commands` are numbers, coins
put in, or snack names. A coin that would raise the credit above `limit` falls through and is
counted as returned. A name sells a piece if the snack exists, pieces are left and the credit
suffices. The command "back" returns all credit. Credit left after the last command stays in the
machine. Return (list of snacks sold, money returned, credit left).
"""


class Machine:
    def __init__(self, stock, limit):
        self.pieces = {name: pieces for name, (price, pieces) in stock.items()}
        self.prices = {name: price for name, (price, pieces) in stock.items()}
        self.limit = limit
        self.credit = 0
        self.returned = 0

    def insert(self, coin):
        if self.credit + coin > self.limit:
            self.returned += coin
        else:
            self.credit += coin

    def cancel(self):
        self.returned += self.credit
        self.credit = 0

    def sell(self, name):
        if self.pieces.get(name, 0) < 1 or self.credit < self.prices[name]:
            return False
        self.pieces[name] -= 1
        self.credit -= self.prices[name]
        return True


def snack_machine(stock, commands, limit):
    machine = Machine(stock, limit)
    sold = []
    for command in commands:
        if isinstance(command, int):
            machine.insert(command)
        elif command == "back":
            machine.cancel()
        elif machine.sell(command):
            sold.append(command)
    return (sold, machine.returned, machine.credit)


ENTRY = "snack_machine"
SHOWN = [
    (({"nuts": (80, 2)}, [50, 50, "nuts"], 200), (["nuts"], 0, 20)),
    (({"nuts": (80, 2)}, [50, 20, "nuts", 10, "nuts"], 200), (["nuts"], 0, 0)),
    (({"nuts": (80, 1)}, [200, "nuts", "nuts"], 200), (["nuts"], 0, 120)),
    (({"nuts": (80, 2)}, [100, 100, 1, "back"], 200), ([], 201, 0)),
    (({"nuts": (80, 2)}, ["rice", "nuts"], 200), ([], 0, 0)),
    (
        ({"nuts": (80, 2), "tea": (90, 1)}, [200, "tea", "back", 20, "nuts"], 200),
        (["tea"], 110, 20),
    ),
    (({}, [], 5), ([], 0, 0)),
    (({"gum": (0, 1)}, ["gum", "gum", 5], 4), (["gum"], 5, 0)),
    (({"nuts": (10, 2)}, [20, "nuts", "nuts"], 50), (["nuts", "nuts"], 0, 0)),
]
HELD_BACK = [
    (({"gum": (5, 3)}, [5, "gum", 5, "gum", 5, "gum", 5, "gum"], 5), (["gum", "gum", "gum"], 0, 5)),
    (({"gum": (5, 3)}, [10, "back", "gum"], 20), ([], 10, 0)),
    (({"gum": (5, 3)}, [30, 20, 1], 20), ([], 31, 20)),
    (({"a": (3, 1), "b": (4, 1)}, [7, "b", "a"], 9), (["b", "a"], 0, 0)),
    (({"a": (3, 1), "b": (4, 1)}, [6, "a", "b", "back"], 9), (["a"], 3, 0)),
    (({"a": (3, 0)}, [5, "a", "back", "back"], 5), ([], 5, 0)),
]
