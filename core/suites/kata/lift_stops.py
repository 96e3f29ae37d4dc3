"""Ride a lift. It starts at floor `start` with its doors closed and knows `floors` floors,
numbered from 0. `calls` is a list of floors in the order they were asked for; calls for floors
that do not exist, and for the floor where the lift stands at the start, are dropped. The lift goes
first in the direction of the first valid call, serves all calls on that side in passing, then
turns and serves those on the other side. A floor called twice is one stop. Return (list of stops,
number of floors travelled).
"""


class Lift:
    def __init__(self, floor, floors):
        self.floor = floor
        self.floors = floors
        self.travelled = 0
        self.stops = []

    def accepts(self, floor):
        return 0 <= floor < self.floors and floor != self.floor

    def visit(self, floor):
        self.travelled += abs(floor - self.floor)
        self.floor = floor
        self.stops.append(floor)


def lift_stops(start, floors, calls):
    lift = Lift(start, floors)
    wanted = [call for call in calls if lift.accepts(call)]
    if not wanted:
        return ([], 0)
    above = sorted({call for call in wanted if call > start})
    below = sorted({call for call in wanted if call < start}, reverse=True)
    order = above + below if wanted[0] > start else below + above
    for floor in order:
        lift.visit(floor)
    return (lift.stops, lift.travelled)


ENTRY = "lift_stops"
SHOWN = [
    ((2, 6, [4, 1, 3]), ([3, 4, 1], 5)),
    ((2, 6, [1, 4, 0, 4]), ([1, 0, 4], 6)),
    ((2, 6, []), ([], 0)),
    ((2, 6, [2, 6, -1]), ([], 0)),
    ((2, 6, [2, 5, 6]), ([5], 3)),
    ((0, 3, [0, 2, 1, 2]), ([1, 2], 2)),
    ((4, 5, [9, 0, 3, 4]), ([3, 0], 4)),
]
HELD_BACK = [
    ((1, 2, [0]), ([0], 1)),
    ((5, 10, [9, 7, 2, 8, 3]), ([7, 8, 9, 3, 2], 11)),
    ((5, 10, [3, 9]), ([3, 9], 8)),
    ((3, 8, [3, 3, 8]), ([], 0)),
    ((3, 8, [7, 7, 7]), ([7], 4)),
    ((0, 1, [0, 1]), ([], 0)),
]
