"""Fee in cents for parking `minutes` minutes. A stay of at most `free_minutes` is free. A longer
stay is billed from its first minute: every started hour costs `cents_per_hour`, but no day of 1440
minutes, counted from arrival, costs more than `daily_cap`. The last, partial day is capped too.
"""


def parking_fee(minutes, free_minutes, cents_per_hour, daily_cap):
    if minutes <= free_minutes:
        return 0
    full_days = minutes // 1440
    rest = minutes % 1440
    hours = rest // 60
    if rest % 60 > 0:
        hours += 1
    day_price = min(24 * cents_per_hour, daily_cap)
    rest_price = min(hours * cents_per_hour, daily_cap)
    return full_days * day_price + rest_price


ENTRY = "parking_fee"
SHOWN = [
    ((30, 30, 200, 1500), 0),
    ((31, 30, 200, 1500), 200),
    ((60, 15, 200, 1500), 200),
    ((61, 15, 200, 1500), 400),
    ((500, 15, 200, 1500), 1500),
    ((1440, 15, 200, 1500), 1500),
    ((2881, 15, 10, 1500), 490),
    ((0, 0, 200, 1500), 0),
    ((179, 0, 100, 1500), 300),
]
HELD_BACK = [
    ((1, 0, 50, 60), 50),
    ((1500, 0, 200, 1500), 1700),
    ((3000, 20, 300, 900), 2400),
    ((1441, 10, 25, 5000), 625),
    ((119, 10, 25, 5000), 50),
    ((10, 10, 25, 5000), 0),
]
