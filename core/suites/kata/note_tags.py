"""Collect tags from the note `text`. A tag is "#" at the start of the text or behind a blank,
followed by letters, digits or "_"; anything else ends the tag. A "#" with nothing usable behind it
is no tag. Tags are compared in lower case, and "#a:word" gives the tag "a" the value "word"
(everything up to the next blank, case kept, "" if there is nothing). Return a dict from tag to the
list of its values, in order and without repetition; a tag without ":" adds no value. At most
`limit` different tags are collected, later ones are ignored.
"""


def note_tags(text, limit):
    tags = {}
    for word in text.split():
        if word[0] != "#":
            continue
        end = 1
        for char in word[1:]:
            if not (char.isalnum() or char == "_"):
                break
            end += 1
        tag = word[1:end].lower()
        if not tag:
            continue
        if tag not in tags and len(tags) >= limit:
            continue
        values = tags.setdefault(tag, [])
        if word[end : end + 1] == ":":
            value = word[end + 1 :]
            if value not in values:
                values.append(value)
    return tags


ENTRY = "note_tags"
SHOWN = [
    (("buy #Milk and #eggs.", 9), {"milk": [], "eggs": []}),
    (("#due:Mon #DUE:Tue #due:Mon", 9), {"due": ["Mon", "Tue"]}),
    (("a#b # #- #:x", 9), {}),
    (("", 9), {}),
    (("#a #b #c #a:1", 2), {"a": ["1"], "b": []}),
    (("#x_1:y:z #x-1:no", 9), {"x_1": ["y:z"], "x": []}),
    (("#k: #k", 1), {"k": [""]}),
    (("#one", 0), {}),
]
HELD_BACK = [
    (("##twice #once", 3), {"once": []}),
    (("#t:#u #U:t", 3), {"t": ["#u"], "u": ["t"]}),
    (("#p #q #p:1 #r:2 #q:3", 2), {"p": ["1"], "q": ["3"]}),
    (("(#no) #2:3,4", 5), {"2": ["3,4"]}),
    (("#v:A #v:a #V:A", 5), {"v": ["A", "a"]}),
    (("plain words only", 1), {}),
]
