"""Next high tides. High water was at minute `known` (counted from midnight of day 0) and comes
every `period` minutes, before and after. Return the first `count` high tides that are not before
minute `now`, each as (day, hour, minute), that fall within the harbour's hours: from `opens` up
to, but not including, `closes` o'clock. The search ends after 60 tides, with what was found.
"""


def tide_table(known, period, now, opens, closes, count):
    tides = []
    waves = (now - known) // period
    tide = known + waves * period
    if tide < now:
        tide += period
    for _ in range(60):
        if len(tides) == count:
            break
        day = tide // 1440
        hour = tide % 1440 // 60
        if opens <= hour < closes:
            tides.append((day, hour, tide % 60))
        tide += period
    return tides


ENTRY = "tide_table"
SHOWN = [
    ((100, 745, 100, 0, 24, 2), [(0, 1, 40), (0, 14, 5)]),
    ((100, 745, 101, 0, 24, 2), [(0, 14, 5), (1, 2, 30)]),
    ((900, 745, 100, 0, 24, 1), [(0, 2, 35)]),
    ((100, 745, 100, 2, 14, 1), [(1, 2, 30)]),
    ((100, 745, 100, 14, 15, 2), [(0, 14, 5), (1, 14, 55)]),
    ((0, 720, 5, 0, 24, 0), []),
    ((0, 720, 5, 13, 24, 3), []),
    ((0, 1441, 0, 1, 2, 2), []),
    ((1, 1441, 0, 1, 2, 2), [(59, 1, 0)]),
    ((30, 60, 40, 9, 11, 3), [(0, 9, 30), (0, 10, 30), (1, 9, 30)]),
]
HELD_BACK = [
    ((5000, 745, 3000, 6, 20, 2), [(2, 10, 30), (3, 11, 20)]),
    ((0, 700, 1400, 0, 24, 1), [(0, 23, 20)]),
    ((0, 700, 1401, 0, 24, 1), [(1, 11, 0)]),
    ((10, 750, -800, 0, 24, 2), [(-1, 11, 40), (0, 0, 10)]),
    ((15, 1440, 16, 1, 24, 1), []),
    ((59, 61, 0, 1, 2, 2), [(1, 1, 23), (2, 1, 47)]),
]
