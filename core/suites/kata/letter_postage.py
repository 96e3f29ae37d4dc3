"""Postage in cents for a letter of `grams` with sides `length` and `width` in millimetres, given
in either order. The letter is small up to 20 g, large up to 50 g and heavy up to 500 g (limits
included): 80, 150 and 260 cents. A letter longer than 235 mm or wider than 125 mm is at least
large. Letters that are `registered` cost 200 cents more. Over 500 g, or when a side is not
positive, the result is -1.
"""


def letter_postage(grams, length, width, registered):
    if length < width:
        length, width = width, length
    if grams > 500 or width <= 0:
        return -1
    if grams > 50:
        price = 260
    elif grams > 20 or length > 235 or width > 125:
        price = 150
    else:
        price = 80
    if registered:
        price += 200
    return price


ENTRY = "letter_postage"
SHOWN = [
    ((20, 235, 125, False), 80),
    ((21, 200, 100, False), 150),
    ((10, 236, 100, False), 150),
    ((10, 200, 126, False), 150),
    ((50, 200, 100, True), 350),
    ((51, 200, 100, False), 260),
    ((500, 100, 200, False), 260),
    ((501, 200, 100, False), -1),
    ((20, 100, 0, False), -1),
    ((20, 1, 1, True), 280),
    ((15, 125, 235, False), 80),
]
HELD_BACK = [
    ((1, 300, 10, True), 350),
    ((500, 240, 130, True), 460),
    ((5, 110, 220, True), 280),
    ((5, 130, 130, False), 150),
    ((900, 10, 10, True), -1),
    ((20, -3, 80, False), -1),
]
