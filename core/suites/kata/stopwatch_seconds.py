"""Read `text`, a duration such as "1h 30m 5s" in seconds. It consists of numbers, each followed by
one of the units d, h, m and s (86400, 3600, 60 and 1 seconds); blanks between and within the parts
do not count. Units must come in falling order and at most once. A final number without a unit
counts in the unit following the last one used ("2h 5" is 2 h 5 m), in seconds if none was used;
after s it is an error. An empty or otherwise wrong text gives `default`.
"""


def stopwatch_seconds(text, default):
    units = "dhms"
    sizes = [86400, 3600, 60, 1]
    total = 0
    digits = ""
    following = 0
    for char in text.replace(" ", ""):
        if char in "0123456789":
            digits += char
            continue
        place = units.find(char)
        if place < following or not digits:
            return default
        total += int(digits) * sizes[place]
        digits = ""
        following = place + 1
    if digits:
        if following == 0:
            following = 3
        if following > 3:
            return default
        total += int(digits) * sizes[following]
    elif following == 0:
        return default
    return total


ENTRY = "stopwatch_seconds"
SHOWN = [
    (("1h 30m 5s", -1), 5405),
    (("2h 5", -1), 7500),
    (("1 d 1", -1), 90000),
    (("4m7", -1), 247),
    (("45", -1), 45),
    (("3s1", -1), -1),
    (("", 7), 7),
    (("5m 2h", 0), 0),
    (("5m5m", 0), 0),
    (("h", 9), 9),
    (("1h m", 9), 9),
    (("5x", 9), 9),
    (("10s", 9), 10),
    (("0d", 9), 0),
]
HELD_BACK = [
    (("2d", -1), 172800),
    (("1d 2h 3m 4s", -1), 93784),
    (("1d 4s", -1), 86404),
    (("  ", 3), 3),
    (("1 2 m", 3), 720),
    (("9h h", 3), 3),
    (("100m 100", 3), 6100),
    (("1.5h", 3), 3),
]
