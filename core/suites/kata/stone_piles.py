"""Split a pile of `stones`. A pile of more than `limit` stones is split into two parts, the larger
part holding the odd stone; if `limit` is reached or undercut a pile stays. Both parts are treated
the same way, but after `rounds` splittings in a row a pile stays whatever its size. Return the
sizes of the final piles, those from the larger part before those from the smaller part. A pile
without stones does not appear. `limit` is at least 1.
"""


def stone_piles(stones, limit, rounds):
    if stones == 0:
        return []
    if stones <= limit or rounds == 0:
        return [stones]
    smaller = stones // 2
    larger = stones - smaller
    left = stone_piles(larger, limit, rounds - 1)
    right = stone_piles(smaller, limit, rounds - 1)
    return left + right


ENTRY = "stone_piles"
SHOWN = [
    ((0, 3, 2), []),
    ((3, 3, 2), [3]),
    ((4, 3, 2), [2, 2]),
    ((9, 3, 5), [3, 2, 2, 2]),
    ((9, 3, 1), [5, 4]),
    ((9, 3, 0), [9]),
    ((9, 4, 5), [3, 2, 4]),
    ((5, 1, 9), [1, 1, 1, 1, 1]),
    ((8, 1, 2), [2, 2, 2, 2]),
]
HELD_BACK = [
    ((7, 2, 2), [2, 2, 2, 1]),
    ((7, 1, 2), [2, 2, 2, 1]),
    ((11, 5, 9), [3, 3, 5]),
    ((1, 1, 0), [1]),
    ((100, 30, 3), [25, 25, 25, 25]),
    ((0, 1, 0), []),
]
