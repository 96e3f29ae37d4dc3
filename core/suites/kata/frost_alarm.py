"""Frost alarms from `readings`, hourly temperatures. At each hour take the sum of the last
`window` readings (only hours with that many readings count). The alarm starts at the first hour
whose sum is below `limit` * `window` and ends at the first later hour whose sum is at least
(`limit` + `slack`) * `window`. Return the (start, end) hours of all alarms; an alarm still on at
the end has end None.
"""


def frost_alarm(readings, window, limit, slack):
    alarms = []
    start = None
    for hour in range(window - 1, len(readings)):
        total = sum(readings[hour - window + 1 : hour + 1])
        if start is None:
            if total < limit * window:
                start = hour
        elif total >= (limit + slack) * window:
            alarms.append((start, hour))
            start = None
    if start is not None:
        alarms.append((start, None))
    return alarms


ENTRY = "frost_alarm"
SHOWN = [
    (([5, 3, 1, -2, 4, 6, 8], 1, 2, 2), [(2, 4)]),
    (([5, 3, 1, -2, 4, 6, 8], 2, 2, 1), [(3, 5)]),
    (([4, 4, 1, 0, 1], 2, 3, 0), [(2, None)]),
    (([2, 2, 2], 2, 2, 0), []),
    (([], 2, 2, 0), []),
    (([0], 2, 2, 0), []),
    (([0, 9, 0, 9, 0], 1, 5, 4), [(0, 1), (2, 3), (4, None)]),
    (([0, 0, 3, 3, 4], 3, 2, 1), [(2, 4)]),
]
HELD_BACK = [
    (([0, 0, 3, 3, 3], 3, 2, 1), [(2, 4)]),
    (([0, 0, 3, 3, 2], 3, 2, 1), [(2, None)]),
    (([10, -10, 10, -10, 12], 2, 1, 0), [(1, 4)]),
    (([1], 1, 2, 5), [(0, None)]),
    (([-1, 0, 1, 2, 1, 0, -1], 1, 0, 2), [(0, 3), (6, None)]),
    (([6, 6, 6], 3, 7, 0), [(2, None)]),
]
