"""Put boxes on shelves. Boxes come in the order of `widths`; `shelf_width` is the room of a shelf
and `gap` the space needed between two neighbouring boxes. A box goes on the first shelf where it
still fits; if there is none, on a new shelf, of which there are at most `shelves`. Boxes for which
there is no place are left over. Return (list of shelves, each a list of widths; list of
leftovers).
"""


def shelf_boxes(widths, shelf_width, gap, shelves):
    filled = []
    leftovers = []
    for width in widths:
        for boxes in filled:
            used = sum(boxes) + gap * len(boxes)
            if used + width <= shelf_width:
                boxes.append(width)
                break
        else:
            if width <= shelf_width and len(filled) < shelves:
                filled.append([width])
            else:
                leftovers.append(width)
    return (filled, leftovers)


ENTRY = "shelf_boxes"
SHOWN = [
    (([4, 4, 4], 9, 1, 2), ([[4, 4], [4]], [])),
    (([4, 4, 4], 8, 1, 2), ([[4], [4]], [4])),
    (([8, 9, 7, 1], 8, 0, 2), ([[8], [7, 1]], [9])),
    (([], 5, 1, 1), ([], [])),
    (([5], 5, 1, 0), ([], [5])),
    (([3, 6, 2, 1, 1], 8, 1, 5), ([[3, 2, 1], [6, 1]], [])),
]
HELD_BACK = [
    (([5, 1], 5, 0, 1), ([[5]], [1])),
    (([2, 2, 2], 10, 2, 1), ([[2, 2, 2]], [])),
    (([2, 2, 2], 9, 2, 1), ([[2, 2]], [2])),
    (([7, 3, 3, 7, 3], 10, 0, 2), ([[7, 3], [3, 7]], [3])),
    (([11, 10], 10, 3, 3), ([[10]], [11])),
    (([1, 1, 1, 1], 1, 0, 4), ([[1], [1], [1], [1]], [])),
]
