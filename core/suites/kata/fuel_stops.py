"""Plan fuel stops. `stations` lists the kilometre marks of filling stations in rising order, the
trip goes from 0 to `goal` and starts with a full tank that lasts `reach` kilometres. The driver
passes a station unless the next one (or the goal) would be out of reach, and fills up fully when
stopping. Return the marks of the stops, or None if the trip is impossible. Stations at or beyond
the goal do not matter.
"""


def fuel_stops(stations, goal, reach):
    stops = []
    filled_at = 0
    marks = [mark for mark in stations if mark < goal] + [goal]
    for index, mark in enumerate(marks):
        if mark - filled_at > reach:
            return None
        if mark == goal:
            break
        following = marks[index + 1]
        if following - filled_at > reach:
            stops.append(mark)
            filled_at = mark
    return stops


ENTRY = "fuel_stops"
SHOWN = [
    (([100, 200, 300], 400, 200), [200]),
    (([100, 200, 300], 399, 100), [100, 200, 300]),
    (([100, 200, 300], 401, 100), None),
    (([], 50, 50), []),
    (([], 51, 50), None),
    (([60], 100, 50), None),
    (([10, 30, 90, 120], 90, 60), [30]),
    (([10, 30, 90, 120], 150, 60), [30, 90]),
]
HELD_BACK = [
    (([40, 80, 120], 120, 200), []),
    (([40, 80, 120], 160, 80), [80]),
    (([5, 9, 14, 20], 22, 9), [9, 14]),
    (([50, 100], 151, 50), None),
    (([50, 100], 150, 50), [50, 100]),
    (([500], 10, 10), []),
]
