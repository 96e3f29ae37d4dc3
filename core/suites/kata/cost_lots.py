"""Account for goods bought in lots. `events` are ("buy", pieces, price) and ("sell", pieces,
price), prices per piece. Pieces are taken from the oldest lot first, from the newest first if
`newest` is true. A sale of more pieces than are in stock sells only what is there. The profit of a
sale is its price minus `fee` for the whole sale (if at least one piece is sold) minus what the
pieces cost. Return (total profit, pieces left, what they cost).
"""


class Stock:
    def __init__(self, newest):
        self.newest = newest
        self.lots = []

    def buy(self, pieces, price):
        if pieces > 0:
            self.lots.append([pieces, price])

    def take(self, pieces):
        taken = 0
        cost = 0
        while self.lots and taken < pieces:
            lot = self.lots[-1] if self.newest else self.lots[0]
            part = min(lot[0], pieces - taken)
            taken += part
            cost += part * lot[1]
            lot[0] -= part
            if lot[0] == 0:
                self.lots.remove(lot)
        return taken, cost


def cost_lots(events, fee, newest):
    stock = Stock(newest)
    profit = 0
    for kind, pieces, price in events:
        if kind == "buy":
            stock.buy(pieces, price)
            continue
        sold, cost = stock.take(pieces)
        if sold > 0:
            profit += sold * price - fee - cost
    left = sum(lot[0] for lot in stock.lots)
    value = sum(lot[0] * lot[1] for lot in stock.lots)
    return (profit, left, value)


ENTRY = "cost_lots"
SHOWN = [
    (([("buy", 5, 10), ("sell", 2, 13)], 1, False), (5, 3, 30)),
    (([("buy", 2, 10), ("buy", 3, 20), ("sell", 3, 30)], 0, False), (50, 2, 40)),
    (([("buy", 2, 10), ("buy", 3, 20), ("sell", 4, 30)], 0, True), (50, 1, 10)),
    (([("buy", 2, 10), ("sell", 9, 11)], 5, False), (-3, 0, 0)),
    (([("sell", 9, 11)], 5, False), (0, 0, 0)),
    (([("buy", 0, 7), ("buy", 1, 3)], 5, True), (0, 1, 3)),
    (([], 1, True), (0, 0, 0)),
    (([("buy", 1, 4), ("sell", 1, 9), ("buy", 2, 5), ("sell", 1, 6)], 2, False), (2, 1, 5)),
]
HELD_BACK = [
    (([("buy", 3, 7), ("sell", 0, 9)], 4, False), (0, 3, 21)),
    (([("buy", 1, 1), ("buy", 1, 2), ("buy", 1, 3), ("sell", 2, 5)], 1, False), (6, 1, 3)),
    (([("buy", 1, 1), ("buy", 1, 2), ("buy", 1, 3), ("sell", 2, 5)], 1, True), (4, 1, 1)),
    (([("buy", 4, 25), ("sell", 1, 25), ("sell", 1, 20), ("sell", 3, 30)], 0, True), (5, 0, 0)),
    (([("buy", 6, 2), ("sell", 5, 2), ("buy", 2, 9)], 3, False), (-3, 3, 20)),
    (([("buy", 2, 50), ("sell", 1, 60), ("sell", 1, 60), ("sell", 1, 60)], 7, False), (6, 0, 0)),
]
