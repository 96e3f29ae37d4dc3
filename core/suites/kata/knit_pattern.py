"""Write out a knitting pattern. `pattern` is a text: a list of steps joined by blanks. A step is a
letter and a count ("k3" is kkk), a letter alone, which counts once, or a group of steps in
brackets with "x" and a count behind the closing bracket ("(k p2)x3"), without "x" done once.
Groups are not nested. A row has `width` stitches: return the list of rows, filled from the first
stitch on; the last row may be shorter. Letters are single characters; counts may have several
digits and may be 0.
"""


def knit_pattern(pattern, width):
    stitches = ""
    group = None
    spaced = pattern.replace("(", " ( ").replace(")", " )")
    for step in spaced.split():
        if step == "(":
            group = ""
        elif step[0] == ")":
            times = int(step[2:]) if len(step) > 1 else 1
            stitches += group * times
            group = None
        else:
            count = int(step[1:]) if len(step) > 1 else 1
            if group is None:
                stitches += step[0] * count
            else:
                group += step[0] * count
    rows = []
    for start in range(0, len(stitches), width):
        rows.append(stitches[start : start + width])
    return rows


ENTRY = "knit_pattern"
SHOWN = [
    (("k3 p", 4), ["kkkp"]),
    (("k3 p2", 4), ["kkkp", "p"]),
    (("(k p2)x3", 3), ["kpp", "kpp", "kpp"]),
    (("m (k p)x2 m2", 5), ["mkpkp", "mm"]),
    (("", 4), []),
    (("(a b) c", 9), ["abc"]),
    (("(a)x0 b0 c", 1), ["c"]),
    (("k12", 7), ["kkkkkkk", "kkkkk"]),
]
HELD_BACK = [
    (("(s2 t)x2(u)x3", 6), ["sstsst", "uuu"]),
    (("p0", 3), []),
    (("( k )x10", 5), ["kkkkk", "kkkkk"]),
    (("x2 (x3)x2", 4), ["xxxx", "xxxx"]),
    (("()x4 y", 2), ["y"]),
    (("k2 p2 k2", 2), ["kk", "pp", "kk"]),
]
