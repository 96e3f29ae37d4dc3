"""Score a leg of darts. A player starts with `start` points and throws `darts`, strings such as
"20", "D16" (double) or "T19" (treble); "0" is a miss. Three darts make a turn. The leg is won by
reaching exactly 0 with a double. A dart that would leave less than 0, exactly 1, or 0 without a
double ends the turn: the score goes back to what it was before the turn and the rest of its darts
is not thrown; the following dart starts a new turn. Return (points left, number of darts thrown),
darts after a win not counted.
"""


class Leg:
    def __init__(self, start):
        self.left = start
        self.before = start
        self.in_turn = 0

    def throw(self, dart):
        factor = {"D": 2, "T": 3}.get(dart[0], 1)
        points = factor * int(dart.lstrip("DT"))
        left = self.left - points
        self.in_turn += 1
        if left < 0 or left == 1 or (left == 0 and factor != 2):
            self.left = self.before
            self.in_turn = 0
            return
        self.left = left
        if self.in_turn == 3:
            self.before = left
            self.in_turn = 0


def darts_leg(start, darts):
    leg = Leg(start)
    thrown = 0
    for dart in darts:
        leg.throw(dart)
        thrown += 1
        if leg.left == 0:
            break
    return (leg.left, thrown)


ENTRY = "darts_leg"
SHOWN = [
    ((100, ["20", "T20", "D10", "5"]), (0, 3)),
    ((100, ["20", "T20", "20"]), (100, 3)),
    ((40, ["20", "D15", "D10"]), (20, 3)),
    ((40, ["19", "20", "D20"]), (0, 3)),
    ((40, ["10", "10", "10", "D5"]), (0, 4)),
    ((40, ["10", "10", "10", "T3", "D5"]), (0, 5)),
    ((40, ["10", "10", "10", "2", "T5", "D5"]), (0, 6)),
    ((60, ["T20"]), (60, 1)),
    ((50, ["0", "0", "D25"]), (0, 3)),
    ((2, []), (2, 0)),
    ((40, ["20", "D15", "10", "10", "10", "25", "D5"]), (0, 7)),
    ((60, ["10", "10", "10", "10", "5", "T20", "D15"]), (0, 7)),
]
HELD_BACK = [
    ((301, ["T20", "T20", "T20"]), (121, 3)),
    ((301, ["T20", "T20", "T20", "T20", "T7", "D20"]), (0, 6)),
    ((32, ["16", "8", "6", "D1"]), (0, 4)),
    ((32, ["16", "8", "7", "D16"]), (0, 4)),
    ((10, ["4", "4", "4", "D5"]), (0, 4)),
    ((7, ["1", "2", "0", "1", "T1", "D1"]), (2, 6)),
]
