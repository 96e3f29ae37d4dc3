"""Age in full years. `born` and `today` are (year, month, day). The age grows on the birthday; for
somebody born on 29 February it grows on 28 February in years without that day. Years divisible by
4 are leap years, but of those divisible by 100 only the ones divisible by 400. Return the age, or
-1 if `today` is before the birth. If `limit` is reached the result is `limit`.
"""


def full_years(born, today, limit):
    year, month, day = born
    this_year = today[0]
    if today < born:
        return -1
    leap = this_year % 4 == 0 and (this_year % 100 != 0 or this_year % 400 == 0)
    if month == 2 and day == 29 and not leap:
        day = 28
    age = this_year - year
    if (today[1], today[2]) < (month, day):
        age -= 1
    return min(age, limit)


ENTRY = "full_years"
SHOWN = [
    (((2000, 5, 10), (2020, 5, 10), 99), 20),
    (((2000, 5, 10), (2020, 5, 9), 99), 19),
    (((2000, 5, 10), (2020, 4, 30), 99), 19),
    (((2000, 5, 10), (2020, 6, 1), 99), 20),
    (((2000, 2, 29), (2021, 2, 28), 99), 21),
    (((2000, 2, 29), (2021, 2, 27), 99), 20),
    (((2000, 2, 29), (2024, 2, 28), 99), 23),
    (((1996, 2, 29), (2100, 2, 27), 150), 103),
    (((1996, 2, 29), (2100, 2, 28), 150), 104),
    (((1996, 2, 29), (2000, 2, 28), 150), 3),
    (((2000, 5, 10), (2000, 5, 9), 99), -1),
    (((2000, 5, 10), (2000, 5, 10), 99), 0),
    (((1950, 1, 1), (2020, 1, 1), 65), 65),
    (((1999, 3, 29), (2019, 3, 28), 65), 19),
    (((1999, 2, 10), (2019, 2, 9), 65), 19),
    (((1999, 2, 28), (2019, 2, 28), 65), 20),
]
HELD_BACK = [
    (((1980, 12, 31), (2021, 1, 1), 120), 40),
    (((1980, 12, 31), (2021, 12, 31), 41), 41),
    (((1904, 2, 29), (2000, 2, 29), 120), 96),
    (((1904, 2, 29), (1907, 2, 28), 120), 3),
    (((2010, 7, 7), (2009, 8, 8), 5), -1),
    (((2010, 1, 31), (2015, 2, 1), 9), 5),
]
