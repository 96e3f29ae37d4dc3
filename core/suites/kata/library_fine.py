"""Fine in cents for a loan returned on day `returned` that was due on day `due`. The first `grace`
days after the due day are free of charge and are never billed. Of the billable days, the first
seven cost `rate` cents each and every later one twice as much. Children (`is_child`) pay half,
rounded down. The fine never exceeds the `price` of the book, for children either.
"""


def library_fine(due, returned, grace, rate, price, is_child):
    late = returned - due - grace
    if late <= 0:
        return 0
    first = min(late, 7)
    later = late - first
    fine = first * rate + later * rate * 2
    if is_child:
        fine = fine // 2
    if fine > price:
        return price
    return fine


ENTRY = "library_fine"
SHOWN = [
    ((10, 10, 0, 15, 900, False), 0),
    ((10, 13, 3, 15, 900, False), 0),
    ((10, 14, 3, 15, 900, False), 15),
    ((10, 14, 3, 15, 900, True), 7),
    ((0, 7, 0, 10, 900, False), 70),
    ((0, 9, 0, 10, 900, False), 110),
    ((0, 50, 0, 20, 900, False), 900),
    ((0, 40, 0, 20, 900, True), 730),
    ((20, 5, 2, 30, 900, False), 0),
]
HELD_BACK = [
    ((3, 11, 1, 5, 35, False), 35),
    ((3, 12, 1, 5, 45, False), 45),
    ((3, 12, 1, 5, 44, False), 44),
    ((100, 120, 5, 9, 9999, True), 103),
    ((100, 101, 5, 9, 9999, True), 0),
    ((1, 2, 0, 8, 5, True), 4),
]
