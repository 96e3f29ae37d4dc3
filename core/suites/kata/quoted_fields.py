"""Split `line` into fields. Fields are divided by `divider` (one character). A field that starts
with the character `quote` may contain dividers up to the next single quote; a doubled quote inside
stands for one quote. Text behind the closing quote is added to the field as it is. Quotes in
fields that do not start with one are ordinary characters. Unquoted fields lose blanks at both
ends, quoted ones keep everything. A missing closing quote gives None.
"""


def quoted_fields(line, divider, quote):
    fields = []
    field = ""
    state = "start"
    for index, char in enumerate(line + divider):
        if state == "quoted":
            if char == quote:
                state = "closed"
            elif index == len(line):
                return None
            else:
                field += char
        elif char == quote and state == "closed":
            field += quote
            state = "quoted"
        elif char == divider:
            fields.append(field.strip() if state in ("start", "plain") else field)
            field = ""
            state = "start"
        elif char == quote and state == "start":
            state = "quoted"
        else:
            field += char
            state = "plain" if state in ("start", "plain") else "tail"
    return fields


ENTRY = "quoted_fields"
SHOWN = [
    (("a, b ,c", ",", "'"), ["a", "b", "c"]),
    (("'a, b ',c", ",", "'"), ["a, b ", "c"]),
    (("'it''s'", ",", "'"), ["it's"]),
    (("it's,'", ",", "'"), None),
    (("", ";", "'"), [""]),
    (("x;;", ";", '"'), ["x", "", ""]),
    (("'a'b ;c", ";", "'"), ["ab ", "c"]),
    (("''", ",", "'"), [""]),
    (("5'10,6'", ",", "'"), ["5'10", "6'"]),
    (("'a;", ";", "'"), None),
    (("'a'x''b;c", ";", "'"), ["ax''b", "c"]),
    (("''' ' ", ";", "'"), ["'  "]),
]
HELD_BACK = [
    (("'p''','q'", ",", "'"), ["p'", "q"]),
    (('"1;2";3', ";", '"'), ["1;2", "3"]),
    ((" 'a'", ",", "'"), ["'a'"]),
    (("'' '' ,x", ",", "'"), [" '' ", "x"]),
    (("'''", ",", "'"), None),
    (("a'b'c|'d|e'", "|", "'"), ["a'b'c", "d|e"]),
]
