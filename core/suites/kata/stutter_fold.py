"""Shorten the stuttering `text`. A run of the same character of at least `shortest` characters
becomes that character, "*" and the length of the run; shorter runs stay as they are. A run longer
than 9 is written as several runs of 9 and a rest, and the rest is treated like any run (it may
stay as it is). Characters in `plain` are never shortened.
"""


def stutter_fold(text, shortest, plain):
    runs = []
    for char in text:
        if runs and runs[-1][0] == char and runs[-1][1] < 9:
            runs[-1][1] += 1
        else:
            runs.append([char, 1])
    result = ""
    for char, length in runs:
        if length >= shortest and char not in plain:
            result += char + "*" + str(length)
        else:
            result += char * length
    return result


ENTRY = "stutter_fold"
SHOWN = [
    (("aaab", 3, ""), "a*3b"),
    (("aabbb", 3, "b"), "aabbb"),
    (("aabbb", 2, "a"), "aab*3"),
    (("", 2, ""), ""),
    (("zzzzzzzzzzz", 3, ""), "z*9zz"),
    (("zzzzzzzzzz  ", 2, " "), "z*9z  "),
    (("ab", 1, ""), "a*1b*1"),
    (("oooo!", 5, "!"), "oooo!"),
    (("abba", 2, ""), "ab*2a"),
]
HELD_BACK = [
    (("xxxxxxxxx", 9, ""), "x*9"),
    (("xxxxxxxx", 9, ""), "xxxxxxxx"),
    (("....--", 2, "."), "....-*2"),
    (("aabaa", 2, ""), "a*2ba*2"),
    (("qqqqqqqqqqqqqqqqqqqq", 2, ""), "q*9q*9q*2"),
    (("mmm mm", 3, "mn"), "mmm mm"),
]
