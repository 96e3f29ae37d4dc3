"""Change given from a till. `drawer` maps coin values to how many there are, `due` is the amount
to give back. Take coins from the largest value down, as many of each as fit and exist. Return the
list of (value, count) pairs with a positive count, largest value first, or None if this does not
end exactly at `due`. Nothing due gives an empty list. The drawer is not changed.
"""


def till_change(drawer, due):
    given = []
    left = due
    for value in sorted(drawer, reverse=True):
        if left == 0:
            break
        count = min(left // value, drawer[value])
        if count > 0:
            given.append((value, count))
            left -= value * count
    if left > 0:
        return None
    return given


ENTRY = "till_change"
SHOWN = [
    (({50: 2, 20: 3, 10: 1}, 90), [(50, 1), (20, 2)]),
    (({50: 1, 20: 3, 10: 1}, 110), [(50, 1), (20, 3)]),
    (({50: 1, 20: 5}, 60), None),
    (({50: 1, 20: 5}, 0), []),
    (({}, 0), []),
    (({}, 5), None),
    (({1: 9, 5: 1, 10: 0}, 12), [(5, 1), (1, 7)]),
    (({2: 4, 1: 1}, 10), None),
    (({4: 1, 1: 2}, 5), [(4, 1), (1, 1)]),
]
HELD_BACK = [
    (({2: 4, 1: 1}, 9), [(2, 4), (1, 1)]),
    (({100: 1, 1: 3}, 3), [(1, 3)]),
    (({100: 1, 1: 3}, 103), [(100, 1), (1, 3)]),
    (({25: 3, 10: 3}, 30), None),
    (({25: 3, 10: 3}, 75), [(25, 3)]),
    (({5: 2, 20: 1, 1: 2}, 27), [(20, 1), (5, 1), (1, 2)]),
]
