"""Waiting times at service counters. `arrivals` lists (minute, duration) in order of arrival.
There are `counters` counters, all free at minute 0. Each customer goes to the counter that is free
first (the lowest number among equals) and waits until it is free. A customer who would wait longer
than `patience` minutes leaves at once. Return the list of waiting times, -1 for those who left.
"""


def counter_queue(arrivals, counters, patience):
    free_at = [0] * counters
    waits = []
    for minute, duration in arrivals:
        chosen = free_at.index(min(free_at))
        wait = max(free_at[chosen] - minute, 0)
        if wait > patience:
            waits.append(-1)
            continue
        free_at[chosen] = minute + wait + duration
        waits.append(wait)
    return waits


ENTRY = "counter_queue"
SHOWN = [
    (([(0, 5), (1, 5), (2, 5)], 1, 20), [0, 4, 8]),
    (([(0, 5), (1, 5), (2, 5)], 2, 20), [0, 0, 3]),
    (([(0, 5), (1, 5), (2, 5)], 1, 4), [0, 4, -1]),
    (([(0, 5), (1, 5), (2, 5), (6, 2)], 1, 3), [0, -1, 3, -1]),
    (([], 2, 5), []),
    (([(3, 4), (9, 1), (9, 1)], 1, 0), [0, 0, -1]),
    (([(2, 10), (3, 3), (4, 9), (5, 1)], 2, 9), [0, 0, 2, 7]),
]
HELD_BACK = [
    (([(0, 1), (1, 1), (2, 1)], 1, 0), [0, 0, 0]),
    (([(0, 2), (1, 1), (2, 1)], 1, 0), [0, -1, 0]),
    (([(5, 5), (5, 5), (5, 5), (5, 5)], 3, 10), [0, 0, 0, 5]),
    (([(0, 30), (1, 30), (2, 1), (40, 1)], 2, 10), [0, 0, -1, 0]),
    (([(0, 9), (0, 8), (0, 7)], 1, 100), [0, 9, 17]),
    (([(7, 0)], 4, 0), [0]),
]
