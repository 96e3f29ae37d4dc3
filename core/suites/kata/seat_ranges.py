"""Shorten a list of seats. `seats` holds labels of one row letter and a number ("B12"), in any
order and possibly repeated. Sort by row, then number, and join neighbouring numbers of a row: two
or more consecutive seats become "B3-5", single ones stay "B3". Pieces of one row are joined with
"," and keep the letter only on the first piece ("B3-5,9"); rows are joined with `separator`.
"""


def seat_ranges(seats, separator):
    rows = {}
    for seat in seats:
        rows.setdefault(seat[0], set()).add(int(seat[1:]))
    texts = []
    for row in sorted(rows):
        pieces = []
        start = last = None
        for number in sorted(rows[row]) + [None]:
            if last is not None and number == last + 1:
                last = number
                continue
            if last is not None:
                pieces.append(str(start) if start == last else f"{start}-{last}")
            start = last = number
        texts.append(row + ",".join(pieces))
    return separator.join(texts)


ENTRY = "seat_ranges"
SHOWN = [
    ((["A1", "A2", "A3"], " "), "A1-3"),
    ((["B9", "B3", "B5", "B4"], " "), "B3-5,9"),
    ((["C2", "A7", "C2"], "; "), "A7; C2"),
    (([], " "), ""),
    ((["D10", "D9", "D1", "D2"], " "), "D1-2,9-10"),
    ((["E4"], " "), "E4"),
]
HELD_BACK = [
    ((["F1", "F3", "F5"], "/"), "F1,3,5"),
    ((["A5", "B6"], "/"), "A5/B6"),
    ((["A5", "A6", "B6", "B7", "B9"], "|"), "A5-6|B6-7,9"),
    ((["Z100", "Z99", "Z98"], ""), "Z98-100"),
    ((["H1", "H1", "H2", "H2"], " "), "H1-2"),
    ((["K8", "G8", "G7", "K6"], " + "), "G7-8 + K6,8"),
]
