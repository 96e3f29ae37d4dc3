"""Pages to print from a `selection` such as "1-3,7,9-". Parts are joined with ","; each is a page,
a range "A-B", "A-" (to the last page) or "-B" (from page 1); blanks do not count and empty parts
are ignored. A range with A above B runs backwards. Pages below 1 or above `last` are left out. A
page selected again is printed again only if `repeat` is true. Return the list of pages in the
order of the selection.
"""


def page_list(selection, last, repeat):
    pages = []
    for part in selection.replace(" ", "").split(","):
        if not part:
            continue
        first, dash, end = part.partition("-")
        low = int(first) if first else 1
        high = low
        if dash:
            high = int(end) if end else last
        if low <= high:
            numbers = range(low, high + 1)
        else:
            numbers = range(low, high - 1, -1)
        for page in numbers:
            if page < 1 or page > last:
                continue
            if repeat or page not in pages:
                pages.append(page)
    return pages


ENTRY = "page_list"
SHOWN = [
    (("1-3,7,9-", 11, False), [1, 2, 3, 7, 9, 10, 11]),
    (("-2, 2", 5, False), [1, 2]),
    (("-2, 2", 5, True), [1, 2, 2]),
    (("4-2", 9, False), [4, 3, 2]),
    (("4-6,,0,1", 5, True), [4, 5, 1]),
    (("", 5, True), []),
    (("-", 3, False), [1, 2, 3]),
    (("5-5", 5, False), [5]),
    (("2-0", 5, False), [2, 1]),
]
HELD_BACK = [
    (("8", 7, False), []),
    (("3-1,1-3", 3, True), [3, 2, 1, 1, 2, 3]),
    (("3-1,1-3", 3, False), [3, 2, 1]),
    (("9-", 6, False), [6]),
    ((" 1 - 2 , 1 0 ", 12, False), [1, 2, 10]),
    (("2,2-3,-3", 9, False), [2, 3, 1]),
]
