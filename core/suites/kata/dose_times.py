"""Times for taking a medicine. The first dose is at minute `first` of the day, each next one
`interval` minutes after the dose before. A dose that would fall into sleep, from `bed` up to, but
not including, `rise` of the next day, is taken at `bed` minus `early` if this is at least `gap`
minutes after the dose before, and at `rise` otherwise; the next interval counts from there. Return
`doses` times in minutes from midnight of the first day. `first` is never in sleep; `rise` < `bed`.
"""


def dose_times(first, interval, bed, rise, early, gap, doses):
    times = []
    time = first
    for _ in range(doses):
        day, minute = divmod(time, 1440)
        if minute < rise:
            day -= 1
            minute += 1440
        if minute >= bed:
            evening = day * 1440 + bed - early
            if evening - times[-1] >= gap:
                time = evening
            else:
                time = (day + 1) * 1440 + rise
        times.append(time)
        time += interval
    return times


ENTRY = "dose_times"
SHOWN = [
    ((480, 240, 1320, 420, 0, 60, 4), [480, 720, 960, 1200]),
    ((480, 240, 1320, 420, 0, 60, 5), [480, 720, 960, 1200, 1320]),
    ((480, 240, 1320, 420, 0, 121, 5), [480, 720, 960, 1200, 1860]),
    ((480, 240, 1320, 420, 15, 105, 7), [480, 720, 960, 1200, 1305, 1860, 2100]),
    ((600, 900, 1300, 400, 30, 100, 2), [600, 1270]),
    ((600, 1240, 1300, 400, 30, 700, 3), [600, 1840, 2710]),
    ((600, 1239, 1300, 400, 30, 700, 2), [600, 1840]),
    ((600, 1240, 1300, 400, 30, 60, 2), [600, 1840]),
    ((600, 1239, 1300, 400, 30, 670, 2), [600, 1270]),
    ((600, 700, 1300, 400, 30, 670, 2), [600, 1270]),
    ((600, 699, 1300, 400, 30, 670, 2), [600, 1299]),
    ((500, 60, 1200, 480, 0, 0, 0), []),
]
HELD_BACK = [
    ((420, 720, 1380, 360, 60, 240, 4), [420, 1140, 1860, 2580]),
    ((1000, 480, 1320, 420, 20, 300, 3), [1000, 1300, 1860]),
    ((1000, 480, 1320, 420, 20, 301, 3), [1000, 1860, 2340]),
    ((420, 1440, 1320, 420, 0, 0, 3), [420, 1860, 3300]),
    ((1200, 100, 1300, 300, 100, 0, 2), [1200, 1200]),
    ((1200, 2000, 1300, 300, 0, 50, 2), [1200, 3200]),
]
