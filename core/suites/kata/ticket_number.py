"""Check number of a ticket. `digits` is a string that may contain spaces and dashes, which do not
count. Digits are weighted from the right: the last weighs 2, the one before 3, and so on up to
`top_weight`, then 2 again. The check character is 11 minus the weighted sum modulo 11, where 11
becomes "0" and 10 becomes "X". Return it, or "?" if another character occurs or there is no digit.
"""


def ticket_number(digits, top_weight):
    total = 0
    weight = 2
    seen = 0
    for char in reversed(digits):
        if char in " -":
            continue
        if char not in "0123456789":
            return "?"
        total += weight * int(char)
        seen += 1
        weight += 1
        if weight > top_weight:
            weight = 2
    if seen == 0:
        return "?"
    check = 11 - total % 11
    if check == 11:
        return "0"
    if check == 10:
        return "X"
    return str(check)


ENTRY = "ticket_number"
SHOWN = [
    (("5", 7), "1"),
    (("1-2", 7), "4"),
    (("12 34", 3), "9"),
    (("12 34", 4), "6"),
    (("", 7), "?"),
    ((" - ", 7), "?"),
    (("12a", 7), "?"),
    (("6", 7), "X"),
    (("0", 5), "0"),
    (("41", 9), "8"),
]
HELD_BACK = [
    (("5-5-5", 2), "3"),
    (("987654321", 7), "1"),
    (("000-000", 4), "0"),
    (("33", 4), "7"),
    (("7.7", 4), "?"),
    (("1 1 1 1 1 1", 6), "0"),
]
