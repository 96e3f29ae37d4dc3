"""Rhyme scheme of a poem. Two lines rhyme if the last `size` letters of their last words are the
same, ignoring case and everything that is not a letter. Each new ending gets the next letter of
"ABC..."; a line without any letter gives "-" and uses up no letter. A last word with fewer letters
counts with all of them. `lines` has at most 26 different endings.
"""


def rhyme_scheme(lines, size):
    known = {}
    scheme = ""
    for line in lines:
        letters = ""
        for word in reversed(line.lower().split()):
            letters = "".join(char for char in word if char.isalpha())
            if letters:
                break
        if not letters:
            scheme += "-"
            continue
        ending = letters[-size:]
        if ending not in known:
            known[ending] = chr(ord("A") + len(known))
        scheme += known[ending]
    return scheme


ENTRY = "rhyme_scheme"
SHOWN = [
    ((["The night", "a light!", "a day", "so gray ?"], 3), "AABC"),
    ((["The night", "a light!", "a day", "so gray ?"], 2), "AABB"),
    ((["fog", "", "DOG...", "..."], 2), "A-A-"),
    (([], 2), ""),
    ((["a", "sea", "A"], 2), "ABA"),
    ((["snow go", "blow no", "snow"], 1), "AAB"),
]
HELD_BACK = [
    ((["mill on hill", "still", "--", "tell"], 3), "AA-B"),
    ((["mill on hill", "still", "--", "tell"], 2), "AA-A"),
    ((["it's", "bits", "cat's"], 2), "AAA"),
    ((["one 1", "two 2", "done 3"], 3), "ABA"),
    ((["x", "y", "z", "Y"], 4), "ABCB"),
    ((["?", "!", "ok"], 1), "--A"),
]
