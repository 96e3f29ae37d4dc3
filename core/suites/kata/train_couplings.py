"""Count the ways to couple a train. `lengths` lists different wagon types by their length; any
number of each may be used and the order of wagons matters. The train must be exactly `metres`
long, have at most `most` wagons, and no two neighbours may be of the same type. A train of length
0 with no wagon is one way.
"""


def train_couplings(lengths, metres, most, last=None):
    if metres == 0:
        return 1
    if most == 0:
        return 0
    ways = 0
    for kind, length in enumerate(lengths):
        if kind != last and length <= metres:
            ways += train_couplings(lengths, metres - length, most - 1, kind)
    return ways


ENTRY = "train_couplings"
SHOWN = [
    (([1, 2], 3, 5), 2),
    (([1, 2], 4, 5), 1),
    (([1, 2], 4, 2), 0),
    (([1, 2], 4, 3), 1),
    (([2], 4, 5), 0),
    (([4], 4, 1), 1),
    (([], 3, 2), 0),
    (([3, 5], 0, 0), 1),
    (([1, 2, 3], 6, 3), 6),
]
HELD_BACK = [
    (([2, 2], 4, 2), 2),
    (([1, 3], 8, 9), 2),
    (([1, 3], 5, 3), 1),
    (([3, 1], 5, 2), 0),
    (([5, 6, 7], 4, 9), 0),
    (([1, 2, 3], 3, 9), 3),
]
