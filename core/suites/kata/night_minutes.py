"""Night minutes of a shift. `start` and `end` are minutes of a day (0 to 1439); a shift whose end
is not after its start ends on the next day. Night lasts from `dusk` to `dawn`, where dusk is later
in the day than dawn, so that each night runs over midnight. Return (night minutes, other minutes),
after taking a break of `rest` minutes off the other minutes first and off the night for what is
missing. Neither becomes negative.
"""


def night_minutes(start, end, dusk, dawn, rest):
    if end <= start:
        end += 1440
    night = 0
    for shift in (-1440, 0, 1440):
        begins = max(start, dusk + shift)
        stops = min(end, dawn + 1440 + shift)
        if stops > begins:
            night += stops - begins
    other = end - start - night
    if rest > other:
        night = max(night - (rest - other), 0)
        other = 0
    else:
        other -= rest
    return (night, other)


ENTRY = "night_minutes"
SHOWN = [
    ((480, 960, 1320, 360, 0), (0, 480)),
    ((480, 960, 1320, 360, 30), (0, 450)),
    ((1200, 120, 1320, 360, 0), (240, 120)),
    ((1200, 120, 1320, 360, 150), (210, 0)),
    ((300, 400, 1320, 360, 40), (60, 0)),
    ((300, 301, 1320, 360, 5), (0, 0)),
    ((600, 600, 1320, 360, 0), (480, 960)),
    ((1400, 1399, 1320, 360, 0), (479, 960)),
    ((350, 1330, 1320, 360, 0), (20, 960)),
    ((360, 1320, 1320, 360, 0), (0, 960)),
    ((300, 1430, 1320, 360, 1000), (130, 0)),
]
HELD_BACK = [
    ((0, 1, 1200, 300, 0), (1, 0)),
    ((1439, 0, 1200, 300, 0), (1, 0)),
    ((1380, 420, 1260, 300, 60), (360, 60)),
    ((1380, 420, 1260, 300, 200), (280, 0)),
    ((200, 100, 1260, 300, 0), (380, 960)),
    ((250, 1270, 1260, 300, 961), (59, 0)),
]
