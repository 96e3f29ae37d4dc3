"""Initials for a name badge. `name` is split at blanks; words in `small_words` (compared in lower
case) give no initial unless they come first. A word with dashes gives one initial for each
non-empty part, joined by "-". Initials are upper case and followed by a dot each ("A.-B."). If
there are more than `limit` words with initials, only the first `limit` - 1 and the last are kept.
`limit` is at least 2. An empty name gives "".
"""


def badge_initials(name, small_words, limit):
    groups = []
    for position, word in enumerate(name.split()):
        if position > 0 and word.lower() in small_words:
            continue
        parts = [part[0].upper() + "." for part in word.split("-") if part]
        if parts:
            groups.append("-".join(parts))
    if len(groups) > limit:
        groups = groups[: limit - 1] + [groups[-1]]
    return " ".join(groups)


ENTRY = "badge_initials"
SHOWN = [
    (("ada lovelace", ["von"], 3), "A. L."),
    (("Ludwig von Mies", ["von"], 3), "L. M."),
    (("von Ludwig VON Mies", ["von"], 3), "V. L. M."),
    (("Anna-Lena de la Cruz", ["de", "la"], 2), "A.-L. C."),
    (("a b c d e", [], 3), "A. B. E."),
    (("a b c d e", ["e"], 2), "A. D."),
    (("", ["von"], 3), ""),
    (("jo -- k-", [], 3), "J. K."),
]
HELD_BACK = [
    (("p q r", [], 3), "P. Q. R."),
    (("p q r", [], 2), "P. R."),
    (("De de De", ["de"], 4), "D."),
    (("  mia   -may  ", [], 2), "M. M."),
    (("x-y-z", ["x"], 2), "X.-Y.-Z."),
    (("one two of three of four", ["of"], 3), "O. T. F."),
]
