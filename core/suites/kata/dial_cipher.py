"""Shift the letters of `text` around the alphabet. `key` is a list of shifts used in turn, one per
letter; other characters stay as they are and use up no shift. Letters keep their case. After a
blank the key starts again from its first shift. With `decode` true letters are shifted back
instead. An empty key leaves the text unchanged.
"""


def dial_cipher(text, key, decode):
    if not key:
        return text
    result = []
    position = 0
    for char in text:
        if char == " ":
            position = 0
        if not char.isalpha():
            result.append(char)
            continue
        shift = key[position % len(key)]
        if decode:
            shift = -shift
        base = ord("A") if char.isupper() else ord("a")
        result.append(chr(base + (ord(char) - base + shift) % 26))
        position += 1
    return "".join(result)


ENTRY = "dial_cipher"
SHOWN = [
    (("abc", [1, 2], False), "bdd"),
    (("bdd", [1, 2], True), "abc"),
    (("Zz-y", [1, 5, 2], False), "Ae-a"),
    (("ab ab", [3, 1, 9], False), "dc dc"),
    (("", [4], False), ""),
    (("keep", [], True), "keep"),
    (("12 A!", [26, 1], True), "12 A!"),
    (("aAaA.aA", [1, 2, 3], False), "bCdB.cD"),
]
HELD_BACK = [
    (("Hello", [13], False), "Uryyb"),
    (("Uryyb", [13], True), "Hello"),
    (("m n,o p", [2, 7], False), "o p,v r"),
    (("abcd", [0, 1], True), "aacc"),
    (("xyz XYZ", [3], False), "abc ABC"),
    (("a", [-1], False), "z"),
]
