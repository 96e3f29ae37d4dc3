"""Hide digits of an account number, `text`. Every digit becomes `symbol` except the first `head`
and the last `tail` digits; all other characters stay where they are. If the text has fewer than
`head` + `tail` + 2 digits, all its digits are hidden.
"""


def mask_number(text, head, tail, symbol):
    total = sum(1 for char in text if char.isdigit())
    if total < head + tail + 2:
        head = 0
        tail = 0
    masked = ""
    seen = 0
    for char in text:
        if not char.isdigit():
            masked += char
            continue
        if seen < head or seen >= total - tail:
            masked += char
        else:
            masked += symbol
        seen += 1
    return masked


ENTRY = "mask_number"
SHOWN = [
    (("1234-5678", 2, 3, "x"), "12xx-x678"),
    (("12-34-5", 1, 2, "*"), "1*-*4-5"),
    (("12-34", 1, 2, "*"), "**-**"),
    (("AB 90", 0, 0, "#"), "AB ##"),
    (("", 1, 1, "#"), ""),
    (("A1", 0, 0, "?"), "A?"),
    (("7007", 0, 2, "."), "..07"),
    (("7007", 2, 0, "."), "70.."),
]
HELD_BACK = [
    (("1111 2222 3333", 4, 4, "-"), "1111 ---- 3333"),
    (("no digits", 1, 1, "-"), "no digits"),
    (("12345", 3, 0, "_"), "123__"),
    (("12345", 3, 1, "_"), "_____"),
    (("1.2.3.4.5.6", 2, 2, "o"), "1.2.o.o.5.6"),
    (("42", 0, 1, "o"), "oo"),
]
