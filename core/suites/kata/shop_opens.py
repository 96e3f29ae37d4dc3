"""Minutes until a shop opens. `hours` is a list of seven entries, Monday first, each a list of
(opens, closes) minutes of that day in rising order. `weekday` and `minute` tell what time it is
now. If the shop is open now and for at least `errand` minutes more, the result is 0; otherwise the
number of minutes until the next opening that lasts at least `errand` minutes. Only today and the
next seven days are searched; the hours repeat every week. None if there is no such opening.
"""


def shop_opens(hours, weekday, minute, errand):
    for ahead in range(8):
        day = (weekday + ahead) % 7
        for opens, closes in hours[day]:
            starts = opens + ahead * 1440
            ends = closes + ahead * 1440
            begin = max(starts, minute)
            if ends - begin >= errand and ends > begin:
                return begin - minute
    return None


ENTRY = "shop_opens"
SHOWN = [
    (([[(540, 720), (780, 1080)], [], [], [], [], [], []], 0, 600, 10), 0),
    (([[(540, 720), (780, 1080)], [], [], [], [], [], []], 0, 710, 10), 0),
    (([[(540, 720), (780, 1080)], [], [], [], [], [], []], 0, 711, 10), 69),
    (([[(540, 720), (780, 1080)], [], [], [], [], [], []], 0, 500, 200), 280),
    (([[(540, 720), (780, 1080)], [], [], [], [], [], []], 0, 1080, 0), 9540),
    (([[(540, 720), (780, 1080)], [], [], [], [], [], []], 5, 0, 5), 3420),
    (([[(540, 600)], [], [], [], [], [], []], 0, 570, 60), 10050),
    (([[], [(0, 1440)], [], [], [], [], []], 0, 1439, 1440), 1),
    (([[], [], [], [], [], [], []], 3, 10, 0), None),
    (([[(540, 600)], [], [], [], [], [], []], 0, 0, 61), None),
]
HELD_BACK = [
    (([[], [], [], [], [], [], [(600, 660)]], 6, 660, 0), 10020),
    (([[], [], [], [], [], [], [(600, 660)]], 6, 659, 1), 0),
    (([[], [], [], [], [], [], [(600, 660)]], 6, 659, 2), 10021),
    (([[(60, 120)], [], [(30, 40)], [], [], [], []], 1, 100, 10), 1370),
    (([[(60, 120)], [], [(30, 40)], [], [], [], []], 1, 100, 11), 8600),
    (([[(0, 5)], [(0, 5)], [(0, 5)], [], [], [], []], 2, 5, 5), 7195),
]
