"""Free times of a meeting room. `bookings` is an unsorted list of (start, end) minutes that may
overlap; `opens` and `closes` bound the day. After every booking the room is cleaned for `clean`
minutes, in which it is not free. Return the free (start, end) gaps within the day that are at
least `shortest` minutes long, in order; an empty gap never counts. Bookings outside the day block
only what lies inside it, cleaning included.
"""


def room_gaps(bookings, opens, closes, clean, shortest):
    gaps = []
    free_from = opens
    for start, end in sorted(bookings):
        gap_end = min(start, closes)
        if gap_end - free_from >= shortest and gap_end > free_from:
            gaps.append((free_from, gap_end))
        free_from = max(free_from, end + clean)
    if closes - free_from >= shortest and closes > free_from:
        gaps.append((free_from, closes))
    return gaps


ENTRY = "room_gaps"
SHOWN = [
    (([(60, 90)], 0, 200, 10, 20), [(0, 60), (100, 200)]),
    (([(90, 120), (60, 100)], 0, 200, 0, 60), [(0, 60), (120, 200)]),
    (([(60, 180), (70, 80), (185, 190)], 0, 200, 5, 1), [(0, 60), (195, 200)]),
    (([], 10, 20, 3, 10), [(10, 20)]),
    (([], 10, 20, 3, 11), []),
    (([(0, 50), (70, 200)], 0, 200, 10, 10), [(60, 70)]),
    (([(0, 50), (70, 200)], 0, 200, 10, 11), []),
    (([(20, 40), (50, 60)], 20, 60, 10, 0), []),
    (([(300, 310), (-30, -20)], 0, 60, 30, 5), [(10, 60)]),
    (([(10, 30)], 10, 30, 0, 0), []),
]
HELD_BACK = [
    (([(10, 20), (20, 30)], 10, 30, 0, 0), []),
    (([(10, 20), (25, 30)], 0, 40, 0, 6), [(0, 10), (30, 40)]),
    (([(5, 90), (10, 20)], 0, 100, 0, 5), [(0, 5), (90, 100)]),
    (([(5, 90), (10, 20)], 0, 100, 6, 5), [(0, 5)]),
    (([(480, 540), (660, 720)], 480, 1020, 15, 30), [(555, 660), (735, 1020)]),
    (([(90, 110)], 0, 100, 0, 1), [(0, 90)]),
]
