"""Cut the caption `text` to `width` characters. A text that fits (blanks at its ends removed) is
returned unchanged. Otherwise whole words are kept from the start, separated by single blanks, as
long as they fit together with the `mark` put directly behind the last kept word. If not even the
first word fits, it is cut in the middle so that cut word and mark fill `width` exactly. If `width`
is smaller than the mark, the result is the first `width` characters of the mark.
"""


def caption_cut(text, width, mark):
    text = text.strip()
    if len(text) <= width:
        return text
    room = width - len(mark)
    if room < 0:
        return mark[:width]
    kept = ""
    for word in text.split():
        longer = kept + " " + word if kept else word
        if len(longer) > room:
            break
        kept = longer
    if not kept:
        kept = text[:room]
    return kept + mark


ENTRY = "caption_cut"
SHOWN = [
    (("  old mill  ", 8, ".."), "old mill"),
    (("old mill pond", 10, ".."), "old mill.."),
    (("old mill pond", 9, ".."), "old.."),
    (("lighthouse", 6, ".."), "ligh.."),
    (("lighthouse", 2, ".."), ".."),
    (("lighthouse", 1, ".."), "."),
    (("a  b  c", 5, "~"), "a b~"),
    (("", 0, "~"), ""),
]
HELD_BACK = [
    (("harbour at dawn", 15, "..."), "harbour at dawn"),
    (("harbour at dawn", 14, "..."), "harbour at..."),
    (("harbour at dawn", 12, "..."), "harbour..."),
    (("harbour at dawn", 5, "..."), "ha..."),
    (("x y", 2, ""), "x"),
    (("x y z", 0, "***"), ""),
]
