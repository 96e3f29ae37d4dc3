"""What a hiker sees on a terrain profile. `heights` lists the ground height per kilometre. From
kilometre `here`, with eyes `eye` metres above the ground, the hiker looks in both directions along
level lines of sight: a kilometre is seen if it is higher than all ground between it and the hiker
and not above the eyes. Neighbours are always seen unless above the eyes. Ground above the eyes
ends the view in that direction. Return the seen kilometres in rising order.
"""


def ridge_views(heights, here, eye):
    level = heights[here] + eye
    seen = []
    directions = [range(here - 1, -1, -1), range(here + 1, len(heights))]
    for direction in directions:
        highest = None
        for spot in direction:
            height = heights[spot]
            if height > level:
                break
            if highest is None or height > highest:
                seen.append(spot)
                highest = height
    return sorted(seen)


ENTRY = "ridge_views"
SHOWN = [
    (([3, 1, 2, 5, 2, 2, 4], 3, 2), [0, 2, 4, 6]),
    (([3, 9, 2, 5, 7, 8, 4], 3, 2), [2, 4]),
    (([3, 9, 2, 5, 7, 8, 4], 3, 1), [2]),
    (([5], 0, 2), []),
    (([1, 2, 3], 0, 2), [1, 2]),
    (([1, 2, 3], 2, 0), [1]),
    (([0, 0, 0, 0], 1, 0), [0, 2]),
    (([4, 0, 4, 6, 1], 1, 9), [0, 2, 3]),
]
HELD_BACK = [
    (([1, 2, 3, 2, 1, 3, 1], 2, 1), [1, 3, 5]),
    (([9, 1, 9], 1, 7), []),
    (([9, 1, 9], 1, 8), [0, 2]),
    (([2, 6, 5, 4, 3, 7, 1], 4, 2), [2, 3]),
    (([-3, -1, -2, -4], 3, 4), [1, 2]),
    (([8, 7, 6, 5], 0, 0), [1]),
]
