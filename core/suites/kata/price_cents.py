"""Read the price `text` in cents. The text may have a currency sign ("$" or "€") in front and a
"-" in front of that for refunds. Whole units may be grouped by `group`, but then every group
behind the first must have three digits and the first one to three. A "." divides off one or two
digits of cents (".5" alone is 50 cents, "3." is wrong). Blanks at both ends do not count. A wrong
text gives None.
"""


def price_cents(text, group):
    text = text.strip()
    sign = 1
    if text.startswith("-"):
        sign = -1
        text = text[1:]
    if text and text[0] in "$€":
        text = text[1:]
    whole, point, cents = text.partition(".")
    if point and (not cents.isdigit() or len(cents) > 2):
        return None
    if not whole and not point:
        return None
    groups = whole.split(group)
    if len(groups) > 1:
        if len(groups[0]) > 3:
            return None
        if any(len(digits) != 3 for digits in groups[1:]):
            return None
    joined = "".join(groups)
    if whole and (not groups[0] or not joined.isdigit()):
        return None
    amount = int(joined or "0") * 100
    if point:
        amount += int(cents.ljust(2, "0"))
    return sign * amount


ENTRY = "price_cents"
SHOWN = [
    (("$1,234.50", ","), 123450),
    (("-€7", ","), -700),
    ((" .5 ", ","), 50),
    (("3.", ","), None),
    (("3.05", ","), 305),
    (("3.055", ","), None),
    (("", ","), None),
    (("-$", ","), None),
    (("1234'000", "'"), None),
    (("123'456", "'"), 12345600),
    (("12'34", "'"), None),
    (("'123", "'"), None),
    (("12x", ","), None),
    (("1.x", ","), None),
    (("1234", ","), 123400),
    (("1,00,000", ","), None),
    (("-12", ","), -1200),
]
HELD_BACK = [
    (("€0.9", ","), 90),
    (("$-5", ","), None),
    (("--5", ","), None),
    (("1 000 000", " "), 100000000),
    (("1,000,00", ","), None),
    (("-.25", ","), -25),
    (("1,000", "'"), None),
    (("$$4", ","), None),
]
