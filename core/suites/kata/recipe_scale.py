"""Scale a recipe. `amounts` is a list of (name, quarters) where quarters counts quarter units (5
is 1 1/4). Every amount is multiplied by `wanted` and divided by `servings`, rounded to the nearest
quarter, half a quarter upwards; an amount that was above zero is never rounded to nothing but to
one quarter. The result lists strings "name: W", "name: W F" or "name: F" with W the whole units
and F one of 1/4, 1/2, 3/4; whole zero is left out unless the fraction is zero too ("name: 0").
"""


def recipe_scale(amounts, servings, wanted):
    fractions = ["", "1/4", "1/2", "3/4"]
    lines = []
    for name, quarters in amounts:
        scaled = (2 * quarters * wanted + servings) // (2 * servings)
        if quarters > 0 and scaled == 0:
            scaled = 1
        whole = scaled // 4
        part = fractions[scaled % 4]
        if whole == 0 and part:
            text = part
        elif part:
            text = str(whole) + " " + part
        else:
            text = str(whole)
        lines.append(name + ": " + text)
    return lines


ENTRY = "recipe_scale"
SHOWN = [
    (([("flour", 8)], 2, 3), ["flour: 3"]),
    (([("milk", 5), ("salt", 1)], 4, 4), ["milk: 1 1/4", "salt: 1/4"]),
    (([("salt", 1)], 4, 1), ["salt: 1/4"]),
    (([("water", 0)], 4, 2), ["water: 0"]),
    (([("egg", 5)], 4, 2), ["egg: 3/4"]),
    (([("oil", 7)], 3, 1), ["oil: 1/2"]),
    (([], 2, 3), []),
    (([("rice", 6), ("peas", 9)], 1, 2), ["rice: 3", "peas: 4 1/2"]),
]
HELD_BACK = [
    (([("rye", 3)], 2, 1), ["rye: 1/2"]),
    (([("rye", 3)], 2, 2), ["rye: 3/4"]),
    (([("oats", 2)], 9, 1), ["oats: 1/4"]),
    (([("oats", 10), ("nuts", 4)], 5, 6), ["oats: 3", "nuts: 1 1/4"]),
    (([("jam", 0), ("tea", 4)], 3, 3), ["jam: 0", "tea: 1"]),
    (([("stock", 11)], 4, 10), ["stock: 7"]),
]
