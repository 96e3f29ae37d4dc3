"""Turn the identifier `name` into kebab case. Underscores and blanks end a word and vanish. An
upper-case letter starts a new word when a lower-case letter or digit is before it, or when an
upper-case letter is before it and a lower-case letter after it ("parseXMLFile" has parse, XML,
File). Words are lower-cased and joined with "-"; empty words do not appear. If `keep` is true,
words written in capitals only (two characters or more) stay in capitals.
"""


def kebab_name(name, keep):
    words = [""]
    for index, char in enumerate(name):
        if char in "_ ":
            words.append("")
            continue
        before = name[index - 1] if index > 0 else ""
        after = name[index + 1] if index + 1 < len(name) else ""
        if char.isupper():
            if before.islower() or before.isdigit():
                words.append("")
            elif before.isupper() and after.islower():
                words.append("")
        words[-1] += char
    result = []
    for word in words:
        if word:
            stays = keep and word.isupper() and len(word) >= 2
            result.append(word if stays else word.lower())
    return "-".join(result)


ENTRY = "kebab_name"
SHOWN = [
    (("parseXMLFile", False), "parse-xml-file"),
    (("parseXMLFile", True), "parse-XML-file"),
    (("snake_case_name", True), "snake-case-name"),
    (("utf8Name", False), "utf8-name"),
    (("", True), ""),
    (("__Two  Gaps_", False), "two-gaps"),
    (("sideA", True), "side-a"),
    (("ioID", True), "io-ID"),
    (("aBC", False), "a-bc"),
]
HELD_BACK = [
    (("HTTPServer2Go", False), "http-server2-go"),
    (("HTTPServer2GO", True), "HTTP-server2-GO"),
    (("ABc", True), "a-bc"),
    (("X", True), "x"),
    (("_x", False), "x"),
    (("load MAP_v2", True), "load-MAP-v2"),
]
