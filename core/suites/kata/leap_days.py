"""Count leap days. `first` and `last` are (year, month) and both months are included; the result
is the number of 29ths of February in these months, 0 if `last` is before `first`. Years divisible
by 4 are leap years, except, from the year `reform` on, those divisible by 100 but not by 400.
"""


def leap_days(first, last, reform):
    start_year, start_month = first
    end_year, end_month = last
    count = 0
    for year in range(start_year, end_year + 1):
        if year % 4 != 0:
            continue
        if year >= reform and year % 100 == 0 and year % 400 != 0:
            continue
        if year == start_year and start_month > 2:
            continue
        if year == end_year and end_month < 2:
            continue
        count += 1
    return count


ENTRY = "leap_days"
SHOWN = [
    (((2000, 1), (2004, 12), 1582), 2),
    (((2000, 2), (2004, 2), 1582), 2),
    (((2000, 3), (2004, 1), 1582), 0),
    (((2000, 3), (2004, 2), 1582), 1),
    (((2001, 4), (2007, 1), 1582), 1),
    (((1700, 1), (1700, 12), 1700), 0),
    (((1700, 1), (1700, 12), 1701), 1),
    (((1600, 2), (1600, 2), 1582), 1),
    (((1899, 1), (1901, 1), 1582), 0),
    (((2008, 5), (2004, 5), 1582), 0),
    (((1892, 1), (1910, 1), 1900), 4),
]
HELD_BACK = [
    (((1796, 2), (1804, 2), 1582), 2),
    (((1796, 2), (1804, 2), 1801), 3),
    (((2024, 1), (2024, 1), 1582), 0),
    (((2024, 3), (2024, 12), 1582), 0),
    (((1990, 7), (2020, 7), 1582), 8),
    (((2400, 1), (2500, 12), 1582), 25),
]
