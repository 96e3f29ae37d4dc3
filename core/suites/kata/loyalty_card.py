"""Points on a loyalty card. `visits` are cents paid, or negative numbers for points to redeem.
Each full euro paid gives `rate` points, twice that from gold status on, which is reached for the
following visits once at least `gold` points have been earned in total, redeemed ones included. A
redemption is refused if the card holds fewer points than asked for, or if fewer than `smallest`
are asked for. Return (points held, points earned in total, number of refusals).
"""


class Card:
    def __init__(self, gold):
        self.gold = gold
        self.points = 0
        self.earned = 0

    def earn(self, points):
        if self.earned >= self.gold:
            points *= 2
        self.points += points
        self.earned += points

    def redeem(self, points, smallest):
        if points < smallest or points > self.points:
            return False
        self.points -= points
        return True


def loyalty_card(visits, rate, gold, smallest):
    card = Card(gold)
    refusals = 0
    for visit in visits:
        if visit >= 0:
            card.earn(visit // 100 * rate)
        elif not card.redeem(-visit, smallest):
            refusals += 1
    return (card.points, card.earned, refusals)


ENTRY = "loyalty_card"
SHOWN = [
    (([250, 99, 100], 3, 100, 1), (9, 9, 0)),
    (([500, 300], 1, 5, 1), (11, 11, 0)),
    (([500, 300], 1, 6, 1), (8, 8, 0)),
    (([1000, -10], 1, 99, 10), (0, 10, 0)),
    (([1000, -11], 1, 99, 10), (10, 10, 1)),
    (([1000, -9], 1, 99, 10), (10, 10, 1)),
    (([600, -6, 200], 1, 6, 2), (4, 10, 0)),
    (([], 2, 0, 1), (0, 0, 0)),
    (([100], 2, 0, 1), (4, 4, 0)),
    (([0, -1], 2, 0, 1), (0, 0, 1)),
]
HELD_BACK = [
    (([199, 199, 199], 5, 10, 1), (20, 20, 0)),
    (([700, -3, -3, -3], 1, 50, 3), (1, 7, 1)),
    (([700, -2, -8, -7], 1, 50, 3), (0, 7, 2)),
    (([-1, 100], 10, 1, 1), (10, 10, 1)),
    (([300, 300, -5, 300], 1, 3, 5), (10, 15, 0)),
    (([99, 99], 7, 7, 7), (0, 0, 0)),
]
